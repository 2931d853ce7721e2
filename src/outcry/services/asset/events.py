"""What each user is told of one log entry: the touched things as they stand after it."""

from outcry.domain.ledger.effects import Effects, Fill, Settled
from outcry.domain.ledger.in_transit import InTransit
from outcry.domain.ledger.numbers import CUSTOMERS, KEY_BITS, KEY_MASK, MONEY, ON_CHAIN
from outcry.domain.ledger.state import Ledger, Position
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
        _tell(events, order.user_id, order_state(order))
    owners = ledger.owners
    for fill in effects.fills:
        market = ledger.markets[fill.market_id]
        waits = market.settlement == ON_CHAIN
        taker, maker = _sides(fill, waits)
        _tell(events, owners[fill.taker_account], taker)
        _tell(events, owners[fill.maker_account], maker)
    for settled in effects.settled:
        _tell(events, owners[settled.account], _fill_settled(settled))
    balances: list[int] = []
    for key in effects.balances:
        number = key
        account, asset = number >> KEY_BITS, number & KEY_MASK
        if account < CUSTOMERS:
            continue
        if asset == MONEY:
            balances.append(key)
        else:
            _tell(events, owners[account], _position_state(ledger, key, account, asset))
    for key in balances:
        number = key
        account = number >> KEY_BITS
        _tell(events, owners[account], _balance_state(ledger, key, account))
    batches = []
    for user_id, news in events.items():
        user = ledger.users[user_id]
        batches.append(UserBatch(user_id, user.last_n, news))
        user.last_n = n
    return batches


def _tell(events: dict[int, list[UserEvent]], user_id: int, event: UserEvent) -> None:
    told = events.get(user_id)
    if told is None:
        events[user_id] = [event]
    else:
        told.append(event)


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


def _sides(fill: Fill, waits: bool) -> tuple[FillDone, FillDone]:
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


def _position_state(ledger: Ledger, key: int, account: int, asset: int) -> PositionState:
    """Return the tokens under *key* as they stand."""
    market_id, outcome = asset >> 1, asset & 1
    balance, chain = ledger.balances[key], ledger.chain
    # Telling must not change the state: a position comes into being by what is bought or sold.
    place = account << KEY_BITS | market_id
    position = ledger.positions.get(place)
    if position is None:
        position = _NO_POSITION
    transit = chain.transit.get(key, _NOTHING) if chain.transit else _NOTHING
    cost = position.cost
    return PositionState(
        account,
        market_id,
        outcome,
        balance.total,
        balance.held,
        cost[outcome],
        position.realised,
        transit.incoming,
        transit.outgoing,
    )


def _balance_state(ledger: Ledger, key: int, account: int) -> BalanceState:
    """Return the collateral under *key* as it stands."""
    balance, chain = ledger.balances[key], ledger.chain
    transit = chain.transit.get(key, _NOTHING) if chain.transit else _NOTHING
    return BalanceState(account, balance.total, balance.held, transit.incoming, transit.outgoing)
