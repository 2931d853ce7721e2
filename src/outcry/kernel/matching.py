"""How the incoming order trades, and whether a fill-or-kill order would be filled.

Price first, then time: always the oldest order at the best opposite price within the taker's
limit, at the maker's price. A money order stops as soon as its budget does not buy one lot more.
"""

from outcry.kernel.bits import book_side
from outcry.kernel.book import best_price, close_level, crosses, forget_order, remove_order
from outcry.kernel.constants import (
    CANCELLED_MONEY_SPENT,
    CANCELLED_SELF_TRADE,
    LAST_OF_SEQ,
    MODES,
    PAIR,
    REDUCED_SELF_TRADE,
    STP_CANCEL_BOTH,
    STP_CANCEL_MAKER,
    STP_CANCEL_TAKER,
)
from outcry.kernel.facts import emit_cancelled, emit_reduced, emit_taker_reduced, emit_traded
from outcry.kernel.layout import Book, Core, node_at
from outcry.kernel.pool import price_of
from outcry.kernel.walk import next_level


def own_price(core: Core, price: int) -> int:
    """Return what one lot costs the taker, in ticks, at *price*."""
    return PAIR - price if core.taker.choices & 1 else price


def trade(core: Core, book: Book) -> int:
    """Trade the taker against *book*; return why it is cancelled now, or 0.

    Most takers want lots and meet strangers only: `sweep` carries those out as a whole. What it
    leaves, here one maker at a time: money, and orders of the taker's own group.
    """
    side = book_side(core.taker.choices)
    is_money = core.taker.is_money
    if not is_money:
        sweep(core, book, side)
        if core.taker.remaining == 0:
            return 0
    while crosses(book, side, core.taker.price):
        price = best_price(book, 1 - side)
        maker = node_at(core, book.best_level[1 - side]).next
        if is_money and not can_pay(core, price):
            return CANCELLED_MONEY_SPENT
        if is_own(core, maker):
            if meet_own(core, book, maker):
                return CANCELLED_SELF_TRADE
            continue
        fill_maker(core, book, maker)
        if is_money:
            if not can_pay(core, price):
                return CANCELLED_MONEY_SPENT
        elif core.taker.remaining == 0:
            return 0
    return 0


def can_pay(core: Core, price: int) -> bool:
    """Return whether what is left of the taker's budget buys one lot at *price*."""
    return core.taker.budget_left >= own_price(core, price)


def is_own(core: Core, maker: int) -> bool:
    """Return whether *maker* is of the taker's self-trade group."""
    group = core.taker.stp_group
    return group != 0 and node_at(core, maker).stp_group == group


def sweep(core: Core, book: Book, side: int) -> None:
    """Trade the lots of the taker, who stands on *side*, until it meets an order of its group."""
    wanted = core.taker.remaining
    remaining = wanted
    while remaining != 0 and crosses(book, side, core.taker.price):
        level = book.best_level[1 - side]
        before = remaining
        remaining = sweep_level(core, book, level, remaining)
        node_at(core, level).total -= before - remaining
        maker = node_at(core, level).next
        if maker == level:
            close_level(core, book, level)
        elif is_own(core, maker):
            break
    core.taker.remaining = remaining
    core.taker.filled += wanted - remaining


def sweep_level(core: Core, book: Book, level: int, remaining: int) -> int:
    """Trade up to *remaining* lots at *level*, oldest first; return what is still wanted.

    The level is left without those that are filled, but its total is the caller's affair.
    """
    price = node_at(core, level).price
    maker = node_at(core, level).next
    filled = 0
    while remaining != 0 and maker != level and not is_own(core, maker):
        node = node_at(core, maker)
        quantity = min(node.remaining, remaining)
        remaining -= quantity
        emit_traded(core, book, maker, price, quantity, remaining, LAST_OF_SEQ * (remaining == 0))
        if quantity < node.remaining:
            node.remaining -= quantity
            node.filled += quantity
            break
        filled += 1
        younger = node_at(core, maker).next
        forget_order(core, maker, node.order_id)
        maker = younger
    node_at(core, level).next = maker
    node_at(core, maker).prev = level
    book.orders -= filled
    core.order_count -= filled
    return remaining


def fill_maker(core: Core, book: Book, maker: int) -> None:
    """Trade as much as the taker wants and *maker* has."""
    node = node_at(core, maker)
    price = price_of(core, maker)
    quantity = node.remaining
    if core.taker.is_money:
        cost = own_price(core, price)
        quantity = min(quantity, core.taker.budget_left // cost)
        core.taker.budget_left -= quantity * cost
    else:
        quantity = min(quantity, core.taker.remaining)
        core.taker.remaining -= quantity
    core.taker.filled += quantity
    left = core.taker.remaining
    is_last = left == 0 and not core.taker.is_money
    emit_traded(core, book, maker, price, quantity, left, LAST_OF_SEQ * is_last)
    if quantity == node.remaining:
        remove_order(core, book, maker)
    else:
        node.remaining -= quantity
        node.filled += quantity
        node_at(core, node.level).total -= quantity


def meet_own(core: Core, book: Book, maker: int) -> bool:
    """Handle that the taker meets *maker* of its own group; return whether the taker is over."""
    mode = (core.taker.choices >> 16) & 255
    if mode == STP_CANCEL_TAKER:
        return True
    if mode in (STP_CANCEL_MAKER, STP_CANCEL_BOTH):
        emit_cancelled(core, book, maker, CANCELLED_SELF_TRADE, 0)
        remove_order(core, book, maker)
        return mode == STP_CANCEL_BOTH
    node = node_at(core, maker)
    by = min(node.remaining, core.taker.remaining)
    node.remaining -= by
    node_at(core, node.level).total -= by
    core.taker.remaining -= by
    emit_reduced(core, book, maker, by, REDUCED_SELF_TRADE, 0)
    emit_taker_reduced(core, book, by)
    if node.remaining == 0:
        emit_cancelled(core, book, maker, CANCELLED_SELF_TRADE, 0)
        remove_order(core, book, maker)
    return core.taker.remaining == 0


def can_fill(core: Core, book: Book) -> bool:
    """Return whether the fill-or-kill taker would trade as a whole. Changes nothing.

    Levels are taken as a whole unless the taker may meet orders of its own group.
    """
    side = book_side(core.taker.choices)
    flip = -side
    is_money = core.taker.is_money
    wanted = core.taker.budget_left if is_money else core.taker.remaining
    level = book.best_level[1 - side]
    while level != 0:
        price = node_at(core, level).price
        if (core.taker.price ^ flip) < (price ^ flip):
            return False
        unit = own_price(core, price) if is_money else 1
        lots = node_at(core, level).total
        if core.taker.stp_group != 0:
            lots = lots_for_taker(core, level)
        is_blocked = lots < 0
        if is_blocked:
            lots = ~lots
        if wanted // unit <= lots:
            return True
        if is_blocked:
            return False
        wanted -= lots * unit
        level = next_level(core, book, 1 - side, level)
    return False


def lots_for_taker(core: Core, level: int) -> int:
    """Return how many lots the taker may trade at *level*.

    The result is inverted (``~lots``, negative) if behind them an order of its own group would
    stop it; those that it would cancel and pass are left out.
    """
    lots = 0
    skips = core.taker.choices & MODES == STP_CANCEL_MAKER << 16
    index = node_at(core, level).next
    while index != level:
        node = node_at(core, index)
        if node.stp_group != core.taker.stp_group:
            lots += node.remaining
        elif not skips:
            return ~lots
        index = node_at(core, index).next
    return lots
