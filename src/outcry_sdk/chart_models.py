"""How prices, trades and portfolios went. Amounts are Decimals, times seconds."""

from decimal import Decimal

from msgspec import Struct


class Candle(Struct, frozen=True, kw_only=True):
    """What traded in an interval that begins at ``time``, at one outcome's own prices."""

    time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quantity: Decimal
    volume: Decimal
    trades: int


class Candles(Struct, frozen=True, kw_only=True):
    """Candles, oldest first; an interval without a trade has none."""

    market_id: int
    token_id: str
    interval: str
    candles: list[Candle]


class PricePoint(Struct, frozen=True):
    """The last price of an interval that begins at ``time``."""

    time: int
    price: Decimal


class PriceHistory(Struct, frozen=True, kw_only=True):
    """Last prices, oldest first."""

    market_id: int
    token_id: str
    interval: str
    history: list[PricePoint]


class Trade(Struct, frozen=True, kw_only=True):
    """A fill as the public sees it: the taker's side, at the price of the taker's outcome."""

    trade_id: int
    fill: int
    token_id: str
    outcome_name: str
    side: str
    price: Decimal
    quantity: Decimal
    value: Decimal
    match: str
    timestamp: int


class Trades(Struct, frozen=True):
    """Fills, newest first, true for log entry ``n``."""

    trades: list[Trade]
    has_more: bool
    n: int


class Worth(Struct, frozen=True):
    """What an account was worth at ``time``."""

    time: int
    value: Decimal
    cash: Decimal
    tokens: Decimal


class PortfolioHistory(Struct, frozen=True):
    """Worths at full hours, oldest first."""

    interval: str
    history: list[Worth]
