"""Routes about keys: a login makes them, their holder lists and revokes them."""

import time
from typing import Final

from litestar import MediaType, Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct, json

from outcry.domain.ledger.people import address_key
from outcry.runtime.clob_keys import BUILDER, READONLY, TRADING
from outcry.runtime.envelope import accept
from outcry.runtime.identity import READ, TRADE
from outcry.services.api.clob.views import (
    OK,
    BuilderKeyView,
    BuilderView,
    ClosedOnlyView,
    KeysView,
    KeyView,
    ReaderView,
    builder_key_view,
    builder_view,
    key_view,
)
from outcry.services.api.http.clob.asking import asked
from outcry.services.api.http.clob.signed_asking import asking, counted, form, holder, login
from outcry.services.api.http.parts import Asked, clob


class NameBody(Struct, frozen=True):
    """A key by its name."""

    key: str


class ValidateQuery(Struct, frozen=True):
    """A key that may read, and whose it is said to be."""

    address: str
    key: str


_NAME: Final = json.Decoder(NameBody)


@post("/auth/api-key", status_code=200)
async def create(request: Asked) -> KeyView:
    """Make the key of an address and nonce."""
    return key_view(accept(await clob(request).private.logins.create(await login(request))))


@get("/auth/derive-api-key")
async def derive(request: Asked) -> KeyView:
    """Give the key of an address and nonce again."""
    return key_view(accept(await clob(request).private.logins.derive(await login(request))))


@get("/auth/api-keys")
async def listed(request: Asked) -> KeysView:
    """All trading keys that are not revoked, newest first."""
    who, logins = await holder(request, READ), clob(request).private.logins
    rows = await logins.listed(who, TRADING)
    return KeysView([logins.name(row) for row in rows if not row.revoked_at_us])


@delete("/auth/api-key", status_code=200)
async def revoke(request: Asked) -> Response[bytes]:
    """Stop accepting the key that asks, at once."""
    who = await holder(request, TRADE)
    accept(await clob(request).private.logins.revoke(who, who.principal.key_id))
    return _ok()


@post("/auth/readonly-api-key", status_code=200)
async def create_reader(request: Asked) -> ReaderView:
    """Make a key that may only read."""
    who = await holder(request, TRADE)
    return ReaderView(
        accept(await clob(request).private.logins.create_other(who, READONLY)).api_key
    )


@get("/auth/readonly-api-keys")
async def readers(request: Asked) -> list[str]:
    """All keys that may only read and are not revoked."""
    who, logins = await holder(request, READ), clob(request).private.logins
    rows = await logins.listed(who, READONLY)
    return [logins.name(row) for row in rows if not row.revoked_at_us]


@delete("/auth/readonly-api-key", status_code=200, media_type=MediaType.JSON)
async def revoke_reader(request: Asked) -> bool:
    """Stop accepting a key that may only read."""
    who = await holder(request, TRADE)
    name = (await form(request, _NAME)).key
    accept(await clob(request).private.logins.revoke_named(who, name, READONLY))
    return True


@get("/auth/validate-readonly-api-key", media_type=MediaType.JSON)
async def validate_reader(request: Asked) -> bool:
    """Whether a key may read what an address has."""
    wanted = asked(request, ValidateQuery)
    return await clob(request).private.logins.may_read(address_key(wanted.address), wanted.key)


@post("/auth/builder-api-key", status_code=200)
async def create_builder(request: Asked) -> BuilderKeyView:
    """Make a builder's key."""
    who = await holder(request, TRADE)
    return builder_key_view(accept(await clob(request).private.logins.create_other(who, BUILDER)))


@get("/auth/builder-api-key")
async def builders(request: Asked) -> list[BuilderView]:
    """All builder's keys, newest first, revoked or not."""
    who, logins = await holder(request, READ), clob(request).private.logins
    rows = await logins.listed(who, BUILDER)
    return [builder_view(row, logins.name(row)) for row in rows]


@delete("/auth/builder-api-key", status_code=200)
async def revoke_builder(request: Asked) -> Response[bytes]:
    """Stop accepting the builder's key that asks, or all of them when their owner asks."""
    door = clob(request).private
    if "poly_builder_signature" in request.headers:
        who = accept(await door.gate.builder(await asking(request), time.time()))
        counted(request, who)
        accept(await door.logins.revoke(who, who.principal.key_id))
        return _ok()
    who = await holder(request, TRADE)
    for row in await door.logins.listed(who, BUILDER):
        if not row.revoked_at_us:
            accept(await door.logins.revoke(who, row.key_id))
    return _ok()


def _ok() -> Response[bytes]:
    """Return what says that it was done: unified clients take JSON alone, the others either."""
    return Response(json.encode(OK), media_type=MediaType.JSON)


@get("/auth/ban-status/closed-only")
async def closed_only(request: Asked) -> ClosedOnlyView:
    """Whether the user may only cancel."""
    who = await holder(request, READ)
    return ClosedOnlyView(await clob(request).private.is_frozen(who))


AUTH_HANDLERS: Final[list[HTTPRouteHandler]] = [
    create, derive, listed, revoke,
    create_reader, readers, revoke_reader, validate_reader,
    create_builder, builders, revoke_builder, closed_only,
]  # fmt: skip
