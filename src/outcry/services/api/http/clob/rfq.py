"""Routes of requests for quotes."""

from typing import Final

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler

from outcry.runtime.envelope import Refused, accept
from outcry.runtime.identity import READ, TRADE
from outcry.services.api.clob.rfq.forms import CANCEL_QUOTE, CANCEL_REQUEST, BestQuery
from outcry.services.api.clob.rfq.views import (
    Approved,
    ConfigView,
    ListPage,
    QuoteMade,
    QuoteView,
    RequestMade,
    RequestView,
)
from outcry.services.api.clob.views import OK
from outcry.services.api.http.clob.signed_asking import form, holder, query
from outcry.services.api.http.parts import Asked, clob


@get("/rfq/config")
async def rfq_config(request: Asked) -> ConfigView:
    """Bounds and times."""
    await holder(request, READ)
    return ConfigView()


@post("/rfq/request", status_code=200)
async def ask(request: Asked) -> RequestMade:
    """Ask for quotes."""
    who = await holder(request, TRADE)
    return accept(await clob(request).private.quoting.request(who, await request.body()))


@delete("/rfq/request", status_code=200)
async def cancel_request(request: Asked) -> str:
    """End a request."""
    who = await holder(request, TRADE)
    name = (await form(request, CANCEL_REQUEST)).request_id
    rejected = clob(request).private.quoting.cancel_request(who, name)
    if rejected:
        raise Refused(rejected)
    return OK


@post("/rfq/quote", status_code=200)
async def quote(request: Asked) -> QuoteMade:
    """Quote a request."""
    who = await holder(request, TRADE)
    return accept(await clob(request).private.quoting.quote(who, await request.body()))


@delete("/rfq/quote", status_code=200)
async def cancel_quote(request: Asked) -> str:
    """Withdraw a quote."""
    who = await holder(request, TRADE)
    name = (await form(request, CANCEL_QUOTE)).quote_id
    rejected = clob(request).private.quoting.cancel_quote(who, name)
    if rejected:
        raise Refused(rejected)
    return OK


@get("/rfq/data/requests")
async def requests(request: Asked) -> ListPage[RequestView]:
    """One's own requests, and those of others that may be quoted."""
    who = await holder(request, READ)
    asked = request.query_params.multi_items()
    return accept(clob(request).private.quoting.requests(who, asked))


@get("/rfq/data/requester/quotes")
async def quotes_to(request: Asked) -> ListPage[QuoteView]:
    """The quotes on one's requests."""
    who = await holder(request, READ)
    asked = request.query_params.multi_items()
    return accept(clob(request).private.quoting.quotes(who, asked, by_quoter=False))


@get("/rfq/data/quoter/quotes")
async def quotes_by(request: Asked) -> ListPage[QuoteView]:
    """The quotes that one made."""
    who = await holder(request, READ)
    asked = request.query_params.multi_items()
    return accept(clob(request).private.quoting.quotes(who, asked, by_quoter=True))


@get("/rfq/data/best-quote")
async def best_quote(request: Asked) -> QuoteView:
    """The best quote on a request of one's own."""
    who = await holder(request, READ)
    return accept(clob(request).private.quoting.best(who, query(request, BestQuery).request_id))


@post("/rfq/request/accept", status_code=200)
async def accept_quote(request: Asked) -> str:
    """Accept a quote with a signed order; the quoter is to approve it."""
    who = await holder(request, TRADE)
    rejected = await clob(request).private.quoting.accept(who, await request.body())
    if rejected:
        raise Refused(rejected)
    return OK


@post("/rfq/quote/approve", status_code=200)
async def approve(request: Asked) -> Approved:
    """Approve an accepted quote with a signed order: both orders are entered."""
    who = await holder(request, TRADE)
    return accept(await clob(request).private.quoting.approve(who, await request.body()))


RFQ_HANDLERS: Final[list[HTTPRouteHandler]] = [
    rfq_config, ask, cancel_request, quote, cancel_quote, requests, quotes_to, quotes_by,
    best_quote, accept_quote, approve,
]  # fmt: skip
