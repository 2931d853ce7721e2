"""Routes of a user: own orders and balances, trading, splitting and redeeming."""

from litestar import Router, get, post
from litestar.params import RawBody

from outcry.domain.units import format_money
from outcry.messages.requests import Done
from outcry.runtime.envelope import Envelope, accept, success
from outcry.runtime.identity import READ, TRADE
from outcry.services.api.forms import (
    CancelAllBody,
    CancelBody,
    EventBalanceQuery,
    HistoryQuery,
    NoQuery,
    RedeemBody,
    ReduceBody,
    ReplaceBody,
    SharesBody,
    WaitQuery,
)
from outcry.services.api.http.asking import IDEMPOTENCY_KEY, holder, parameters
from outcry.services.api.http.parts import Asked, parts
from outcry.services.api.render_orders import placed_view
from outcry.services.api.views import (
    CancelledView,
    DoneView,
    EventBalanceView,
    OrderHistoryView,
    PlacedView,
    RedeemedView,
)


@get("/order_history", opt={"query": HistoryQuery, "scope": READ})
async def order_history(request: Asked) -> Envelope[OrderHistoryView]:
    """All of one's own orders, newest first."""
    who = await holder(request, READ)
    form = parameters(request, HistoryQuery)
    return success(accept(await parts(request).accounts.order_history(form, who)))


@get("/event_balance", opt={"query": EventBalanceQuery, "scope": READ})
async def event_balance(request: Asked) -> Envelope[EventBalanceView]:
    """What one may use at present: the tokens of an event, and collateral."""
    who = await holder(request, READ)
    form = parameters(request, EventBalanceQuery)
    return success(accept(await parts(request).accounts.event_balance(form, who)))


@post(
    "/cancel_order", status_code=200, opt={"query": WaitQuery, "body": CancelBody, "scope": TRADE}
)
async def cancel_order(request: Asked, body: RawBody) -> Envelope[CancelledView]:
    """Cancel one order. By default it is answered when the book has spoken (`wait=result`)."""
    who = await holder(request, TRADE)
    form = parameters(request, WaitQuery)
    cancelled = accept(await parts(request).trading.cancel(who, body, form.wait))
    return success(CancelledView(cancelled.n, cancelled.order_ids))


@post(
    "/reduce_order", status_code=200, opt={"query": WaitQuery, "body": ReduceBody, "scope": TRADE}
)
async def reduce_order(request: Asked, body: RawBody) -> Envelope[PlacedView]:
    """Take shares off an order; it keeps its place in the queue. Without a rest it is cancelled."""
    who = await holder(request, TRADE)
    form = parameters(request, WaitQuery)
    return success(placed_view(accept(await parts(request).trading.reduce(who, body, form.wait))))


@post(
    "/replace_order",
    status_code=200,
    opt={"query": WaitQuery, "body": ReplaceBody, "scope": TRADE},
)
async def replace_order(request: Asked, body: RawBody) -> Envelope[PlacedView]:
    """Give an order another price and total quantity, what is filled already included.

    It keeps its id, and its place in the queue only where it becomes smaller at the same price.
    It may trade at once, unless `post_only`: then it is left as it was.
    """
    who = await holder(request, TRADE)
    form = parameters(request, WaitQuery)
    return success(placed_view(accept(await parts(request).trading.replace(who, body, form.wait))))


@post(
    "/cancel_all_orders",
    status_code=200,
    opt={"query": WaitQuery, "body": CancelAllBody, "scope": TRADE},
)
async def cancel_all_orders(request: Asked, body: RawBody) -> Envelope[CancelledView]:
    """Cancel all open orders, or those of an event or market. Not atomic across books."""
    who = await holder(request, TRADE)
    form = parameters(request, WaitQuery)
    cancelled = accept(await parts(request).trading.cancel_all(who, body, form.wait))
    return success(CancelledView(cancelled.n, cancelled.order_ids))


@post("/split", status_code=200, opt={"query": NoQuery, "body": SharesBody, "scope": TRADE})
async def split(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Turn collateral into both tokens of a market, once per `Idempotency-Key`."""
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    return success(_done(accept(await parts(request).trading.split(who, body, key))))


@post("/merge", status_code=200, opt={"query": NoQuery, "body": SharesBody, "scope": TRADE})
async def merge(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Turn both tokens of a market into collateral, once per `Idempotency-Key`."""
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    return success(_done(accept(await parts(request).trading.merge(who, body, key))))


@post("/redeem", status_code=200, opt={"query": NoQuery, "body": RedeemBody, "scope": TRADE})
async def redeem(request: Asked, body: RawBody) -> Envelope[RedeemedView]:
    """Turn all tokens of a resolved or voided market into collateral."""
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    done = accept(await parts(request).trading.redeem(who, body, key))
    return success(RedeemedView(format_money(done.amount), done.n, done.repeated))


def _done(done: Done) -> DoneView:
    return DoneView(done.n, done.repeated)


def private_routes() -> Router:
    """Return the routes of this module."""
    return Router(
        "/api",
        tags=["account"],
        route_handlers=[
            order_history,
            event_balance,
            cancel_order,
            reduce_order,
            replace_order,
            cancel_all_orders,
            split,
            merge,
            redeem,
        ],
    )
