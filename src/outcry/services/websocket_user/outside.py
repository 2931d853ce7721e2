"""What the private feed says, as the outside knows it: the shapes of its messages.

Amounts are decimal text, ids integers, times milliseconds; prices are those of the order's own
outcome. ``n`` and ``prev_n`` are log entries: whoever holds ``prev_n`` misses nothing, and ``last``
is true on the last event of an entry.
"""

from msgspec import Struct


class OrderData(Struct, frozen=True, gc=False, omit_defaults=True):
    """An order as it is now; names are those of `GET /api/open_orders`."""

    types: str
    event_id: int
    market_id: int
    order_id: int
    client_order_id: str
    side: str
    outcome_name: str
    token_id: str
    order_type: str
    time_in_force: str
    price: str
    quantity: str
    filled_quantity: str
    cancelled_quantity: str
    #: Price times quantity, or the money of a money order.
    volume: str
    #: What fills paid or received so far, fees apart.
    filled_volume: str
    fee: str
    status: str
    #: Whether it stands in the book.
    resting: bool
    #: Why it was cancelled or rejected, "" otherwise, and the number of the reject, 0 otherwise.
    reason: str
    reject: int
    created_at: int
    updated_at: int
    update_id: int
    #: Of what is filled, the part that failed to settle on the chain; absent when there is none.
    failed_quantity: str = ""
    #: Which of one's further accounts it is of; absent for the first one.
    account: int = 0


class PositionData(Struct, frozen=True, gc=False, omit_defaults=True):
    """Tokens of one outcome as they are now; ``held_quantity`` is set aside."""

    types: str
    event_id: int
    market_id: int
    token_id: str
    outcome_name: str
    quantity: str
    held_quantity: str
    avg_price: str
    cost: str
    realised: str
    update_id: int
    #: What waits for the chain, both outside ``quantity``; absent where nothing does.
    incoming: str = ""
    outgoing: str = ""
    #: Which of one's further accounts it is of; absent for the first one.
    account: int = 0


class BalanceData(Struct, frozen=True, gc=False, omit_defaults=True):
    """Collateral as it is now: ``total = available + held``."""

    total: str
    available: str
    held: str
    update_id: int
    #: What waits for the chain, both outside ``total``; absent where nothing does.
    incoming: str = ""
    outgoing: str = ""
    #: Which of one's further accounts it is of; absent for the first one.
    account: int = 0


class TradeData(Struct, frozen=True, gc=False, omit_defaults=True):
    """One side of one fill."""

    trade_id: int
    fill: int
    order_id: int
    event_id: int
    market_id: int
    token_id: str
    outcome_name: str
    side: str
    role: str
    match: str
    price: str
    quantity: str
    value: str
    #: Net of rebates; negative when the rebate is larger.
    fee: str
    timestamp: int
    #: It waits for the chain; `trade_settled` follows. Absent when it is final.
    pending: bool = False
    #: Which of one's further accounts it is of; absent for the first one.
    account: int = 0


class SettledData(Struct, frozen=True, gc=False, omit_defaults=True):
    """What the chain said of one side of a fill that was pending."""

    trade_id: int
    fill: int
    order_id: int
    event_id: int
    market_id: int
    token_id: str
    outcome_name: str
    side: str
    price: str
    quantity: str
    #: confirmed, failed (all is available again, the order is not entered again) or reverted.
    verdict: str
    reason: str
    tx_hash: str
    timestamp: int
    #: Which of one's further accounts it is of; absent for the first one.
    account: int = 0


class EventFrame(Struct, frozen=True, gc=False):
    """One private event. ``event_id`` is null where it belongs to no event (a balance)."""

    event_id: int | None
    event_type: str
    n: int
    prev_n: int
    last: bool
    data: OrderData | PositionData | BalanceData | TradeData | SettledData


class SnapshotData(Struct, frozen=True, gc=False, omit_defaults=True):
    """A part of a snapshot, all of it of one account; its balance is in every part."""

    balance: BalanceData
    orders: list[OrderData]
    positions: list[PositionData]
    #: Which of one's further accounts it is of; absent for the first one.
    account: int = 0


class SnapshotFrame(Struct, frozen=True, omit_defaults=True, gc=False):
    """Everything that is open as of log entry ``n``; changes that follow have a higher one.

    ``resumed`` is false, and there, when the reader asked for what it missed and cannot have it.
    """

    event_type: str
    n: int
    part: int
    parts: int
    #: There are more open orders than a snapshot shows; the oldest are missing.
    truncated: bool
    data: SnapshotData
    resumed: bool = True
