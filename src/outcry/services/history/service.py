"""History: follow the log, fold it over the same pure core as the ledger, and write the tables.

* Start: the newest checkpoint not above the tables, then fold silently up to where they stand, then
  project what comes after. Tables that were cleared are written again from the first entry, and
  come out the same.
* A batch is written in one transaction together with its position, so a crash loses nothing and
  doubles nothing. While one is being written the next is folded.
* What it folds it also saves as checkpoints of the ledger, where a start goes on: `checkpoints`.
* Tables that cannot be reached are waited for. Tables ahead of the log, or a broken law, end it.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from structlog import get_logger

from outcry.domain.errors import CorruptError
from outcry.domain.ledger.effects import Effects
from outcry.messages.entry import FoldedEntry, unpack_folded
from outcry.messages.ledger_checkpoints import Checkpoint
from outcry.ports.ledger_log import LedgerLog, LogUnavailable, Row
from outcry.ports.projection import Projection, Rows, TablesUnavailable
from outcry.ports.snapshots import Snapshots
from outcry.runtime.closing import closing
from outcry.runtime.fold import Fold
from outcry.runtime.follow import Backoff
from outcry.runtime.ledger_recovery import mark_of, restore_ledger
from outcry.services.history.catalog import Catalog
from outcry.services.history.checkpoints import Checkpoints
from outcry.services.history.config import HistoryConfig
from outcry.services.history.rows import Batch, records_of


#: Entries between two lines about how far recovery is.
PROGRESS_ENTRIES: Final = 50_000
#: How long a stop waits for the transaction under way; it happens as a whole or not at all.
STOP_SECONDS: Final = 5.0

_log = get_logger("outcry.history")


class History:
    """The service ``history``."""

    name = "history"

    def __init__(
        self,
        config: HistoryConfig,
        *,
        log: LedgerLog,
        projection: Projection,
        snapshots: Snapshots | None = None,
    ) -> None:
        """Write *projection* from *log*, and checkpoints of the ledger into *snapshots*."""
        self._config = config
        self._snapshots = snapshots
        self._checkpoints = Checkpoints(config, None, 0, 0)
        self._ledger_log = log
        self._projection = projection
        self._fold = Fold()
        self._catalog = Catalog()
        self._mark = b""
        self._batch = Batch(1)
        self._writing: asyncio.Task[None] | None = None
        self._ready = False
        #: On the loop's clock: when the next transaction may begin.
        self._next_at = 0.0
        self._head = 0
        self._folded = (0, 0)
        self._written = (0, 0)
        self._counts = {"batches_total": 0, "rows_total": 0, "retries_total": 0}

    # ------------------------------------------------------------------ the service

    async def start(self) -> None:
        """Get to where the tables stand; raises `CorruptError` when they are beyond the log."""
        position = await self._projection.position()
        self._head = await self._ledger_log.head()
        if position > self._head:
            raise CorruptError(
                f"the tables stand at entry {position}, the log ends at {self._head}:"
                " they belong to another log; clear them to have them written again",
            )
        timeline = await self._ledger_log.timeline()
        await self._restore(position)
        self._checkpoints = Checkpoints(
            self._config, self._snapshots, timeline, self._fold.ledger.n
        )
        async with closing(self._ledger_log.entries(self._fold.ledger.n, position)) as rows:
            async for row in rows:
                self._apply(row)
                if row.n % PROGRESS_ENTRIES == 0:
                    _log.info("history_recovering", entry=row.n, of=position)
        self._folded = self._written = (position, self._fold.ledger.time_us)
        self._batch = Batch(position + 1)
        self._ready = True
        _log.info("history_ready", position=position, head=self._head)

    async def _restore(self, position: int) -> None:
        """Begin with the newest checkpoint that is not ahead of the tables."""
        if self._snapshots is None:
            return
        restored = await restore_ledger(self._ledger_log, self._snapshots, position)
        if restored is None:
            return
        try:
            self._catalog = Catalog.unpack(restored.annex)
        except CorruptError as error:
            _log.error("checkpoint_refused", position=restored.ledger.n, reason=str(error))
        else:
            self._fold = Fold(restored.ledger)
            self._mark = restored.mark

    async def run(self) -> None:
        """Project what is committed, until cancelled."""
        backoff = Backoff()
        while True:
            try:
                self._head = await self._ledger_log.wait(self._folded[0], self._config.wait_ms)
                await self._keep_pace()
                await self._project(self._head)
                backoff.reset()
            except LogUnavailable as error:
                _log.warning("history_waits_for_log", reason=str(error))
                await backoff.pause()
            if self._writing is not None and self._writing.done():
                await self._written_whole()

    async def stop(self) -> None:
        """Save a checkpoint; let the transaction under way end, unless the tables are away."""
        if self._ready:
            await self._checkpoints.finish(self._checkpoint(), self._written[0])
        self._ready = False
        if self._writing is not None:
            await asyncio.wait({self._writing}, timeout=STOP_SECONDS)
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    def status(self) -> Mapping[str, int]:
        """Return readiness, position and lag; ``lag_us`` is in the log's own time."""
        return {
            "ready": int(self._ready),
            "position": self._written[0],
            "head": self._head,
            "lag_entries": max(0, self._head - self._written[0]),
            "lag_us": max(0, self._folded[1] - self._written[1]),
            "checkpoint": self._checkpoints.position,
            "checkpoints_total": self._checkpoints.saves,
            **self._counts,
        }

    async def _keep_pace(self) -> None:
        """Let the log grow a little when a transaction began a moment ago."""
        pause = self._next_at - asyncio.get_running_loop().time()
        if pause > 0:
            await asyncio.sleep(pause)
            self._head = await self._ledger_log.head()

    # ------------------------------------------------------------------ folding

    async def _project(self, upto: int) -> None:
        """Fold and hand over for writing everything up to entry *upto*."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._config.batch_seconds
        async for row in self._ledger_log.entries(self._folded[0], upto):
            before_us = self._fold.ledger.time_us
            changed = self._apply(row)
            if changed is None:
                self._batch.skip(row.n)
            else:
                self._batch.add(row.n, *changed)
                self._batch.look_back(self._fold.ledger, before_us)
            if self._is_full() or loop.time() >= deadline:
                await self._hand_over()
                deadline = loop.time() + self._config.batch_seconds
            elif self._checkpoints.due:
                self._checkpoints.begin(self._checkpoint(), self._written[0])
            else:
                # The log may be read ahead: without this the writing would stand still meanwhile.
                await asyncio.sleep(0)
        await self._hand_over()

    def _apply(self, row: Row) -> tuple[FoldedEntry, Effects] | None:
        """Fold one row; returns its entry and what it changed, None for a fence."""
        self._folded = (row.n, row.at_us)
        self._mark = mark_of(row)
        if not row.body:
            self._fold.begin(row.n)
            return None
        entry = unpack_folded(row.body)
        effects = self._fold.apply_entry(row.n, entry)
        for record in records_of(entry):
            self._catalog.take(record)
        self._checkpoints.took(len(row.body), asked=bool(effects.checkpoints))
        return entry, effects

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self._fold.ledger, self._mark, self._catalog.pack())

    def _is_full(self) -> bool:
        config = self._config
        batch = self._batch
        return batch.entries >= config.batch_entries_max or batch.size >= config.batch_rows_max

    # ------------------------------------------------------------------ writing

    async def _hand_over(self) -> None:
        """Begin to write the open batch, after the one before is written."""
        if not self._batch.entries:
            return
        await self._written_whole()
        batch, self._batch = self._batch, Batch(self._folded[0] + 1)
        rows = batch.rows(self._fold.ledger, self._catalog)
        self._catalog.forget_ended()
        end = self._folded
        self._next_at = asyncio.get_running_loop().time() + self._config.pace_seconds
        time_us = self._fold.ledger.time_us
        self._writing = asyncio.create_task(self._write(batch.n_first, end, rows, time_us))

    async def _written_whole(self) -> None:
        """Wait for the transaction under way; raises what made it impossible."""
        if self._writing is not None:
            await asyncio.shield(self._writing)
            self._writing = None

    async def _write(self, n_first: int, end: tuple[int, int], rows: Rows, time_us: int) -> None:
        """Write *rows*, however often the tables go away meanwhile."""
        backoff = Backoff()
        doubt = False
        while True:
            try:
                # After a lost answer the transaction may have happened; its position says so.
                if not doubt or await self._projection.position() < end[0]:
                    await self._projection.apply(n_first, end[0], rows, time_us)
            except TablesUnavailable as error:
                doubt = True
                self._counts["retries_total"] += 1
                _log.warning("history_waits_for_tables", reason=str(error))
                await backoff.pause()
            else:
                break
        self._written = end
        self._counts["batches_total"] += 1
        self._counts["rows_total"] += sum(len(table) for table in rows)
