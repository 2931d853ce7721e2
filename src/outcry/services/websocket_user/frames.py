"""From user events and account images to what the private feed says. Pure."""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import structs

from outcry.domain.ledger.pending import Outcome
from outcry.domain.market import own_price
from outcry.domain.order import OrderStatus
from outcry.domain.units import format_decimal, format_money, format_price, format_quantity
from outcry.messages.user_events import (
    BalanceState,
    FillDone,
    FillSettled,
    OrderState,
    PositionState,
    UserBatch,
    UserEvent,
)
from outcry.ports.projection import MarketRow, OrderRow
from outcry.ports.queries import AccountImage, Position
from outcry.services.websocket_user.outside import (
    BalanceData,
    EventFrame,
    OrderData,
    PositionData,
    SettledData,
    SnapshotData,
    SnapshotFrame,
    TradeData,
)
from outcry_wire.records import CancelReason, MatchKind, OrderKind, Side, TimeInForce
from outcry_wire.rejects import Reject


MarketOf = Callable[[int], MarketRow]
#: Positions that a reader was told of, by account, market and outcome.
Known = set[tuple[int, int, int]]

_CHANGES: Final = {
    OrderStatus.NEW: "open_order_created",
    OrderStatus.OPEN: "open_order_updated",
    OrderStatus.FILLED: "open_order_filled",
    OrderStatus.CANCELLED: "open_order_cancelled",
    OrderStatus.REJECTED: "open_order_cancelled",
}
_STATUSES: Final = {
    OrderStatus.NEW: "new",
    OrderStatus.FILLED: "filled",
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.REJECTED: "rejected",
}
_UNFILLED_ENDS: Final = (OrderStatus.CANCELLED, OrderStatus.REJECTED)
#: An average price has two decimals more than a price.
_AVERAGE_DECIMALS: Final = 6


def markets_of(batch: UserBatch) -> set[int]:
    """Return the markets that the events of *batch* name."""
    return {event.market_id for event in batch.events if not isinstance(event, BalanceState)}


def event_frames(
    n: int, batch: UserBatch, market_of: MarketOf, known: Known | None, first: int
) -> Iterator[EventFrame]:
    """Yield the events of *batch* of log entry *n*; *first* is the user's first account.

    *known* are the positions that the reader was told of, and is kept up to date; None means that
    nobody knows, and then no position is called new.
    """
    final = len(batch.events) - 1
    for index, event in enumerate(batch.events):
        kind, event_id, data = _render(n, event, market_of, known)
        if event.account != first:
            data = structs.replace(data, account=event.account)
        yield EventFrame(event_id, kind, n, batch.prev_n, index == final, data)


def snapshot_frames(
    image: AccountImage, market_of: MarketOf, *, part_max: int, truncated: bool, resumed: bool
) -> Iterator[SnapshotFrame]:
    """Yield *image* in parts of at most *part_max* orders and positions of as many markets.

    Each part is of one account; the first one comes first. All say when it stands for what a reader
    that wanted to resume (not *resumed*) missed.
    """
    images = (image, *image.further)
    counts = [max(1, -(-max(len(one.orders), len(one.positions)) // part_max)) for one in images]
    part = 0
    for one, count in zip(images, counts, strict=True):
        account = 0 if one is image else one.balance.account
        for number in range(count):
            cut = slice(number * part_max, (number + 1) * part_max)
            data = _snapshot_part(one, account, cut, market_of)
            part += 1
            yield SnapshotFrame("snapshot", image.n, part, sum(counts), truncated, data, resumed)


def _snapshot_part(
    image: AccountImage, account: int, cut: slice, market_of: MarketOf
) -> SnapshotData:
    row = image.balance
    balance = _balance(image.n, BalanceState(0, row.total, row.held, row.incoming, row.outgoing))
    rows, held = image.orders[cut], image.positions[cut]
    orders = [_order("open_order_snapshot", row, market_of(row.market_id)) for row in rows]
    positions = [data for both in held for data in _positions_held(image.n, both)]
    if account:
        balance = structs.replace(balance, account=account)
        orders = [structs.replace(order, account=account) for order in orders]
        positions = [structs.replace(position, account=account) for position in positions]
    return SnapshotData(balance, orders, positions, account)


def positions_known(image: AccountImage) -> Known:
    """Return ``(account, market, outcome)`` of everything that a snapshot shows as a position."""
    return {
        (one.balance.account, held.market.market_id, outcome)
        for one in (image, *image.further)
        for held in one.positions
        for outcome, qty in enumerate((held.qty_0, held.qty_1))
        if qty
    }


def _render(
    n: int, event: UserEvent, market_of: MarketOf, known: Known | None
) -> tuple[str, int | None, OrderData | PositionData | BalanceData | TradeData | SettledData]:
    if isinstance(event, BalanceState):
        return "balance_change", None, _balance(n, event)
    market = market_of(event.market_id)
    if isinstance(event, OrderState):
        change = _CHANGES[OrderStatus(event.status)]
        return "open_order_change", market.event_id, _order(change, event, market)
    if isinstance(event, FillDone):
        return "trade", market.event_id, _trade(event, market)
    if isinstance(event, FillSettled):
        return "trade_settled", market.event_id, _settled(event, market)
    change = _position_change(event, known)
    return "position_change", market.event_id, _position(n, change, event, market)


def _order(types: str, order: OrderState | OrderRow, market: MarketRow) -> OrderData:
    status = OrderStatus(order.status)
    price = own_price(order.outcome, order.price)
    unfilled = order.qty - order.filled if order.qty else 0
    return OrderData(
        types=types,
        event_id=market.event_id,
        market_id=market.market_id,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        side=Side(order.side).name.lower(),
        outcome_name=_outcome_name(market, order.outcome),
        token_id=_token(market, order.outcome),
        order_type="limit" if order.kind == OrderKind.LIMIT else "market",
        time_in_force=TimeInForce(order.tif).name,
        price=format_price(price),
        quantity=format_quantity(order.qty),
        filled_quantity=format_quantity(order.filled),
        cancelled_quantity=format_quantity(unfilled if status in _UNFILLED_ENDS else 0),
        volume=format_money(order.budget or price * order.qty),
        filled_volume=format_money(order.volume),
        fee=format_money(order.fee),
        status=_STATUSES.get(status) or ("partially_filled" if order.filled else "new"),
        resting=status == OrderStatus.OPEN,
        reason=_reason(order.reason, order.reject),
        reject=order.reject,
        created_at=order.created_at_us // 1_000,
        updated_at=order.updated_at_us // 1_000,
        update_id=order.update_id,
        failed_quantity=_failed(order),
    )


def _failed(order: OrderState | OrderRow) -> str:
    failed = order.failed if isinstance(order, OrderState) else 0
    return format_quantity(failed) if failed else ""


def _reason(reason: int, reject: int) -> str:
    if reject:
        return Reject(reject).name.lower()
    return CancelReason(reason).name.lower() if reason else ""


def _position_change(event: PositionState, known: Known | None) -> str:
    """Return what happened to a position, and remember that the reader knows."""
    key = (event.account, event.market_id, event.outcome)
    if not event.qty:
        if known is not None:
            known.discard(key)
        return "position_removed"
    if known is None or key in known:
        return "position_updated"
    known.add(key)
    return "position_created"


def _position(n: int, types: str, held: PositionState, market: MarketRow) -> PositionData:
    return PositionData(
        types=types,
        event_id=market.event_id,
        market_id=market.market_id,
        token_id=_token(market, held.outcome),
        outcome_name=_outcome_name(market, held.outcome),
        quantity=format_quantity(held.qty),
        held_quantity=format_quantity(held.held),
        avg_price=_average_price(held.cost, held.qty),
        cost=format_money(held.cost),
        realised=format_money(held.realised),
        update_id=n,
        incoming=format_quantity(held.incoming) if held.incoming else "",
        outgoing=format_quantity(held.outgoing) if held.outgoing else "",
    )


def _positions_held(n: int, position: Position) -> Iterator[PositionData]:
    row = position.row
    sides = (
        (0, position.qty_0, position.held_0, row.cost_0),
        (1, position.qty_1, position.held_1, row.cost_1),
    )
    for outcome, qty, held, cost in sides:
        if qty:
            state = PositionState(
                row.account, row.market_id, outcome, qty, held, cost, row.realised
            )
            yield _position(n, "position_snapshot", state, position.market)


def _balance(n: int, state: BalanceState) -> BalanceData:
    return BalanceData(
        format_money(state.total),
        format_money(state.total - state.held),
        format_money(state.held),
        n,
        format_money(state.incoming) if state.incoming else "",
        format_money(state.outgoing) if state.outgoing else "",
    )


def _settled(settled: FillSettled, market: MarketRow) -> SettledData:
    return SettledData(
        trade_id=settled.trade_id,
        fill=settled.fill,
        order_id=settled.order_id,
        event_id=market.event_id,
        market_id=market.market_id,
        token_id=_token(market, settled.outcome),
        outcome_name=_outcome_name(market, settled.outcome),
        side=Side(settled.side).name.lower(),
        price=format_price(own_price(settled.outcome, settled.price)),
        quantity=format_quantity(settled.qty),
        verdict=Outcome(settled.verdict).name.lower(),
        reason=settled.reason,
        tx_hash=settled.tx_hash,
        timestamp=settled.at_us // 1_000,
    )


def _trade(fill: FillDone, market: MarketRow) -> TradeData:
    price = own_price(fill.outcome, fill.price)
    return TradeData(
        trade_id=fill.trade_id,
        fill=fill.fill,
        order_id=fill.order_id,
        event_id=market.event_id,
        market_id=market.market_id,
        token_id=_token(market, fill.outcome),
        outcome_name=_outcome_name(market, fill.outcome),
        side=Side(fill.side).name.lower(),
        role="maker" if fill.maker else "taker",
        match=MatchKind(fill.match).name.lower(),
        price=format_price(price),
        quantity=format_quantity(fill.qty),
        value=format_money(price * fill.qty),
        fee=format_money(fill.fee),
        timestamp=fill.at_us // 1_000,
        pending=fill.pending,
    )


def _average_price(cost: int, qty: int) -> str:
    """Return cost per share, rounded down; micros / lots are ticks, and a tick is 10**-4."""
    scale = 10 ** (_AVERAGE_DECIMALS - 4)
    return format_decimal(cost * scale // qty if qty else 0, _AVERAGE_DECIMALS)


def _token(market: MarketRow, outcome: int) -> str:
    return market.token_1 if outcome else market.token_0


def _outcome_name(market: MarketRow, outcome: int) -> str:
    return market.outcome_1 if outcome else market.outcome_0
