"""What `/api` answers: one struct per shape. Names are those of the contract.

All amounts are decimal text; ids and times (seconds, unless said) are integers. "" stands for a
price that does not exist yet.
"""

from msgspec import Struct


class MarketView(Struct, frozen=True):
    """A market of an event."""

    market_id: int
    title: str
    question: str
    image: str
    volume: str
    volume_24h: str
    condition_id: str
    parent_collection_id: str
    outcome_0_name: str
    outcome_1_name: str
    outcome_0_token_id: str
    outcome_1_token_id: str
    outcome_0_chance: str
    outcome_1_chance: str
    outcome_0_best_bid: str
    outcome_0_best_ask: str
    outcome_1_best_bid: str
    outcome_1_best_ask: str
    closed: bool
    winner_outcome_name: str
    winner_outcome_token_id: str
    state: str
    tick_size: str
    min_price: str
    max_price: str
    min_quantity: str
    max_quantity: str
    #: What one share of each outcome is worth, null before the market is resolved or voided.
    payout: tuple[str, str] | None
    #: Voided by giving back what was paid in; then the payout is zero and there is no token.
    refunded: bool
    #: The payout that is proposed, or was and is disputed; null when none is.
    proposed_payout: tuple[str, str] | None
    #: When the proposed payout stands unless it is disputed before, 0 while none is proposed.
    final_at: int
    #: Seconds for which a proposed payout may be disputed.
    dispute_window: int
    endtime: int


class EventView(Struct, frozen=True):
    """An event in a list."""

    event_id: int
    slug: str
    image: str
    title: str
    volume: str
    volume_24h: str
    topic: str
    markets: list[MarketView]


class EventsView(Struct, frozen=True):
    """A page of events."""

    events: list[EventView]
    total: int
    has_more: bool


class EventDetailView(Struct, frozen=True):
    """An event with everything about it."""

    event_id: int
    event_identifier: str
    slug: str
    image: str
    title: str
    description: str
    rules: str
    volume: str
    volume_24h: str
    topic: str
    starttime: int
    endtime: int
    closed: bool
    resolved: bool
    markets: list[MarketView]


class LevelView(Struct, frozen=True):
    """A price level: shares, and their value at the price."""

    price: str
    total_quantity: str
    total_size: str


class OutcomeDepthView(Struct, frozen=True):
    """The book as the owner of one outcome's token sees it."""

    latest_trade_price: str
    bids: list[LevelView]
    asks: list[LevelView]


class DepthView(Struct, frozen=True):
    """A market's book, by token id. ``timestamp`` is in milliseconds."""

    update_id: int
    timestamp: int
    depths: dict[str, OutcomeDepthView]


class OrderView(Struct, frozen=True):
    """An order. ``price`` is that of its own outcome; a money order has quantity "0.00"."""

    event_id: int
    market_id: int
    event_title: str
    market_title: str
    market_question: str
    event_image: str
    market_image: str
    order_id: int
    client_order_id: str
    side: str
    outcome_name: str
    token_id: str
    order_type: str
    time_in_force: str
    post_only: bool
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
    #: Why it was cancelled or rejected, "" otherwise.
    reason: str
    expiration: int
    created_at: int
    updated_at: int


class OpenOrdersView(Struct, frozen=True):
    """A page of open orders, true for log entry ``n``."""

    orders: list[OrderView]
    total: int
    has_more: bool
    n: int


class OrderHistoryView(Struct, frozen=True):
    """A page of all orders, true for log entry ``n``."""

    order_history: list[OrderView]
    total: int
    has_more: bool
    n: int


class ActivityView(Struct, frozen=True):
    """A fill, split, merge or redemption; ``role`` and ``match`` are those of a fill."""

    event_id: int
    market_id: int
    event_title: str
    market_title: str
    market_question: str
    event_image: str
    market_image: str
    types: str
    outcome_name: str
    token_id: str
    price: str
    quantity: str
    value: str
    fee: str
    tx_hash: str
    timestamp: int
    #: maker or taker.
    role: str
    #: transfer, mint or merge.
    match: str


class ActivitiesView(Struct, frozen=True):
    """A page of activity, true for log entry ``n``."""

    activities: list[ActivityView]
    total: int
    has_more: bool
    n: int


class EventBalanceView(Struct, frozen=True):
    """What is available, by token id and in collateral, true for log entry ``n``."""

    token_available: dict[str, str]
    cash_available: str
    n: int


class UserView(Struct, frozen=True):
    """A user. Empty texts are not known to the exchange."""

    id: int
    privy_id: str
    privy_evm_address: str
    privy_email: str
    name: str
    bio: str
    profile_image: str
    invite_code: str


class PlacedView(Struct, frozen=True):
    """An order that was numbered in log entry ``n``.

    With `wait=result` the rest is what became of it; ``status`` "new" means that the book has not
    spoken within the bound: ask order_history.
    """

    order_id: int
    n: int
    status: str
    filled_quantity: str
    remaining_quantity: str
    filled_volume: str
    fee: str
    reason: str
    result_n: int
    #: This order was placed by an earlier request with the same client_order_id.
    repeated: bool


class CancelledView(Struct, frozen=True):
    """A cancel that was numbered in log entry ``n``; with `wait=result`, what it cancelled."""

    n: int
    order_ids: list[int]


class DoneView(Struct, frozen=True):
    """Something that is committed in log entry ``n``, now or (repeated) by an earlier request."""

    n: int
    repeated: bool


class WithdrawalView(Struct, frozen=True):
    """A withdrawal that was begun; its value waits until the contract has paid it out."""

    withdrawal_id: int
    n: int
    repeated: bool


class RedeemedView(Struct, frozen=True):
    """What a redemption paid, committed in log entry ``n``."""

    amount: str
    n: int
    repeated: bool
