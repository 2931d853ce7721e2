"""Levels: what the public sees of the books, folded from facts.

`LevelBooks` is a pure fold over fact records in the order of their seqs, and equals at every seq
what the kernel's own books show. A level is the sum of the lots that rest at a price; who owns
them and in which order they stand is not known here. ``update_id`` is the seq that last changed
what the public sees of a market: its levels, its trades or its state.

It never decides what trades. A fact that does not fit the levels is `InvariantError`.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from outcry.domain.errors import InvariantError
from outcry.domain.market import is_bid
from outcry_wire.records import WAS_RESTING, InstrumentState, RecordType


_ORDER_PLACED: Final = int(RecordType.ORDER_PLACED)
_TRADED: Final = int(RecordType.TRADED)
_ORDER_CANCELLED: Final = int(RecordType.ORDER_CANCELLED)
_ORDER_REDUCED: Final = int(RecordType.ORDER_REDUCED)
_ORDER_REPLACED: Final = int(RecordType.ORDER_REPLACED)
_INSTRUMENT_CHANGED: Final = int(RecordType.INSTRUMENT_CHANGED)


class Fill(NamedTuple):
    """One fill as the public sees it; ``price`` in outcome-0 ticks, side and outcome the taker's.

    ``seq`` is the taker command's, ``fill`` counts from 0 within it.
    """

    seq: int
    fill: int
    price: int
    qty: int
    match: int
    taker_outcome: int
    taker_side: int
    at_us: int


class Change(NamedTuple):
    """What changed in one market between two looks."""

    market_id: int
    #: `LevelBook.update_id` at the look before, 0 when the market was not there or never changed.
    prev_update_id: int
    update_id: int
    at_us: int
    state: int
    #: ``(bid, price, lots)`` as of now; 0 lots: the level is gone.
    levels: list[tuple[bool, int, int]]
    fills: list[Fill]


class LevelBook:
    """One market's levels: lots by price in outcome-0 ticks, no price with 0 lots."""

    __slots__ = ("asks", "at_us", "bids", "last_price", "market_id", "state", "update_id")

    def __init__(self, market_id: int) -> None:
        self.market_id = market_id
        self.state = int(InstrumentState.OPEN)
        #: Seq and time of the last change; 0 when there was none.
        self.update_id = 0
        self.at_us = 0
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        #: Price of the last fill, 0 when none is known.
        self.last_price = 0

    def side(self, *, bid: bool) -> dict[int, int]:
        """Return lots by price of one side."""
        return self.bids if bid else self.asks

    def set_level(self, *, bid: bool, price: int, lots: int) -> None:
        """Make *lots* the whole of the level at *price*; 0 removes it."""
        side = self.bids if bid else self.asks
        if lots:
            side[price] = lots
        else:
            side.pop(price, None)


class _Touched:
    """What happened to one market since the last look."""

    __slots__ = ("fills", "prev_update_id", "prices")

    def __init__(self, prev_update_id: int) -> None:
        self.prev_update_id = prev_update_id
        #: Keys are (bid, price); a dict keeps their order, which a set of a run would not.
        self.prices: dict[tuple[bool, int], None] = {}
        self.fills: list[Fill] = []


class LevelBooks:
    """The books of all markets of one shard after command ``seq``."""

    def __init__(self, seq: int = 0, books: Iterable[LevelBook] = ()) -> None:
        self.seq = seq
        self.books = {book.market_id: book for book in books}
        self._touched: dict[int, _Touched] = {}

    def apply(self, fact: tuple[int, ...]) -> None:
        """Fold one fact record, given as its fields in the order of `outcry_wire.records`."""
        seq = self.seq = fact[4]
        kind = fact[0]
        if kind == _ORDER_PLACED:
            self._move(fact, fact[8], fact[9], fact[10], fact[11])
        elif kind == _TRADED:
            self._trade(fact)
        elif kind == _ORDER_CANCELLED:
            if fact[1] & WAS_RESTING and fact[9]:
                self._move(fact, fact[8], -fact[9], fact[11], fact[12])
        elif kind == _ORDER_REDUCED:
            if fact[1] & WAS_RESTING:
                self._move(fact, fact[8], -fact[9], fact[11], fact[12])
        elif kind == _ORDER_REPLACED:
            kept = fact[9] if fact[14] else 0
            self._move(fact, fact[10], kept - fact[11], fact[12], fact[13])
        elif kind == _INSTRUMENT_CHANGED:
            book = self.books.get(fact[3])
            if book is None:
                book = self.books[fact[3]] = LevelBook(fact[3])
            elif book.state == fact[8]:
                return
            self._touch(book, seq, fact[5])
            book.state = fact[8]
            if book.state == InstrumentState.CLOSED and (book.bids or book.asks):
                raise InvariantError(f"market {book.market_id} closed at {seq} with open levels")

    def take_changes(self) -> list[Change]:
        """Return what changed since the last call, by market id."""
        changes = [self._change(market_id) for market_id in sorted(self._touched)]
        self._touched = {}
        return changes

    def _change(self, market_id: int) -> Change:
        touched, book = self._touched[market_id], self.books[market_id]
        levels = [(bid, price, book.side(bid=bid).get(price, 0)) for bid, price in touched.prices]
        return Change(
            market_id,
            touched.prev_update_id,
            book.update_id,
            book.at_us,
            book.state,
            levels,
            touched.fills,
        )

    def _touch(self, book: LevelBook, seq: int, at_us: int) -> _Touched:
        touched = self._touched.get(book.market_id)
        if touched is None:
            touched = self._touched[book.market_id] = _Touched(book.update_id)
        book.update_id = seq
        book.at_us = at_us
        return touched

    def _book(self, fact: tuple[int, ...]) -> LevelBook:
        try:
            return self.books[fact[3]]
        except KeyError:
            raise InvariantError(f"seq {fact[4]} is about unknown market {fact[3]}") from None

    def _move(self, fact: tuple[int, ...], price: int, lots: int, outcome: int, side: int) -> None:
        """Add *lots* (negative: take) at *price*, on the side of the book of *outcome, side*."""
        book = self._book(fact)
        bid = is_bid(outcome, side)
        levels = book.bids if bid else book.asks
        total = levels.get(price, 0) + lots
        if total > 0:
            levels[price] = total
        elif total == 0:
            levels.pop(price, None)
        else:
            raise InvariantError(
                f"seq {fact[4]} leaves {total} lots at {price} of market {book.market_id}"
            )
        self._touch(book, fact[4], fact[5]).prices[bid, price] = None

    def _trade(self, fact: tuple[int, ...]) -> None:
        price, qty = fact[8], fact[9]
        self._move(fact, price, -qty, fact[20], fact[21])
        book = self.books[fact[3]]
        book.last_price = price
        self._touched[book.market_id].fills.append(
            Fill(fact[7], fact[16], price, qty, fact[17], fact[18], fact[19], fact[5])
        )
