"""Outputs of the log: each log entry says what it has for whom; here that goes onto the streams.

A stream bears the numbers of the log. Most entries have nothing for a stream; the next one that has
something begins where the last one ended, and so covers them.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from outcry.messages import streams
from outcry.messages.entry import NOTHING, Outputs, packed_outputs
from outcry.ports.bus import Bus, StreamEntry
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime.publish import Ahead, Publisher


class Output(NamedTuple):
    """One stream, and what part of an entry goes onto it."""

    stream: str
    #: Index in `Outputs`.
    part: int
    #: An entry that has nothing is published once so many before it had nothing either: readers
    #: of a busy stream see that it moves, one that is hardly used costs nothing.
    silence: int


OUTPUTS: Final = (
    Output(streams.USER_EVENTS, 0, 1),
    Output(streams.SETTLEMENT_REQUESTS, 1, 4_096),
    Output(streams.MARKET_EVENTS, 2, 4_096),
)

#: A committed entry: its number and what it has for each stream.
Row = tuple[int, Outputs]


class OutputStream:
    """The writer of one stream of outputs; its position is the tail of the stream."""

    def __init__(self, bus: Bus, log: LedgerLog, output: Output) -> None:
        self._log = log
        self._output = output
        self._publisher = Publisher(bus, output.stream, again=self._again)
        #: Entries up to here were looked at …
        self.position = 0
        #: … and up to here the stream covers them.
        self._covered = 0

    async def start(self) -> None:
        """Find where the stream stands; refuse one that is ahead of the log."""
        newest = await self._publisher.newest()
        head = await self._log.head()
        if newest is not None and newest.last > head:
            raise Ahead(self._output.stream, newest.last, head)
        self.position = self._covered = newest.last if newest else head

    async def publish(self, rows: Sequence[Row] = (), upto: int = 0) -> None:
        """Publish what *rows* have, all entries up to *upto*; without any, see to the stream."""
        entries = list(self._cut(self._covered, (row for row in rows if row[0] > self.position),
                                 upto))  # fmt: skip
        await self._publisher.publish(entries)
        self.position = max(self.position, upto)
        if entries:
            self._covered = entries[-1].last

    async def _again(self, tail: int | None) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield the entries above *tail*; a new stream begins at what is published next."""
        head = await self._log.head()
        after = max(0, min(head, self._covered) - 1) if tail is None else tail
        first = after + 1
        async for row in self._log.entries(after, head):
            part = _parts(row.body)[self._output.part]
            if self._tells(part, row.n, first, head):
                yield first, row.n, part
                first = row.n + 1

    def _cut(self, after: int, rows: Iterable[Row], upto: int) -> Iterator[StreamEntry]:
        first = after + 1
        for n, parts in rows:
            part = parts[self._output.part]
            if self._tells(part, n, first, upto):
                yield StreamEntry(first, n, part)
                first = n + 1

    def _tells(self, part: bytes, n: int, first: int, upto: int) -> bool:
        return part != NOTHING or (n == upto and n - first + 1 >= self._output.silence)


async def committed(log: LedgerLog, after: int, upto: int) -> list[Row]:
    """Return what the entries above *after*, up to *upto*, have for the streams."""
    return [(row.n, _parts(row.body)) async for row in log.entries(after, upto)]


def _parts(body: bytes) -> Outputs:
    return packed_outputs(body) if body else Outputs()
