"""The index of the log, held against the entries it was written beside."""

from collections.abc import AsyncIterator, Sequence

from outcry.messages.entry import Commands, Entry, Facts
from outcry.messages.record_bodies import span as seqs_of
from outcry.messages.runs import COMMANDS, FACTS
from outcry.ports.ledger_log import Span


class SpanAudit:
    """Compares the spans of each entry with what the entry holds, in one pass over both."""

    def __init__(self, found: AsyncIterator[tuple[int, Span]], after: int) -> None:
        """Read *found*; there are none of entries up to *after*, which were archived."""
        self._found = found
        self._after = after
        self._next: tuple[int, Span] | None = None
        self.count = 0

    async def take(self, n: int, entry: Entry | None) -> str:
        """Return what is wrong with the spans of entry *n*, "" when nothing is."""
        if n <= self._after:
            return ""
        found = await self._upto(n)
        held = [(n, span) for span in spans_of(entry)]
        self.count += len(held)
        if found == held:
            return ""
        return f"entry {n}: ledger_span says {_told(found)}, the entry holds {_told(held)}"

    async def _upto(self, n: int) -> list[tuple[int, Span]]:
        found: list[tuple[int, Span]] = []
        while True:
            if self._next is None:
                self._next = await anext(self._found, None)
            if self._next is None or self._next[0] > n:
                return found
            found.append(self._next)
            self._next = None


def spans_of(entry: Entry | None) -> list[Span]:
    """Return the runs of commands and facts in *entry*, one for each shard and kind, in order."""
    spans: dict[tuple[int, str], Span] = {}
    for item in entry.items if entry else ():
        if isinstance(item, Commands | Facts):
            kind = COMMANDS if isinstance(item, Commands) else FACTS
            first, last = seqs_of(item.body)
            known = spans.get((item.shard, kind))
            spans[item.shard, kind] = Span(
                item.shard, kind, known.first_seq if known else first, last
            )
    return sorted(spans.values())


def _told(spans: Sequence[tuple[int, Span]]) -> str:
    return (
        ", ".join(f"{s.shard}{s.kind} {s.first_seq}..{s.last_seq}" for _, s in spans) or "nothing"
    )
