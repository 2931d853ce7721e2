"""The hot route: `POST /api/place_order` without the framework, which costs more than the order.

It answers exactly what the framework's route answers, which stays for everything unusual: another
method, a query, a body of unknown or great length. A test holds the two equal.
"""

from functools import partial
from typing import Any, Final, cast

from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import json

from outcry.ports.asset import AssetUnavailable
from outcry.ports.projection import TablesUnavailable
from outcry.runtime.envelope import Refused, accept, success
from outcry.runtime.identity import TRADE
from outcry.services.api.http.asking import IDEMPOTENCY_KEY, RATE
from outcry.services.api.http.errors import failed, refusal_of, refused_by
from outcry.services.api.http.parts import Parts
from outcry.services.api.ordering import declined_by_book
from outcry.services.api.render_orders import placed_view


PATH: Final = "/api/place_order"
_HEADERS: Final = frozenset((b"authorization", b"x-api-key", IDEMPOTENCY_KEY.encode()))
_JSON: Final = (b"content-type", b"application/json")

_encode = json.Encoder().encode


class Hot:
    """An ASGI application in front of another one."""

    def __init__(self, app: ASGIApp, parts: Parts, body_bytes_max: int) -> None:
        """Leave bodies longer than *body_bytes_max* to *app*, which refuses them."""
        self._app = app
        self._parts = parts
        self._body_bytes_max = body_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the application's own start and stop."""
        request = cast("dict[str, Any]", scope)
        if (
            request["type"] != "http"
            or request["path"] != PATH
            or request["method"] != "POST"
            or request["query_string"]
            or not self._is_short(request["headers"])
        ):
            await self._app(scope, receive, send)
            return
        request["path_template"] = PATH
        headers = {
            name.decode(): value.decode("latin-1")
            for name, value in request["headers"]
            if name in _HEADERS
        }
        client = request.get("client")
        body = await _body(receive)
        if body is None:
            return  # whoever asked is gone
        status, more = 200, dict[str, str]()
        try:
            answer = await self._place(request, headers, client, body)
        except (Refused, AssetUnavailable, TablesUnavailable) as error:
            refused = refused_by(error, PATH)
            self._parts.note(refused)
            status, more, envelope = refusal_of(refused)
            answer = _encode(envelope)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            status, answer = 500, _encode(failed(error, PATH, request.get("request_id", "")))
        told = [(name.encode(), value.encode()) for name, value in more.items()]
        length = (b"content-length", b"%d" % len(answer))
        await send(
            {"type": "http.response.start", "status": status, "headers": [_JSON, length, *told]}
        )
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    async def _place(
        self,
        request: dict[str, Any],
        headers: dict[str, str],
        client: tuple[str, int] | None,
        body: bytes,
    ) -> bytes:
        parts = self._parts
        where = client[0] if client else ""
        request[RATE] = partial(parts.gate.left, where)
        who = accept(await parts.gate.holder(TRADE, headers, where))
        key = ("key", who.key_id) if who.key_id else ("user", who.user_id)
        request[RATE] = partial(parts.holders.state, key)
        limited = parts.holders.take(key)
        if limited:
            raise Refused(limited)
        name = headers.get(IDEMPOTENCY_KEY, "")
        accepted = accept(await parts.ordering.place(who, body, "", name))
        refused = declined_by_book(accepted)
        if refused is not None:
            raise refused
        return _encode(success(placed_view(accepted)))

    def _is_short(self, headers: list[tuple[bytes, bytes]]) -> bool:
        for name, value in headers:
            if name == b"content-length":
                return value.isdigit() and int(value) <= self._body_bytes_max
        return False


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
