"""What ``/ws/user`` says. Pure: from orders and trades to frames."""

from typing import Final, NamedTuple

from msgspec import Struct

from outcry.domain.market import own_price
from outcry.domain.order import OrderStatus
from outcry.domain.units import MICROS_PER_SECOND, TICKS_PER_UNIT, format_decimal
from outcry.messages.user_events import OrderState
from outcry.ports.projection import MarketRow
from outcry.runtime.clob.books import outcome_name, token_of
from outcry.runtime.clob.conditions import condition_of
from outcry.runtime.clob.makers import MakerOrder
from outcry.runtime.clob.names import order_hash, order_status, order_type, trade_name
from outcry.runtime.clob.texts import price_text, size_text, trimmed
from outcry.services.websocket_user.clob.trades import Side, Trade
from outcry_wire.records import Side as OrderSide


PLACEMENT: Final = "PLACEMENT"
UPDATE: Final = "UPDATE"
CANCELLATION: Final = "CANCELLATION"
#: An average price has two decimals more than a price.
_AVERAGE_DECIMALS: Final = 6


class Who(NamedTuple):
    """Who is told."""

    user_id: int
    address: str
    #: The key that opened the connection.
    api_key: str


class Deal(NamedTuple):
    """What all frames of a trade need beside it."""

    row: MarketRow
    #: By user.
    addresses: dict[int, str]
    fee_bps: int


class OrderFrame(Struct, frozen=True, kw_only=True, tag_field="event_type", tag="order"):
    """An order of the user, as it stands."""

    id: str
    owner: str
    order_owner: str
    market: str
    asset_id: str
    side: str
    outcome: str
    price: str
    original_size: str
    size_matched: str
    associate_trades: list[str]
    maker_address: str
    order_type: str
    expiration: str
    created_at: str
    timestamp: str
    type: str
    status: str


class TradeFrame(Struct, frozen=True, kw_only=True, tag_field="event_type", tag="trade"):
    """A trade that the user is a side of, from its taker's side, and where it is."""

    type: str = "TRADE"
    id: str
    taker_order_id: str
    market: str
    asset_id: str
    side: str
    size: str
    price: str
    status: str
    owner: str
    trade_owner: str
    maker_address: str
    outcome: str
    fee_rate_bps: str
    match_time: str
    matchtime: str
    last_update: str
    timestamp: str
    transaction_hash: str
    bucket_index: int
    trader_side: str
    err_msg: str
    maker_orders: list[MakerOrder]


class Stage(NamedTuple):
    """Where a trade is."""

    status: str
    at_us: int
    tx_hash: str = ""
    reason: str = ""


def event_kind(order: OrderState, *, fresh: bool) -> str:
    """Return what an order's state is to clients, "" when they are not told of it.

    *fresh*: the state before was "numbered". An order that came to nothing at once was never there.
    """
    if order.status == OrderStatus.NEW:
        return ""
    if fresh:
        return PLACEMENT if order.status == OrderStatus.OPEN or order.filled else ""
    ended = order.status in (OrderStatus.CANCELLED, OrderStatus.REJECTED)
    return CANCELLATION if ended else UPDATE


def order_frame(
    order: OrderState, kind: str, row: MarketRow, who: Who, trades: list[str]
) -> OrderFrame:
    """Return an order as it stands after *trades*."""
    status = order_status(order.status, order.reason)
    if kind == PLACEMENT and order.status != OrderStatus.OPEN:
        status = "MATCHED"
    return OrderFrame(
        id=order_hash(order.order_id, order.client_order_id),
        owner=who.api_key,
        order_owner=who.api_key,
        market=condition_of(row),
        asset_id=token_of(row, order.outcome),
        side=OrderSide(order.side).name,
        outcome=outcome_name(row, order.outcome),
        price=price_text(own_price(order.outcome, order.price)),
        original_size=size_text(order.qty or order.filled),
        size_matched=size_text(order.filled),
        associate_trades=trades,
        maker_address=who.address,
        order_type=order_type(order.tif, order.kind),
        expiration=str(order.expire_at_us // MICROS_PER_SECOND),
        created_at=str(order.created_at_us // MICROS_PER_SECOND),
        timestamp=str(order.updated_at_us // 1_000),
        type=kind,
        status=status,
    )


def trade_frame(trade: Trade, stage: Stage, deal: Deal, who: Who) -> TradeFrame:
    """Return a trade for one of its users."""
    taker, row, taking = trade.taker, deal.row, trade.taker.user_id == who.user_id
    matched = str(trade.at_us // MICROS_PER_SECOND)
    return TradeFrame(
        id=trade_name(trade.part),
        taker_order_id=order_hash(taker.order_id, taker.client_order_id),
        market=condition_of(row),
        asset_id=token_of(row, taker.outcome),
        side=OrderSide(taker.side).name,
        size=size_text(trade.qty),
        price=average_price(trade),
        status=stage.status,
        owner=who.api_key,
        trade_owner=who.api_key,
        maker_address=deal.addresses.get(taker.user_id, ""),
        outcome=outcome_name(row, taker.outcome),
        fee_rate_bps=str(deal.fee_bps),
        match_time=matched,
        matchtime=matched,
        last_update=str(stage.at_us // MICROS_PER_SECOND),
        timestamp=str(stage.at_us // 1_000),
        transaction_hash=stage.tx_hash,
        bucket_index=trade.part.part,
        trader_side="TAKER" if taking else "MAKER",
        err_msg=stage.reason,
        maker_orders=[_maker(maker, deal, who) for maker in trade.makers],
    )


def average_price(trade: Trade) -> str:
    """Return what a share cost the taker, of its own token; rounded down beyond six decimals."""
    qty = trade.qty
    value = qty * TICKS_PER_UNIT - trade.value if trade.taker.outcome else trade.value
    scale = 10 ** (_AVERAGE_DECIMALS - 4)
    return trimmed(format_decimal(value * scale // qty if qty else 0, _AVERAGE_DECIMALS))


def _maker(maker: Side, deal: Deal, who: Who) -> MakerOrder:
    return MakerOrder(
        order_id=order_hash(maker.order_id, maker.client_order_id),
        owner=who.api_key if maker.user_id == who.user_id else "",
        maker_address=deal.addresses.get(maker.user_id, ""),
        matched_amount=size_text(maker.qty),
        price=price_text(own_price(maker.outcome, maker.price)),
        fee_rate_bps=str(deal.fee_bps),
        asset_id=token_of(deal.row, maker.outcome),
        outcome=outcome_name(deal.row, maker.outcome),
        outcome_index=maker.outcome,
        side=OrderSide(maker.side).name,
    )
