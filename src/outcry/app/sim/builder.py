"""The services of a process, made anew for each of its lives, on lines of its own."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Final, NamedTuple

from outcry.app.sim.adapters import SimBus, SimLog, SimSnapshots, SimTables
from outcry.app.sim.archivist import Archivist
from outcry.app.sim.chain import SimChain, SimTransactions
from outcry.app.sim.claim import Claim
from outcry.app.sim.contracts import Contracts
from outcry.app.sim.door import SimAsset
from outcry.app.sim.layout import Grounds, Settings
from outcry.app.sim.listener import Listener
from outcry.app.sim.process import Process
from outcry.app.sim.sim_escrow import SimEscrow
from outcry.ports.asset import Asset
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime.archived_log import ArchivedLog
from outcry.runtime.books import LiveBooks
from outcry.runtime.log_tail import LogTail
from outcry.runtime.service import Service
from outcry.services.asset.publishing import CommandPublishers
from outcry.services.asset.service import AssetService
from outcry.services.depth.service import Depth
from outcry.services.history.service import History
from outcry.services.match_engine.service import MatchEngine
from outcry.services.onchain.ahead import Gate
from outcry.services.onchain.escrow import EscrowDesk
from outcry.services.onchain.service import Onchain
from outcry.services.processor.service import OWN_APPLIES_MAX, Processor
from outcry.services.store.service import Store


class _Lines(NamedTuple):
    """What a process reaches."""

    process: Process
    bus: SimBus
    #: The log without its archive, and with it.
    line: SimLog
    log: LedgerLog
    snapshots: SimSnapshots
    tables: SimTables
    asset: Asset


class Builder:
    """Makes the services of a process."""

    def __init__(
        self, grounds: Grounds, settings: Settings, steady: Callable[[], float], chance: Random
    ) -> None:
        """Build on *grounds*; *steady* is the clock that nobody sets."""
        self._grounds = grounds
        self._settings = settings
        self._steady = steady
        self._chance = chance
        self._archiving = Claim()
        self._makers: Final[dict[str, Callable[[_Lines], Sequence[Service]]]] = {
            "processor": self._processor,
            "match_engine": self._engines,
            "store": self._stores,
            "depth": self._depths,
            "history": self._history,
            "books": self._books,
            "listener": lambda on: [Listener(on.bus, on.log)],
            "onchain": self._onchain,
            "escrow": self._escrow,
            "archivist": self._archivist,
        }

    def build(self, process: Process) -> list[Service]:
        """Return the services of *process*."""
        grounds, names = self._grounds, self._settings.processes[process.name.rstrip("'")]
        line = SimLog(grounds.log, grounds.log_server, process, grounds.claim)
        log: LedgerLog = ArchivedLog(line, grounds.archive)
        on = _Lines(
            process,
            SimBus(grounds.bus, grounds.bus_server, process, grounds.shown),
            line,
            LogTail(log) if "asset" in names else log,
            SimSnapshots(grounds.snapshots, process),
            SimTables(grounds.tables, grounds.tables_server, process),
            SimAsset(grounds.door, process),
        )
        made: list[Service] = []
        for name in names:
            if name == "asset":
                asset = self._asset(on)
                on = on._replace(asset=asset)
                made.append(asset)
            else:
                made += self._makers[name](on)
        return made

    def _asset(self, on: _Lines) -> AssetService:
        return AssetService(
            on.log,
            CommandPublishers(on.bus, on.log, self._settings.shards),
            self._grounds.clock,
            self._settings.asset,
            tables=on.tables.position,
            snapshots=on.snapshots,
            steady=self._steady,
        )

    def _processor(self, on: _Lines) -> list[Service]:
        own = isinstance(on.asset, AssetService)
        shards, applies_max = range(self._settings.shards), OWN_APPLIES_MAX if own else 1
        return [Processor(on.bus, on.log, on.asset, shards, applies_max=applies_max)]

    def _engines(self, on: _Lines) -> list[Service]:
        return [
            MatchEngine(
                self._settings.engine._replace(shard=shard),
                bus=on.bus, log=on.log, snapshots=on.snapshots,
            )
            for shard in range(self._settings.shards)
        ]  # fmt: skip

    def _stores(self, on: _Lines) -> list[Service]:
        config = self._settings.store
        return [
            Store(config._replace(shard=shard), log=on.log, snapshots=on.snapshots)
            for shard in range(self._settings.shards)
        ]

    def _depths(self, on: _Lines) -> list[Service]:
        return [
            Depth(
                self._settings.depth._replace(shard=shard),
                bus=on.bus, log=on.log, snapshots=on.snapshots,
            )
            for shard in range(self._settings.shards)
        ]  # fmt: skip

    def _history(self, on: _Lines) -> list[Service]:
        config = self._settings.history
        return [History(config, log=on.log, projection=on.tables, snapshots=on.snapshots)]

    def _books(self, on: _Lines) -> list[Service]:
        return [LiveBooks(on.bus, on.log, on.snapshots, shards=range(self._settings.shards))]

    def _archivist(self, on: _Lines) -> list[Service]:
        alone = partial(self._archiving.take, on.process, by_force=False)
        return [
            Archivist(
                on.line, self._grounds.archive, on.tables, on.snapshots, alone, self._chance,
                self._settings.archive_seconds,
            )
        ]  # fmt: skip

    # --- the chain ------------------------------------------------------------------------------

    def _onchain(self, on: _Lines) -> list[Service]:
        grounds = self._grounds
        return [
            Onchain(
                self._settings.onchain,
                bus=on.bus,
                log=on.log,
                asset=on.asset,
                chain=SimChain(grounds.chain, grounds.chain_server, on.process),
                transactions=SimTransactions(grounds.transactions, on.process),
                gate=self._gate(on),
            )
        ]

    def _escrow(self, on: _Lines) -> list[Service]:
        escrow = self._contracts(on)
        assert escrow is not None, "who looks after escrow has one"
        return [
            EscrowDesk(
                self._settings.onchain,
                log=on.log,
                snapshots=on.snapshots,
                asset=on.asset,
                escrow=escrow,
                transactions=SimTransactions(self._grounds.jobs, on.process),
                first_block=1,
                gate=self._gate(on),
            )
        ]

    def _gate(self, on: _Lines) -> Gate | None:
        escrow = self._contracts(on)
        return Gate(on.log, on.snapshots, escrow, 1) if escrow else None

    def _contracts(self, on: _Lines) -> SimEscrow | None:
        chain = self._grounds.chain
        if not isinstance(chain, Contracts):
            return None
        return SimEscrow(chain.escrow, self._grounds.chain_server, on.process)
