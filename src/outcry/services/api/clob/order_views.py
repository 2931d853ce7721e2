"""What clients of the CLOB surface are told of an order they sent. Pure."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

from outcry.domain.order import OrderStatus
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import OrderAccepted, PlaceRequest
from outcry.runtime.clob.names import TradePart, order_hash, trade_name
from outcry.runtime.clob.texts import money_text, size_text
from outcry_wire.records import CancelReason, Side, TimeInForce


MATCHED: Final = "matched"
LIVE: Final = "live"
DELAYED: Final = "delayed"
_ENDED_AT_ONCE: Final = {
    CancelReason.FILL_OR_KILL: Reject.FOK_UNFILLED,
    CancelReason.IMMEDIATE: Reject.FAK_UNMATCHED,
    CancelReason.MONEY_SPENT: Reject.FAK_UNMATCHED,
    CancelReason.SELF_TRADE: Reject.OWN_ORDER_MET,
}


class OrderView(Struct, frozen=True, kw_only=True):
    """What became of an order; amounts are "" while nothing is matched."""

    success: bool
    error_msg: str = field(default="", name="errorMsg")
    order_id: str = field(default="", name="orderID")
    taking_amount: str = field(default="", name="takingAmount")
    making_amount: str = field(default="", name="makingAmount")
    status: str = ""
    transactions_hashes: list[str] = field(default_factory=list, name="transactionsHashes")
    trade_ids: list[str] = field(default_factory=list, name="tradeIDs")


def new_trades(accepted: OrderAccepted) -> list[TradePart]:
    """Return the trades that an order made at once.

    A repeat is told what the order has come to since; its later trades are no answer to it. Of a
    trade of many fills only the first part is known to be there without looking.
    """
    if not accepted.filled or accepted.repeated or not accepted.command:
        return []
    return [TradePart(accepted.command, 0)]


def order_view(
    accepted: OrderAccepted, request: PlaceRequest, hashes: Sequence[str], *, announced: bool
) -> OrderView | Rejected:
    """Return what became of *request*, or why nothing did; *hashes* are those of its trades.

    What is matched is said once it is *announced*, that is, once it can settle.
    """
    if accepted.status == OrderStatus.REJECTED:
        return Rejected(Reject(accepted.reject))
    order_id = order_hash(accepted.order_id, request.client_order_id)
    if not accepted.filled:
        if accepted.status == OrderStatus.CANCELLED and not accepted.repeated:
            return Rejected(_ended(accepted, request))
        status = DELAYED if accepted.status == OrderStatus.NEW else LIVE
        return OrderView(success=True, order_id=order_id, status=status)
    trades = [trade_name(trade) for trade in new_trades(accepted)]
    if not announced:
        return OrderView(
            success=True,
            order_id=order_id,
            status=DELAYED,
            trade_ids=trades,
            transactions_hashes=list(hashes),
        )
    shares, money = size_text(accepted.filled), money_text(accepted.volume)
    buying = request.side == Side.BUY
    return OrderView(
        success=True,
        order_id=order_id,
        taking_amount=shares if buying else money,
        making_amount=money if buying else shares,
        status=MATCHED,
        trade_ids=trades,
        transactions_hashes=list(hashes),
    )


def _ended(accepted: OrderAccepted, request: PlaceRequest) -> Reject:
    if accepted.reason == CancelReason.MONEY_SPENT and request.tif == TimeInForce.FOK:
        return Reject.FOK_UNFILLED
    return _ENDED_AT_ONCE.get(CancelReason(accepted.reason), Reject.MARKET_NOT_OPEN)
