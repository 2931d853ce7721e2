"""GET routes that anybody may call."""

from litestar import Router, get
from litestar.di import NamedDependency

from outcry.runtime.envelope import Envelope, accept, success
from outcry.runtime.gate import Gate
from outcry.services.api.accounts import Accounts
from outcry.services.api.catalogue import Catalogue
from outcry.services.api.forms import (
    AccountQuery,
    BalanceQuery,
    DepthQuery,
    EventQuery,
    EventsQuery,
    NoQuery,
    PositionsQuery,
)
from outcry.services.api.http.asking import Asked, visitor
from outcry.services.api.views import (
    ActivitiesView,
    DepthView,
    EventDetailView,
    EventsView,
    OpenOrdersView,
    PositionsView,
)


@get("/topics", opt={"query": NoQuery})
async def topics(
    request: Asked, gate: NamedDependency[Gate], catalogue: NamedDependency[Catalogue]
) -> Envelope[list[str]]:
    """The names of all topics."""
    visitor(request, gate, NoQuery)
    return success(await catalogue.topics())


@get("/events", opt={"query": EventsQuery})
async def events(
    request: Asked, gate: NamedDependency[Gate], catalogue: NamedDependency[Catalogue]
) -> Envelope[EventsView]:
    """A page of events with their markets and prices."""
    form = visitor(request, gate, EventsQuery)
    return success(accept(await catalogue.events(form)))


@get("/event_detail", opt={"query": EventQuery})
async def event_detail(
    request: Asked, gate: NamedDependency[Gate], catalogue: NamedDependency[Catalogue]
) -> Envelope[EventDetailView]:
    """One event: rules, times, markets with prices, and what they paid."""
    form = visitor(request, gate, EventQuery)
    return success(accept(await catalogue.event_detail(form.event_id)))


@get("/depth", opt={"query": DepthQuery})
async def depth(
    request: Asked, gate: NamedDependency[Gate], catalogue: NamedDependency[Catalogue]
) -> Envelope[DepthView]:
    """The book of one market, as each of its two tokens sees it."""
    form = visitor(request, gate, DepthQuery)
    return success(accept(await catalogue.depth(form)))


@get("/balance", opt={"query": BalanceQuery})
async def balance(
    request: Asked, gate: NamedDependency[Gate], accounts: NamedDependency[Accounts]
) -> Envelope[str]:
    """A user's collateral, what is set aside for orders included."""
    form = visitor(request, gate, BalanceQuery)
    return success(accept(await accounts.balance(form)))


@get("/positions", opt={"query": PositionsQuery})
async def positions(
    request: Asked, gate: NamedDependency[Gate], accounts: NamedDependency[Accounts]
) -> Envelope[PositionsView]:
    """A user's tokens with average cost, present value and profit."""
    form = visitor(request, gate, PositionsQuery)
    return success(accept(await accounts.positions(form)))


@get("/open_orders", opt={"query": AccountQuery})
async def open_orders(
    request: Asked, gate: NamedDependency[Gate], accounts: NamedDependency[Accounts]
) -> Envelope[OpenOrdersView]:
    """A user's orders that are new or rest in a book, newest first."""
    form = visitor(request, gate, AccountQuery)
    return success(accept(await accounts.open_orders(form)))


@get("/activity", opt={"query": AccountQuery})
async def activity(
    request: Asked, gate: NamedDependency[Gate], accounts: NamedDependency[Accounts]
) -> Envelope[ActivitiesView]:
    """A user's fills, splits, merges and redemptions, newest first."""
    form = visitor(request, gate, AccountQuery)
    return success(accept(await accounts.activity(form)))


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
            positions,
            open_orders,
            activity,
        ],
    )
