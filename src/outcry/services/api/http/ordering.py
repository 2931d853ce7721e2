"""POST routes that enter orders."""

from litestar import Router, post
from litestar.params import RawBody

from outcry.runtime.envelope import Envelope, accept, success
from outcry.runtime.identity import TRADE
from outcry.services.api.forms import NoQuery, PlaceBody, WaitQuery
from outcry.services.api.http.asking import IDEMPOTENCY_KEY, holder, parameters
from outcry.services.api.http.parts import Asked, parts
from outcry.services.api.ordering import OrdersBody, OrdersView, VerdictView, declined_by_book
from outcry.services.api.render_orders import placed_view
from outcry.services.api.signed import SignedBody
from outcry.services.api.views import PlacedView


@post(
    "/place_order",
    status_code=200,
    opt={"query": WaitQuery, "body": (PlaceBody, SignedBody), "scope": TRADE},
)
async def place_order(request: Asked, body: RawBody) -> Envelope[PlacedView]:
    """Enter an order. It is durable when it is answered.

    With `wait=result` an order that the book declined is answered as a reject that names the order.
    """
    who = await holder(request, TRADE)
    form = parameters(request, WaitQuery)
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    accepted = accept(await parts(request).ordering.place(who, body, form.wait, key))
    refused = declined_by_book(accepted)
    if refused is not None:
        raise refused
    return success(placed_view(accepted))


@post(
    "/orders",
    status_code=200,
    opt={
        "query": WaitQuery,
        "body": OrdersBody,
        "items": {"orders": (PlaceBody, SignedBody)},
        "scope": TRADE,
    },
)
async def orders(request: Asked, body: RawBody) -> Envelope[OrdersView]:
    """Enter up to 50 orders at once. Each has a result of its own, like that of `place_order`."""
    who = await holder(request, TRADE)
    form = parameters(request, WaitQuery)
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    return success(accept(await parts(request).ordering.place_many(who, body, form.wait, key)))


@post(
    "/orders/validate",
    status_code=200,
    opt={"query": NoQuery, "body": (PlaceBody, SignedBody), "scope": TRADE},
)
async def validate(request: Asked, body: RawBody) -> Envelope[VerdictView]:
    """Say whether an order would be taken now, and which check fails if not. Nothing happens."""
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    return success(accept(await parts(request).ordering.validate(who, body)))


def ordering_routes() -> Router:
    """Return the routes of this module."""
    return Router("/api", tags=["account"], route_handlers=[place_order, orders, validate])
