"""GET routes that anybody may call."""

from litestar import Router, get

from outcry.runtime.envelope import Envelope, accept, success
from outcry.services.api.forms import (
    AccountQuery,
    BalanceQuery,
    ClosedQuery,
    DepthQuery,
    EventQuery,
    EventsQuery,
    NoQuery,
    PositionsQuery,
    UserQuery,
)
from outcry.services.api.http.asking import onlooker, visitor
from outcry.services.api.http.parts import Asked, parts
from outcry.services.api.position_views import ClosedPositionsView, PositionsView
from outcry.services.api.views import (
    ActivitiesView,
    DepthView,
    EventDetailView,
    EventsView,
    OpenOrdersView,
)


@get("/topics", opt={"query": NoQuery})
async def topics(request: Asked) -> Envelope[list[str]]:
    """The names of all topics."""
    visitor(request, NoQuery)
    return success(await parts(request).catalogue.topics())


@get("/events", opt={"query": EventsQuery})
async def events(request: Asked) -> Envelope[EventsView]:
    """A page of events with their markets and prices."""
    form = visitor(request, EventsQuery)
    return success(accept(await parts(request).catalogue.events(form)))


@get("/event_detail", opt={"query": EventQuery})
async def event_detail(request: Asked) -> Envelope[EventDetailView]:
    """One event: rules, times, markets with prices, and what they paid."""
    form = visitor(request, EventQuery)
    return success(accept(await parts(request).catalogue.event_detail(form.event_id)))


@get("/depth", opt={"query": DepthQuery})
async def depth(request: Asked) -> Envelope[DepthView]:
    """The book of one market, as each of its two tokens sees it."""
    form = visitor(request, DepthQuery)
    return success(accept(await parts(request).catalogue.depth(form)))


@get("/balance", opt={"query": BalanceQuery})
async def balance(request: Asked) -> Envelope[str]:
    """A user's collateral, what is set aside for orders included."""
    form = await onlooker(request, BalanceQuery)
    return success(accept(await parts(request).accounts.balance(form)))


@get("/positions", opt={"query": PositionsQuery})
async def positions(request: Asked) -> Envelope[PositionsView]:
    """A user's tokens with average cost, present value and profit."""
    form = await onlooker(request, PositionsQuery)
    return success(accept(await parts(request).accounts.positions(form)))


@get("/portfolio_value", opt={"query": BalanceQuery})
async def portfolio_value(request: Asked) -> Envelope[str]:
    """A user's collateral and tokens, at what they are worth at present."""
    form = await onlooker(request, BalanceQuery)
    return success(accept(await parts(request).accounts.portfolio_value(form)))


@get("/traded_volume", opt={"query": UserQuery})
async def traded_volume(request: Asked) -> Envelope[str]:
    """What a user ever traded: price times quantity of every fill."""
    form = visitor(request, UserQuery)
    return success(accept(await parts(request).accounts.traded_volume(form)))


@get("/closed_positions", opt={"query": ClosedQuery})
async def closed_positions(request: Asked) -> Envelope[ClosedPositionsView]:
    """What a user once had and has no more, with what it cost and brought."""
    form = await onlooker(request, ClosedQuery)
    return success(accept(await parts(request).accounts.closed_positions(form)))


@get("/open_orders", opt={"query": AccountQuery})
async def open_orders(request: Asked) -> Envelope[OpenOrdersView]:
    """A user's orders that are new or rest in a book, newest first."""
    form = await onlooker(request, AccountQuery)
    return success(accept(await parts(request).accounts.open_orders(form)))


@get("/activity", opt={"query": AccountQuery})
async def activity(request: Asked) -> Envelope[ActivitiesView]:
    """A user's fills, splits, merges and redemptions, newest first."""
    form = await onlooker(request, AccountQuery)
    return success(accept(await parts(request).accounts.activity(form)))


def public_routes() -> Router:
    """Return the routes of this module."""
    return Router(
        "/api",
        tags=["public"],
        route_handlers=[
            topics,
            events,
            event_detail,
            depth,
            balance,
            portfolio_value,
            traded_volume,
            positions,
            closed_positions,
            open_orders,
            activity,
        ],
    )
