"""What `/api` answers about positions: one struct per shape. Amounts are decimal text."""

from msgspec import Struct


class PositionView(Struct, frozen=True):
    """The tokens of one outcome that an account has."""

    event_id: int
    market_id: int
    event_title: str
    market_title: str
    market_question: str
    event_image: str
    market_image: str
    outcome_name: str
    token_id: str
    avg_price: str
    quantity: str
    held_quantity: str
    value: str
    profit_value: str
    profit_percentage: str
    current_price: str


class PositionsView(Struct, frozen=True):
    """A page of positions, true for log entry ``n``."""

    positions: list[PositionView]
    total: int
    has_more: bool
    n: int


class ClosedPositionView(Struct, frozen=True):
    """What an account once had in a market: the outcome of which it bought more.

    ``value`` is what it all brought, ``payout`` the part of it that was redeemed.
    """

    event_id: int
    market_id: int
    event_title: str
    market_title: str
    market_question: str
    event_image: str
    market_image: str
    outcome_name: str
    token_id: str
    avg_price: str
    quantity: str
    value: str
    profit_value: str
    profit_percentage: str
    #: The payout of a share, "" while the market has none.
    current_price: str
    payout: str
    win: bool
    #: Seconds, 0 when nothing was redeemed.
    redeem_timestamp: int


class ClosedPositionsView(Struct, frozen=True):
    """A page of closed positions, true for log entry ``n``."""

    positions: list[ClosedPositionView]
    total: int
    has_more: bool
    n: int
