"""Whether a resting order may be changed: cancelled, reduced or replaced. Asks, changes nothing."""

from outcry.domain.ledger import limits
from outcry.domain.ledger.checks import (
    IMMEDIATE,
    check_funds,
    check_open,
    check_price,
    check_size,
)
from outcry.domain.ledger.holds import hold_to_replace
from outcry.domain.ledger.orders import hold_asset
from outcry.domain.ledger.state import Ledger
from outcry.domain.market import own_price
from outcry.domain.order import Order
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import TICKS_PER_UNIT, format_price, format_quantity
from outcry_wire.records import OrderKind


def find_order(
    ledger: Ledger, account: int, order_id: int, client_order_id: str
) -> Order | Rejected:
    """Return the live order that *account* names by id or (id 0) by its own name for it.

    By id it may be one of any account of the same user. One of somebody else is as unknown as one
    that never was: ids are counted, and nobody shall learn which of them are open.
    """
    if not order_id:
        known = ledger.client_orders.get((account, client_order_id))
        order_id = known.order_id if known else 0
    order = ledger.orders.get(order_id)
    if order is not None and (
        order.account == account or ledger.owners.get(account) == order.user_id
    ):
        return order
    return Rejected(Reject.ORDER_UNKNOWN, client_order_id or str(order_id))


def check_replace(
    ledger: Ledger, order: Order, own: int, total_qty: int, time_us: int, *, post_only: bool
) -> int | Rejected:
    """Return the book price of a replace of *order* that is granted at *time_us*, or why not.

    *own* is the new price in ticks of the order's own outcome, *total_qty* in lots.
    """
    if order.account in ledger.frozen:
        return Rejected(Reject.ACCOUNT_FROZEN, ledger.frozen[order.account])
    market = ledger.markets[order.market_id]
    rejected = check_open(ledger, market, time_us, post_only=post_only)
    if rejected:
        return rejected
    if order.kind != OrderKind.LIMIT or order.tif in IMMEDIATE:
        return Rejected(Reject.REPLACE_INVALID, "an order that never rests", "a GTC or GTD limit")
    if order.order_id in ledger.chain.signed:
        wanted = "to reduce or cancel it, and sign another"
        return Rejected(Reject.REPLACE_INVALID, "an order that was signed", wanted)
    if order.replace_qty:
        return Rejected(Reject.REPLACE_PENDING, str(order.order_id))
    if total_qty <= order.filled:
        more = f"more than the {format_quantity(order.filled)} that are filled"
        return Rejected(Reject.REPLACE_INVALID, format_quantity(max(total_qty, 0)), more)
    if not 0 < own < TICKS_PER_UNIT:
        return Rejected(Reject.PRICE_OUT_OF_BOUNDS, format_price(own), "more than 0, less than 1")
    price = own_price(order.outcome, own)
    rejected = check_size(market, total_qty) or check_price(
        market, order.outcome, price, limit=True
    )
    if rejected:
        return rejected
    needed = hold_to_replace(order, ledger.fees[order.fee_version], price, total_qty)
    more_held = needed - order.hold
    return (
        limits.check_replace(ledger, order, total_qty, more_held)
        or check_funds(ledger, order.account, hold_asset(order), more_held)
        or price
    )
