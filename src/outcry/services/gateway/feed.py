"""The public feed: best prices, levels and fills of instruments, for whoever subscribed.

Books are looked at a hundred times a second, not at every order: what changed in between is one
update. So a busy book costs no more than a calm one, and a slow reader misses nothing it needs: it
is skipped, and gets a snapshot when it reads again. Fills are never left out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from outcry_wire.tcp import FRAME_MAX, LEVEL, TOP, TRADE, Feed, Message, frame, records_in


class Reader(Protocol):
    """A connection, as the feed sees it."""

    @property
    def is_slow(self) -> bool:
        """Whether it has much to read already."""


ReaderT = TypeVar("ReaderT", bound=Reader)
Level = tuple[int, int]
Levels = dict[tuple[int, int], Level]


class Published(NamedTuple):
    """A book as it was told last: ``(side, price)`` to lots and orders, and the best of it."""

    update_id: int = 0
    levels: Levels = {}  # noqa: RUF012 - never changed, always replaced
    top: tuple[int, int, int, int] = (0, 0, 0, 0)


class Source(Protocol):
    """The books that the feed is about."""

    def watch(self, *, trades: bool, books: bool) -> None:
        """Note fills and changes of books from now on, or no more."""

    def changes(self) -> tuple[bytes, Iterable[int]]:
        """Return, once, public records of fills, and the instruments whose books may differ."""

    def look(self, instrument: int, depth: int, last: int) -> Published:
        """Return a book with *depth* levels of each side; *last* is the update told before."""


class KernelBooks:
    """The books of a stand-alone engine."""

    def __init__(self, engine: Any, desk: Any) -> None:  # noqa: ANN401 - one of two twins
        self._engine, self._desk = engine, desk
        self.watch = desk.watch

    def changes(self) -> tuple[bytes, Iterable[int]]:
        """Return, once, public records of fills, and the instruments whose books may differ."""
        return self._desk.trades(), self._desk.changed()

    def look(self, instrument: int, depth: int, last: int) -> Published:
        """Return a book, whose updates are counted here."""
        levels: Levels = {}
        for side in (0, 1):
            for price, lots, orders in self._engine.levels(instrument, side, depth):
                levels[side, price] = (lots, orders)
        return Published(last + 1, levels, self._engine.top(instrument))


class PublicFeed(Generic[ReaderT]):
    """Subscriptions, and what was published last."""

    def __init__(self, depth_max: int, send: Callable[[ReaderT, bytes], None]) -> None:
        """Show *depth_max* levels of each side; let *send* carry frames to a reader."""
        self._depth = depth_max
        self._send = send
        self._source: Source
        self._subscribers: dict[int, dict[ReaderT, Feed]] = defaultdict(dict)
        self._published: dict[int, Published] = {}
        self._behind: set[tuple[int, ReaderT]] = set()
        self._counts = dict.fromkeys(Feed, 0)
        self.wants = Feed(0)

    def attach(self, source: Source) -> None:
        """Look at these books."""
        self._source = source

    def subscribe(self, reader: ReaderT, instrument: int, feeds: Feed, time_us: int) -> None:
        """Send a reader the present, and from now on what changes."""
        if instrument not in self._published or not self._is_watched(instrument):
            self._published[instrument] = self._source.look(instrument, self._depth, 0)
        have = self._subscribers[instrument].get(reader, Feed(0))
        self._subscribers[instrument][reader] = have | feeds
        self._recount(feeds & ~have, 1)
        self._send_snapshot(reader, instrument, feeds, time_us)

    def unsubscribe(self, reader: ReaderT, instrument: int, feeds: Feed) -> Feed:
        """Send a reader less; return what it still gets."""
        readers = self._subscribers[instrument]
        have = readers.pop(reader, Feed(0))
        left = have & ~feeds
        if left:
            readers[reader] = left
        if not readers:
            del self._subscribers[instrument]
        self._recount(have & feeds, -1)
        return left

    def leave(self, reader: ReaderT, instruments: Iterable[int]) -> None:
        """Forget a reader."""
        for instrument in instruments:
            self.unsubscribe(reader, instrument, Feed.TOP | Feed.LEVELS | Feed.TRADES)
        self._behind = {pair for pair in self._behind if pair[1] is not reader}

    def readers(self, instrument: int) -> list[ReaderT]:
        """Return who subscribed to an instrument."""
        return [*self._subscribers.get(instrument, ())]

    def wants_trades(self, instrument: int) -> bool:
        """Return whether anybody is sent the fills of an instrument."""
        return any(feeds & Feed.TRADES for feeds in self._subscribers.get(instrument, {}).values())

    def _is_watched(self, instrument: int) -> bool:
        return bool(self._subscribers.get(instrument))

    def _recount(self, feeds: Feed, by: int) -> None:
        for feed in feeds:
            self._counts[feed] += by
        wants = Feed(0)
        for feed, count in self._counts.items():
            wants |= feed if count else Feed(0)
        self.wants = wants
        self._source.watch(
            trades=bool(wants & Feed.TRADES), books=bool(wants & (Feed.TOP | Feed.LEVELS))
        )

    # --- what changes ------------------------------------------------------------------------

    def publish(self, time_us: int) -> None:
        """Send everybody what changed since the last call."""
        if not self.wants:
            return
        trades, changed = self._source.changes()
        self._publish_trades(trades)
        for instrument in changed:
            if self._is_watched(instrument):
                self._publish_book(instrument, time_us)
        for instrument, reader in [*self._behind]:
            if not reader.is_slow:
                self._behind.discard((instrument, reader))
                feeds = self._subscribers[instrument].get(reader, Feed(0))
                self._send_snapshot(reader, instrument, feeds, time_us)

    def _publish_trades(self, told: bytes) -> None:
        trades: dict[int, list[bytes]] = defaultdict(list)
        for record in records_in(told):
            trades[int.from_bytes(record[4:8], "little")].append(record)
        for instrument, records in trades.items():
            data = _framed(records, TRADE.size)
            for reader, feeds in self._subscribers.get(instrument, {}).items():
                if feeds & Feed.TRADES:
                    self._send(reader, data)

    def _publish_book(self, instrument: int, time_us: int) -> None:
        old = self._published.get(instrument, Published())
        new = self._source.look(instrument, self._depth, old.update_id)
        if new[1:] == old[1:]:
            return
        self._published[instrument] = new
        gone = dict.fromkeys(old.levels.keys() - new.levels.keys(), (0, 0))
        changed = {key: level for key, level in new.levels.items() if old.levels.get(key) != level}
        levels = _level_frames(instrument, new.update_id, gone | changed, time_us, snapshot=False)
        top = _top_frame(instrument, new, time_us) if new.top != old.top else b""
        for reader, feeds in self._subscribers[instrument].items():
            if not feeds & (Feed.TOP | Feed.LEVELS):
                continue
            if reader.is_slow or (instrument, reader) in self._behind:
                self._behind.add((instrument, reader))
                continue
            if feeds & Feed.TOP and top:
                self._send(reader, top)
            if feeds & Feed.LEVELS and levels:
                self._send(reader, levels)

    def _send_snapshot(self, reader: ReaderT, instrument: int, feeds: Feed, time_us: int) -> None:
        now = self._published[instrument]
        if feeds & Feed.TOP:
            self._send(reader, _top_frame(instrument, now, time_us))
        if feeds & Feed.LEVELS:
            levels = now.levels or {(0, 0): (0, 0)}
            self._send(
                reader, _level_frames(instrument, now.update_id, levels, time_us, snapshot=True)
            )


def _framed(records: list[bytes], size: int) -> bytes:
    each = FRAME_MAX // size
    return b"".join(frame(b"".join(records[at : at + each])) for at in range(0, len(records), each))


def _top_frame(instrument: int, now: Published, time_us: int) -> bytes:
    head = (Message.TOP, 0, TOP.size, instrument, 0, time_us, 0)
    return frame(TOP.pack(*head, now.update_id, *now.top))


def _level_frames(
    instrument: int, update_id: int, levels: Levels, time_us: int, *, snapshot: bool
) -> bytes:
    head = (Message.LEVEL, 0, LEVEL.size, instrument, 0, time_us, 0)
    records = [
        LEVEL.pack(*head, update_id, price, lots, orders, side, snapshot and turn == 0)
        for turn, ((side, price), (lots, orders)) in enumerate(levels.items())
    ]
    return _framed(records, LEVEL.size)
