"""LogTail: the newest rows of the log in memory, for readers in the writer's own process.

It is a `LedgerLog` around another one. Rows enter it only after their append returned, so what it
shows is as true as what it wraps; older rows are read through.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Final

from outcry.ports.ledger_log import LedgerLog, Opened, Row, Segment, Span


TAIL_ROWS_MAX: Final = 4_096
TAIL_BYTES_MAX: Final = 64 * 1024 * 1024


class LogTail:
    """A log that remembers its own end."""

    def __init__(self, log: LedgerLog) -> None:
        self._log = log
        self._rows: deque[Row] = deque()
        self._bytes = 0
        self._grown = asyncio.Event()

    async def claim(self, *, by_force: bool = False) -> bool:
        """Ask for the right to write; see `LedgerLog.claim`."""
        return await self._log.claim(by_force=by_force)

    async def open(self, at_us: int) -> Opened:
        """Become the writer; see `LedgerLog.open`."""
        opened = await self._log.open(at_us)
        self._remember(Row(opened.head, opened.epoch, at_us, b""))
        return opened

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append entry *n*; see `LedgerLog.append`."""
        await self._log.append(epoch, n, at_us, body, spans)
        self._remember(Row(n, epoch, at_us, body))

    async def head(self) -> int:
        """Return the number of the newest entry, also when another writer has gone on."""
        return await self._log.head()

    async def entries(self, after: int, upto: int | None = None) -> AsyncIterator[Row]:
        """Yield rows with ``after < n <= upto``, from memory as far as they are there."""
        last = await self._last() if upto is None else upto
        if not self._rows or after + 1 < self._rows[0].n:
            first_kept = self._rows[0].n if self._rows else last + 1
            async for row in self._log.entries(after, min(last, first_kept - 1)):
                yield row
                after = row.n
        if self._rows and self._rows[0].n > after + 1:
            # The tail moved on while we read: what is missing is in the log.
            async for row in self._log.entries(after, last):
                yield row
            return
        for row in self._kept(after, last):
            yield row
            after = row.n
        if after < last:
            # Another writer has gone on from here.
            async for row in self._log.entries(after, last):
                yield row

    def _kept(self, after: int, last: int) -> list[Row]:
        """Return what memory has of ``after < n <= last``, found from the newest back."""
        found = []
        for row in reversed(self._rows):
            if row.n <= after:
                break
            if row.n <= last:
                found.append(row)
        return found[::-1]

    async def wait(self, after: int, timeout_ms: int) -> int:
        """Return the head as soon as it is above *after*, or after *timeout_ms*."""
        if not self._rows:
            return await self._log.wait(after, timeout_ms)  # somebody else writes
        if await self._last() <= after:
            grown = self._grown
            try:
                async with asyncio.timeout(timeout_ms / 1000):
                    await grown.wait()
            except TimeoutError:
                pass
        return await self._last()

    def commands(self, shard: int, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield committed commands; see `LedgerLog.commands`."""
        return self._log.commands(shard, after)

    def facts(self, shard: int, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield committed facts; see `LedgerLog.facts`."""
        return self._log.facts(shard, after)

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
        """Return the seq up to which facts of *shard* are committed; see `LedgerLog.applied`."""
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

    async def _last(self) -> int:
        return self._rows[-1].n if self._rows else await self._log.head()

    def _remember(self, row: Row) -> None:
        self._rows.append(row)
        self._bytes += len(row.body)
        while len(self._rows) > 1 and (
            len(self._rows) > TAIL_ROWS_MAX or self._bytes > TAIL_BYTES_MAX
        ):
            self._bytes -= len(self._rows.popleft().body)
        grown, self._grown = self._grown, asyncio.Event()
        # A turn later: whoever is answered by this commit goes before who reads what it wrote.
        asyncio.get_running_loop().call_soon(grown.set)
