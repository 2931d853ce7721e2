"""Ring: facts that the ledger has not applied, the only ones that stand nowhere else.

When the stream loses them they are published again from here. They can all be made again from the
log's commands as well, by a restart from a snapshot; the ring saves that.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from outcry.ports.bus import StreamEntry


class FactsRing:
    """Entries in order and without a hole; the oldest may begin below what is applied."""

    def __init__(self) -> None:
        self._entries: deque[StreamEntry] = deque()
        self.size_bytes = 0

    @property
    def first(self) -> int | None:
        """The first seq that is here, None when nothing is."""
        return self._entries[0].first if self._entries else None

    def extend(self, entries: Iterable[StreamEntry]) -> None:
        """Add the newest *entries*."""
        for entry in entries:
            self._entries.append(entry)
            self.size_bytes += len(entry.body)

    def forget(self, applied: int) -> None:
        """Let go of entries that are wholly applied."""
        while self._entries and self._entries[0].last <= applied:
            self.size_bytes -= len(self._entries.popleft().body)

    def after(self, seq: int) -> Iterator[StreamEntry]:
        """Yield the entries with a seq above *seq*; the first may begin below it.

        The entries are those of now: what is added or forgotten meanwhile makes no difference.
        """
        return iter([entry for entry in self._entries if entry.last > seq])
