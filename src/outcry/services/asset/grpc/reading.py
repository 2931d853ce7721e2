"""From typed calls to what the ledger is asked: decimal text becomes integers, or a reject."""

from typing import Final

from outcry.domain.ids import COLLATERAL, is_client_order_id
from outcry.domain.ledger.pending import Outcome
from outcry.domain.market import own_price
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.chain_requests import EVERY_FILL, ChainReportOp, ChainVerdict
from outcry.messages.requests import (
    DepositOp,
    MergeOp,
    PlaceRequest,
    RedeemOp,
    ReduceRequest,
    ReplaceRequest,
    SplitOp,
    WithdrawOp,
)
from outcry.rpc import asset_pb2 as pb
from outcry.runtime.amounts import read_money, read_price, read_quantity
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


#: Names of the collateral; no other token is moved in or out.
COLLATERAL_NAMES: Final = ("", "usdc")
KEY_LENGTH_MAX: Final = 128

#: The ledger's numbers of the contract's; what is not here is a reject.
SIDES: Final = {pb.BUY: Side.BUY, pb.SELL: Side.SELL}
_TIMES: Final = {
    pb.GTC: TimeInForce.GTC,
    pb.GTD: TimeInForce.GTD,
    pb.IOC: TimeInForce.IOC,
    pb.FOK: TimeInForce.FOK,
}
_SELF_TRADES: Final = {
    pb.SELF_TRADE_UNSPECIFIED: SelfTrade.CANCEL_TAKER,
    pb.CANCEL_TAKER: SelfTrade.CANCEL_TAKER,
    pb.CANCEL_MAKER: SelfTrade.CANCEL_MAKER,
    pb.CANCEL_BOTH: SelfTrade.CANCEL_BOTH,
    pb.DECREMENT: SelfTrade.DECREMENT,
}
_PAIRS: Final[dict[str, type[SplitOp | MergeOp]]] = {"split": SplitOp, "merge": MergeOp}
_MOVEMENTS: Final[dict[str, type[DepositOp | WithdrawOp]]] = {
    "deposit": DepositOp,
    "withdraw": WithdrawOp,
}

Operation = DepositOp | WithdrawOp | SplitOp | MergeOp | RedeemOp | ChainReportOp


def read_operation(
    kind: str, message: pb.Movement | pb.Pairs | pb.Redemption | pb.SendResult
) -> Operation | Rejected:
    """Return the operation that a typed call of *kind* asks for."""
    key = message.tx_hash
    if not 0 < len(key) <= KEY_LENGTH_MAX:
        wanted = f"tx_hash: 1 to {KEY_LENGTH_MAX} characters"
        return Rejected(Reject.FIELD_INVALID, f"{len(key)} characters", wanted)
    if isinstance(message, pb.Movement):
        if message.token not in COLLATERAL_NAMES:
            return Rejected(Reject.TOKEN_UNKNOWN, message.token[:KEY_LENGTH_MAX], "usdc")
        amount = read_money(message.amount)
        if isinstance(amount, Rejected):
            return amount
        return _MOVEMENTS[kind](0, message.account, COLLATERAL, amount, key)
    if isinstance(message, pb.Pairs):
        lots = read_quantity(message.quantity)
        if isinstance(lots, Rejected):
            return lots
        return _PAIRS[kind](0, message.account, message.market_id, lots, key)
    if isinstance(message, pb.SendResult):
        fill = message.fill if message.HasField("fill") else EVERY_FILL
        outcome = Outcome.CONFIRMED if message.success else Outcome.FAILED
        verdict = ChainVerdict(message.trade_id, fill, outcome, key, message.reason)
        return ChainReportOp(0, [verdict])
    return RedeemOp(0, message.account, message.market_id, key)


def read_order(order: pb.NewOrder) -> PlaceRequest | Rejected:
    """Return the request to enter *order*."""
    side = SIDES.get(order.side)
    if side is None:
        return Rejected(Reject.SIDE_INVALID, str(order.side))
    amounts = _read_amounts(order)
    if isinstance(amounts, Rejected):
        return amounts
    kind, qty, budget = amounts
    tif = _read_time_in_force(order)
    if isinstance(tif, Rejected):
        return tif
    self_trade = _SELF_TRADES.get(order.self_trade)
    if self_trade is None:
        return Rejected(Reject.SELF_TRADE_INVALID, str(order.self_trade))
    price = _read_book_price(order)
    if isinstance(price, Rejected):
        return price
    if not is_client_order_id(order.client_order_id):
        return Rejected(Reject.CLIENT_ORDER_ID_INVALID, order.client_order_id[:KEY_LENGTH_MAX])
    return PlaceRequest(
        account=order.account,
        market_id=order.market_id,
        outcome=order.outcome,
        side=side,
        kind=kind,
        tif=tif,
        post_only=order.post_only,
        self_trade=self_trade,
        price=price,
        qty=qty,
        budget=budget,
        expire_at_us=order.expire_at_us,
        client_order_id=order.client_order_id,
    )


def read_reduction(asked: pb.Reduction) -> ReduceRequest | Rejected:
    """Return the request to reduce an order."""
    name = _read_name(asked)
    if isinstance(name, Rejected):
        return name
    lots = read_quantity(asked.quantity)
    return lots if isinstance(lots, Rejected) else ReduceRequest(asked.account, *name, lots)


def read_replacement(asked: pb.Replacement) -> ReplaceRequest | Rejected:
    """Return the request to replace the terms of an order."""
    name = _read_name(asked)
    if isinstance(name, Rejected):
        return name
    ticks = read_price(asked.price)
    if isinstance(ticks, Rejected):
        return ticks
    lots = read_quantity(asked.quantity)
    if isinstance(lots, Rejected):
        return lots
    return ReplaceRequest(asked.account, *name, ticks, lots, asked.post_only)


def _read_name(asked: pb.Reduction | pb.Replacement) -> tuple[int, str] | Rejected:
    """Return how the order is named: by id, or by the client's name for it."""
    named = asked.client_order_id
    if bool(asked.order_id) == bool(named):
        got = "both" if named else "neither"
        return Rejected(Reject.FIELD_INVALID, got, "order_id or client_order_id")
    if named and not is_client_order_id(named):
        return Rejected(Reject.CLIENT_ORDER_ID_INVALID, named[:KEY_LENGTH_MAX])
    return asked.order_id, named


def _read_amounts(order: pb.NewOrder) -> tuple[OrderKind, int, int] | Rejected:
    """Return ``(kind, lots, micros)``: exactly one of quantity and volume is given."""
    if order.type not in (pb.LIMIT, pb.MARKET):
        return Rejected(Reject.KIND_INVALID, str(order.type))
    if order.volume and (order.quantity or order.type == pb.LIMIT):
        wanted = "quantity, or the volume of a market buy"
        return Rejected(Reject.FIELD_INVALID, "volume", wanted)
    if order.volume:
        budget = read_money(order.volume, Reject.BUDGET_INVALID)
        if isinstance(budget, Rejected):
            return budget
        return OrderKind.MARKET_MONEY, 0, budget
    lots = read_quantity(order.quantity)
    if isinstance(lots, Rejected):
        return lots
    return (OrderKind.LIMIT if order.type == pb.LIMIT else OrderKind.MARKET_QTY), lots, 0


def _read_time_in_force(order: pb.NewOrder) -> TimeInForce | Rejected:
    if order.time_in_force == pb.TIME_IN_FORCE_UNSPECIFIED:
        return TimeInForce.GTC if order.type == pb.LIMIT else TimeInForce.IOC
    tif = _TIMES.get(order.time_in_force)
    if tif is None:
        return Rejected(Reject.TIME_IN_FORCE_INVALID, str(order.time_in_force))
    return tif


def _read_book_price(order: pb.NewOrder) -> int | Rejected:
    """Return the limit or bound in outcome-0 ticks, 0 for a market order without one."""
    if not order.price and order.type == pb.MARKET:
        return 0
    ticks = read_price(order.price)
    if isinstance(ticks, Rejected):
        return ticks
    return own_price(order.outcome, ticks)
