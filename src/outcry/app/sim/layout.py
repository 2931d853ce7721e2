"""Which services a world has, in which processes, with which settings: small, so that all happens.

Every setting that bounds something is drawn low enough to be met.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from outcry.adapters.memory import (
    MemoryBus,
    MemoryLedgerLog,
    MemoryProjection,
    MemorySnapshots,
    MemoryTransactions,
)
from outcry.adapters.simulated_chain import SimulatedChain
from outcry.app.sim.adapters import Claim, Shown, SimBus, SimClock, SimLog, SimSnapshots, SimTables
from outcry.app.sim.chain import CONFIRMATIONS, SimChain, SimTransactions
from outcry.app.sim.door import Door, SimAsset
from outcry.app.sim.lines import Server
from outcry.app.sim.listener import Listener
from outcry.app.sim.process import Process
from outcry.domain.ledger.state import Retention
from outcry.ports.asset import Asset
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime.books import LiveBooks
from outcry.runtime.log_tail import LogTail
from outcry.runtime.service import Service
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.publishing import CommandPublishers
from outcry.services.asset.service import AssetService
from outcry.services.depth.config import DepthConfig
from outcry.services.depth.service import Depth
from outcry.services.history.config import HistoryConfig
from outcry.services.history.service import History
from outcry.services.match_engine.config import MatchEngineConfig
from outcry.services.match_engine.service import MatchEngine
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.service import Onchain
from outcry.services.processor.service import OWN_APPLIES_MAX, Processor
from outcry.services.store.config import StoreConfig
from outcry.services.store.service import Store


#: Services of each process, when they share processes as `outcry up` has them …
TOGETHER: Final = {
    "core": ("asset", "processor"),
    "match": ("match_engine", "store", "depth"),
    "history": ("history",),
    "edge": ("books", "listener"),
    "chain": ("onchain",),
}
#: … and when each has its own.
APART: Final = {name: (name,) for names in TOGETHER.values() for name in names}


class Grounds(NamedTuple):
    """What the processes stand on."""

    bus: MemoryBus
    log: MemoryLedgerLog
    tables: MemoryProjection
    snapshots: MemorySnapshots
    chain: SimulatedChain
    transactions: MemoryTransactions
    bus_server: Server
    log_server: Server
    tables_server: Server
    chain_server: Server
    door: Door
    clock: SimClock
    claim: Claim
    shown: Shown


class Settings(NamedTuple):
    """What is drawn for one world."""

    shards: int
    processes: Mapping[str, Sequence[str]]
    asset: AssetConfig
    engine: MatchEngineConfig
    store: StoreConfig
    depth: DepthConfig
    history: HistoryConfig
    onchain: OnchainConfig


def draw(chance: Random) -> Settings:
    """Return settings for one world."""
    shards = chance.choice((1, 1, 2))
    snapshot_commands = chance.choice((5, 20, 60))
    return Settings(
        shards,
        chance.choice((TOGETHER, APART)),
        _asset(chance, shards),
        MatchEngineConfig(
            ring_bytes_max=chance.choice((2_000, 1 << 20)),
            stream_bytes_max=chance.choice((4_000, 1 << 20)),
            applied_interval_ms=chance.choice((0, 200)),
            wait_ms=1_000,
        ),
        StoreConfig(
            interval_ms=chance.choice((0, 200)),
            snapshot_commands_max=snapshot_commands,
            snapshot_interval_s=chance.choice((0.5, 60.0)),
            snapshot_commands_min=1,
        ),
        DepthConfig(
            interval_ms=chance.choice((0, 20)),
            ring_bytes_max=chance.choice((300, 1 << 20)),
            stream_bytes_max=chance.choice((4_000, 1 << 20)),
            snapshot_interval_s=chance.choice((0.5, 10.0)),
            snapshot_commands_min=snapshot_commands,
        ),
        HistoryConfig(
            batch_entries_max=chance.choice((3, 1_000)),
            batch_rows_max=chance.choice((10, 5_000)),
            checkpoint_entries_max=chance.choice((5, 40, 20_000)),
            checkpoint_interval_s=chance.choice((0.5, 60.0)),
            checkpoint_entries_min=3,
        ),
        OnchainConfig(CONFIRMATIONS, poll_ms=chance.choice((50, 200)), resend_blocks=4),
    )


def _asset(chance: Random, shards: int) -> AssetConfig:
    tick_interval_ms = chance.choice((100, 200, 1_000))
    return AssetConfig(
        shards_count=shards,
        batch_count_max=chance.choice((4, 20_000)),
        inflight_orders_max=chance.choice((6, 50_000)),
        inflight_cancels_max=chance.choice((12, 100_000)),
        result_wait_ms=chance.choice((20, 2_000)),
        tick_interval_ms=tick_interval_ms,
        takeover_ms=3 * tick_interval_ms,
        retention=Retention(own_keys_us=3_600_000_000),
        account_orders_max=chance.choice((5, 10_000)),
    )


class Builder:
    """Makes the services of a process on lines of its own."""

    def __init__(self, grounds: Grounds, settings: Settings, steady: Callable[[], float]) -> None:
        """Build on *grounds*; *steady* is the clock that nobody sets."""
        self._grounds = grounds
        self._settings = settings
        self._steady = steady

    def build(self, process: Process) -> list[Service]:
        """Return the services of *process*, made anew."""
        grounds, names = self._grounds, self._settings.processes[process.name.rstrip("'")]
        bus = SimBus(grounds.bus, grounds.bus_server, process, grounds.shown)
        log: LedgerLog = SimLog(grounds.log, grounds.log_server, process, grounds.claim)
        snapshots = SimSnapshots(grounds.snapshots, process)
        if "asset" in names:
            log = LogTail(log)
        asset: Asset = SimAsset(grounds.door, process)
        made: list[Service] = []
        for name in names:
            if name == "asset":
                asset = self._asset(bus, log, snapshots, process)
                made.append(asset)
            elif name == "processor":
                own = isinstance(asset, AssetService)
                made.append(
                    Processor(
                        bus, log, asset, range(self._settings.shards),
                        applies_max=OWN_APPLIES_MAX if own else 1,
                    )
                )  # fmt: skip
            elif name == "history":
                tables = SimTables(grounds.tables, grounds.tables_server, process)
                made.append(
                    History(self._settings.history, log=log, projection=tables, snapshots=snapshots)
                )
            elif name == "books":
                shards = range(self._settings.shards)
                made.append(LiveBooks(bus, log, snapshots, shards=shards))
            elif name == "onchain":
                made.append(self._onchain(bus, log, asset, process))
            elif name == "listener":
                made.append(Listener(bus, log))
            else:
                made += self._of_shards(name, bus, log, snapshots)
        return made

    def _onchain(self, bus: SimBus, log: LedgerLog, asset: Asset, process: Process) -> Onchain:
        grounds = self._grounds
        return Onchain(
            self._settings.onchain,
            bus=bus,
            log=log,
            asset=asset,
            chain=SimChain(grounds.chain, grounds.chain_server, process),
            transactions=SimTransactions(grounds.transactions, process),
        )

    def _asset(
        self, bus: SimBus, log: LedgerLog, snapshots: SimSnapshots, process: Process
    ) -> AssetService:
        tables = SimTables(self._grounds.tables, self._grounds.tables_server, process)
        return AssetService(
            log,
            CommandPublishers(bus, log, self._settings.shards),
            self._grounds.clock,
            self._settings.asset,
            tables=tables.position,
            snapshots=snapshots,
            steady=self._steady,
        )

    def _of_shards(
        self, name: str, bus: SimBus, log: LedgerLog, snapshots: SimSnapshots
    ) -> list[Service]:
        settings = self._settings
        made: list[Service] = []
        for shard in range(settings.shards):
            if name == "match_engine":
                config = settings.engine._replace(shard=shard)
                made.append(MatchEngine(config, bus=bus, log=log, snapshots=snapshots))
            elif name == "store":
                made.append(
                    Store(settings.store._replace(shard=shard), log=log, snapshots=snapshots)
                )
            else:
                depth = settings.depth._replace(shard=shard)
                made.append(Depth(depth, bus=bus, log=log, snapshots=snapshots))
        return made
