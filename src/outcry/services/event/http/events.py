"""POST routes of an operator: whole events live. All of it happens, or nothing."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from outcry.domain.market import MarketMove
from outcry.runtime.envelope import Envelope, accept, success
from outcry.runtime.gate import Gate
from outcry.runtime.identity import ADMIN
from outcry.services.event.forms import EventMovedView, EventPayoutsBody, MoveBody, VoidBody
from outcry.services.event.http.asking import Asked, asking_admin
from outcry.services.event.service import Lifecycle


@post("/events/{event_id:int}/pause", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def pause_event(
    request: Asked,
    event_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[EventMovedView]:
    """Pause every open market of an event."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.move_event(who, event_id, MarketMove.PAUSE, body)))


@post("/events/{event_id:int}/resume", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def resume_event(
    request: Asked,
    event_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[EventMovedView]:
    """Resume every paused market of an event."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.move_event(who, event_id, MarketMove.RESUME, body)))


@post("/events/{event_id:int}/close", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def close_event(
    request: Asked,
    event_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[EventMovedView]:
    """Close every market of an event that is open or paused, for good."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.move_event(who, event_id, MarketMove.CLOSE, body)))


@post("/events/{event_id:int}/dispute", status_code=200, opt={"body": MoveBody, "scope": ADMIN})
async def dispute_event(
    request: Asked,
    event_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[EventMovedView]:
    """Dispute every proposed payout of an event."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.move_event(who, event_id, MarketMove.DISPUTE, body)))


@post(
    "/events/{event_id:int}/propose",
    status_code=200,
    opt={"body": EventPayoutsBody, "scope": ADMIN},
)
async def propose_event(
    request: Asked,
    event_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[EventMovedView]:
    """Propose what markets of an event pay; each stands when its dispute window ends."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.pay_event(who, event_id, body, propose=True)))


@post(
    "/events/{event_id:int}/resolve",
    status_code=200,
    opt={"body": EventPayoutsBody, "scope": ADMIN},
)
async def resolve_event(
    request: Asked,
    event_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[EventMovedView]:
    """Fix what markets of an event pay."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.pay_event(who, event_id, body, propose=False)))


@post("/events/{event_id:int}/void", status_code=200, opt={"body": VoidBody, "scope": ADMIN})
async def void_event(
    request: Asked,
    event_id: FromPath[int],
    body: RawBody,
    gate: NamedDependency[Gate],
    lifecycle: NamedDependency[Lifecycle],
) -> Envelope[EventMovedView]:
    """Void every market of an event that has no payout yet."""
    who = await asking_admin(request, gate)
    return success(accept(await lifecycle.void_event(who, event_id, body)))


HANDLERS = [
    pause_event,
    resume_event,
    close_event,
    dispute_event,
    propose_event,
    resolve_event,
    void_event,
]
