"""POST routes of an operator: money, users, keys, fees, mode, clock."""

from litestar import Router, post
from litestar.params import FromPath, RawBody

from outcry.runtime.envelope import Envelope, accept, success
from outcry.runtime.identity import ADMIN
from outcry.services.api.http.asking import admin
from outcry.services.api.http.parts import Asked, parts
from outcry.services.api.http.people import ADMIN_HANDLERS
from outcry.services.api.operator_forms import (
    CheckpointView,
    ClockBody,
    FeesBody,
    FeesMadeView,
    FreezeBody,
    KeyBody,
    KeyMadeView,
    LimitsBody,
    ModeBody,
    MovementBody,
    NothingBody,
    ReleaseBody,
    UserBody,
    UserMadeView,
)
from outcry.services.api.views import DoneView


@post("/deposits", status_code=200, opt={"body": MovementBody, "scope": ADMIN})
async def deposit(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Credit collateral to a user, once per `tx_hash`."""
    who = await admin(request)
    return success(accept(await parts(request).operator.deposit(who, body)))


@post("/withdrawals", status_code=200, opt={"body": MovementBody, "scope": ADMIN})
async def withdraw(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Debit a user's available collateral, once per `tx_hash`."""
    who = await admin(request)
    return success(accept(await parts(request).operator.withdraw(who, body)))


@post("/users", status_code=200, opt={"body": UserBody, "scope": ADMIN})
async def create_user(request: Asked, body: RawBody) -> Envelope[UserMadeView]:
    """Register a user, once per `external_id`."""
    who = await admin(request)
    return success(accept(await parts(request).operator.create_user(who, body)))


@post("/keys", status_code=200, opt={"body": KeyBody, "scope": ADMIN})
async def create_key(request: Asked, body: RawBody) -> Envelope[KeyMadeView]:
    """Create an API key for a user. Its text is shown once."""
    who = await admin(request)
    return success(accept(await parts(request).operator.create_key(who, body)))


@post("/keys/{key_id:int}/revoke", status_code=200, opt={"scope": ADMIN})
async def revoke_key(
    request: Asked,
    key_id: FromPath[int],
) -> Envelope[DoneView]:
    """Stop accepting an API key; doors notice within a second."""
    who = await admin(request)
    return success(accept(await parts(request).operator.revoke_key(who, key_id)))


@post("/fees", status_code=200, opt={"body": FeesBody, "scope": ADMIN})
async def set_fees(request: Asked, body: RawBody) -> Envelope[FeesMadeView]:
    """Create the next version of fees, for markets to name."""
    who = await admin(request)
    return success(accept(await parts(request).operator.set_fees(who, body)))


@post("/mode", status_code=200, opt={"body": ModeBody, "scope": ADMIN})
async def set_mode(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Switch what the whole exchange accepts. Cancels are accepted in every mode."""
    who = await admin(request)
    return success(accept(await parts(request).operator.set_mode(who, body)))


@post("/limits", status_code=200, opt={"body": LimitsBody, "scope": ADMIN})
async def set_limits(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Bound what an account, or each one, may have in a market, or over all of them.

    Every limit that fits an order must hold; what is there already stays.
    """
    who = await admin(request)
    return success(accept(await parts(request).operator.set_limits(who, body)))


@post("/freeze", status_code=200, opt={"body": FreezeBody, "scope": ADMIN})
async def freeze(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Let an account only cancel, or let it do everything again."""
    who = await admin(request)
    return success(accept(await parts(request).operator.freeze(who, body)))


@post("/release", status_code=200, opt={"body": ReleaseBody, "scope": ADMIN})
async def release(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Give an account something of what a deep reorganisation left in suspense."""
    who = await admin(request)
    return success(accept(await parts(request).operator.release(who, body)))


@post("/clock", status_code=200, opt={"body": ClockBody, "scope": ADMIN})
async def set_clock(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Advance a manual clock; everything due until then happens in order."""
    who = await admin(request)
    return success(accept(await parts(request).operator.set_clock(who, body)))


@post("/checkpoint", status_code=200, opt={"body": NothingBody, "scope": ADMIN})
async def checkpoint(request: Asked, body: RawBody) -> Envelope[CheckpointView]:
    """Compare every book of the engine with the ledger's at an exact command."""
    who = await admin(request)
    return success(accept(await parts(request).operator.checkpoint(who, body)))


def operating_routes() -> Router:
    """Return the routes of this module."""
    return Router(
        "/api/admin",
        tags=["admin"],
        route_handlers=[
            deposit,
            withdraw,
            create_user,
            create_key,
            revoke_key,
            set_fees,
            set_mode,
            set_limits,
            freeze,
            release,
            set_clock,
            checkpoint,
            *ADMIN_HANDLERS,
        ],
    )
