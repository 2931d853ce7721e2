"""How the incoming order trades, and whether a fill-or-kill order would be filled.

Price first, then time: always the oldest order at the best opposite price within the taker's
limit, at the maker's price. A money order stops as soon as its budget does not buy one lot more.
"""

from outcry.kernel.book import remove_order
from outcry.kernel.constants import (
    CANCELLED_MONEY_SPENT,
    CANCELLED_SELF_TRADE,
    PAIR,
    REDUCED_SELF_TRADE,
    STP_CANCEL_BOTH,
    STP_CANCEL_MAKER,
    STP_CANCEL_TAKER,
)
from outcry.kernel.facts import emit_cancelled, emit_reduced, emit_taker_reduced, emit_traded
from outcry.kernel.layout import Book, Core, node_at
from outcry.kernel.walk import next_level


def own_price(core: Core, price: int) -> int:
    """Return what one lot costs the taker, in ticks, at *price*."""
    return PAIR - price if core.taker.outcome == 1 else price


def trade(core: Core, book: Book) -> int:
    """Trade the taker against *book*; return why it is cancelled now, or 0."""
    other = 1 - core.taker.book_side
    flip = -core.taker.book_side
    limit = core.taker.price ^ flip
    group = core.taker.stp_group
    is_money = core.taker.is_money
    fill = 0
    while True:
        level = book.best_level[other]
        price = book.best_price[other]
        if level == 0 or limit < (price ^ flip):
            return 0
        maker = core.nodes[level].next
        if is_money and core.taker.budget_left < own_price(core, price):
            return CANCELLED_MONEY_SPENT
        if group != 0 and core.nodes[maker].stp_group == group:
            if meet_own(core, book, maker):
                return CANCELLED_SELF_TRADE
            continue
        fill_maker(core, book, maker, fill)
        fill += 1
        if is_money:
            if core.taker.budget_left < own_price(core, price):
                return CANCELLED_MONEY_SPENT
        elif core.taker.remaining == 0:
            return 0


def fill_maker(core: Core, book: Book, maker: int, fill: int) -> None:
    """Trade as much as the taker wants and *maker* has."""
    node = node_at(core, maker)
    level = node_at(core, node.level)
    price = level.price
    quantity = node.remaining
    if core.taker.is_money:
        affordable = core.taker.budget_left // own_price(core, price)
        quantity = min(quantity, affordable)
        core.taker.budget_left -= quantity * own_price(core, price)
    else:
        quantity = min(quantity, core.taker.remaining)
        core.taker.remaining -= quantity
    core.taker.filled += quantity
    emit_traded(core, book, maker, price, quantity, node.remaining - quantity, fill)
    if quantity == node.remaining:
        remove_order(core, book, maker)
    else:
        node.remaining -= quantity
        node.filled += quantity
        level.total -= quantity


def meet_own(core: Core, book: Book, maker: int) -> bool:
    """Handle that the taker meets *maker* of its own group; return whether the taker is over."""
    mode = core.taker.self_trade
    if mode == STP_CANCEL_TAKER:
        return True
    if mode in (STP_CANCEL_MAKER, STP_CANCEL_BOTH):
        emit_cancelled(core, book, maker, CANCELLED_SELF_TRADE)
        remove_order(core, book, maker)
        return mode == STP_CANCEL_BOTH
    node = node_at(core, maker)
    by = min(node.remaining, core.taker.remaining)
    node.remaining -= by
    node_at(core, node.level).total -= by
    core.taker.remaining -= by
    emit_reduced(core, book, maker, by, REDUCED_SELF_TRADE)
    emit_taker_reduced(core, book, by)
    if node.remaining == 0:
        emit_cancelled(core, book, maker, CANCELLED_SELF_TRADE)
        remove_order(core, book, maker)
    return core.taker.remaining == 0


def can_fill(core: Core, book: Book) -> bool:
    """Return whether the fill-or-kill taker would trade as a whole. Changes nothing.

    Levels are taken as a whole unless the taker may meet orders of its own group.
    """
    other = 1 - core.taker.book_side
    flip = -core.taker.book_side
    is_money = core.taker.is_money
    wanted = core.taker.budget_left if is_money else core.taker.remaining
    level = book.best_level[other]
    while level != 0:
        price = core.nodes[level].price
        if (core.taker.price ^ flip) < (price ^ flip):
            return False
        unit = own_price(core, price) if is_money else 1
        lots = core.nodes[level].total
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
        level = next_level(core, book, other, level)
    return False


def lots_for_taker(core: Core, level: int) -> int:
    """Return how many lots the taker may trade at *level*.

    The result is inverted (``~lots``, negative) if behind them an order of its own group would
    stop it; those that it would cancel and pass are left out.
    """
    lots = 0
    index = core.nodes[level].next
    while index != level:
        node = node_at(core, index)
        if node.stp_group != core.taker.stp_group:
            lots += node.remaining
        elif core.taker.self_trade != STP_CANCEL_MAKER:
            return ~lots
        index = node.next
    return lots
