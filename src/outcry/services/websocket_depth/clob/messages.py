"""What one change of one market is told as: rendered once for all who follow the same of it.

A fill that a chain settles is told once its transaction has passed its pre-flight.
"""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from outcry.domain.fees import FREE, FeeSchedule
from outcry.domain.market import SettlementMode
from outcry.messages.book_updates import PublicTrade
from outcry.messages.settlement_status import SettlementStatus
from outcry.ports.books import BookImage, TopOfBook
from outcry.ports.projection import MarketRow
from outcry.runtime.book_changes import MarketChange
from outcry.runtime.ws_session import encode
from outcry.services.websocket_depth.clob.frames import (
    OUTCOMES,
    best_frame,
    book_frame,
    last_trade,
    price_changes,
    tick_frame,
)
from outcry.services.websocket_depth.clob.session import MarketSession


#: Levels of one frame of changes; when more changed, whole books are sent.
LEVELS_COUNT_MAX: Final = 256
#: Fills of one market that wait to be told, however long; the oldest go first. One that does not
#: pass its pre-flight stays until then, and is not told.
HELD_COUNT_MAX: Final = 1_000

#: Whether a fill of a trade may be told.
Announced = Callable[[int, int], bool]


class Messages:
    """The frames of one moment of one market."""

    def __init__(self, row: MarketRow, image: BookImage, schedule: FeeSchedule) -> None:
        self.update_id = image.update_id
        self._row = row
        self._image = image
        self._schedule = schedule
        self._rendered: dict[tuple[int, bool], list[bytes]] = {}
        #: For both outcomes alike.
        self._changes: Struct | None = None
        self.books = False
        self.trades: list[PublicTrade] = []
        self.tops: tuple[TopOfBook, int] | None = None
        self.tick_before = 0

    def change(self, change: MarketChange, top: TopOfBook) -> None:
        """Take the levels that changed, or know that they are too many."""
        if change.whole or len(change.levels) > LEVELS_COUNT_MAX:
            self.books = True
        elif change.levels:
            self._changes = price_changes(self._row, change, self._image, top)

    def of(self, mask: int, *, custom: bool) -> list[bytes]:
        """Return the messages for who follows the outcomes of *mask*."""
        key = (mask, custom)
        messages = self._rendered.get(key)
        if messages is None:
            messages = self._rendered[key] = [encode(frame) for frame in self._frames(*key)]
        return messages

    def _frames(self, mask: int, custom: bool) -> Iterator[Struct]:  # noqa: FBT001 - a key, unpacked
        outcomes = [outcome for outcome in OUTCOMES if mask >> outcome & 1]
        row = self._row
        if self.tick_before:
            for outcome in outcomes:
                yield tick_frame(row, outcome, self.tick_before, self._image.at_us)
        for trade in self.trades:
            # Once for each connection: of the token that was taken, if it follows that one.
            taken = trade.taker_outcome
            yield last_trade(
                row, taken if taken in outcomes else outcomes[0], trade, self._schedule
            )
        if self._changes is not None:
            yield self._changes
        if self.books:
            for outcome in outcomes:
                yield book_frame(row, outcome, self._image)
        if custom and self.tops is not None:
            for outcome in outcomes:
                yield best_frame(row, outcome, *self.tops)


class Followed:
    """One market that somebody follows."""

    def __init__(
        self,
        row: MarketRow,
        schedule: FeeSchedule | None,
        top: TopOfBook,
        book_seconds: float,
        announced: Announced,
    ) -> None:
        self.row = row
        self._announced = announced
        #: Fills that wait to be told, by trade and number; and those that need not wait any more.
        self._held: dict[tuple[int, int], PublicTrade] = {}
        self._freed: list[PublicTrade] = []
        self.sessions: set[MarketSession] = set()
        #: None until it was read.
        self.schedule = schedule
        #: Whether there were fills after which no book was sent yet, and when it may be.
        self.book_due = False
        self.book_at = 0.0
        self._book_seconds = book_seconds
        self._best = top.bid, top.ask

    def take(
        self, row: MarketRow, change: MarketChange, image: BookImage, top: TopOfBook, now: float
    ) -> Messages:
        """Return what is to be told of *change*; *row*, *image* and *top* are as it left them."""
        messages = Messages(row, image, self.schedule or FREE)
        if row.tick != self.row.tick:
            messages.tick_before = self.row.tick
        self.row = row
        messages.change(change, top)
        messages.trades = self._told(change.trades)
        if (top.bid, top.ask) != self._best:
            self._best = top.bid, top.ask
            messages.tops = top, change.at_us
        self.book_due = self.book_due or bool(change.trades)
        if messages.books or (self.book_due and now >= self.book_at):
            self._booked(messages, now)
        return messages

    @property
    def due(self) -> bool:
        """Whether something is to be told, now or in a moment, though nothing changes."""
        return self.book_due or bool(self._freed)

    def staged(self, status: SettlementStatus) -> None:
        """Take note that the transaction of a trade has passed its pre-flight."""
        keys = [(status.trade_id, one.fill) for one in status.fills]
        self._freed += [self._held.pop(key) for key in keys if key in self._held]

    def later(self, image: BookImage, now: float) -> Messages | None:
        """Return the fills that may be told by now, and the book if it is due; None: nothing."""
        messages = Messages(self.row, image, self.schedule or FREE)
        messages.trades = self._told([])
        if self.book_due and now >= self.book_at:
            self._booked(messages, now)
        return messages if messages.trades or messages.books else None

    def _told(self, trades: list[PublicTrade]) -> list[PublicTrade]:
        """Return what may be told of *trades* and of those that waited."""
        if self.row.settlement != SettlementMode.CHAIN:
            return trades
        told, self._freed = self._freed, []
        for trade in trades:
            if self._announced(trade.trade_id, trade.fill):
                told.append(trade)
            else:
                self._held[trade.trade_id, trade.fill] = trade
        while len(self._held) > HELD_COUNT_MAX:
            del self._held[next(iter(self._held))]
        return told

    def _booked(self, messages: Messages, now: float) -> None:
        messages.books = True
        self.book_due, self.book_at = False, now + self._book_seconds
