"""The archivist: `outcry archive`, again and again, wherever it was killed the time before."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from random import Random

from outcry.adapters.memory import MemoryArchive, MemoryLedgerLog
from outcry.app.archiving import bounds_of, move
from outcry.app.sim.adapters import SimLog, SimSnapshots, SimTables
from outcry.app.sim.lines import at_once
from outcry.ports.ledger_log import Archived, Row


class Archivist:
    """Moves the oldest entries of the log into the archive, some or all that may go."""

    name = "archivist"

    def __init__(
        self, log: SimLog, archive: MemoryArchive, tables: SimTables, snapshots: SimSnapshots,
        alone: Callable[[], Awaitable[bool]], chance: Random, pace_seconds: float,
    ) -> None:  # fmt: skip
        """Do so every *pace_seconds*, about, unless somebody else does: not *alone*."""
        self._alone = alone
        self._log = log
        self._archive = archive
        self._tables = tables
        self._snapshots = snapshots
        self._chance = chance
        self._pace_seconds = pace_seconds

    async def start(self) -> None:
        """Nothing is to be found out."""

    async def run(self) -> None:
        """Archive until cancelled."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / self._pace_seconds))
            if not await self._alone():
                continue
            bounds = await bounds_of(self._log, self._snapshots, await self._tables.position())
            last = self._chance.choice((bounds.limit, (bounds.archived + bounds.limit) // 2))
            if last > bounds.archived:
                # What a run that died had asked of the log may have come through meanwhile.
                with suppress(Archived):
                    await move(self._log, self._archive, last)

    async def stop(self) -> None:
        """Nothing is unfinished: the next run goes on where this one ended."""

    def status(self) -> Mapping[str, int]:
        """Return readiness."""
        return {"ready": 1}


def whole(log: MemoryLedgerLog, archive: MemoryArchive) -> MemoryLedgerLog:
    """Return *log* as it is now with what *archive* has of it; nobody can write to it."""
    return _Whole(log, archive)


def rows_after(log: MemoryLedgerLog, archive: MemoryArchive, n: int) -> Sequence[Row]:
    """Return the rows of *log* after entry *n*, wherever they are."""
    newest = at_once(log.archived())
    return (log if newest is None or n >= newest.last else whole(log, archive)).rows[n:]


class _Whole(MemoryLedgerLog):
    def __init__(self, log: MemoryLedgerLog, archive: MemoryArchive) -> None:
        super().__init__()
        self.__dict__.update(log.__dict__)
        newest = self._archived
        if newest is not None:
            kept = [row for run in archive.rows(0, newest.last) for row in run]
            self._rows = [*kept, *log.rows[newest.last :]]

    def _refuse_archived(self, n: int) -> None:
        """Everything is here."""
