"""LedgerLog in memory: a list of rows. A crash of a service loses nothing of it."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence

from outcry.adapters.memory.waiters import Waiters
from outcry.messages.runs import COMMANDS, FACTS, Run, Runs
from outcry.ports.ledger_log import Archived, LedgerLog, Opened, Row, Segment, Span, Stale


class MemoryLedgerLog(LedgerLog):
    """The log of one exchange, shared by all services of one event loop."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._archived: Segment | None = None
        #: Per shard and kind: rising last seqs and, beside them, the entries that hold them.
        self._lasts: dict[tuple[int, str], list[int]] = {}
        self._holders: dict[tuple[int, str], list[int]] = {}
        self._spans: list[tuple[int, Span]] = []
        self._timelines = ["created"]
        self._waiters = Waiters()
        #: Whether a process that is not there, but lives, holds the right to write.
        self.claimed_elsewhere = False

    async def claim(self, *, by_force: bool = False) -> bool:  # noqa: ARG002 - nobody is asked
        """Return whether nobody holds the right to write; see `claimed_elsewhere`."""
        return not self.claimed_elsewhere

    @property
    def rows(self) -> Sequence[Row]:
        """Every row, for reading."""
        return self._rows

    async def open(self, at_us: int) -> Opened:
        """Append the fence of the next epoch; see `LedgerLog`."""
        epoch = self._rows[-1].epoch + 1 if self._rows else 1
        self._push(Row(len(self._rows) + 1, epoch, at_us, b""))
        return Opened(len(self._rows), epoch)

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append entry *n*; see `LedgerLog`."""
        head = self._rows[-1] if self._rows else Row(0, 0, 0, b"")
        if (epoch, n) != (head.epoch, head.n + 1):
            raise Stale(
                f"entry {n} of epoch {epoch} does not follow entry {head.n} of epoch {head.epoch}"
            )
        self._spans += [(n, span) for span in sorted(spans)]
        for span in spans:
            self._lasts.setdefault((span.shard, span.kind), []).append(span.last_seq)
            self._holders.setdefault((span.shard, span.kind), []).append(n)
        self._push(Row(n, epoch, at_us, body))

    async def head(self) -> int:
        """Return the number of the newest entry, 0 when the log is empty."""
        return len(self._rows)

    async def entries(self, after: int, upto: int | None = None) -> AsyncIterator[Row]:
        """Yield rows above *after*; see `LedgerLog`."""
        end = len(self._rows) if upto is None else min(upto, len(self._rows))
        for index in range(after, end):
            self._refuse_archived(index + 1)
            yield self._rows[index]

    async def wait(self, after: int, timeout_ms: int) -> int:
        """Return the head once it is above *after*, or when the time is up."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_ms / 1_000
        while len(self._rows) <= after:
            remaining = deadline - loop.time()
            if remaining <= 0:
                break
            await self._waiters.sleep(remaining)
        return len(self._rows)

    def commands(self, shard: int, after: int) -> AsyncIterator[Run]:
        """Yield runs of commands above *after*; see `LedgerLog`."""
        return self._runs(shard, COMMANDS, after)

    def facts(self, shard: int, after: int) -> AsyncIterator[Run]:
        """Yield runs of facts above *after*; see `LedgerLog`."""
        return self._runs(shard, FACTS, after)

    async def _runs(self, shard: int, kind: str, after: int) -> AsyncIterator[Run]:
        runs = Runs(shard, kind, after)
        holders = self._holders.get((shard, kind), [])
        start = bisect_right(self._lasts.get((shard, kind), []), after)
        for n in dict.fromkeys(holders[start:]):
            self._refuse_archived(n)
            for run in runs.of(n, self._rows[n - 1].body):
                yield run

    async def spans(self, upto: int) -> AsyncIterator[tuple[int, Span]]:
        """Yield the spans of entries; see `LedgerLog`."""
        for n, span in self._spans:
            if n <= upto:
                yield n, span

    async def timeline(self) -> int:
        """Return the id of the newest timeline."""
        return len(self._timelines)

    async def start_timeline(self, reason: str, at_us: int) -> int:  # noqa: ARG002 - kept nowhere
        """Begin a new timeline at the head; returns its id."""
        self._timelines.append(reason)
        return len(self._timelines)

    async def applied(self, shard: int, at: int | None = None) -> int:
        """Return the seq up to which facts of *shard* are committed; see `LedgerLog`."""
        lasts = self._lasts.get((shard, FACTS), [])
        count = len(lasts)
        if at is not None:
            count = bisect_right(self._holders.get((shard, FACTS), []), at)
        return lasts[count - 1] if count else 0

    async def archived(self) -> Segment | None:
        """Return the newest archived segment; see `LedgerLog`."""
        return self._archived

    async def forget(self, segment: Segment, at_us: int) -> None:  # noqa: ARG002 - kept nowhere
        """Let go of archived entries; see `LedgerLog`."""
        before = self._archived.last if self._archived else 0
        if segment.first != before + 1 or segment.last >= len(self._rows):
            raise ValueError(f"{segment} does not follow entry {before}, or reaches the head")
        self._archived = segment
        self._spans = [(n, span) for n, span in self._spans if n > segment.last]
        gone = slice(segment.first - 1, segment.last)
        self._rows[gone] = [row._replace(body=b"") for row in self._rows[gone]]

    def _refuse_archived(self, n: int) -> None:
        if self._archived is not None and n <= self._archived.last:
            raise Archived(self._archived)

    async def close(self) -> None:
        """Do nothing: the log outlives the services that use it."""

    def _push(self, row: Row) -> None:
        self._rows.append(row)
        self._waiters.wake()
