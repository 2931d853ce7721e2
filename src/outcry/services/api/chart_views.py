"""What `/api` answers about how prices, trades and portfolios went."""

from msgspec import Struct


class CandleView(Struct, frozen=True):
    """What traded in an interval that begins at ``time`` (seconds)."""

    time: int
    open: str
    high: str
    low: str
    close: str
    #: Shares that changed hands, and what they cost at their own price.
    quantity: str
    volume: str
    trades: int


class CandlesView(Struct, frozen=True):
    """Candles, oldest first; an interval without a trade has none."""

    market_id: int
    token_id: str
    interval: str
    candles: list[CandleView]


class PricePointView(Struct, frozen=True):
    """The last price of an interval that begins at ``time`` (seconds)."""

    time: int
    price: str


class PriceHistoryView(Struct, frozen=True):
    """Last prices, oldest first; where nothing traded the price before still holds."""

    market_id: int
    token_id: str
    interval: str
    history: list[PricePointView]


class TradeView(Struct, frozen=True):
    """A fill as the public sees it: the taker's side, at the price of the taker's outcome."""

    trade_id: int
    fill: int
    token_id: str
    outcome_name: str
    side: str
    price: str
    quantity: str
    value: str
    #: transfer, mint or merge.
    match: str
    timestamp: int
    #: final; of a market that settles on a chain: matched, mined, retrying, confirmed, failed or
    #: reverted.
    status: str = "final"
    #: The transaction that settles it, once that is signed; a replacement has another one.
    transaction_hash: str = ""
    #: Why it failed or was taken back.
    reason: str = ""


class TradesView(Struct, frozen=True):
    """Fills of a market, newest first, true for log entry ``n``."""

    trades: list[TradeView]
    has_more: bool
    n: int


class WorthView(Struct, frozen=True):
    """What an account was worth at ``time`` (seconds)."""

    time: int
    value: str
    cash: str
    tokens: str


class PortfolioHistoryView(Struct, frozen=True):
    """Worths, oldest first. Between two the account held no token that could move."""

    interval: str
    history: list[WorthView]
