"""The parts of the reference book: an order, an instrument with its two sides, the records read.

* A side of a book is a dict from price to the list of orders that rest there, oldest first.
* A price without orders has no entry; the best bid is below the best ask.

Lists are searched and sorted whenever it is asked: slow on purpose, so that each line can be
checked by eye.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from outcry_wire.bookhash import book_hash
from outcry_wire.records import InstrumentKind, InstrumentState


#: What two complementary lots pay out together, in ticks.
PAIR = 10_000
#: Prices are smaller in size, so that they are exact in every language.
PRICE_LIMIT = 2**53


@dataclass(slots=True, eq=False)
class Order:
    """An order, resting or incoming."""

    order_id: int
    account: int
    stp_group: int
    instrument: int
    outcome: int
    side: int
    self_trade: int
    #: Outcome-0 ticks: the limit, or the bound of a market order.
    price: int
    #: Lots still wanted; 0 for a money order.
    remaining: int
    filled: int = 0
    expire_at_us: int = 0
    is_money: bool = False
    #: Micros a money order may still spend; 0 for every other order.
    budget_left: int = 0

    def bids(self) -> bool:
        """Return whether the order bids: it buys YES or sells NO."""
        return self.outcome == self.side

    def reaches(self, price: int) -> bool:
        """Return whether the order may trade at *price*."""
        return self.price >= price if self.bids() else self.price <= price

    def own_price(self, price: int) -> int:
        """Return what one lot costs the owner, in ticks, when it trades at *price*."""
        return PAIR - price if self.outcome else price

    def is_own_group(self, other: "Order") -> bool:
        """Return whether a trade between the two would be a trade with oneself."""
        return self.stp_group == other.stp_group != 0


@dataclass(slots=True, eq=False)
class Instrument:
    """One book and its settings."""

    instrument: int
    kind: int
    state: int
    tick: int
    price_min: int
    price_max: int
    qty_min: int
    qty_max: int
    orders_max: int
    bids: dict[int, list[Order]] = field(default_factory=dict)
    asks: dict[int, list[Order]] = field(default_factory=dict)

    def side(self, *, bids: bool) -> dict[int, list[Order]]:
        """Return the bids or the asks."""
        return self.bids if bids else self.asks

    def prices(self, *, bids: bool) -> list[int]:
        """Return the prices of one side, best first."""
        return sorted(self.side(bids=bids), reverse=bids)

    def add(self, order: Order) -> None:
        """Let *order* rest behind all others at its price."""
        self.side(bids=order.bids()).setdefault(order.price, []).append(order)

    def remove(self, order: Order) -> None:
        """Take *order* out, and its price with it if it was the last there."""
        side = self.side(bids=order.bids())
        side[order.price].remove(order)
        if not side[order.price]:
            del side[order.price]

    def makers(self, taker: Order) -> Iterator[Order]:
        """Yield the orders that *taker* may trade with, best price first, oldest first.

        The caller may remove an order that it was given.
        """
        bids = not taker.bids()
        for price in self.prices(bids=bids):
            if not taker.reaches(price):
                return
            yield from list(self.side(bids=bids)[price])

    def crosses(self, taker: Order) -> bool:
        """Return whether *taker* could trade at once."""
        return next(self.makers(taker), None) is not None

    def holds(self, order: Order) -> bool:
        """Return whether *order* rests here."""
        return order in self.side(bids=order.bids()).get(order.price, ())

    def order_count(self) -> int:
        """Return how many orders rest here."""
        return sum(len(level) for side in (self.bids, self.asks) for level in side.values())

    def settings(self) -> tuple[int, ...]:
        """Return the settings as INSTRUMENT_CHANGED tells them."""
        return (
            *(self.kind, self.state, self.tick, self.price_min, self.price_max),
            *(self.qty_min, self.qty_max, self.orders_max),
        )

    def orders(self) -> list[Order]:
        """Return all orders in book order: bids from the best, then asks from the best."""
        return [
            order
            for bids in (True, False)
            for price in self.prices(bids=bids)
            for order in self.side(bids=bids)[price]
        ]

    def hash(self) -> int:
        """Return the hash of the book (see `outcry_wire.bookhash`)."""
        return book_hash(row(order) for order in self.orders())

    def price_is_in_bounds(self, price: int) -> bool:
        """Return whether an order may name *price*."""
        if self.kind == InstrumentKind.PLAIN and self.price_min == self.price_max == 0:
            return abs(price) < PRICE_LIMIT
        return self.price_min <= price <= self.price_max

    def accepts(self, post_only: int) -> bool:
        """Return whether new orders and replacements may enter now."""
        if self.state == InstrumentState.POST_ONLY:
            return post_only == 1
        return self.state == InstrumentState.OPEN


def row(order: Order) -> tuple[int, int, int, int, int, int, int, int]:
    """Return *order* as the book hash and ``orders()`` show it."""
    return (
        order.order_id,
        order.account,
        order.stp_group,
        order.outcome,
        order.side,
        order.price,
        order.remaining,
        order.expire_at_us,
    )


class Header(NamedTuple):
    """What every record starts with."""

    type: int
    flags: int
    length: int
    instrument: int
    seq: int
    time_us: int
    account: int


class PlaceOrder(NamedTuple):
    """Body of a PLACE_ORDER."""

    order_id: int
    stp_group: int
    outcome: int
    side: int
    kind: int
    tif: int
    post_only: int
    self_trade: int
    price: int
    qty: int
    budget: int
    expire_at_us: int


class ReplaceOrder(NamedTuple):
    """Body of a REPLACE_ORDER."""

    order_id: int
    price: int
    total_qty: int
    post_only: int


class AddInstrument(NamedTuple):
    """Body of an ADD_INSTRUMENT."""

    kind: int
    state: int
    tick: int
    price_min: int
    price_max: int
    qty_min: int
    qty_max: int
    orders_max: int
    rules_version: int


class SetInstrument(NamedTuple):
    """Body of a SET_INSTRUMENT."""

    state: int
    tick: int
    qty_min: int
    qty_max: int
    orders_max: int
