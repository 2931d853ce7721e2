"""Routes of one's own accounts, and of an operator about people and what was done."""

from litestar import Router, get, post
from litestar.params import FromPath, RawBody

from outcry.runtime.envelope import Envelope, accept, success
from outcry.runtime.identity import ADMIN, READ, TRADE
from outcry.services.api.forms import NoQuery
from outcry.services.api.http.asking import IDEMPOTENCY_KEY, admin, holder, parameters
from outcry.services.api.http.parts import Asked, parts
from outcry.services.api.operator_forms import KeyMadeView
from outcry.services.api.people_forms import (
    AccountBody,
    AccountMadeView,
    AccountsView,
    AuditQuery,
    AuditView,
    KeysQuery,
    KeysView,
    LimitsView,
    LinkBody,
    PeopleQuery,
    PeopleView,
    PersonView,
    TransferBody,
    WithdrawalBody,
    WithdrawalsQuery,
    WithdrawalsView,
)
from outcry.services.api.views import DoneView, WithdrawalView


@get("/accounts", opt={"query": NoQuery, "scope": READ})
async def accounts(request: Asked) -> Envelope[AccountsView]:
    """All of one's accounts with their collateral, the first one first."""
    who = await holder(request, READ)
    parameters(request, NoQuery)
    return success(await parts(request).people.accounts(who.user_id, who.registered_n))


@post("/accounts", status_code=200, opt={"query": NoQuery, "body": AccountBody, "scope": TRADE})
async def open_account(request: Asked, body: RawBody) -> Envelope[AccountMadeView]:
    """Open a further account, once per `label`. Orders and reads name it by `account`.

    One's accounts never trade with one another.
    """
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    return success(accept(await parts(request).people.open_account(who, body)))


@post("/transfer", status_code=200, opt={"query": NoQuery, "body": TransferBody, "scope": TRADE})
async def transfer(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Move money or tokens between one's own accounts, once per `Idempotency-Key`.

    Tokens take their part of the cost with them.
    """
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    return success(accept(await parts(request).people.transfer(who, body, key)))


@post("/link_address", status_code=200, opt={"query": NoQuery, "body": LinkBody, "scope": TRADE})
async def link_address(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Make an address one's own, in place of the one before; no two users share one.

    The address signs the login of the CLOB surface with the user's id as `nonce`.
    """
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    return success(accept(await parts(request).addresses.link(who, body)))


@post(
    "/withdrawals", status_code=200, opt={"query": NoQuery, "body": WithdrawalBody, "scope": TRADE}
)
async def withdraw(request: Asked, body: RawBody) -> Envelope[WithdrawalView]:
    """Have the contract pay money or tokens out to one's own address, once per `Idempotency-Key`.

    Only where the exchange lives on a chain. The value waits, usable by nobody, until it is paid
    out; if the contract refuses it, it is available again.
    """
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    return success(accept(await parts(request).people.withdraw(who, body, key)))


@get("/withdrawals", opt={"query": WithdrawalsQuery, "scope": READ})
async def withdrawals(request: Asked) -> Envelope[WithdrawalsView]:
    """One's own withdrawals from the contract, newest first, and what became of them.

    A payment that a deep reorganisation took back later stays `paid` here; its value is on the
    account again, and people decide.
    """
    who = await holder(request, READ)
    form = parameters(request, WithdrawalsQuery)
    return success(accept(await parts(request).people.withdrawals(form, who)))


@get("/users", opt={"query": PeopleQuery, "scope": ADMIN})
async def users(request: Asked) -> Envelope[PeopleView]:
    """All users, newest first."""
    await admin(request)
    form = parameters(request, PeopleQuery)
    return success(await parts(request).people.users(form))


@get("/users/{user_id:int}", opt={"query": NoQuery, "scope": ADMIN})
async def user(request: Asked, user_id: FromPath[int]) -> Envelope[PersonView]:
    """One user."""
    await admin(request)
    parameters(request, NoQuery)
    return success(accept(await parts(request).people.user(user_id)))


@get("/users/{user_id:int}/accounts", opt={"query": NoQuery, "scope": ADMIN})
async def user_accounts(request: Asked, user_id: FromPath[int]) -> Envelope[AccountsView]:
    """All accounts of a user with their collateral, the first one first."""
    await admin(request)
    parameters(request, NoQuery)
    accept(await parts(request).people.user(user_id))
    return success(await parts(request).people.accounts(user_id))


@get("/keys", opt={"query": KeysQuery, "scope": ADMIN})
async def keys(request: Asked) -> Envelope[KeysView]:
    """API keys of a user, or of all, newest first; without their secrets."""
    await admin(request)
    form = parameters(request, KeysQuery)
    return success(await parts(request).people.keys(form))


@post("/keys/{key_id:int}/rotate", status_code=200, opt={"scope": ADMIN})
async def rotate_key(request: Asked, key_id: FromPath[int]) -> Envelope[KeyMadeView]:
    """Give an API key a new secret, shown once; doors notice within a second."""
    who = await admin(request)
    return success(accept(await parts(request).people.rotate_key(who, key_id)))


@get("/limits", opt={"query": PeopleQuery, "scope": ADMIN})
async def limits(request: Asked) -> Envelope[LimitsView]:
    """The limits in force, by account and market."""
    await admin(request)
    form = parameters(request, PeopleQuery)
    return success(await parts(request).people.limits(form))


@get("/audit", opt={"query": AuditQuery, "scope": ADMIN})
async def audit(request: Asked) -> Envelope[AuditView]:
    """What operators and the exchange itself did, newest first, with the acting user and key."""
    await admin(request)
    form = parameters(request, AuditQuery)
    return success(await parts(request).people.audit(form))


#: Served by the router of the other operators' routes: one path may belong to one router only.
ADMIN_HANDLERS = [users, user, user_accounts, keys, rotate_key, limits, audit]


def people_routes() -> Router:
    """Return the routes of one's own accounts."""
    return Router(
        "/api",
        tags=["account"],
        route_handlers=[accounts, open_account, transfer, link_address, withdraw, withdrawals],
    )
