"""The checks of the reference book: one function per command that can be refused for its content.

Each returns the first reject that applies, in the order of docs/concepts/matching.md, or None.
Nothing here changes anything.
"""

from outcry.kernel.naive_book import (
    PAIR,
    PRICE_LIMIT,
    AddInstrument,
    Header,
    Instrument,
    Order,
    PlaceOrder,
    ReplaceOrder,
    SetInstrument,
)
from outcry_wire.records import (
    InstrumentKind,
    InstrumentState,
    OrderKind,
    SelfTrade,
    Side,
    TimeInForce,
)
from outcry_wire.rejects import Reject
from outcry_wire.snapshot import RULES_VERSION


QUANTITY_MAX = 10**9
BUDGET_LIMIT = 10**18


def may_rest(place: PlaceOrder) -> bool:
    """Return whether what remains of the order may stay in the book."""
    return place.kind == OrderKind.LIMIT and place.tif in (TimeInForce.GTC, TimeInForce.GTD)


def check_form(place: PlaceOrder, book: Instrument) -> Reject | None:
    """Check the choices of a new order against each other and the kind of its instrument."""
    plain = book.kind == InstrumentKind.PLAIN
    money = place.kind == OrderKind.MARKET_MONEY
    if place.outcome not in ((0,) if plain else (0, 1)):
        return Reject.OUTCOME_INVALID
    if place.side not in (Side.BUY, Side.SELL):
        return Reject.SIDE_INVALID
    if place.kind not in set(OrderKind) or (money and plain):
        return Reject.KIND_INVALID
    immediate = (TimeInForce.IOC, TimeInForce.FOK)
    if place.tif not in (set(TimeInForce) if place.kind == OrderKind.LIMIT else immediate):
        return Reject.TIME_IN_FORCE_INVALID
    if place.post_only not in (0, 1) or (place.post_only and not may_rest(place)):
        return Reject.POST_ONLY_IMMEDIATE
    if place.self_trade not in set(SelfTrade):
        return Reject.SELF_TRADE_INVALID
    if money and place.self_trade == SelfTrade.DECREMENT:
        return Reject.SELF_TRADE_INVALID
    return None


def check_terms(place: PlaceOrder, book: Instrument, time_us: int) -> Reject | None:
    """Check expiry, the state of the book, quantity or budget, and price of a new order."""
    if (place.tif == TimeInForce.GTD) != (place.expire_at_us != 0):
        return Reject.EXPIRY_WITHOUT_GTD
    if place.tif == TimeInForce.GTD and place.expire_at_us <= time_us:
        return Reject.EXPIRY_IN_PAST
    if not book.accepts(place.post_only):
        return Reject.INSTRUMENT_NOT_OPEN
    if place.kind == OrderKind.MARKET_MONEY:
        if place.side != Side.BUY:
            return Reject.MONEY_SELL
        if not 0 < place.budget < BUDGET_LIMIT:
            return Reject.BUDGET_INVALID
    elif place.qty <= 0:
        return Reject.QUANTITY_INVALID
    elif place.qty < book.qty_min:
        return Reject.QUANTITY_BELOW_MINIMUM
    elif place.qty > book.qty_max:
        return Reject.QUANTITY_ABOVE_MAXIMUM
    return check_price(book, place.price, on_grid=place.kind == OrderKind.LIMIT)


def check_price(book: Instrument, price: int, *, on_grid: bool) -> Reject | None:
    """Check bounds and, if *on_grid*, that the price is a multiple of the tick."""
    if not book.price_is_in_bounds(price):
        return Reject.PRICE_OUT_OF_BOUNDS
    if on_grid and price % book.tick != 0:
        return Reject.PRICE_OFF_GRID
    return None


def check_entry(order: Order, post_only: int, book: Instrument) -> Reject | None:
    """Check a new order against the best opposite price."""
    best = next(book.makers(order), None)
    if post_only and best is not None:
        return Reject.POST_ONLY_WOULD_TRADE
    if order.is_money and (best is None or order.budget_left < order.own_price(best.price)):
        return Reject.BUYS_NOTHING
    return None


def check_replace(replace: ReplaceOrder, order: Order, book: Instrument) -> Reject | None:
    """Check the new terms of *order*, but not yet whether they would trade."""
    if not book.accepts(replace.post_only):
        return Reject.INSTRUMENT_NOT_OPEN
    if replace.post_only not in (0, 1):
        return Reject.REPLACE_INVALID
    if not book.qty_min <= replace.total_qty <= book.qty_max:
        return Reject.REPLACE_INVALID
    if replace.total_qty <= order.filled:
        return Reject.REPLACE_INVALID
    return check_price(book, replace.price, on_grid=True)


def check_add(header: Header, add: AddInstrument, known: dict[int, Instrument]) -> Reject | None:
    """Check a new instrument."""
    if header.instrument == 0:
        return Reject.INSTRUMENT_UNKNOWN
    if header.instrument in known:
        return Reject.INSTRUMENT_EXISTS
    if add.kind not in set(InstrumentKind):
        return Reject.KIND_INVALID
    if add.state not in set(InstrumentState) - {InstrumentState.CLOSED}:
        return Reject.STATE_INVALID
    if not tick_is_valid(add.kind, add.tick):
        return Reject.TICK_INVALID
    if not bounds_are_valid(add.kind, add.price_min, add.price_max):
        return Reject.BOUNDS_INVALID
    if not 1 <= add.qty_min <= add.qty_max <= QUANTITY_MAX:
        return Reject.QUANTITY_INVALID
    if add.orders_max <= 0:
        return Reject.LIMITS_INVALID
    return None if add.rules_version == RULES_VERSION else Reject.RECORD_INVALID


def check_set(change: SetInstrument, book: Instrument) -> Reject | None:
    """Check new settings of an instrument."""
    if book.state == InstrumentState.CLOSED or change.state not in set(InstrumentState):
        return Reject.STATE_INVALID
    if not tick_is_valid(book.kind, change.tick):
        return Reject.TICK_INVALID
    if not 1 <= change.qty_min <= change.qty_max <= QUANTITY_MAX:
        return Reject.QUANTITY_INVALID
    return None if change.orders_max > 0 else Reject.LIMITS_INVALID


def tick_is_valid(kind: int, tick: int) -> bool:
    """Return whether prices of an instrument of *kind* may be multiples of *tick*."""
    return tick > 0 and (kind == InstrumentKind.PLAIN or PAIR % tick == 0)


def bounds_are_valid(kind: int, price_min: int, price_max: int) -> bool:
    """Return whether prices of an instrument of *kind* may lie in these bounds."""
    if kind == InstrumentKind.PLAIN:
        return price_min == price_max == 0 or -PRICE_LIMIT < price_min < price_max < PRICE_LIMIT
    return 1 <= price_min < price_max < PAIR and price_min + price_max == PAIR
