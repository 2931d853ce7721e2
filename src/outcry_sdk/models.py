"""What the exchange answers about markets, orders and accounts. Amounts are Decimals.

Names are those of the HTTP door (docs/reference/http.md); fields that a newer exchange adds are
ignored. None stands for an amount that does not exist yet. ``n`` is a log entry: give it to a later
read as ``after`` to read what was written.
"""

from decimal import Decimal
from typing import Generic, TypeVar

from msgspec import Struct, field


ItemT = TypeVar("ItemT")


class Account(Struct, frozen=True):
    """One of one's accounts; the first one has no label."""

    account: int
    label: str
    #: Collateral, what is set aside for orders included.
    balance: Decimal
    available: Decimal


class Accounts(Struct, frozen=True):
    """All of one's accounts, as of log entry ``n``."""

    accounts: list[Account]
    n: int


class AccountMade(Struct, frozen=True):
    """An account that exists as of log entry ``n``."""

    account: int
    n: int
    repeated: bool


class Market(Struct, frozen=True, kw_only=True):
    """A proposition with two outcomes."""

    market_id: int
    title: str
    question: str
    image: str
    volume: Decimal
    volume_24h: Decimal
    condition_id: str
    parent_collection_id: str
    outcome_0_name: str
    outcome_1_name: str
    outcome_0_token_id: str
    outcome_1_token_id: str
    outcome_0_chance: Decimal | None
    outcome_1_chance: Decimal | None
    outcome_0_best_bid: Decimal | None
    outcome_0_best_ask: Decimal | None
    outcome_1_best_bid: Decimal | None
    outcome_1_best_ask: Decimal | None
    closed: bool
    winner_outcome_name: str
    winner_outcome_token_id: str
    state: str
    tick_size: Decimal
    min_price: Decimal
    max_price: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    #: What one share of each outcome is worth, None before that is fixed.
    payout: tuple[Decimal, Decimal] | None
    #: Voided by giving back what was paid in; no token is left.
    refunded: bool
    #: The payout that is proposed, or was and is disputed.
    proposed_payout: tuple[Decimal, Decimal] | None
    #: When the proposed payout stands unless it is disputed before (seconds), 0 while none is.
    final_at: int
    #: Seconds for which a proposed payout may be disputed.
    dispute_window: int
    endtime: int

    @property
    def token_ids(self) -> tuple[str, str]:
        """Return the tokens of outcome 0 and outcome 1."""
        return self.outcome_0_token_id, self.outcome_1_token_id


class Event(Struct, frozen=True, kw_only=True):
    """A question in a list, with its markets."""

    event_id: int
    slug: str
    image: str
    title: str
    volume: Decimal
    volume_24h: Decimal
    topic: str
    markets: list[Market]


class EventDetail(Event, frozen=True, kw_only=True):
    """A question with everything about it; times are seconds."""

    event_identifier: str
    description: str
    rules: str
    starttime: int
    endtime: int
    closed: bool
    resolved: bool


class Level(Struct, frozen=True):
    """A price level: shares, and what they are worth at the price."""

    price: Decimal
    total_quantity: Decimal
    total_size: Decimal


class OutcomeDepth(Struct, frozen=True):
    """The book as the owner of one outcome's token sees it; the best levels come first."""

    latest_trade_price: Decimal | None
    bids: list[Level]
    asks: list[Level]


class Depth(Struct, frozen=True):
    """A market's book, by token id; ``timestamp`` in milliseconds."""

    update_id: int
    timestamp: int
    depths: dict[str, OutcomeDepth]


class Order(Struct, frozen=True, kw_only=True):
    """An order; ``price`` is that of its own outcome, times are seconds."""

    event_id: int
    market_id: int
    order_id: int
    client_order_id: str
    side: str
    outcome_name: str
    token_id: str
    order_type: str
    time_in_force: str
    post_only: bool
    price: Decimal | None
    quantity: Decimal
    filled_quantity: Decimal
    cancelled_quantity: Decimal
    #: Price times quantity, or the money of a money order.
    volume: Decimal
    #: What fills paid or received so far, fees apart.
    filled_volume: Decimal
    fee: Decimal | None
    status: str
    #: Why it was cancelled or rejected, "" otherwise.
    reason: str
    expiration: int
    created_at: int
    updated_at: int


class Position(Struct, frozen=True, kw_only=True):
    """The tokens of one outcome that an account has."""

    event_id: int
    market_id: int
    outcome_name: str
    token_id: str
    avg_price: Decimal
    quantity: Decimal
    held_quantity: Decimal
    value: Decimal | None
    profit_value: Decimal | None
    profit_percentage: Decimal | None
    current_price: Decimal | None


class Activity(Struct, frozen=True, kw_only=True):
    """A fill (``types`` buy or sell), a split, a merge or a redemption.

    Of a fill, ``role`` is maker or taker and ``match`` transfer, mint or merge.
    """

    event_id: int
    market_id: int
    types: str
    outcome_name: str
    token_id: str
    price: Decimal | None
    quantity: Decimal
    value: Decimal
    fee: Decimal | None
    tx_hash: str
    timestamp: int
    role: str = ""
    match: str = ""


class Page(Struct, Generic[ItemT], frozen=True, kw_only=True):
    """A part of a list. ``n`` is the log entry that it is true for, 0 where none is named."""

    items: list[ItemT]
    total: int
    has_more: bool
    n: int = 0


class EventsPage(Page[Event], frozen=True, kw_only=True):
    """A page of events."""

    items: list[Event] = field(name="events")


class OpenOrdersPage(Page[Order], frozen=True, kw_only=True):
    """A page of open orders."""

    items: list[Order] = field(name="orders")


class OrderHistoryPage(Page[Order], frozen=True, kw_only=True):
    """A page of all orders."""

    items: list[Order] = field(name="order_history")


class PositionsPage(Page[Position], frozen=True, kw_only=True):
    """A page of positions."""

    items: list[Position] = field(name="positions")


class ActivityPage(Page[Activity], frozen=True, kw_only=True):
    """A page of activity."""

    items: list[Activity] = field(name="activities")


class EventBalance(Struct, frozen=True):
    """What one may use at present, by token id and in collateral."""

    token_available: dict[str, Decimal]
    cash_available: Decimal
    n: int


class User(Struct, frozen=True):
    """Who one is."""

    id: int
    external_id: str = field(name="privy_id")
    name: str = ""


class Placed(Struct, frozen=True, kw_only=True):
    """An order that was numbered in log entry ``n``.

    With ``wait="result"`` the rest is what became of it; ``status`` "new" and ``result_n`` 0 mean
    that the book has not spoken within the exchange's bound.
    """

    order_id: int
    n: int
    status: str
    filled_quantity: Decimal
    remaining_quantity: Decimal
    filled_volume: Decimal
    fee: Decimal
    reason: str
    result_n: int
    #: An earlier request with the same client_order_id placed it.
    repeated: bool


class Cancelled(Struct, frozen=True):
    """A cancel that was numbered in log entry ``n``, and what it cancelled."""

    n: int
    order_ids: list[int]


class Done(Struct, frozen=True):
    """Something committed in log entry ``n``, now or (repeated) by an earlier request."""

    n: int
    repeated: bool


class Redeemed(Struct, frozen=True):
    """What a redemption paid."""

    amount: Decimal
    n: int
    repeated: bool
