"""The checks of commands: each function returns the first reject that applies, or 0.

They read the words of a command record (see `outcry_wire.records`) and change nothing. The order
of the checks is part of the rules.
"""

from outcry.kernel.book import best_price, crosses
from outcry.kernel.constants import (
    INSTRUMENT_MARKET,
    INSTRUMENT_PLAIN,
    KIND_LIMIT,
    KIND_MARKET_MONEY,
    PAIR,
    QUANTITY_MAX,
    REJECT_ACCOUNT_ORDERS_LIMIT,
    REJECT_BOOK_ORDERS_LIMIT,
    REJECT_BUDGET_INVALID,
    REJECT_BUYS_NOTHING,
    REJECT_EXPIRY_IN_PAST,
    REJECT_EXPIRY_WITHOUT_GTD,
    REJECT_INSTRUMENT_NOT_OPEN,
    REJECT_KIND_INVALID,
    REJECT_LIMITS_INVALID,
    REJECT_MONEY_SELL,
    REJECT_OUTCOME_INVALID,
    REJECT_POST_ONLY_IMMEDIATE,
    REJECT_POST_ONLY_WOULD_TRADE,
    REJECT_PRICE_OFF_GRID,
    REJECT_PRICE_OUT_OF_BOUNDS,
    REJECT_QUANTITY_ABOVE_MAXIMUM,
    REJECT_QUANTITY_BELOW_MINIMUM,
    REJECT_QUANTITY_INVALID,
    REJECT_REPLACE_INVALID,
    REJECT_SELF_TRADE_INVALID,
    REJECT_SIDE_INVALID,
    REJECT_TICK_INVALID,
    REJECT_TIME_IN_FORCE_INVALID,
    REJECT_TOTAL_ORDERS_LIMIT,
    SIDE_BUY,
    STATE_OPEN,
    STATE_POST_ONLY,
    STP_DECREMENT,
    TIF_FOK,
    TIF_GTD,
    TIF_IOC,
)
from outcry.kernel.layout import BUDGET_LIMIT, PRICE_LIMIT, Book, Core, node_at


def accepts(book: Book, post_only: int) -> bool:
    """Return whether new orders and replacements may enter now."""
    if book.state == STATE_OPEN:
        return True
    return book.state == STATE_POST_ONLY and post_only == 1


def refuse_form(book: Book, cmd: memoryview, may_rest: bool) -> int:
    """Check the choices of a new order against each other and the kind of its instrument."""
    terms = cmd[6]
    outcome = terms & 255
    kind = (terms >> 16) & 255
    tif = (terms >> 24) & 255
    post_only = (terms >> 32) & 255
    self_trade = (terms >> 40) & 255
    if outcome > 1 or (outcome == 1 and book.kind == INSTRUMENT_PLAIN):
        return REJECT_OUTCOME_INVALID
    if (terms >> 8) & 255 > 1:
        return REJECT_SIDE_INVALID
    if kind > KIND_MARKET_MONEY:
        return REJECT_KIND_INVALID
    if kind == KIND_MARKET_MONEY and book.kind == INSTRUMENT_PLAIN:
        return REJECT_KIND_INVALID
    if tif > TIF_FOK or (kind != KIND_LIMIT and tif < TIF_IOC):
        return REJECT_TIME_IN_FORCE_INVALID
    if post_only > 1 or (post_only == 1 and not may_rest):
        return REJECT_POST_ONLY_IMMEDIATE
    if self_trade > STP_DECREMENT:
        return REJECT_SELF_TRADE_INVALID
    if kind == KIND_MARKET_MONEY and self_trade == STP_DECREMENT:
        return REJECT_SELF_TRADE_INVALID
    return 0


def refuse_terms(book: Book, cmd: memoryview) -> int:
    """Check expiry, the state of the book, quantity or budget, and price of a new order."""
    terms = cmd[6]
    kind = (terms >> 16) & 255
    is_gtd = (terms >> 24) & 255 == TIF_GTD
    if is_gtd != (cmd[10] != 0):
        return REJECT_EXPIRY_WITHOUT_GTD
    if is_gtd and cmd[10] <= cmd[2]:
        return REJECT_EXPIRY_IN_PAST
    if not accepts(book, (terms >> 32) & 255):
        return REJECT_INSTRUMENT_NOT_OPEN
    if kind == KIND_MARKET_MONEY:
        if (terms >> 8) & 255 != SIDE_BUY:
            return REJECT_MONEY_SELL
        if cmd[9] <= 0 or cmd[9] >= BUDGET_LIMIT:
            return REJECT_BUDGET_INVALID
    elif cmd[8] <= 0:
        return REJECT_QUANTITY_INVALID
    elif cmd[8] < book.qty_min:
        return REJECT_QUANTITY_BELOW_MINIMUM
    elif cmd[8] > book.qty_max:
        return REJECT_QUANTITY_ABOVE_MAXIMUM
    return refuse_price(book, cmd[7], kind == KIND_LIMIT)


def refuse_price(book: Book, price: int, on_grid: bool) -> int:
    """Check bounds and, if *on_grid*, that the price is a multiple of the tick."""
    if price < book.low or price > book.high:
        return REJECT_PRICE_OUT_OF_BOUNDS
    if on_grid and price % book.tick != 0:
        return REJECT_PRICE_OFF_GRID
    return 0


def refuse_room(core: Core, book: Book, owner: int) -> int:
    """Check that one more order of the account at *owner* (0: a new one) may rest.

    It is checked even if the order would trade at once.
    """
    if owner != 0 and node_at(core, owner).orders >= core.account_orders_max:
        return REJECT_ACCOUNT_ORDERS_LIMIT
    if book.orders >= book.orders_max:
        return REJECT_BOOK_ORDERS_LIMIT
    if core.order_count >= core.total_orders_max:
        return REJECT_TOTAL_ORDERS_LIMIT
    return 0


def refuse_entry(book: Book, cmd: memoryview) -> int:
    """Check a new order against the best opposite price."""
    terms = cmd[6]
    outcome = terms & 255
    side = outcome ^ ((terms >> 8) & 255)
    if (terms >> 32) & 255 == 1 and crosses(book, side, cmd[7]):
        return REJECT_POST_ONLY_WOULD_TRADE
    if (terms >> 16) & 255 == KIND_MARKET_MONEY:
        if not crosses(book, side, cmd[7]):
            return REJECT_BUYS_NOTHING
        price = best_price(book, 1 - side)
        if cmd[9] < (PAIR - price if outcome == 1 else price):
            return REJECT_BUYS_NOTHING
    return 0


def refuse_replace(core: Core, book: Book, index: int, cmd: memoryview) -> int:
    """Check the new terms of the order at *index*, but not yet whether they would trade."""
    post_only = cmd[7] & 255
    total = cmd[6]
    if not accepts(book, post_only):
        return REJECT_INSTRUMENT_NOT_OPEN
    if post_only > 1 or total < book.qty_min or total > book.qty_max:
        return REJECT_REPLACE_INVALID
    if total <= node_at(core, index).filled:
        return REJECT_REPLACE_INVALID
    return refuse_price(book, cmd[5], True)


def tick_is_valid(kind: int, tick: int) -> bool:
    """Return whether prices of an instrument of *kind* may be multiples of *tick*."""
    if tick <= 0:
        return False
    return kind == INSTRUMENT_PLAIN or PAIR % tick == 0


def bounds_are_valid(kind: int, price_min: int, price_max: int) -> bool:
    """Return whether prices of an instrument of *kind* may lie in these bounds."""
    if kind == INSTRUMENT_MARKET:
        return 1 <= price_min < price_max < PAIR and price_min + price_max == PAIR
    if price_min == 0 and price_max == 0:
        return True
    return -PRICE_LIMIT < price_min < price_max < PRICE_LIMIT


def refuse_settings(kind: int, tick: int, qty_min: int, qty_max: int, orders_max: int) -> int:
    """Check what SET_INSTRUMENT can change, except the state."""
    if not tick_is_valid(kind, tick):
        return REJECT_TICK_INVALID
    if qty_min < 1 or qty_min > qty_max or qty_max > QUANTITY_MAX:
        return REJECT_QUANTITY_INVALID
    return REJECT_LIMITS_INVALID if orders_max <= 0 else 0
