"""POST routes of an operator: events and the life of markets."""

from litestar import Request, Router, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, RawBody

from outcry.domain.market import MarketMove
from outcry.runtime.envelope import Envelope, accept, success
from outcry.runtime.gate import Gate
from outcry.runtime.identity import ADMIN
from outcry.services.event.forms import (
    EventBody,
    EventMadeView,
    MarketBody,
    MarketMadeView,
    MoveBody,
    MovedView,
    ResolveBody,
    VoidBody,
)
from outcry.services.event.service import Lifecycle


Asked = Request[None, None, State]


async def _admin(request: Asked, gate: Gate) -> int:
    """Return the user id of the admin who asks."""
    address = request.client.host if request.client else ""
    return accept(await gate.admin(request.headers, address)).user_id


@post("/events", status_code=200, opt={"body": EventBody, "scope": ADMIN})
async def create_event(
    request: Asked,
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[EventMadeView]:
    """Create an event with its first markets, once per `event_identifier`."""
    actor = await _admin(request, gate)
    return success(accept(await lifecycle.create_event(actor, body)))


@post("/markets", status_code=200, opt={"body": MarketBody, "scope": ADMIN})
async def add_market(
    request: Asked,
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MarketMadeView]:
    """Add a market to an event, once per `market_identifier` in it."""
    actor = await _admin(request, gate)
    return success(accept(await lifecycle.add_market(actor, body)))


@post("/markets/{market_id:int}/pause", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def pause(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """Pause a market: nothing trades, orders rest and may be cancelled."""
    actor = await _admin(request, gate)
    return success(accept(await lifecycle.move(actor, market_id, MarketMove.PAUSE, body)))


@post("/markets/{market_id:int}/resume", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def resume(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """Resume a paused market."""
    actor = await _admin(request, gate)
    return success(accept(await lifecycle.move(actor, market_id, MarketMove.RESUME, body)))


@post("/markets/{market_id:int}/close", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def close(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """Close a market for good: all its orders are cancelled before this is answered."""
    actor = await _admin(request, gate)
    return success(accept(await lifecycle.move(actor, market_id, MarketMove.CLOSE, body)))


@post(
    "/markets/{market_id:int}/resolve", status_code=200, opt={"body": ResolveBody, "scope": ADMIN}
)
async def resolve(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """Fix what a closed market pays, by a payout vector or by the winner."""
    actor = await _admin(request, gate)
    return success(accept(await lifecycle.resolve(actor, market_id, body)))


@post("/markets/{market_id:int}/void", status_code=200, opt={"body": VoidBody, "scope": ADMIN})
async def void(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """End a closed market without an outcome; by default each token pays half."""
    actor = await _admin(request, gate)
    return success(accept(await lifecycle.void(actor, market_id, body)))


def lifecycle_routes(lifecycle: Lifecycle) -> Router:
    """Return the routes of this module, which act on *lifecycle*."""
    return Router(
        "/api/admin",
        tags=["admin"],
        dependencies={"lifecycle": Provide(lambda: lifecycle, sync_to_thread=False)},
        route_handlers=[create_event, add_market, pause, resume, close, resolve, void],
    )
