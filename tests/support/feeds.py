"""Both feeds on a real port over a whole exchange, and clients that use sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from msgspec import json
from tests.support.http_door import Door, http_door
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from outcry.adapters.memory import MemorySeries
from outcry.ports.queries import Queries
from outcry.runtime.clob.fees import FeeSchedules
from outcry.runtime.clob.mirrors import Mirrors
from outcry.runtime.clob_identity import ClobIdentity
from outcry.runtime.clob_keys import ClobKeys
from outcry.runtime.directory import Directory
from outcry.runtime.identity import Identity
from outcry.runtime.proxies import Proxies
from outcry.runtime.service import Service
from outcry.runtime.settlement_stages import SettlementStages
from outcry.runtime.tokens import TokenVerifier
from outcry.runtime.ws_listener import FeedListener, ListenerConfig
from outcry.services.websocket_depth.clob.feed import ClobMarkets
from outcry.services.websocket_depth.clob.news import ClobNews
from outcry.services.websocket_depth.config import DepthFeedConfig
from outcry.services.websocket_depth.service import WebsocketDepth
from outcry.services.websocket_user.clob.deals import Deals
from outcry.services.websocket_user.clob.feed import ClobUsers
from outcry.services.websocket_user.config import UserFeedConfig
from outcry.services.websocket_user.service import WebsocketUser


Json = dict[str, Any]
#: Bound on each wait for a message; only a broken feed reaches it.
WAIT_SECONDS = 90.0


class FeedClient:
    """One connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        """Send a message as JSON."""
        await self.socket.send(json.encode(message).decode())

    async def hear(self) -> Json:
        """Return the next message."""
        async with asyncio.timeout(WAIT_SECONDS):
            message: Json = json.decode(await self.socket.recv())
        return message

    async def hear_until(self, **fields: Any) -> list[Json]:
        """Return messages up to the first that has these fields, in itself or in its data."""
        heard: list[Json] = []
        while not heard or not _has(heard[-1], fields):
            heard.append(await self.hear())
        return heard

    async def ends(self) -> tuple[int, str]:
        """Return code and reason with which the server closes; what comes before is read over."""
        async with asyncio.timeout(WAIT_SECONDS):
            with suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""

    async def follow(self, event_id: int, market_id: int, **more: int) -> Json:
        """Subscribe to a market; returns the snapshot (or the changes) that came."""
        await self.say(action="subscribe", event_id=event_id, market_id=market_id, **more)
        answer = await self.hear()
        assert answer["event_type"] == "subscribed", answer
        return await self.hear()


def _has(message: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    data = message.get("data")
    both = {**(data if isinstance(data, dict) else {}), **message}
    return all(both.get(name) == value for name, value in fields.items())


@dataclass
class Feeds:
    """A running exchange with both feeds."""

    door: Door
    depth: WebsocketDepth
    user: WebsocketUser
    markets: ClobMarkets
    users: ClobUsers
    listener: FeedListener

    @asynccontextmanager
    async def client(self, path: str, **options: Any) -> AsyncIterator[FeedClient]:
        """Connect to a feed; nothing is sent or read yet."""
        url = f"ws://127.0.0.1:{self.listener.port}{path}"
        async with connect(url, compression=None, proxy=None, **options) as socket:
            yield FeedClient(socket)

    @asynccontextmanager
    async def visitor(self, **options: Any) -> AsyncIterator[FeedClient]:
        """Connect to the public feed and read its greeting."""
        async with self.client("/depth", **options) as client:
            assert (await client.hear())["event_type"] == "connected"
            yield client

    @asynccontextmanager
    async def logged_in(self, name: str, **more: Any) -> AsyncIterator[FeedClient]:
        """Connect to the private feed and log in."""
        async with self.client("/user") as client:
            await client.say(auth=self.door.token(name), **more)
            answer = await client.hear()
            assert (answer["event_type"], answer["success"]) == ("auth", True), answer
            yield client


@asynccontextmanager
async def feeds(
    depth_config: DepthFeedConfig | None = None,
    user_config: UserFeedConfig | None = None,
    queries: Queries | None = None,
) -> AsyncIterator[Feeds]:
    """Run an exchange with both feeds on one free port."""
    async with http_door() as door:
        tables = queries or door.queries
        directory = Directory(tables)
        identity = Identity(TokenVerifier([door.signer.issuer]), door.keys, tables)
        depth = WebsocketDepth(
            depth_config or DepthFeedConfig(interval_seconds=0.01),
            books=door.books,
            directory=directory,
        )
        user = WebsocketUser(
            user_config or UserFeedConfig(),
            bus=door.venue.bus,
            log=door.venue.log,
            queries=tables,
            identity=identity,
            lockout=door.lockout,
            directory=directory,
        )
        fees = FeeSchedules(tables)
        stages = SettlementStages(door.venue.bus)
        markets = ClobMarkets(
            depth_config or DepthFeedConfig(interval_seconds=0.01),
            books=door.books,
            directory=directory,
            fees=fees,
            announced=stages.announced,
        )
        news = ClobNews(
            markets, bus=door.venue.bus, log=door.venue.log, queries=tables, directory=directory,
            fees=fees,
        )  # fmt: skip
        users = ClobUsers(
            user_config or UserFeedConfig(),
            identity=ClobIdentity(ClobKeys(door.keys), tables),
            lockout=door.lockout,
            log=door.venue.log,
            queries=tables,
            deals=Deals(
                queries=tables,
                series=MemorySeries(door.queries._tables),
                directory=directory,
                fees=fees,
                mirrors=Mirrors(tables, time.monotonic, escrow=True),
            ),
            clock=door.venue.clock.now_us,
            announced=stages.announced,
        )
        user.watch(users.entry)
        stages.watch(users.staged)
        stages.watch(markets.staged)
        paths = {
            "/depth": depth.session,
            "/user": user.session,
            "/ws/market": markets.session,
            "/ws/user": users.session,
        }
        listener = FeedListener(ListenerConfig(port=0, proxies=Proxies("127.0.0.1")), paths)
        async with running(depth, user, markets, news, users, stages, listener):
            yield Feeds(door, depth, user, markets, users, listener)


@asynccontextmanager
async def running(*services: Service) -> AsyncIterator[None]:
    """Run *services*, and stop them whatever happens; a failure of one fails the test."""
    tasks = []
    try:
        for service in services:
            await service.start()
            tasks.append(asyncio.create_task(service.run()))
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for service in reversed(services):
            await service.stop()
    for error in ended:
        if isinstance(error, Exception):
            raise error
