"""An exchange with its binary door on one event loop, and clients for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.support.http_door import Door, http_door
from tests.support.tcp_records import read, unframed

from outcry.ports.asset import Asset
from outcry.runtime.directory import Directory
from outcry.runtime.identity import Identity
from outcry.runtime.tokens import TokenVerifier
from outcry.services.gateway.door import Gateway, GatewayConfig, Keys
from outcry_sdk.feeds.connecting import Backoff
from outcry_sdk.tcp import AsyncTcpClient, TcpEvent, TcpLogon
from outcry_wire import tcp


class Venue:
    """An exchange with its gateway, and people with keys."""

    def __init__(self, door: Door, gateway: Gateway) -> None:
        self.door, self.gateway = door, gateway

    async def key(self, name: str, *scopes: str) -> str:
        """Return an API key of a user, registered with 1,000."""
        user = await self.door.user(name, "1000")
        body = {"user_id": user, "scopes": list(scopes or ("read", "trade"))}
        made = await self.door.post("/api/admin/keys", body, self.door.as_admin())
        await self.door.settled()
        return str(made["api_key"])

    def client(self, api_key: str, **more: Any) -> AsyncTcpClient:
        """Return a client, to be entered."""
        logon = TcpLogon.of_api_key(api_key)
        if more:
            logon = TcpLogon(account=0, key=logon.key, secret=logon.secret, **more)
        backoff = Backoff(first_pause_seconds=0.01)
        return AsyncTcpClient("127.0.0.1", self.gateway.port, logon, backoff=backoff)

    async def raw(self) -> "Raw":
        """Return a connection that was greeted."""
        raw = Raw(*await asyncio.open_connection("127.0.0.1", self.gateway.port))
        (hello,) = await raw.records(1)
        raw.nonce = tcp.HELLO.unpack(hello)[10]
        return raw


class Raw:
    """A connection that says exactly what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.nonce = b""

    async def records(self, count: int) -> list[bytes]:
        """Wait for a number of records."""
        found: list[bytes] = []
        while len(found) < count:
            async with asyncio.timeout(90):
                head = await self.reader.readexactly(4)
                found += unframed(head + await self.reader.readexactly(int.from_bytes(head)))
        return found

    async def rest(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Wait for the end; return what came before it."""
        async with asyncio.timeout(90):
            data = await self.reader.read(1 << 20)
            while more := await self.reader.read(1 << 20):
                data += more
        self.writer.close()
        return read(data)

    async def log_on(self, api_key: str, **more: Any) -> bytes:
        """Log on; return the answer."""
        logon = TcpLogon.of_api_key(api_key)
        account = more.pop("account", 0)
        logon = TcpLogon(account=account, key=logon.key, secret=logon.secret, **more)
        self.writer.write(tcp.frame(logon.record(self.nonce, 0)))
        (answer,) = await self.records(1)
        return answer


def _as_it_is(asset: Asset) -> Asset:
    return asset


@asynccontextmanager
async def venue(
    rate_max: int = 0, wrap: Callable[[Asset], Asset] = _as_it_is
) -> AsyncIterator[Venue]:
    """Run all of it on this loop; the gateway asks what *wrap* makes of the ledger."""
    async with http_door() as door:
        gateway = gateway_of(door, rate_max, wrap)
        await gateway.start()
        running = asyncio.create_task(gateway.run())
        try:
            yield Venue(door, gateway)
        finally:
            await gateway.stop()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def gateway_of(
    door: Door, rate_max: int = 0, wrap: Callable[[Asset], Asset] = _as_it_is
) -> Gateway:
    """Return a gateway that has not started; all of them have the same name."""
    config = GatewayConfig(
        host="127.0.0.1",
        port=0,
        logon_ms_max=60_000,
        connections_max=20,
        rate_max=rate_max,
    )
    return Gateway(
        config,
        asset=wrap(door.venue.asset),
        bus=door.venue.bus,
        log=door.venue.log,
        queries=door.queries,
        directory=Directory(door.queries),
        keys=Keys(
            Identity(TokenVerifier([door.signer.issuer]), door.keys, door.queries), door.keys
        ),
        books=door.books,
    )


async def heard(client: AsyncTcpClient, kind: type[Any]) -> tuple[Any, list[TcpEvent]]:
    """Return the first event of a kind, and those before it."""
    before: list[TcpEvent] = []
    async with asyncio.timeout(90):
        async for event in client.events():
            if isinstance(event, kind):
                return event, before
            before.append(event)
    raise AssertionError(before)
