"""What the exchange answers to its operators, and what a market to be listed is made of."""

from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from outcry_sdk.amounts import Amount
from outcry_sdk.models import Page


class NewMarket(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A market to be listed. Empty token ids are derived by the exchange; 0 is the event's end."""

    market_identifier: str
    question: str
    slug: str = ""
    title: str = ""
    image: str = ""
    condition_id: str = ""
    parent_collection_id: str = ""
    outcome_0_name: str = "Yes"
    outcome_1_name: str = "No"
    outcome_0_token_id: str = ""
    outcome_1_token_id: str = ""
    tick_size: Amount = "0.0001"
    min_price: Amount = "0.0010"
    min_quantity: Amount = "0.01"
    max_quantity: Amount = "10000000.00"
    fee_version: int = 0
    end_date: int = 0
    #: Seconds for which a proposed payout may be disputed.
    dispute_window: int = 0
    #: When trades are final: "book" (at the match), "chain" (when confirmed), "" as the exchange.
    settlement: str = ""


class MarketPayout(Struct, frozen=True, kw_only=True):
    """What a market of an event pays: a payout, or the outcome (name or token) that wins."""

    market_id: int
    payout: tuple[Amount, Amount] | None = None
    winner: str | None = None


class UserMade(Struct, frozen=True):
    """A user who exists as of log entry ``n``."""

    user_id: int
    account: int
    n: int
    repeated: bool


class KeyMade(Struct, frozen=True):
    """A new API key; its text is shown here and nowhere else."""

    key_id: int
    generation: int
    api_key: str
    n: int


class Person(Struct, frozen=True):
    """A user, as an operator sees them."""

    user_id: int
    account: int
    external_id: str
    address: str
    name: str
    created_at: int


class UsersPage(Page[Person], frozen=True, kw_only=True):
    """A page of users, newest first."""

    items: list[Person] = field(name="users")


class Key(Struct, frozen=True):
    """An API key without its secret; ``revoked_at`` is 0 while it is good."""

    key_id: int
    user_id: int
    generation: int
    scopes: list[str]
    label: str
    created_at: int
    revoked_at: int


class KeysPage(Page[Key], frozen=True, kw_only=True):
    """A page of API keys, newest first."""

    items: list[Key] = field(name="keys")


class Limit(Struct, frozen=True):
    """What an account (0: each) may have in a market (0: in all together); None and 0 are none."""

    account: int
    market_id: int
    open_orders: int
    position: Decimal | None
    notional: Decimal | None


class LimitsPage(Page[Limit], frozen=True, kw_only=True):
    """A page of the limits in force."""

    items: list[Limit] = field(name="limits")


class AuditLine(Struct, frozen=True):
    """One thing that was done: by whom (0: the exchange), with which key (0: none)."""

    n: int
    kind: str
    user_id: int
    key_id: int
    data: dict[str, Any]
    timestamp: int


class AuditPage(Page[AuditLine], frozen=True, kw_only=True):
    """A page of what was done, newest first."""

    items: list[AuditLine] = field(name="lines")


class FeesMade(Struct, frozen=True):
    """A new version of fees."""

    fee_version: int
    n: int


class Season(Struct, frozen=True):
    """Days over which users are ranked: ``[start, end)``, in seconds since 1970."""

    season_id: int
    name: str
    start: int
    end: int


class SeasonMade(Struct, frozen=True):
    """A season that exists as of log entry ``n``."""

    season_id: int
    n: int
    repeated: bool


class EventMade(Struct, frozen=True):
    """An event that exists as of log entry ``n``."""

    event_id: int
    market_ids: list[int]
    n: int
    repeated: bool


class MarketMade(Struct, frozen=True):
    """A market that exists as of log entry ``n``."""

    market_id: int
    event_id: int
    n: int
    repeated: bool


class MarketMoved(Struct, frozen=True):
    """A market that made a move, committed in log entry ``n``."""

    market_id: int
    n: int
    repeated: bool


class EventMoved(Struct, frozen=True):
    """An event whose ``market_ids`` made a move, committed in log entry ``n``."""

    event_id: int
    market_ids: list[int]
    n: int
    repeated: bool


class Checkpoint(Struct, frozen=True):
    """Every book was compared with the ledger's."""

    checkpoint_id: int
    n: int
