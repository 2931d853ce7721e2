"""Which services a world has, in which processes, with which settings: small, so that all happens.

Every setting that bounds something is drawn low enough to be met.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from outcry.adapters.memory import (
    MemoryArchive,
    MemoryBus,
    MemoryLedgerLog,
    MemoryProjection,
    MemorySnapshots,
    MemoryTransactions,
)
from outcry.adapters.simulated_chain import SimulatedChain
from outcry.app.sim.adapters import Shown, SimClock
from outcry.app.sim.chain import CONFIRMATIONS
from outcry.app.sim.claim import Claim
from outcry.app.sim.contracts import HOME
from outcry.app.sim.door import Door
from outcry.app.sim.lines import Server
from outcry.domain.ledger.state import Retention
from outcry.domain.market import SettlementMode
from outcry.services.asset.config import AssetConfig
from outcry.services.depth.config import DepthConfig
from outcry.services.history.config import HistoryConfig
from outcry.services.match_engine.config import MatchEngineConfig
from outcry.services.onchain.config import OnchainConfig
from outcry.services.store.config import StoreConfig


#: Services of each process, when they share processes as `outcry up` has them …
TOGETHER: Final = {
    "core": ("asset", "processor"),
    "match": ("match_engine", "store", "depth"),
    "history": ("history",),
    "edge": ("books", "listener"),
    "chain": ("onchain",),
    "archive": ("archivist",),
}
#: … and when each has its own.
APART: Final = {name: (name,) for names in TOGETHER.values() for name in names}
#: Who looks after escrow, where contracts keep everything, and in whose process.
ESCROW: Final = "escrow"
JOINED: Final[tuple[Mapping[str, tuple[str, ...]], ...]] = (
    {ESCROW: (ESCROW,)}, {"chain": ("onchain", ESCROW)},
)  # fmt: skip
#: Of all worlds, those that live on contracts.
HOME_SHARE: Final = 0.35


class Grounds(NamedTuple):
    """What the processes stand on."""

    bus: MemoryBus
    log: MemoryLedgerLog
    archive: MemoryArchive
    tables: MemoryProjection
    snapshots: MemorySnapshots
    chain: SimulatedChain
    transactions: MemoryTransactions
    #: Of who looks after escrow.
    jobs: MemoryTransactions
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
    #: Mean time between two runs of the archive command.
    archive_seconds: float

    @property
    def at_home(self) -> bool:
        """Whether the world lives on contracts."""
        return self.asset.home is not None


def draw(chance: Random) -> Settings:
    """Return settings for one world."""
    shards = chance.choice((1, 1, 2))
    snapshot_commands = chance.choice((5, 20, 60))
    processes, asset = _where(chance, _asset(chance, shards))
    return Settings(
        shards,
        processes,
        asset,
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
        chance.choice((0.3, 1.0, 60.0)),
    )


def _where(chance: Random, asset: AssetConfig) -> tuple[Mapping[str, Sequence[str]], AssetConfig]:
    """Return who shares processes, and the ledger's settings: some ledgers live on contracts."""
    together = chance.random() < 1 / 2
    processes: dict[str, tuple[str, ...]] = dict(TOGETHER if together else APART)
    if chance.random() < HOME_SHARE:
        asset = asset._replace(home=HOME, settlement=SettlementMode.CHAIN)
        processes |= JOINED[together]
    return processes, asset


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
