"""From orders, results and activity to views: integers become text at their own price. Pure."""

from typing import Final

from outcry.domain.market import own_price
from outcry.domain.order import OrderStatus
from outcry.domain.rejects import Reject
from outcry.domain.units import format_money, format_price, format_quantity
from outcry.messages.requests import OrderAccepted
from outcry.ports.projection import EventRow, MarketRow, OrderRow
from outcry.ports.queries import AccountActivity
from outcry.services.api.render import seconds
from outcry.services.api.views import ActivityView, OrderView, PlacedView
from outcry_wire.records import CancelReason, MatchKind, OrderKind, Side, TimeInForce


_STATUSES: Final = {
    OrderStatus.NEW: "new",
    OrderStatus.OPEN: "new",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.REJECTED: "rejected",
}


def order_view(row: OrderRow, market: MarketRow, event: EventRow) -> OrderView:
    """Return an order with the names around it."""
    own = own_price(row.outcome, row.price)
    over = row.status in (OrderStatus.CANCELLED, OrderStatus.REJECTED)
    by_money = row.kind == OrderKind.MARKET_MONEY
    return OrderView(
        event_id=market.event_id,
        market_id=row.market_id,
        event_title=event.title,
        market_title=market.title,
        market_question=market.question,
        event_image=event.image,
        market_image=market.image,
        order_id=row.order_id,
        client_order_id=row.client_order_id,
        side=side_name(row.side),
        outcome_name=(market.outcome_0, market.outcome_1)[row.outcome],
        token_id=(market.token_0, market.token_1)[row.outcome],
        order_type="limit" if row.kind == OrderKind.LIMIT else "market",
        time_in_force=TimeInForce(row.tif).name,
        post_only=bool(row.post_only),
        price=format_price(own),
        quantity=format_quantity(row.qty),
        filled_quantity=format_quantity(row.filled),
        cancelled_quantity=format_quantity(row.qty - row.filled if over and row.qty else 0),
        volume=format_money(row.budget if by_money else own * row.qty),
        filled_volume=format_money(row.volume),
        fee=format_money(row.fee),
        status=status_name(row.status, row.filled),
        reason=reason_name(row.reason, row.reject),
        expiration=seconds(row.expire_at_us),
        created_at=seconds(row.created_at_us),
        updated_at=seconds(row.updated_at_us),
    )


def side_name(side: int) -> str:
    """Return "buy" or "sell"."""
    return Side(side).name.lower()


def status_name(status: int, filled: int) -> str:
    """Return the status as the contract calls it."""
    if status == OrderStatus.OPEN and filled:
        return "partially_filled"
    return _STATUSES[OrderStatus(status)]


def reason_name(reason: int, reject: int) -> str:
    """Return why an order ended other than by being filled, "" when it did not."""
    if reject:
        return Reject(reject).name.lower()
    return CancelReason(reason).name.lower() if reason else ""


def placed_view(accepted: OrderAccepted) -> PlacedView:
    """Return the answer to an order that was numbered."""
    return PlacedView(
        order_id=accepted.order_id,
        n=accepted.n,
        status=status_name(accepted.status, accepted.filled),
        filled_quantity=format_quantity(accepted.filled),
        remaining_quantity=format_quantity(accepted.remaining),
        filled_volume=format_money(accepted.volume),
        fee=format_money(accepted.fee),
        reason=reason_name(accepted.reason, accepted.reject),
        result_n=accepted.result_n,
        repeated=accepted.repeated,
    )


def activity_view(
    item: AccountActivity, account: int, market: MarketRow, event: EventRow
) -> ActivityView:
    """Return one line of the activity of *account*."""
    outcome: int | None = None
    price = fee = tx_hash = role = match = ""
    if item.trade is not None:
        trade = item.trade
        taker = trade.taker_account == account
        outcome = trade.taker_outcome if taker else trade.maker_outcome
        kind = side_name(trade.taker_side if taker else trade.maker_side)
        own = own_price(outcome, trade.price)
        price, qty, value = format_price(own), trade.qty, own * trade.qty
        fee = format_money(trade.taker_fee if taker else trade.maker_fee)
        role = "taker" if taker else "maker"
        match = MatchKind(trade.match).name.lower()
    else:
        assert item.other is not None, "an activity is a trade or something else"
        kind, qty, value = item.other.kind, item.other.qty, item.other.value
        tx_hash = item.other.key
    return ActivityView(
        event_id=market.event_id,
        market_id=market.market_id,
        event_title=event.title,
        market_title=market.title,
        market_question=market.question,
        event_image=event.image,
        market_image=market.image,
        types=kind,
        outcome_name="" if outcome is None else (market.outcome_0, market.outcome_1)[outcome],
        token_id="" if outcome is None else (market.token_0, market.token_1)[outcome],
        price=price,
        quantity=format_quantity(qty),
        value=format_money(value),
        fee=fee,
        tx_hash=tx_hash,
        timestamp=seconds(item.at_us),
        role=role,
        match=match,
    )
