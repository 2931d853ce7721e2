"""GET routes about how prices, trades and portfolios went, which anybody may call."""

from litestar import Router, get

from outcry.runtime.envelope import Envelope, accept, success
from outcry.services.api.chart_forms import CandlesQuery, PortfolioQuery, TradesQuery
from outcry.services.api.chart_views import (
    CandlesView,
    PortfolioHistoryView,
    PriceHistoryView,
    TradesView,
)
from outcry.services.api.http.asking import visitor
from outcry.services.api.http.parts import Asked, parts


@get("/candles", opt={"query": CandlesQuery})
async def candles(request: Asked) -> Envelope[CandlesView]:
    """Open, high, low, close and volume of a market, also of one that has ended."""
    form = visitor(request, CandlesQuery)
    return success(accept(await parts(request).charts.candles(form)))


@get("/price_history", opt={"query": CandlesQuery})
async def price_history(request: Asked) -> Envelope[PriceHistoryView]:
    """The last price of each interval in which a market traded."""
    form = visitor(request, CandlesQuery)
    return success(accept(await parts(request).charts.price_history(form)))


@get("/trades", opt={"query": TradesQuery})
async def trades(request: Asked) -> Envelope[TradesView]:
    """The last fills of a market, newest first; `before` and `before_fill` go on from one."""
    form = visitor(request, TradesQuery)
    return success(accept(await parts(request).charts.trades(form)))


@get("/portfolio_history", opt={"query": PortfolioQuery})
async def portfolio_history(request: Asked) -> Envelope[PortfolioHistoryView]:
    """What a user was worth: each hour while they held what could move, and each midnight."""
    form = visitor(request, PortfolioQuery)
    account = accept(await parts(request).accounts.account(form.uid, form.after))
    return success(await parts(request).charts.portfolio(form, account))


def chart_routes() -> Router:
    """Return the routes of this module."""
    return Router(
        "/api", tags=["charts"], route_handlers=[candles, price_history, trades, portfolio_history]
    )
