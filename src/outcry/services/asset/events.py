"""What each user is told of one log entry: the touched things as they stand after it."""

from outcry.domain.ids import COLLATERAL, FIRST_ACCOUNT, asset_market, token_asset
from outcry.domain.ledger.effects import Effects, Fill, Settled
from outcry.domain.ledger.in_transit import InTransit
from outcry.domain.ledger.state import Ledger, Position, balance_key, split_key
from outcry.domain.market import SettlementMode
from outcry.domain.order import Order
from outcry.messages.user_events import (
    BalanceState,
    FillDone,
    FillSettled,
    OrderState,
    PositionState,
    UserBatch,
    UserEvent,
)


_NOTHING = InTransit()
_NO_POSITION = Position()


def user_batches(ledger: Ledger, effects: Effects, n: int) -> list[UserBatch]:
    """Return the private events of entry *n* by user, and note in the ledger that they were told.

    Within a user: orders, then fills, then what the chain said, then positions, then the balance.
    """
    events: dict[int, list[UserEvent]] = {}
    for order in effects.orders.values():
        events.setdefault(order.user_id, []).append(order_state(order))
    for fill in effects.fills:
        waits = ledger.markets[fill.market_id].settlement == SettlementMode.CHAIN
        for side in _sides(fill, waits=waits):
            events.setdefault(ledger.owners[side.account], []).append(side)
    for settled in effects.settled:
        told = events.setdefault(ledger.owners[settled.account], [])
        told.append(_fill_settled(settled))
    for account, market_id, outcome in _touched_positions(effects):
        position = _position_state(ledger, account, market_id, outcome)
        events.setdefault(ledger.owners[account], []).append(position)
    for key in effects.balances:
        account, asset = split_key(key)
        if asset == COLLATERAL and account >= FIRST_ACCOUNT:
            balance, transit = ledger.balances[key], ledger.chain.transit.get(key, _NOTHING)
            told = events.setdefault(ledger.owners[account], [])
            told.append(
                BalanceState(account, balance.total, balance.held, transit.incoming,
                             transit.outgoing)
            )  # fmt: skip
    batches = []
    for user_id, news in events.items():
        user = ledger.users[user_id]
        batches.append(UserBatch(user_id, user.last_n, news))
        user.last_n = n
    return batches


def order_state(order: Order) -> OrderState:
    """Return *order* as it stands."""
    return OrderState(
        order.order_id,
        order.account,
        order.market_id,
        order.outcome,
        order.side,
        order.kind,
        order.tif,
        order.price,
        order.qty,
        order.budget,
        order.remaining,
        order.filled,
        order.volume,
        order.fee,
        order.status,
        order.reason,
        order.reject,
        order.client_order_id,
        order.created_at_us,
        order.updated_at_us,
        order.update_id,
        order.failed,
        order.expire_at_us,
    )


def _fill_settled(settled: Settled) -> FillSettled:
    leg = settled.leg
    return FillSettled(
        leg.trade_id,
        leg.fill,
        settled.order_id,
        settled.account,
        leg.market_id,
        settled.outcome,
        settled.side,
        leg.price,
        leg.qty,
        settled.verdict,
        settled.reason,
        settled.tx_hash,
        settled.at_us,
    )


def _sides(fill: Fill, *, waits: bool) -> tuple[FillDone, FillDone]:
    """Return the taker's and the maker's view of a fill."""
    taker = FillDone(
        fill.trade_id,
        fill.fill,
        fill.taker_order,
        fill.taker_account,
        fill.market_id,
        fill.taker_outcome,
        fill.taker_side,
        fill.price,
        fill.qty,
        fill.match,
        False,  # noqa: FBT003 - the field's name stands in the class
        fill.taker_fee,
        fill.at_us,
        waits,
    )
    maker = FillDone(
        fill.trade_id,
        fill.fill,
        fill.maker_order,
        fill.maker_account,
        fill.market_id,
        fill.maker_outcome,
        fill.maker_side,
        fill.price,
        fill.qty,
        fill.match,
        True,  # noqa: FBT003 - the field's name stands in the class
        fill.maker_fee,
        fill.at_us,
        waits,
    )
    return taker, maker


def _touched_positions(effects: Effects) -> dict[tuple[int, int, int], None]:
    """Return ``(account, market_id, outcome)`` of every token balance that customers own."""
    touched: dict[tuple[int, int, int], None] = {}
    for key in effects.balances:
        account, asset = split_key(key)
        if asset != COLLATERAL and account >= FIRST_ACCOUNT:
            touched[account, *asset_market(asset)] = None
    return touched


def _position_state(ledger: Ledger, account: int, market_id: int, outcome: int) -> PositionState:
    asset = token_asset(market_id, outcome)
    balance = ledger.balances[balance_key(account, asset)]
    transit = ledger.chain.transit.get(balance_key(account, asset), _NOTHING)
    # Telling must not change the state: a position comes into being by what is bought or sold.
    position = ledger.positions.get(balance_key(account, market_id), _NO_POSITION)
    return PositionState(
        account,
        market_id,
        outcome,
        balance.total,
        balance.held,
        position.cost[outcome],
        position.realised,
        transit.incoming,
        transit.outgoing,
    )
