"""The HTTP door over a whole exchange on one event loop, and a client for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client import CollectorRegistry
from tests.support.venue import Venue

from outcry.adapters.memory import (
    MemoryCommunity,
    MemoryProjection,
    MemoryQueries,
    MemorySeries,
    MemoryTables,
)
from outcry.ports.asset import Asset
from outcry.ports.projection import Rows
from outcry.ports.wallets import Wallets
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.books import LiveBooks
from outcry.runtime.directory import Directory
from outcry.runtime.gate import Gate
from outcry.runtime.identity import Identity, Registrar
from outcry.runtime.lockout import Lockout
from outcry.runtime.rates import Rates
from outcry.runtime.service import Service
from outcry.runtime.settlement_stages import SettlementStages
from outcry.runtime.tokens import TokenSigner, TokenVerifier
from outcry.services.api.config import ApiConfig
from outcry.services.api.service import ApiService, Needs
from outcry.services.depth.config import DepthConfig
from outcry.services.depth.service import Depth
from outcry.services.event.http import lifecycle_routes
from outcry.services.event.service import Lifecycle
from outcry.services.history.config import HistoryConfig
from outcry.services.history.service import History
from outcry.services.history.standings import Standings


MASTER_KEY = bytes(range(32))
#: On a busy machine tables are late, and nothing that a test asks may be declined for that.
PATIENT = ApiConfig(read_wait_ms_max=60_000)


@dataclass
class Door:
    """A running exchange with its HTTP door; requests go to the application directly."""

    venue: Venue
    queries: MemoryQueries
    community: MemoryCommunity
    books: LiveBooks
    signer: TokenSigner
    keys: KeyRing
    lockout: Lockout
    api: ApiService
    client: httpx.AsyncClient

    def token(self, subject: str, *scopes: str, lifetime: int = 600) -> str:
        """Return a token that the exchange itself signed."""
        now = int(time.time())
        return self.signer.sign(subject, scopes=scopes, now=now, lifetime=lifetime)

    def as_user(self, subject: str, *scopes: str) -> dict[str, str]:
        """Return the headers of a user with a token."""
        return {"authorization": f"Bearer {self.token(subject, *scopes)}"}

    def as_admin(self) -> dict[str, str]:
        """Return the headers of an admin with a token."""
        return self.as_user("root", "read", "trade", "admin")

    async def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """Return the data of a GET that must succeed."""
        answer = await self.client.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return succeeded(answer)

    async def post(self, path: str, body: object, headers: Mapping[str, str]) -> Any:
        """Return the data of a POST that must succeed."""
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return succeeded(answer)

    async def settled(self) -> None:
        """Wait until the tables show everything that is committed."""
        head = await self.venue.log.head()
        assert await self.queries.wait_for(head, 5_000)

    async def scored(self) -> None:
        """Wait for the tables, and let the job rank everybody."""
        await self.settled()
        await Standings(self.community, pause_seconds=60).score()

    async def books_show(self, market_id: int) -> None:
        """Wait until the books know of an order in the market."""
        changes = self.books.subscribe()
        try:
            async with asyncio.timeout(90):
                while not any(self.books.top(market_id)):
                    await changes.wait()
                    changes.take()
        finally:
            changes.close()

    async def user(self, name: str, money: str = "") -> int:
        """Register a user by their first visit, with some collateral; returns the user id."""
        user_id = int((await self.get("/api/user_data", self.as_user(name)))["id"])
        if money:
            body = {"user_id": user_id, "amount": money, "tx_hash": f"for {name}"}
            await self.post("/api/admin/deposits", body, self.as_admin())
        return user_id

    async def event(self, name: str = "rain", **market: object) -> dict[str, Any]:
        """Create an event with one market; returns its detail."""
        body = {
            "event_identifier": name,
            "title": f"Event {name}",
            "topic": "weather",
            "markets": [{"market_identifier": "m", "question": f"Will it {name}?", **market}],
        }
        made = await self.post("/api/admin/events", body, self.as_admin())
        detail: dict[str, Any] = await self.get("/api/event_detail", event_id=made["event_id"])
        return detail


class LateProjection(MemoryProjection):
    """Tables that are written some time after the log."""

    def __init__(self, tables: MemoryTables, lag_seconds: float) -> None:
        super().__init__(tables)
        self._lag_seconds = lag_seconds

    async def apply(self, n_first: int, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write the rows, late."""
        await asyncio.sleep(self._lag_seconds)
        await super().apply(n_first, n_last, rows, at_us)


def succeeded(answer: httpx.Response) -> Any:
    """Return the data of an answer that must be a success."""
    envelope = answer.json()
    assert (envelope["code"], envelope["msg"]) == (0, "success"), envelope
    return envelope["data"]


@asynccontextmanager
async def http_door(
    config: ApiConfig | None = None,
    *,
    tables_lag_seconds: float = 0.0,
    ledger: Asset | None = None,
    wallets: Wallets | None = None,
) -> AsyncIterator[Door]:
    """Run an exchange with its HTTP door, its tables a little behind if told so.

    The door speaks to the exchange's own ledger, or to another *ledger*: one that is not there.
    """
    venue = Venue()
    async with venue.running():
        tables = MemoryTables()
        queries = MemoryQueries(tables)
        books = LiveBooks(venue.bus, venue.log, venue.snapshots)
        projection = LateProjection(tables, tables_lag_seconds)
        stages = SettlementStages(venue.bus)
        followers: list[Service] = [
            History(HistoryConfig(), log=venue.log, projection=projection),
            Depth(DepthConfig(), bus=venue.bus, log=venue.log, snapshots=venue.snapshots),
            books,
            stages,
        ]
        running = []
        for service in followers:
            await service.start()
            running.append(asyncio.create_task(service.run()))
        reading = _Reading(tables, queries, books, stages)
        door = _door(venue, reading, config or PATIENT, ledger or venue.asset, wallets)
        try:
            async with door.client:
                yield door
        finally:
            for task in reversed(running):
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


class _Reading(NamedTuple):
    """What a door reads from."""

    tables: MemoryTables
    queries: MemoryQueries
    books: LiveBooks
    stages: SettlementStages


def _door(
    venue: Venue, reading: _Reading, config: ApiConfig, asset: Asset, wallets: Wallets | None
) -> Door:
    tables, queries, books, stages = reading
    signer = TokenSigner(ec.generate_private_key(ec.SECP256R1()), name="outcry", audience="outcry")
    keys = KeyRing(MASTER_KEY)
    identity = Identity(TokenVerifier([signer.issuer]), keys, queries)
    addresses: Rates[str] = Rates(config.address_requests_per_second_max, time.monotonic)
    lockout = Lockout(time.monotonic)
    gate = Gate(identity, Registrar(identity, asset), addresses, lockout)
    community = MemoryCommunity(tables)
    needs = Needs(
        asset=asset,
        queries=queries,
        series=MemorySeries(tables),
        stages=stages,
        community=community,
        books=books,
        log=venue.log,
        directory=Directory(queries),
        identity=identity,
        gate=gate,
        keys=keys,
        registry=CollectorRegistry(),
        wallets=wallets,
    )
    # What an operator has just made must be found by the next request, as in the real edge.
    lifecycle = Lifecycle(asset, queries, note=lambda n: api.note(n))  # noqa: PLW0108
    api = ApiService(config, needs, [lifecycle_routes(lifecycle)])
    transport = httpx.ASGITransport(cast("Any", api.app), raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://door")
    return Door(venue, queries, community, books, signer, keys, lockout, api, client)
