"""What the services of one process stand on: each thing made once, when it is first asked for.

Whatever must be let go of is closed when the process ends, in reverse order. Services that are in
the same process are given each other directly; those elsewhere are reached over gRPC.
"""

# ruff: noqa: PLC0415 - a process loads the drivers that it uses: it shall be back at once

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

from prometheus_client import CollectorRegistry

from outcry.app.measured import MeasuredBus
from outcry.app.measured_log import MeasuredLog
from outcry.app.monitor import Part
from outcry.app.tracing import Tracer
from outcry.ports.asset import Asset
from outcry.ports.bus import Bus
from outcry.ports.community import Community
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.queries import Queries
from outcry.ports.series import Series
from outcry.ports.snapshots import Snapshots
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.archived_log import ArchivedLog
from outcry.runtime.config import Config, ConfigError
from outcry.runtime.data_dir import DataDir


MIB = 1024 * 1024

#: Services whose reading or writing of the log belongs to traces.
#: Services that write the tables, or measure how far they are written.
_AT_THE_SOURCE = frozenset({"asset", "history"})
TRACED_READERS = frozenset({"asset", "processor", "history"})

T = TypeVar("T")

#: Makes a session for a new connection of a feed; `outcry.runtime.ws_listener.SessionFactory`.
SessionFactory = Callable[[Any, float], Any]


class Commons:
    """The ports of one process."""

    def __init__(
        self,
        config: Config,
        services: frozenset[str],
        shards: range,
        stack: AsyncExitStack,
        registry: CollectorRegistry,
    ) -> None:
        """Serve the *services* of this process, for *shards*; close things through *stack*."""
        self.config = config
        self.services = services
        self.shards = shards
        self.stack = stack
        #: The ledger itself, when it is in this process.
        self.own_asset: Asset | None = None
        #: Parts that several services stand on; they start before those that asked for them.
        self.shared: list[Part] = []
        #: What answers each path of the feeds' port.
        self.feeds: dict[str, SessionFactory] = {}
        #: What ``/metrics`` shows, here and at the HTTP door.
        self.registry = registry
        self._made: dict[str, object] = {}

    @property
    def all_shards(self) -> range:
        """Every shard of the exchange, whoever serves it."""
        return range(self.config.shards.count)

    @cached_property
    def keys(self) -> KeyRing:
        """What API keys and service tokens are derived from."""
        from outcry.app.credentials import key_ring

        return key_ring(self.config)

    @cached_property
    def snapshots(self) -> Snapshots:
        """Kernel and level snapshots."""
        from outcry.adapters.files import FileSnapshots

        return FileSnapshots(DataDir(self.config.data_dir).folder("snapshots"))

    @cached_property
    def bus(self) -> Bus:
        """The streams."""
        from outcry.adapters.redis import RedisBus

        bus = RedisBus(
            self.config.redis.url, stream_bytes_max=2 * self.config.limits.stream_mib_max * MIB
        )
        self.stack.push_async_callback(bus.close)
        measured = MeasuredBus(bus, self.registry)
        return self.tracer.bus(measured) if self.tracer else measured

    @cached_property
    def tracer(self) -> Tracer | None:
        """What tells of single orders, where traces are switched on."""
        settings = self.config.tracing
        if not settings.enabled:
            return None
        try:
            from outcry.adapters.opentelemetry import OtlpSpans
        except ImportError as error:
            raise ConfigError(
                "tracing.enabled needs OpenTelemetry: `pip install openoutcry[tracing]`"
            ) from error
        spans = OtlpSpans(settings, self._process, version("openoutcry"))
        self.stack.push_async_callback(asyncio.to_thread, spans.close)
        return Tracer(spans, settings.sample_one_in)

    @property
    def _process(self) -> str:
        """The group whose services these are, else the service."""
        from outcry.app.processes import group_of

        first = min(self.services)
        return group_of(first) if len(self.services) > 1 else first

    async def log(self) -> LedgerLog:
        """Return the ledger log; in the writer's process measured, with its end in memory."""
        from outcry.adapters.files import FileArchive
        from outcry.adapters.postgres import PostgresLedgerLog

        async def connect() -> LedgerLog:
            stored = await PostgresLedgerLog.connect(self.config.postgres.dsn)
            log = ArchivedLog(stored, FileArchive(Path(self.config.data_dir) / "archive"))
            self.stack.push_async_callback(log.close)
            writes = "asset" in self.services
            made = MeasuredLog(log, self.registry) if writes else log
            if self.tracer and self.services & TRACED_READERS:
                return self.tracer.log(made, writes=writes)
            return made

        return await self.once("log", connect)

    def _reads(self) -> str:
        """Return where tables are read: from the replica by those who only read them."""
        postgres = self.config.postgres
        replica = "" if self.services & _AT_THE_SOURCE else postgres.replica_dsn
        return replica or postgres.dsn

    @property
    def _readers(self) -> int:
        return self.config.postgres.read_connections_count

    async def queries(self) -> Queries:
        """Return reads of the tables."""
        from outcry.adapters.postgres import PostgresQueries

        async def connect() -> Queries:
            queries = await PostgresQueries.connect(self._reads(), readers_max=self._readers)
            self.stack.push_async_callback(queries.close)
            return queries

        return await self.once("queries", connect)

    async def series(self) -> Series:
        """Return reads of how things went."""
        from outcry.adapters.postgres import PostgresSeries

        async def connect() -> Series:
            series = await PostgresSeries.connect(self._reads(), readers_max=self._readers)
            self.stack.push_async_callback(series.close)
            return series

        return await self.once("series", connect)

    async def community(self) -> Community:
        """Return who users are, and how they stand."""
        from outcry.adapters.postgres import PostgresCommunity

        async def connect() -> Community:
            community = await PostgresCommunity.connect(
                self._reads(), connections_max=self._readers
            )
            self.stack.push_async_callback(community.close)
            return community

        return await self.once("community", connect)

    async def asset(self, role: str) -> Asset:
        """Return the ledger: our own, or the one behind gRPC, which we ask in *role*."""
        if self.own_asset is not None:
            return self.tracer.asset(self.own_asset) if self.tracer else self.own_asset

        from outcry.adapters.grpc import GrpcAsset, target_of

        async def connect() -> Asset:
            grpc = self.config.grpc
            target = target_of(f"{grpc.host}:{grpc.port}", grpc.standby)
            asset = GrpcAsset(target, self.keys.service_token(role))
            self.stack.push_async_callback(asset.close)
            return self.tracer.asset(asset) if self.tracer else asset

        return await self.once(f"asset as {role}", connect)

    async def once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """Return what *make* made the first time under *name*."""
        if name not in self._made:
            self._made[name] = await make()
        return cast("T", self._made[name])


#: Makes the parts of one service.
Builder = Callable[[Commons], Awaitable[list[Part]]]
