"""Books and prices of tokens, for anybody."""

from typing import Final

from litestar import get, post
from litestar.handlers import HTTPRouteHandler

from outcry.runtime.clob.books import ClobBook
from outcry.runtime.clob.texts import price_text
from outcry.runtime.envelope import accept
from outcry.services.api.clob.market_views import price_number
from outcry.services.api.clob.price_history import HistoryView, PointView
from outcry.services.api.clob.public_forms import (
    HistoryQuery,
    PriceQuery,
    TokenQuery,
    decode_histories,
    decode_items,
)
from outcry.services.api.clob.reads import LastTradeView, Reads, Token, TokenTradeView
from outcry.services.api.http.clob.asking import asked, asked_body
from outcry.services.api.http.parts import Asked, clob


def _reads(request: Asked) -> Reads:
    return clob(request).public.reads


async def _token(request: Asked) -> Token:
    form = asked(request, TokenQuery)
    return accept(await _reads(request).token(form.token_id))


@get("/book")
async def book(request: Asked) -> ClobBook:
    """The book of one token, the best level last on both sides, with its hash."""
    token = await _token(request)
    return _reads(request).book(token)


@post("/books", status_code=200)
async def books(request: Asked) -> list[ClobBook]:
    """The books of several tokens; those that nobody knows are left out."""
    items = await asked_body(request, decode_items)
    reads = _reads(request)
    return [reads.book(token) for _, token in reads.known(items)]


@get("/midpoint")
async def midpoint(request: Asked) -> dict[str, str]:
    """The middle between best bid and best ask; an empty side counts as 0 or 1."""
    token = await _token(request)
    return {"mid": _reads(request).top(token).middle}


@post("/midpoints", status_code=200)
async def midpoints(request: Asked) -> dict[str, str]:
    """The same of several tokens."""
    items = await asked_body(request, decode_items)
    reads = _reads(request)
    return {item.token_id: reads.top(token).middle for item, token in reads.known(items)}


@get("/price")
async def price(request: Asked) -> dict[str, str]:
    """The best bid for BUY, the best ask for SELL."""
    form = asked(request, PriceQuery)
    reads = _reads(request)
    token = accept(await reads.token(form.token_id))
    return {"price": _best(reads, token, form.side)}


@post("/prices", status_code=200)
async def prices(request: Asked) -> dict[str, dict[str, str]]:
    """The same of several tokens; both sides where none is named."""
    items = await asked_body(request, decode_items)
    reads = _reads(request)
    found: dict[str, dict[str, str]] = {}
    for item, token in reads.known(items):
        for side in (item.side,) if item.side else ("BUY", "SELL"):
            found.setdefault(item.token_id, {})[side] = _best(reads, token, side)
    return found


@get("/spread")
async def spread(request: Asked) -> dict[str, str]:
    """How far best bid and best ask are apart; an empty side counts as 0 or 1."""
    token = await _token(request)
    return {"spread": price_text(_reads(request).top(token).spread)}


@post("/spreads", status_code=200)
async def spreads(request: Asked) -> dict[str, str]:
    """The same of several tokens."""
    items = await asked_body(request, decode_items)
    reads = _reads(request)
    return {item.token_id: price_text(reads.top(tok).spread) for item, tok in reads.known(items)}


@get("/last-trade-price")
async def last_trade_price(request: Asked) -> LastTradeView:
    """The price of the last trade and the side that took it."""
    token = await _token(request)
    return await _reads(request).last_trade(token)


@post("/last-trades-prices", status_code=200)
async def last_trades_prices(request: Asked) -> list[TokenTradeView]:
    """The same of several tokens; those that were never traded are left out."""
    items = await asked_body(request, decode_items)
    reads = _reads(request)
    return await reads.last_trades(token for _, token in reads.known(items))


@get("/tick-size")
async def tick_size(request: Asked) -> dict[str, float]:
    """The grid of prices, a JSON number."""
    token = await _token(request)
    return {"minimum_tick_size": price_number(token.row.tick)}


@get("/neg-risk")
async def neg_risk(request: Asked) -> dict[str, bool]:
    """Whether the market is one of a group of which only one can come true: none here is."""
    await _token(request)
    return {"neg_risk": False}


@get("/fee-rate")
async def fee_rate(request: Asked) -> dict[str, int]:
    """The basis points that orders of the first generation are signed with."""
    token = await _token(request)
    return {"base_fee": await _reads(request).base_fee(token)}


@get("/prices-history")
async def prices_history(request: Asked) -> HistoryView:
    """How the price of a token went."""
    form = asked(request, HistoryQuery)
    return accept(await _reads(request).history(form))


@post("/batch-prices-history", status_code=200)
async def batch_prices_history(request: Asked) -> dict[str, dict[str, list[PointView]]]:
    """How the prices of several tokens went."""
    form = await asked_body(request, decode_histories)
    return {"history": accept(await _reads(request).histories(form))}


def _best(reads: Reads, token: Token, side: str) -> str:
    top = reads.top(token)
    return price_text(top.bid if side == "BUY" else top.ask)


BOOK_HANDLERS: Final[list[HTTPRouteHandler]] = [
    book,
    books,
    midpoint,
    midpoints,
    price,
    prices,
    spread,
    spreads,
    last_trade_price,
    last_trades_prices,
    tick_size,
    neg_risk,
    fee_rate,
    prices_history,
    batch_prices_history,
]
