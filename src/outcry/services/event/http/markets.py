"""POST routes of an operator: events come into being, and single markets live."""

from litestar import post
from litestar.di import NamedDependency
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
from outcry.services.event.http.asking import Asked, asking_admin
from outcry.services.event.service import Lifecycle


@post("/events", status_code=200, opt={"body": EventBody, "scope": ADMIN})
async def create_event(
    request: Asked,
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[EventMadeView]:
    """Create an event with its first markets, once per `event_identifier`."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.create_event(who, body)))


@post("/markets", status_code=200, opt={"body": MarketBody, "scope": ADMIN})
async def add_market(
    request: Asked,
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MarketMadeView]:
    """Add a market to an event, once per `market_identifier` in it."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.add_market(who, body)))


@post("/markets/{market_id:int}/pause", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def pause(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """Pause a market: nothing trades, orders rest and may be cancelled."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.move(who, market_id, MarketMove.PAUSE, body)))


@post("/markets/{market_id:int}/resume", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def resume(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """Resume a paused market."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.move(who, market_id, MarketMove.RESUME, body)))


@post("/markets/{market_id:int}/close", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def close(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """Close a market for good: all its orders are cancelled before this is answered."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.move(who, market_id, MarketMove.CLOSE, body)))


@post(
    "/markets/{market_id:int}/propose", status_code=200, opt={"body": ResolveBody, "scope": ADMIN}
)
async def propose(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """Propose what a closed market pays; it stands when the market's dispute window ends."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.propose(who, market_id, body)))


@post("/markets/{market_id:int}/dispute", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def dispute(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """Dispute a proposed payout: nothing is paid until an operator decides."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.move(who, market_id, MarketMove.DISPUTE, body)))


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
    """Fix what a closed or disputed market pays, by a payout vector or by the winner.

    A closed market with a dispute window takes a proposal instead.
    """
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.resolve(who, market_id, body)))


@post("/markets/{market_id:int}/void", status_code=200, opt={"body": VoidBody, "scope": ADMIN})
async def void(
    request: Asked,
    market_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[MovedView]:
    """End a closed or disputed market without an outcome; by default each token pays half.

    With `refund` everybody gets back what they paid in, and no token is left.
    """
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.void(who, market_id, body)))


HANDLERS = [create_event, add_market, pause, resume, close, propose, dispute, resolve, void]
