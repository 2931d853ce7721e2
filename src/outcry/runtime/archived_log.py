"""ArchivedLog: the ledger log and its archive, read as one.

It is a `LedgerLog` around another one. Whoever asks for entries that were moved to the archive gets
them from there, and goes on in the log; everybody else never notices that there is an archive.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from outcry.domain.errors import CorruptError
from outcry.messages.runs import COMMANDS, FACTS, Run, Runs
from outcry.ports.ledger_log import Archived, LedgerLog, Opened, Row, Segment, Span
from outcry.ports.log_archive import LogArchive


class ArchivedLog(LedgerLog):
    """A log that reads on in *archive* where the wrapped one begins too late."""

    def __init__(self, log: LedgerLog, archive: LogArchive) -> None:
        self._log = log
        self._archive = archive

    async def entries(self, after: int, upto: int | None = None) -> AsyncIterator[Row]:
        """Yield rows with ``after < n <= upto``; see `LedgerLog.entries`."""
        last = await self._log.head() if upto is None else upto
        while True:
            began = after
            try:
                async for row in self._log.entries(after, last):
                    yield row
                    after = row.n
            except Archived as archived:
                # Also half way: what lay ahead was archived while the rows before were read.
                async for row in self._archived_rows(archived, after, last):
                    yield row
                    after = row.n
                if after == began:
                    raise
            else:
                return

    def commands(self, shard: int, after: int) -> AsyncIterator[Run]:
        """Yield committed commands; see `LedgerLog.commands`."""
        return self._runs(self._log.commands, Runs(shard, COMMANDS, after), shard)

    def facts(self, shard: int, after: int) -> AsyncIterator[Run]:
        """Yield committed facts; see `LedgerLog.facts`."""
        return self._runs(self._log.facts, Runs(shard, FACTS, after), shard)

    async def _runs(
        self, inner: Callable[[int, int], AsyncIterator[Run]], runs: Runs, shard: int
    ) -> AsyncIterator[Run]:
        while True:
            began = runs.position
            try:
                async for run in inner(shard, began):
                    yield run
                    runs.position = run[1]
            except Archived as archived:
                async for row in self._archived_rows(archived, 0, archived.newest.last):
                    if row.body:
                        for run in runs.of(row.n, row.body):
                            yield run
                if runs.position == began:
                    raise CorruptError(
                        f"seq {began + 1} of shard {shard} is neither in the log nor in the archive"
                    ) from archived
            else:
                return

    async def _archived_rows(self, archived: Archived, after: int, upto: int) -> AsyncIterator[Row]:
        """Yield rows of the archive; raises *archived* when that does not reach as far."""
        segments = await asyncio.to_thread(self._archive.segments)
        if archived.newest not in segments:
            raise archived
        rows = self._archive.rows(after, min(upto, archived.newest.last))
        while (run := await asyncio.to_thread(next, rows, None)) is not None:
            for row in run:
                yield row

    async def claim(self, *, by_force: bool = False) -> bool:
        """Ask for the right to write; see `LedgerLog.claim`."""
        return await self._log.claim(by_force=by_force)

    async def open(self, at_us: int) -> Opened:
        """Become the writer; see `LedgerLog.open`."""
        return await self._log.open(at_us)

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append entry *n*; see `LedgerLog.append`."""
        await self._log.append(epoch, n, at_us, body, spans)

    async def head(self) -> int:
        """Return the number of the newest entry."""
        return await self._log.head()

    async def wait(self, after: int, timeout_ms: int) -> int:
        """Return the head as soon as it is above *after*; see `LedgerLog.wait`."""
        return await self._log.wait(after, timeout_ms)

    def spans(self, upto: int) -> AsyncIterator[tuple[int, Span]]:
        """Yield the spans of entries; see `LedgerLog.spans`."""
        return self._log.spans(upto)

    async def timeline(self) -> int:
        """Return the id of the newest timeline."""
        return await self._log.timeline()

    async def start_timeline(self, reason: str, at_us: int) -> int:
        """Begin a new timeline; see `LedgerLog.start_timeline`."""
        return await self._log.start_timeline(reason, at_us)

    async def applied(self, shard: int, at: int | None = None) -> int:
        """Return the seq up to which facts are committed; see `LedgerLog.applied`."""
        return await self._log.applied(shard, at)

    async def archived(self) -> Segment | None:
        """Return the newest archived segment; see `LedgerLog.archived`."""
        return await self._log.archived()

    async def forget(self, segment: Segment, at_us: int) -> None:
        """Let go of archived entries; see `LedgerLog.forget`."""
        await self._log.forget(segment, at_us)

    async def close(self) -> None:
        """Let go of the wrapped log."""
        await self._log.close()
