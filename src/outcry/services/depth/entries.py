"""Depth entries: made from what changed, and kept for a while to be published again."""

from collections import deque
from collections.abc import Iterable, Iterator

from outcry.domain.levels import LevelBook, LevelBooks
from outcry.messages.book_updates import (
    BookUpdate,
    DepthEntry,
    Level,
    PublicTrade,
    pack_depth,
)
from outcry.ports.bus import StreamEntry


def whole_books(levels: LevelBooks, updates: list[BookUpdate]) -> list[BookUpdate]:
    """Return updates that replace whatever a reader has of any book; fills are in *updates*."""
    trades = {update.market_id: update.trades for update in updates}
    return [_whole_book(book, trades.get(book.market_id, [])) for book in levels.books.values()]


def _whole_book(book: LevelBook, trades: list[PublicTrade]) -> BookUpdate:
    levels = [Level(bid, p, q) for bid in (True, False) for p, q in book.side(bid=bid).items()]
    return BookUpdate(book.market_id, 0, book.update_id, book.at_us, book.state, levels, trades)


def pack_updates(updates: list[BookUpdate]) -> bytes:
    """Return the body of an entry."""
    return pack_depth(DepthEntry(updates))


class DepthRing:
    """The newest entries, in order and without a hole, bounded in bytes."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._entries: deque[StreamEntry] = deque()
        self._size_bytes = 0

    def add(self, entry: StreamEntry) -> None:
        """Add the newest entry; the oldest go when there are too many bytes."""
        self._entries.append(entry)
        self._size_bytes += len(entry.body)
        while self._size_bytes > self._bytes_max and len(self._entries) > 1:
            self._size_bytes -= len(self._entries.popleft().body)

    def clear(self) -> None:
        """Forget everything: what comes next does not follow."""
        self._entries.clear()
        self._size_bytes = 0

    def after(self, seq: int | None) -> Iterator[StreamEntry]:
        """Yield the entries of now that reach above *seq*; all of them for None."""
        entries: Iterable[StreamEntry] = self._entries
        return iter([entry for entry in entries if seq is None or entry.last > seq])
