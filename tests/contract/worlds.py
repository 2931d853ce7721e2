"""Worlds: an adapter, as many handles to the same truth as a test wants, and what may befall it."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Self

import asyncpg
import redis.asyncio

from outcry.adapters.files import FileSnapshots
from outcry.adapters.memory import (
    MemoryBus,
    MemoryLedgerLog,
    MemoryProjection,
    MemoryQueries,
    MemorySeries,
    MemorySnapshots,
)
from outcry.adapters.postgres import (
    PostgresLedgerLog,
    PostgresProjection,
    PostgresQueries,
    PostgresSeries,
)
from outcry.adapters.redis import RedisBus
from outcry.ports.bus import Bus
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.projection import Projection
from outcry.ports.queries import Queries
from outcry.ports.series import Series
from outcry.ports.snapshots import Snapshots


class BusWorld(ABC):
    """A bus."""

    @abstractmethod
    def bus(self, *, stream_bytes_max: int = 1_000_000) -> Bus:
        """Return another handle to the same streams."""

    @abstractmethod
    async def throw_back(self, stream: str, tail: int) -> None:
        """Lose what is above *tail*, as a server does that is killed."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything."""


class MemoryBusWorld(BusWorld):
    """A bus in memory."""

    def __init__(self) -> None:
        self._bus: MemoryBus | None = None

    def bus(self, *, stream_bytes_max: int = 1_000_000) -> Bus:
        if self._bus is None:
            self._bus = MemoryBus(stream_bytes_max=stream_bytes_max)
        return self._bus

    async def throw_back(self, stream: str, tail: int) -> None:
        assert self._bus is not None
        self._bus.throw_back(stream, tail)

    async def close(self) -> None:
        pass


class RedisBusWorld(BusWorld):
    """A bus on Valkey."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._prefix = prefix
        self._handles: list[RedisBus] = []

    def bus(self, *, stream_bytes_max: int = 1_000_000) -> Bus:
        bus = RedisBus(self._url, prefix=self._prefix, stream_bytes_max=stream_bytes_max)
        self._handles.append(bus)
        return bus

    async def throw_back(self, stream: str, tail: int) -> None:
        # A server that loses its newest writes has the older ones in a stream made anew.
        key = f"{self._prefix}:{stream}"
        async with redis.asyncio.from_url(self._url) as client:
            kept: list[tuple[bytes, Any]] = await client.xrange(  # type: ignore[assignment]
                key, max=f"{tail}-0"
            )
            await client.delete(key)
            for entry_id, fields in kept:
                await client.xadd(key, fields, id=entry_id)

    async def close(self) -> None:
        for bus in self._handles:
            await bus.close()


class LogWorld(ABC):
    """A ledger log."""

    @abstractmethod
    async def log(self) -> LedgerLog:
        """Return another handle to the same log, as another process would have."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything."""


class MemoryLogWorld(LogWorld):
    """A log in memory."""

    def __init__(self) -> None:
        self._log = MemoryLedgerLog()

    async def log(self) -> LedgerLog:
        return self._log

    async def close(self) -> None:
        pass


class PostgresLogWorld(LogWorld):
    """A log in PostgreSQL."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._handles: list[PostgresLedgerLog] = []

    async def log(self) -> LedgerLog:
        log = await PostgresLedgerLog.connect(self.dsn)
        self._handles.append(log)
        return log

    async def execute(self, statement: str) -> None:
        """Do to the rows what no adapter does."""
        connection = await asyncpg.connect(self.dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def close(self) -> None:
        for log in self._handles:
            await log.close()


class SnapshotsWorld(ABC):
    """A place for snapshots."""

    @abstractmethod
    def snapshots(self) -> Snapshots:
        """Return another handle to the same place."""

    @abstractmethod
    def damage(self, name: str, position: int) -> None:
        """Flip a bit in the last byte of a snapshot."""


class MemorySnapshotsWorld(SnapshotsWorld):
    """Snapshots in memory."""

    def __init__(self) -> None:
        self._snapshots = MemorySnapshots()

    def snapshots(self) -> Snapshots:
        return self._snapshots

    def damage(self, name: str, position: int) -> None:
        self._snapshots.damage(name, position)


class FileSnapshotsWorld(SnapshotsWorld):
    """Snapshots in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def snapshots(self) -> Snapshots:
        return FileSnapshots(self.folder)

    def damage(self, name: str, position: int) -> None:
        (path,) = self.folder.glob(f"{name}-*-{position:019d}.snapshot")
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)


class TablesWorld:
    """A projection and the queries that read it."""

    def __init__(self, projection: Projection, queries: Queries, series: Series) -> None:
        self.projection = projection
        self.queries = queries
        self.series = series

    async def close(self) -> None:
        """Let go of everything."""
        await self.projection.close()
        await self.queries.close()
        await self.series.close()


class MemoryTablesWorld(TablesWorld):
    """Tables in memory."""

    def __init__(self) -> None:
        projection = MemoryProjection()
        self.tables = projection.tables
        super().__init__(projection, MemoryQueries(self.tables), MemorySeries(self.tables))


class PostgresTablesWorld(TablesWorld):
    """Tables in PostgreSQL."""

    @classmethod
    async def connect(cls, dsn: str) -> Self:
        """Return the tables in *dsn*."""
        return cls(
            await PostgresProjection.connect(dsn),
            await PostgresQueries.connect(dsn),
            await PostgresSeries.connect(dsn),
        )
