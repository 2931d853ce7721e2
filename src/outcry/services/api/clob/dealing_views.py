"""Orders and trades as the CLOB surface lists them. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from outcry.domain.ledger.pending import Outcome
from outcry.domain.market import own_price
from outcry.domain.units import MICROS_PER_SECOND, TICKS_PER_UNIT, format_decimal
from outcry.messages.settlement_status import SettlementStage, SettlementStatus
from outcry.ports.projection import MarketRow, OrderRow, TradeRow
from outcry.ports.rows import VerdictRow
from outcry.runtime.clob.books import outcome_name, token_of
from outcry.runtime.clob.conditions import condition_of
from outcry.runtime.clob.makers import MakerOrder
from outcry.runtime.clob.names import (
    CONFIRMED,
    FAILED,
    MATCHED,
    MINED,
    RETRYING,
    WAITING,
    TradePart,
    order_hash,
    order_status,
    order_type,
    part_of,
    trade_name,
)
from outcry.runtime.clob.texts import price_text, size_text, trimmed
from outcry.runtime.clob.trades import book_hash
from outcry.runtime.clob_identity import Holder
from outcry_wire.records import Side


#: An average price has two decimals more than a price.
_AVERAGE_DECIMALS: Final = 6
TAKER, MAKER = "TAKER", "MAKER"
_STAGES: Final = {SettlementStage.MINED: MINED, SettlementStage.RETRYING: RETRYING}


class OpenOrderView(Struct, frozen=True, kw_only=True):
    """An order of the user as it stands."""

    id: str
    status: str
    owner: str
    maker_address: str
    market: str
    asset_id: str
    side: str
    original_size: str
    size_matched: str
    price: str
    associate_trades: list[str]
    outcome: str
    created_at: int
    expiration: str
    order_type: str


class TradeView(Struct, frozen=True, kw_only=True):
    """A trade that the user is a side of, seen from its taker."""

    id: str
    taker_order_id: str
    market: str
    asset_id: str
    side: str
    size: str
    fee_rate_bps: str
    price: str
    status: str
    match_time: str
    last_update: str
    outcome: str
    bucket_index: int
    owner: str
    maker_address: str
    transaction_hash: str
    err_msg: str
    trader_side: str
    maker_orders: list[MakerOrder]


class Stage(NamedTuple):
    """Where fills are: what settles them has said so."""

    status: str
    tx_hash: str = ""
    reason: str = ""
    #: When it was said, 0: at the match.
    at_us: int = 0


class Deal(NamedTuple):
    """What all the fills of a trade need beside them."""

    market: MarketRow
    #: Names of orders by their ids.
    names: dict[int, str]
    fee_bps: int


def open_order_view(
    row: OrderRow, market: MarketRow, who: Holder, trades: Sequence[str]
) -> OpenOrderView:  # fmt: skip
    """Return an order as it stands; *trades* are those it was filled in."""
    return OpenOrderView(
        id=order_hash(row.order_id, row.client_order_id),
        status=order_status(row.status, row.reason),
        owner=who.api_key,
        maker_address=who.address,
        market=condition_of(market),
        asset_id=token_of(market, row.outcome),
        side=Side(row.side).name,
        original_size=size_text(row.qty or row.filled),
        size_matched=size_text(row.filled),
        price=price_text(own_price(row.outcome, row.price)),
        associate_trades=list(trades),
        outcome=outcome_name(market, row.outcome),
        created_at=row.created_at_us // MICROS_PER_SECOND,
        expiration=str(row.expire_at_us // MICROS_PER_SECOND),
        order_type=order_type(row.tif, row.kind),
    )


def parts(fills: Sequence[TradeRow]) -> dict[TradePart, list[TradeRow]]:
    """Return fills by the trade of this surface that they are of, in the order they came."""
    found: dict[TradePart, list[TradeRow]] = {}
    for fill in fills:
        found.setdefault(part_of(fill.trade_id, fill.fill), []).append(fill)
    return found


def book_stage(trade: TradePart) -> Stage:
    """Return where a trade is that the exchange's own log settles."""
    return Stage(CONFIRMED, book_hash(trade))


def chain_stage(verdict: VerdictRow | None, told: SettlementStatus | None) -> Stage:
    """Return where a fill is that a chain settles: its word counts more than its sender's."""
    if verdict is not None:
        status = CONFIRMED if verdict.verdict == Outcome.CONFIRMED else FAILED
        return Stage(status, verdict.tx_hash, verdict.reason, verdict.at_us)
    if told is None:
        return Stage(WAITING)
    status = _STAGES.get(SettlementStage(told.stage), MATCHED)
    return Stage(status, told.tx_hash)


def trade_view(
    trade: TradePart, fills: Sequence[TradeRow], stage: Stage, deal: Deal, who: Holder
) -> TradeView:
    """Return what the user had in a trade: all of it as its taker, else their own orders."""
    first, market = fills[0], deal.market
    taking = first.taker_account == who.principal.account
    qty = sum(fill.qty for fill in fills)
    matched = str(first.at_us // MICROS_PER_SECOND)
    return TradeView(
        id=trade_name(trade),
        taker_order_id=deal.names.get(first.taker_order) or order_hash(first.taker_order, ""),
        market=condition_of(market),
        asset_id=token_of(market, first.taker_outcome),
        side=Side(first.taker_side).name,
        size=size_text(qty),
        fee_rate_bps=str(deal.fee_bps),
        price=_average(fills, first.taker_outcome, qty),
        status=stage.status,
        match_time=matched,
        last_update=str((stage.at_us or first.at_us) // MICROS_PER_SECOND),
        outcome=outcome_name(market, first.taker_outcome),
        bucket_index=trade.part,
        owner=who.api_key if taking else "",
        maker_address=who.address if taking else "",
        transaction_hash=stage.tx_hash,
        err_msg=stage.reason,
        trader_side=TAKER if taking else MAKER,
        maker_orders=[_maker(fill, deal, who) for fill in fills],
    )


def _maker(fill: TradeRow, deal: Deal, who: Holder) -> MakerOrder:
    own = fill.maker_account == who.principal.account
    return MakerOrder(
        order_id=deal.names.get(fill.maker_order) or order_hash(fill.maker_order, ""),
        owner=who.api_key if own else "",
        maker_address=who.address if own else "",
        matched_amount=size_text(fill.qty),
        price=price_text(own_price(fill.maker_outcome, fill.price)),
        fee_rate_bps=str(deal.fee_bps),
        asset_id=token_of(deal.market, fill.maker_outcome),
        outcome=outcome_name(deal.market, fill.maker_outcome),
        outcome_index=fill.maker_outcome,
        side=Side(fill.maker_side).name,
    )


def _average(fills: Sequence[TradeRow], outcome: int, qty: int) -> str:
    """Return what a share cost on average, rounded down beyond six decimals."""
    value = sum(fill.price * fill.qty for fill in fills)
    value = qty * TICKS_PER_UNIT - value if outcome else value
    scale = 10 ** (_AVERAGE_DECIMALS - 4)
    return trimmed(format_decimal(value * scale // qty, _AVERAGE_DECIMALS))
