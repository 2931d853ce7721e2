"""Holds: how much is set aside for an order, so that whatever becomes of it is paid for."""

from msgspec import structs

from outcry.domain import fees
from outcry.domain.fees import FeeSchedule
from outcry.domain.ledger.numbers import BY_MONEY, NO_FEE, SELL
from outcry.domain.order import Order, OrderTerms
from outcry.domain.outcomes import own_price


def hold_for(terms: OrderTerms, price: int, schedule: FeeSchedule) -> int:
    """Return what to set aside for *terms* bound by *price*: micros for a buy, lots for a sell.

    A sell holds its tokens and pays the fee from the proceeds; a buy by money holds all of it.
    """
    if terms.side == SELL:
        return terms.qty
    if terms.kind == BY_MONEY:
        return terms.budget
    limit = own_price(terms.outcome, price)
    if schedule.kind == NO_FEE:
        return limit * terms.qty
    return limit * terms.qty + fees.bound(schedule, limit, terms.qty)


def hold_of(order: Order, schedule: FeeSchedule) -> int:
    """Return what a limit order, or one by quantity, still needs for its remaining lots."""
    if order.replace_qty:
        return _hold_while_replaced(order, schedule)
    if order.side == SELL:
        return order.remaining
    limit, qty = own_price(order.outcome, order.price), order.remaining
    if schedule.kind == NO_FEE:
        return limit * qty
    return limit * qty + fees.bound(schedule, limit, qty, order.fee_slack)


def hold_to_replace(order: Order, schedule: FeeSchedule, price: int, total_qty: int) -> int:
    """Return what *order* needs while a replace by *price* and *total_qty* is on its way."""
    return hold_of(structs.replace(order, replace_price=price, replace_qty=total_qty), schedule)


def _hold_while_replaced(order: Order, schedule: FeeSchedule) -> int:
    """Return what covers the old terms, the new ones, and every way from the one to the other.

    Between numbering and carrying out, any part of the rest may fill at the old limit; what is left
    of the new total then fills at the new one. The cost is convex in that part, so the dearest way
    is one of the two ends: nothing of the rest fills first, or all of it does.
    """
    total = max(order.replace_qty - order.filled, 0)
    beyond = max(total - order.remaining, 0)
    if order.side == SELL:
        return order.remaining + beyond
    limit, new = order.own_limit, own_price(order.outcome, order.replace_price)
    return max(
        _cost_bound(order, schedule, (new, total)),
        _cost_bound(order, schedule, (limit, order.remaining), (new, beyond)),
    )


def _cost_bound(order: Order, schedule: FeeSchedule, *parts: tuple[int, int]) -> int:
    """Return the most that lots of *order*, each part within a limit of its own, can cost."""
    rate = schedule.rate_bps_max
    fee = sum(fees.exact(schedule, rate, limit, qty) for limit, qty in parts)
    return sum(limit * qty for limit, qty in parts) + fees.charge(fee, order.fee_slack)[0]
