"""The hot routes: `POST /api/place_order` and `/order` without the framework, which costs more.

They answer exactly what the framework's routes answer, which stay for everything unusual: another
method, a query, a body of unknown or great length. Tests hold them equal.
"""

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, cast

from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import json

from outcry.ports.asset import AssetUnavailable
from outcry.ports.projection import TablesUnavailable
from outcry.runtime.envelope import Refused, accept, success
from outcry.runtime.identity import TRADE
from outcry.services.api.clob.door import ClobDoor
from outcry.services.api.clob.gate import Asking
from outcry.services.api.clob.texts import ErrorView
from outcry.services.api.http.asking import IDEMPOTENCY_KEY, RATE, SIGNER_RATE
from outcry.services.api.http.errors import (
    clob_refusal_of,
    failed,
    is_clob,
    refusal_of,
    refused_by,
)
from outcry.services.api.http.parts import Parts
from outcry.services.api.ordering import declined_by_book
from outcry.services.api.render_orders import placed_view


PATH: Final = "/api/place_order"
#: The same of the CLOB surface.
CLOB_PATH: Final = "/order"
_HEADERS: Final = frozenset((b"authorization", b"x-api-key", IDEMPOTENCY_KEY.encode()))
_CLOB_HEADERS: Final = b"poly_"
_JSON: Final = (b"content-type", b"application/json")

Route = Callable[[dict[str, Any], bytes], Awaitable[bytes]]

_encode = json.Encoder().encode


class Hot:
    """An ASGI application in front of another one."""

    def __init__(self, app: ASGIApp, parts: Parts, body_bytes_max: int) -> None:
        """Leave bodies longer than *body_bytes_max* to *app*, which refuses them."""
        self._app = app
        self._parts = parts
        self._body_bytes_max = body_bytes_max
        self._routes: dict[str, Route] = {PATH: self._place}
        if parts.clob is not None:
            self._routes[CLOB_PATH] = partial(self._place_signed, parts.clob)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the application's own start and stop."""
        request = cast("dict[str, Any]", scope)
        route = self._routes.get(request["path"]) if request["type"] == "http" else None
        if (
            route is None
            or request["method"] != "POST"
            or request["query_string"]
            or not self._is_short(request["headers"])
        ):
            await self._app(scope, receive, send)
            return
        path = request["path_template"] = request["path"]
        body = await _body(receive)
        if body is None:
            return  # whoever asked is gone
        status, more = 200, dict[str, str]()
        served = is_clob(self._parts, path)
        try:
            answer = await route(request, body)
        except (Refused, AssetUnavailable, TablesUnavailable) as error:
            refused = refused_by(error, path)
            self._parts.note(refused)
            status, more, said = clob_refusal_of(refused) if served else refusal_of(refused)
            answer = _encode(said)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            envelope = failed(error, path, request.get("request_id", ""))
            status, answer = 500, _encode(ErrorView(envelope.msg) if served else envelope)
        told = [(name.encode(), value.encode()) for name, value in more.items()]
        length = (b"content-length", b"%d" % len(answer))
        await send(
            {"type": "http.response.start", "status": status, "headers": [_JSON, length, *told]}
        )
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    async def _place(self, request: dict[str, Any], body: bytes) -> bytes:
        parts, where = self._parts, _source(request)
        headers = {
            name.decode(): value.decode("latin-1")
            for name, value in request["headers"]
            if name in _HEADERS
        }
        request[RATE] = partial(parts.gate.left, where)
        who = accept(await parts.gate.holder(TRADE, headers, where))
        self._count(request, ("key", who.key_id) if who.key_id else ("user", who.user_id))
        name = headers.get(IDEMPOTENCY_KEY, "")
        accepted = accept(await parts.ordering.place(who, body, "", name))
        refused = declined_by_book(accepted)
        if refused is not None:
            raise refused
        return _encode(success(placed_view(accepted)))

    async def _place_signed(self, door: ClobDoor, request: dict[str, Any], body: bytes) -> bytes:
        where = _source(request)
        headers = {
            name.decode(): value.decode("latin-1")
            for name, value in request["headers"]
            if name.startswith(_CLOB_HEADERS)
        }
        request[RATE] = partial(self._parts.gate.left, where)
        asking = Asking("POST", CLOB_PATH, headers, body, where)
        who = accept(await door.private.gate.holder(asking, TRADE, time.time()))
        self._count(request, ("key", who.principal.key_id))
        request[SIGNER_RATE] = partial(door.private.order_rates.state, who.principal.account)
        return _encode(accept(await door.private.orders.place(who, body)))

    def _count(self, request: dict[str, Any], key: tuple[str, int]) -> None:
        holders = self._parts.holders
        request[RATE] = partial(holders.state, key)
        limited = holders.take(key)
        if limited:
            raise Refused(limited)

    def _is_short(self, headers: list[tuple[bytes, bytes]]) -> bool:
        for name, value in headers:
            if name == b"content-length":
                return value.isdigit() and int(value) <= self._body_bytes_max
        return False


def _source(request: dict[str, Any]) -> str:
    client: tuple[str, int] | None = request.get("client")
    return client[0] if client else ""


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body, None when the client went away."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts)
