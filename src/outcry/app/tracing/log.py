"""The ledger log of a process, which tells when traced commands and their facts are committed."""

from collections.abc import AsyncIterator, Sequence
from time import time_ns
from typing import Any, Final

from outcry.app.tracing.notes import Note, Notes
from outcry.messages.entry import Commands, Facts, unpack_items
from outcry.ports.ledger_log import LedgerLog, Row, Span
from outcry.runtime.closing import closing
from outcry.runtime.tracing import Spans, Traced, any_sampled, traced_in


#: A stamp that is further from the wall clock was made by a clock that does not run with it.
STAMP_NS_MAX: Final = 60_000_000_000


class WritersLog:
    """A `LedgerLog` of the process that writes it; what is not about appending is the other's."""

    def __init__(self, log: LedgerLog, spans: Spans, one_in: int, entries: Notes[int]) -> None:
        """Tell *spans* of one command in *one_in*, and *entries* of its facts."""
        self._log = log
        self._spans = spans
        self._one_in = one_in
        self._entries = entries

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other has
        return getattr(self._log, name)

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append entry *n*; see `LedgerLog.append`."""
        began_ns = time_ns()
        await self._log.append(epoch, n, at_us, body, spans)
        if any(any_sampled(span.first_seq, span.last_seq, self._one_in) for span in spans):
            self._tell(n, body, began_ns, time_ns())

    def _tell(self, n: int, body: bytes, began_ns: int, ended_ns: int) -> None:
        settled: list[Traced] = []
        for item in unpack_items(body):
            if isinstance(item, Commands):
                for command in traced_in(item.shard, item.body, self._one_in):
                    stamped_ns = command.time_us * 1_000
                    decided_ns = (
                        stamped_ns if 0 <= began_ns - stamped_ns < STAMP_NS_MAX else began_ns
                    )
                    self._spans.emit("ledger.decide", command, decided_ns, ended_ns)
                    self._spans.emit("ledger.commit", command, began_ns, ended_ns,
                                     **{"outcry.n": n})  # fmt: skip
            elif isinstance(item, Facts):
                settled += traced_in(item.shard, item.body, self._one_in)
        for command in settled:
            self._spans.emit("facts.commit", command, began_ns, ended_ns, **{"outcry.n": n})
        if settled:
            self._entries.put(n, Note(ended_ns, tuple(settled)))


class ReadersLog:
    """A `LedgerLog` of another process: notes which entries hold facts of traced commands."""

    def __init__(self, log: LedgerLog, one_in: int, entries: Notes[int]) -> None:
        """Tell *entries* of the facts of one command in *one_in*."""
        self._log = log
        self._one_in = one_in
        self._entries = entries

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other has
        return getattr(self._log, name)

    async def entries(self, after: int, upto: int | None = None) -> AsyncIterator[Row]:
        """Yield rows; see `LedgerLog.entries`."""
        async with closing(self._log.entries(after, upto)) as rows:
            async for row in rows:
                if row.body:
                    self._note(row)
                yield row

    def _note(self, row: Row) -> None:
        settled = [
            command
            for item in unpack_items(row.body)
            if isinstance(item, Facts)
            for command in traced_in(item.shard, item.body, self._one_in)
        ]
        if settled:
            self._entries.put(row.n, Note(time_ns(), tuple(settled)))
