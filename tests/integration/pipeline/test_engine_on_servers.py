"""Engine, store, depth and books on a real PostgreSQL and Valkey that are wiped and killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.model.kernel.streams import Stream
from tests.support.numbering import Numbering
from tests.support.waiting import until

from outcry.adapters.embedded import EmbeddedServers
from outcry.adapters.files import FileSnapshots
from outcry.adapters.postgres import PostgresLedgerLog, migrate
from outcry.adapters.redis import RedisBus
from outcry.ports.bus import BusUnavailable
from outcry.runtime.books import LiveBooks
from outcry.runtime.config import Config
from outcry.runtime.service import Service
from outcry.services.depth.config import DepthConfig
from outcry.services.depth.service import Depth
from outcry.services.match_engine.config import MatchEngineConfig
from outcry.services.match_engine.service import MatchEngine
from outcry.services.store.config import StoreConfig
from outcry.services.store.service import Store


SHOWING = DepthConfig(snapshot_interval_s=0.2, snapshot_commands_min=20)
STORING = StoreConfig(interval_ms=20, snapshot_commands_max=300)


class Exchange:
    """One shard on real servers: a task that numbers, one that applies, and the services."""

    def __init__(
        self, servers: EmbeddedServers, log: PostgresLedgerLog, url: str, files: Path
    ) -> None:
        self.servers = servers
        self.log = log
        self.bus = RedisBus(url)
        self.snapshots = FileSnapshots(files)
        self.ledger = Numbering(self.bus, log)
        self.stream = Stream(2026)
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.books: LiveBooks

    async def begin(self, name: str) -> None:
        """Start a service, or start it again after it was lost."""
        if name == "match_engine":
            config = MatchEngineConfig(applied_interval_ms=20)
            service: Service = MatchEngine(
                config, bus=self.bus, log=self.log, snapshots=self.snapshots
            )
        elif name == "store":
            service = Store(STORING, log=self.log, snapshots=self.snapshots)
        elif name == "depth":
            service = Depth(SHOWING, bus=self.bus, log=self.log, snapshots=self.snapshots)
        else:
            service = self.books = LiveBooks(self.bus, self.log, self.snapshots)
        await service.start()
        self.go(name, service.run())

    def go(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run *work* until it is lost."""
        self.tasks[name] = asyncio.create_task(work)

    async def lose(self, *names: str) -> None:
        """End tasks where they stand, as a crash does."""
        for name in names:
            self.tasks[name].cancel()
            await asyncio.gather(self.tasks.pop(name), return_exceptions=True)

    async def number(self) -> None:
        """Number commands for ever, a few at a time."""
        while True:
            await self.ledger.number(self.stream.take(5))
            await asyncio.sleep(0.002)

    async def apply(self) -> None:
        """Apply facts and look after the generation for ever."""
        while True:
            try:
                await self.ledger.keep_generation()
            except BusUnavailable:
                await asyncio.sleep(0.05)
            await self.ledger.apply()
            await asyncio.sleep(0.002)

    async def go_on(self, commands: int = 250) -> None:
        """Return when so many more commands are numbered and those of now are applied."""
        numbered = self.ledger.numbered

        def done() -> bool:
            for name, task in self.tasks.items():
                assert not task.done(), f"{name} ended: {task.exception()!r}"
            return self.ledger.numbered >= numbered + commands and self.ledger.applied >= numbered

        await until(done)

    async def settle(self) -> None:
        """Stop numbering and return when all stand at the last command."""
        await self.lose("number")
        await self.ledger.number(self.stream.take(1))
        last = self.ledger.numbered
        await until(lambda: self.ledger.applied == last)
        await until(lambda: self.books.position(0) == last)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Exchange]:
    """Run servers and services, and stop everything whatever happens."""
    servers = EmbeddedServers(Config(data_dir=str(folder / "data")))
    try:
        found = await asyncio.to_thread(servers.start)
        await migrate(found.postgres_dsn)
        log = await PostgresLedgerLog.connect(found.postgres_dsn)
        exchange = Exchange(servers, log, found.redis_url, folder / "snapshots")
        await exchange.ledger.open()
        for name in ("match_engine", "store", "depth", "books"):
            await exchange.begin(name)
        exchange.go("number", exchange.number())
        exchange.go("apply", exchange.apply())
        try:
            yield exchange
        finally:
            await exchange.lose(*list(exchange.tasks))
            await exchange.bus.close()
            await log.close()
    finally:
        await asyncio.to_thread(servers.stop)


async def wipe(exchange: Exchange) -> None:
    """Lose every stream while everything runs."""
    await exchange.bus.wipe()


async def kill_valkey(exchange: Exchange) -> None:
    """Kill the bus's server, let it be missed, and start it again."""
    os.kill(exchange.servers.pids()["valkey"], signal.SIGKILL)
    await asyncio.sleep(0.2)
    await asyncio.to_thread(exchange.servers.restart_dead)


async def crash_engine(exchange: Exchange) -> None:
    """Lose the engine while commands keep coming, and start it from its snapshot."""
    await exchange.lose("match_engine")
    await asyncio.sleep(0.1)
    await exchange.begin("match_engine")


async def crash_all_and_wipe(exchange: Exchange) -> None:
    """Lose every service and the streams together."""
    await exchange.lose("match_engine", "depth", "store", "books")
    await exchange.bus.wipe()
    for name in ("depth", "match_engine", "books", "store"):
        await exchange.begin(name)


BLOWS: list[Callable[[Exchange], Awaitable[None]]] = [
    wipe,
    crash_engine,
    kill_valkey,
    crash_all_and_wipe,
    kill_valkey,
    wipe,
]


@pytest.mark.timeout(300)
async def test_blows_to_bus_and_services_lose_nothing(tmp_path: Path) -> None:
    """After wipes, kill -9 of Valkey and lost services all facts are the oracle's, once each."""
    async with running(tmp_path) as exchange:
        for blow in BLOWS:
            await exchange.go_on()
            await blow(exchange)
        await exchange.go_on()
        await exchange.settle()
        oracle = exchange.ledger.oracle
        assert await exchange.ledger.committed_facts() == bytes(exchange.ledger.facts)
        for market_id in exchange.books.market_ids():
            image = exchange.books.book(market_id)
            assert image is not None
            bids, asks = (oracle.levels(market_id, side, 10_000) for side in (0, 1))
            assert image.bids == [level[:2] for level in bids]
            assert image.asks == [level[:2] for level in asks]
        assert list((tmp_path / "snapshots").glob("*kernel-0*"))
        assert list((tmp_path / "snapshots").glob("*levels-0*"))
