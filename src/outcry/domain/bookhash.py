"""The hash of a market's book as the ledger knows it; equal to the kernel's at the same seq."""

from outcry.domain.ledger.state import Market
from outcry.domain.market import is_bid
from outcry.domain.order import Order
from outcry_wire.bookhash import book_hash


def ledger_book_hash(market: Market) -> int:
    """Return the hash of the orders that rest in *market*, in book order."""
    bids: list[Order] = []
    asks: list[Order] = []
    for order in market.orders.values():
        if order.priority_seq:
            (bids if is_bid(order.outcome, order.side) else asks).append(order)
    bids.sort(key=lambda order: (-order.price, order.priority_seq))
    asks.sort(key=lambda order: (order.price, order.priority_seq))
    return book_hash(
        (
            order.order_id,
            order.account,
            order.user_id,
            order.outcome,
            order.side,
            order.price,
            order.remaining,
            order.expire_at_us,
        )
        for order in (*bids, *asks)
    )
