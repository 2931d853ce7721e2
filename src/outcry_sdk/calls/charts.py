"""Calls about how prices, trades and portfolios went, that anybody may make."""

from typing import Literal

from outcry_sdk.calls.call import Call, get, reader
from outcry_sdk.chart_models import Candles, PortfolioHistory, PriceHistory, Trades


Interval = Literal["1m", "5m", "15m", "1h", "4h", "1d"]

_candles = reader(Candles)
_price_history = reader(PriceHistory)
_trades = reader(Trades)
_portfolio = reader(PortfolioHistory)


def candles(
    market_id: int,
    *,
    outcome: Literal[0, 1] = 0,
    interval: Interval = "1h",
    start: int = 0,
    end: int = 0,
    limit: int = 100,
) -> Call[Candles]:
    """Return the newest candles that begin in ``[start, end)`` (seconds; 0: no bound)."""
    query = {"market_id": market_id, "outcome": outcome, "interval": interval, "limit": limit}
    return get("/api/candles", _candles, query | {"start": start, "end": end})


def price_history(
    market_id: int,
    *,
    outcome: Literal[0, 1] = 0,
    interval: Interval = "1h",
    start: int = 0,
    end: int = 0,
    limit: int = 100,
) -> Call[PriceHistory]:
    """Return the last price of each interval in which the market traded."""
    query = {"market_id": market_id, "outcome": outcome, "interval": interval, "limit": limit}
    return get("/api/price_history", _price_history, query | {"start": start, "end": end})


def trades(
    market_id: int, *, before: int = 0, before_fill: int = 0, limit: int = 100
) -> Call[Trades]:
    """Return the last fills, newest first; *before* goes on from the last one of an answer."""
    query = {"market_id": market_id, "before": before, "before_fill": before_fill, "limit": limit}
    return get("/api/trades", _trades, query)


def portfolio_history(
    uid: int,
    *,
    interval: Literal["1h", "1d"] = "1h",
    start: int = 0,
    end: int = 0,
    limit: int = 100,
    after: int = 0,
) -> Call[PortfolioHistory]:
    """Return what a user was worth at full hours, or at midnights (UTC)."""
    query = {"uid": uid, "interval": interval, "start": start, "end": end, "limit": limit}
    return get("/api/portfolio_history", _portfolio, query | {"after": after})
