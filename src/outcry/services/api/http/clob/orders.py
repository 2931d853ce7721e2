"""Routes that enter and cancel orders."""

from typing import Final

from litestar import delete, post
from litestar.handlers import HTTPRouteHandler

from outcry.runtime.envelope import accept
from outcry.services.api.clob.cancels import CancelledView
from outcry.services.api.clob.order_forms import CANCEL, CANCEL_MARKET, CANCELS
from outcry.services.api.clob.order_views import OrderView
from outcry.services.api.http.clob.signed_asking import form, trader
from outcry.services.api.http.parts import Asked, clob


@post("/order", status_code=200)
async def place(request: Asked) -> OrderView:
    """Enter an order; it is answered when the book has spoken."""
    who = await trader(request)
    return accept(await clob(request).private.orders.place(who, await request.body()))


@post("/orders", status_code=200)
async def place_many(request: Asked) -> list[OrderView]:
    """Enter up to 15 orders; each has a result of its own."""
    who = await trader(request)
    return accept(await clob(request).private.orders.place_many(who, await request.body()))


@delete("/order", status_code=200)
async def cancel(request: Asked) -> CancelledView:
    """Cancel one order."""
    who = await trader(request)
    names = [(await form(request, CANCEL)).order_id]
    return accept(await clob(request).private.cancels.cancel(who, names))


@delete("/orders", status_code=200)
async def cancel_many(request: Asked) -> CancelledView:
    """Cancel several orders."""
    who = await trader(request)
    names = await form(request, CANCELS)
    return accept(await clob(request).private.cancels.cancel(who, names))


@delete("/cancel-all", status_code=200)
async def cancel_all(request: Asked) -> CancelledView:
    """Cancel every order."""
    who = await trader(request)
    return accept(await clob(request).private.cancels.cancel_all(who))


@delete("/cancel-market-orders", status_code=200)
async def cancel_market(request: Asked) -> CancelledView:
    """Cancel the orders of a market or of a token."""
    who = await trader(request)
    wanted = await form(request, CANCEL_MARKET)
    return accept(await clob(request).private.cancels.cancel_market(who, wanted))


ORDER_HANDLERS: Final[list[HTTPRouteHandler]] = [
    place, place_many, cancel, cancel_many, cancel_all, cancel_market,
]  # fmt: skip
