"""The verification itself: one pass over the log, everything compared on the way."""

import time
from collections.abc import Callable

from outcry.app.verify.kernels import AuditKernel, ShardReplay
from outcry.app.verify.report import Report
from outcry.app.verify.spans import SpanAudit
from outcry.app.verify.tables import Differences, TableAudit, TableMaker, Tables
from outcry.domain.errors import CorruptError, InvariantError
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.invariants import audit
from outcry.messages.entry import Commands, Entry, Facts, unpack_entry
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime.closing import closing
from outcry.runtime.fold import Fold
from outcry.runtime.ledger_recovery import apply_row
from outcry.services.asset.events import user_batches


PROGRESS_ENTRIES = 1_000

#: Called now and then with ``(entry, of)``.
Progress = Callable[[int, int], None]


async def verify(
    log: LedgerLog,
    tables: Tables | None = None,
    *,
    progress: Progress | None = None,
    kernel_class: type[AuditKernel] | None = None,
    fold: Fold | None = None,
) -> Report:
    """Rebuild every balance, hold, position and book from *log* and compare, in an empty *fold*.

    Without *tables* only log, ledger and kernel are compared. Findings are in the report; nothing
    is raised for them. Works on a running exchange: it looks at the log up to its present head, and
    at the tables for the entry they happen to stand at. Memory is bounded by what the ledger knows.
    """
    began = time.monotonic()
    report = Report()
    try:
        if tables is None:
            await _compare(log, report, None, progress, _Pass(report, None, kernel_class, fold))
        else:
            async with tables.scan() as scan:
                audited = await TableAudit.of(scan)
                passed = _Pass(report, audited, kernel_class, fold)
                await _compare(log, report, audited, progress, passed)
    except (CorruptError, InvariantError) as error:
        report.find(f"entry {report.entries + 1}: {error}")
    report.seconds = time.monotonic() - began
    return report


async def _compare(
    log: LedgerLog,
    report: Report,
    tables: TableAudit | None,
    progress: Progress | None,
    pass_over: "_Pass",
) -> None:
    """Go through the log once; a second time only to name the rows of tables that differ."""
    report.head = await log.head()
    archived = await log.archived()
    async with closing(log.spans(report.head)) as found:
        spans = SpanAudit(found, archived.last if archived else 0)
        async for row in log.entries(0, report.head):
            entry = unpack_entry(row.body) if row.body else None
            pass_over.take(row.n, entry)
            if finding := await spans.take(row.n, entry):
                report.find(finding)
            if progress and row.n % PROGRESS_ENTRIES == 0:
                progress(row.n, report.head)
    report.spans = spans.count
    pass_over.finish()
    if tables is None:
        return
    report.tables_at, report.table_rows = tables.maker.position, tables.rows_count
    if tables.maker.reached < tables.maker.position:
        report.find(f"the tables stand at entry {tables.maker.position}, beyond the log")
    elif tables.differing:
        await _explain(log, report, tables)


async def _explain(log: LedgerLog, report: Report, tables: TableAudit) -> None:
    differences = Differences(tables.differing)
    maker = TableMaker(tables.maker.position, differences.made)
    fold = Fold()
    async for row in log.entries(0, maker.position):
        changed = apply_row(fold, row)
        entry, effects = changed or (None, Effects())
        maker.take(row.n, entry, effects, fold.ledger)
    async for sentence in tables.explain(differences):
        report.find(sentence)


class _Pass:
    """One pass over the log."""

    def __init__(
        self,
        report: Report,
        tables: TableAudit | None,
        kernel_class: type[AuditKernel] | None,
        fold: Fold | None,
    ) -> None:
        self.fold = fold or Fold()
        self._report = report
        self._kernel_class = kernel_class
        self._replays: dict[int, ShardReplay] = {}
        self._last_n: dict[int, int] = {}
        self._tables = tables

    def take(self, n: int, entry: Entry | None) -> None:
        """Fold one entry, replay its commands, compare what it says happened."""
        if entry is None:
            self.fold.begin(n)
            effects = Effects()
        else:
            effects = self.fold.apply_entry(n, entry)
            self._replay(entry)
            self._compare_events(n, entry, effects)
        self._report.entries += 1
        self._report.fills += len(effects.fills)
        if self._tables:
            self._tables.maker.take(n, entry, effects, self.fold.ledger)

    def finish(self) -> None:
        """Compare what stands at the end."""
        report, ledger = self._report, self.fold.ledger
        for shard in self._replays.values():
            report.commands += shard.commands_count
            report.facts += shard.facts_count
            for finding in shard.compare_books(ledger):
                report.find(finding)
        report.accounts = len(ledger.owners)
        report.markets = len(ledger.markets)
        report.orders_open = len(ledger.orders)
        audit(ledger)

    def _compare_events(self, n: int, entry: Entry, effects: Effects) -> None:
        """Render the private events of the entry anew, and follow each user's chain of numbers."""
        told = {batch.user_id: batch.events for batch in entry.events}
        for batch in entry.events:
            if batch.prev_n != self._last_n.get(batch.user_id, 0):
                self._report.find(f"entry {n}: user {batch.user_id} is told a wrong number before")
            self._last_n[batch.user_id] = n
        due = {b.user_id: b.events for b in user_batches(self.fold.ledger, effects, n)}
        for user_id in told.keys() | due.keys():
            if told.get(user_id) != due.get(user_id):
                self._report.find(f"entry {n}: user {user_id} is told other news than happened")

    def _replay(self, entry: Entry) -> None:
        for item in entry.items:
            if isinstance(item, Commands):
                self._shard(item.shard).take_commands(item.body)
            elif isinstance(item, Facts):
                finding = self._shard(item.shard).take_facts(item.body)
                if finding:
                    self._report.find(finding)
            else:
                self._report.records += 1

    def _shard(self, number: int) -> ShardReplay:
        replay = self._replays.get(number)
        if replay is None:
            replay = self._replays[number] = ShardReplay(number, self._kernel_class)
        return replay
