"""Orders on the ledger: entered when numbered, changed and ended by facts alone.

A cancel request releases nothing: the order might fill before the kernel sees it. Only the fact
that says the order is over does.
"""

from outcry.domain.errors import InvariantError
from outcry.domain.ledger import limits
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.holds import hold_of
from outcry.domain.ledger.in_transit import settles_no_more
from outcry.domain.ledger.numbers import (
    BUY,
    BY_MONEY,
    BY_USER,
    CANCELLED,
    FILLED,
    MONEY,
    OPEN,
    REJECTED,
    SPENT,
)
from outcry.domain.ledger.postings import hold
from outcry.domain.ledger.state import ClientOrder, Ledger
from outcry.domain.market import MarketState
from outcry.domain.order import Order
from outcry.domain.outcomes import token_asset
from outcry.domain.signed_order import SignedOrder
from outcry_wire.records import CancelReason


def hold_asset(order: Order) -> int:
    """Return the asset that is set aside for *order*."""
    if order.side == BUY:
        return MONEY
    return token_asset(order.market_id, order.outcome)


def enter(
    ledger: Ledger, effects: Effects, order: Order, request_hash: bytes,
    signed: SignedOrder | None = None,
) -> None:  # fmt: skip
    """Take a numbered order into the books with the hold that was decided for it."""
    order_id, market = order.order_id, ledger.markets[order.market_id]
    if order_id != ledger.next_order_id:
        raise InvariantError(f"order {order_id} is not the next, {ledger.next_order_id}")
    ledger.next_order_id = order_id + 1
    hold(ledger, effects, order.account, hold_asset(order), order.hold)
    ledger.orders[order_id] = order
    if ledger.limits:
        limits.note(ledger, order)
    market.orders[order_id] = order
    if order.client_order_id:
        ledger.client_orders[order.account, order.client_order_id] = ClientOrder(
            order_id, request_hash, ledger.n
        )
    if signed is not None:
        ledger.chain.signed[order_id] = signed
    effects.orders[order_id] = order


def live(ledger: Ledger, order_id: int) -> Order:
    """Return a live order that a fact names; a fact about another is a broken law."""
    order = ledger.orders.get(order_id)
    if order is None:
        raise InvariantError(f"a fact names order {order_id}, which is not live")
    return order


def touch(ledger: Ledger, effects: Effects, order: Order, seq: int) -> None:
    """Note that command *seq* changed *order*."""
    order.update_id = seq
    order.updated_at_us = ledger.time_us
    effects.orders[order.order_id] = order


def set_hold(ledger: Ledger, effects: Effects, order: Order, amount: int) -> None:
    """Make *amount* the order's hold, releasing or taking the difference."""
    before = order.hold
    hold(ledger, effects, order.account, hold_asset(order), amount - before)
    order.hold = amount
    if ledger.limits:
        limits.note(ledger, order)


def rest(ledger: Ledger, effects: Effects, order_id: int, remaining: int, seq: int) -> None:
    """The order stands in the book with *remaining* lots, last in the queue of its price."""
    order = live(ledger, order_id)
    expect_remaining(order, remaining)
    order.status = OPEN
    order.priority_seq = seq
    touch(ledger, effects, order, seq)


def reduce(
    ledger: Ledger, effects: Effects, order_id: int, by: int, remaining: int, seq: int
) -> None:
    """The order lost *by* lots without a fill."""
    order = live(ledger, order_id)
    order.qty -= by
    order.remaining -= by
    expect_remaining(order, remaining)
    set_hold(ledger, effects, order, hold_of(order, ledger.fees[order.fee_version]))
    touch(ledger, effects, order, seq)


def await_replace(
    ledger: Ledger, effects: Effects, order_id: int, price: int, total_qty: int
) -> None:
    """A replace of the order is on its way: from now on the hold covers both terms."""
    order = live(ledger, order_id)
    if order.replace_qty:
        raise InvariantError(f"order {order_id} is being replaced already")
    order.replace_price, order.replace_qty = price, total_qty
    set_hold(ledger, effects, order, hold_of(order, ledger.fees[order.fee_version]))
    effects.orders[order_id] = order


def replace(
    ledger: Ledger, effects: Effects, order_id: int, price: int, remaining: int, seq: int
) -> None:
    """The order has a new price and *remaining* lots."""
    order = live(ledger, order_id)
    order.price = price
    order.remaining = remaining
    order.qty = order.filled + remaining
    _end_replace(ledger, effects, order)
    touch(ledger, effects, order, seq)


def keep_terms(ledger: Ledger, effects: Effects, order_id: int) -> None:
    """The kernel declined a replace: the order, if it still lives, holds for its old terms."""
    order = ledger.orders.get(order_id)
    if order is not None:
        _end_replace(ledger, effects, order)
        effects.orders[order_id] = order


def _end_replace(ledger: Ledger, effects: Effects, order: Order) -> None:
    order.replace_price = order.replace_qty = 0
    set_hold(ledger, effects, order, hold_of(order, ledger.fees[order.fee_version]))


def cancel(
    ledger: Ledger, effects: Effects, order_id: int, remaining: int, reason: int, seq: int
) -> None:
    """The order is over with *remaining* lots unfilled. Money that is spent counts as filled."""
    order = live(ledger, order_id)
    if order.kind != BY_MONEY:
        expect_remaining(order, remaining)
    spent = reason == SPENT and order.filled
    if reason == BY_USER and _is_closing(ledger, order):
        reason = CancelReason.CLOSED  # one of the steps in which a large book is closed
    order.reason = reason
    touch(ledger, effects, order, seq)
    end(ledger, effects, order, FILLED if spent else CANCELLED)


def _is_closing(ledger: Ledger, order: Order) -> bool:
    market = ledger.markets[order.market_id]
    return market.state == MarketState.CLOSING


def refuse(ledger: Ledger, effects: Effects, order_id: int, reject: int, seq: int) -> None:
    """The kernel declined the order: everything held for it is free again."""
    order = live(ledger, order_id)
    order.reject = reject
    touch(ledger, effects, order, seq)
    end(ledger, effects, order, REJECTED)


def end(ledger: Ledger, effects: Effects, order: Order, status: int) -> None:
    """Release what *order* still holds and take it off the books."""
    set_hold(ledger, effects, order, 0)
    order.status = status
    order.priority_seq = 0
    order_id, market, chain = order.order_id, ledger.markets[order.market_id], ledger.chain
    del ledger.orders[order_id]
    del market.orders[order_id]
    if chain.home and order.filled:
        signed = chain.signed.get(order_id)
        if signed and signed.version == 1:
            settles_no_more(chain, f"0x{order.client_order_id}")
    settling = chain.settling.get(order_id) if chain.settling else None
    if settling:
        settling.ended = order
    elif chain.signed:
        chain.signed.pop(order_id, None)
    if order.client_order_id:
        key = (order.account, order.client_order_id)
        ledger.client_orders[key] = ledger.client_orders[key]._replace(
            status=status,
            filled=order.filled,
            remaining=order.remaining,
            volume=order.volume,
            fee=order.fee,
            reason=order.reason,
            reject=order.reject,
        )
        ledger.client_orders_ended.append((ledger.time_us, order.order_id, key))


def expect_remaining(order: Order, remaining: int) -> None:
    """Assert that kernel and ledger agree on what is left of *order*."""
    if order.remaining != remaining:
        raise InvariantError(
            f"order {order.order_id}: kernel has {remaining} lots left, ledger {order.remaining}",
        )
