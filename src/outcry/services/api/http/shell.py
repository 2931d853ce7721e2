"""Around the application: who may read it from a page, and public answers that are cheap to repeat.

* Pages of the origins that the operator allows may ask everything; credentials are headers, never
  cookies, so another page's visitor cannot be made to trade.
* A public GET has an ``ETag``: whoever shows it again gets 304 and no body; ``Cache-Control`` says
  how long nobody needs to ask. Answers for one user are never stored.
* What is long is compressed for those who can read it.
* HEAD is a GET whose body the server keeps to itself.
"""

import gzip
from hashlib import blake2b
from typing import Any, Final, cast

from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send


#: Shorter bodies are sent as they are.
GZIP_BYTES_MIN: Final = 1_024
#: Fast: an answer is compressed each time it is made.
GZIP_LEVEL: Final = 1
PREFLIGHT_SECONDS: Final = 86_400
#: Seconds for which a public answer may be used again, by its path; others are asked for each time.
FRESH_SECONDS: Final = {
    b"/api/topics": 10,
    b"/api/events": 1,
    b"/api/event_detail": 1,
    b"/api/depth": 0,
    b"/api/candles": 1,
    b"/api/price_history": 1,
    b"/api/trades": 0,
    b"/api/seasons": 10,
    b"/api/season_current": 10,
    b"/api/leaderboard_points": 10,
    b"/api/leaderboard_volume": 10,
    b"/docs/openapi.json": 60,
}
_METHODS: Final = b"GET, HEAD, POST, DELETE, OPTIONS"
_READS: Final = ("GET", "HEAD")
_ASKED: Final = (
    b"authorization, content-type, idempotency-key, x-api-key, x-request-id, "
    b"poly_address, poly_api_key, poly_nonce, poly_passphrase, poly_signature, poly_timestamp"
)
_TOLD: Final = (
    b"etag, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id, "
    b"poly-ratelimit-remaining, poly-ratelimit-reset, poly-ratelimit-tier"
)

Headers = list[tuple[bytes, bytes]]


class Shell:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        """Let pages of *origins* ask; ``*`` is any."""
        self._app = app
        self._any = "*" in origins
        self._origins = frozenset(origin.encode() for origin in origins)
        #: What every answer depends on besides its address, whoever asks: caches must know.
        self._vary = (b"vary", b"accept-encoding" if self._any else b"origin, accept-encoding")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the application's own start and stop."""
        # The declared type of a scope knows fewer kinds than there are.
        request = cast("dict[str, Any]", scope)
        if request["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = dict(request["headers"])
        allowed = self._allowed(asked.get(b"origin"))
        preflight = b"access-control-request-method" in asked
        if request["method"] == "OPTIONS" and preflight:
            granted = [self._vary, *allowed, *_PREFLIGHT] if allowed else [self._vary]
            await _answer(send, 204 if allowed else 403, granted)
            return
        reads = request["method"] in _READS
        fresh = FRESH_SECONDS.get(request["path"].encode()) if reads else None
        answer = _Answer(send, asked, [self._vary, *allowed], fresh)
        # The server goes by its own scope, in which HEAD stays: it sends no body.
        inner = cast("Scope", {**request, "method": "GET"}) if reads else scope
        await self._app(inner, receive, answer.take)

    def _allowed(self, origin: bytes | None) -> Headers:
        if origin is None or not (self._any or origin in self._origins):
            return []
        named = b"*" if self._any else origin
        return [
            (b"access-control-allow-origin", named),
            (b"access-control-expose-headers", _TOLD),
        ]


_PREFLIGHT: Final[Headers] = [
    (b"access-control-allow-methods", _METHODS),
    (b"access-control-allow-headers", _ASKED),
    (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
]


class _Answer:
    """One answer on its way out. Its body is one message; what streams goes through as it is."""

    def __init__(
        self, send: Send, asked: dict[bytes, bytes], more: Headers, fresh: int | None
    ) -> None:
        self._send = send
        self._asked = asked
        self._more = more
        self._fresh = fresh
        self._start: HTTPResponseStartEvent | None = None

    async def take(self, message: Message) -> None:
        """Pass *message* on; the start waits for the body that decides about it."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        body = message.get("body", b"")
        headers: Headers = [*start["headers"], *self._more]
        if not message.get("more_body"):
            body = self._finish(start, headers, body)
            message["body"] = body
        start["headers"] = headers
        await self._send(start)
        await self._send(message)

    def _finish(self, start: HTTPResponseStartEvent, headers: Headers, body: bytes) -> bytes:
        """Return the body to send, with the headers that go with it."""
        if self._fresh is None:
            headers.append((b"cache-control", b"no-store"))
        elif start["status"] == 200:  # noqa: PLR2004 - good
            etag = b'W/"%s"' % blake2b(body, digest_size=8).hexdigest().encode()
            headers += [(b"etag", etag), (b"cache-control", b"public, max-age=%d" % self._fresh)]
            known = self._asked.get(b"if-none-match", b"")
            if etag in known or known == b"*":
                start["status"] = 304
                body = b""
        if len(body) >= GZIP_BYTES_MIN and b"gzip" in self._asked.get(b"accept-encoding", b""):
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
            headers.append((b"content-encoding", b"gzip"))
        headers[:] = [header for header in headers if header[0].lower() != b"content-length"]
        if start["status"] != 304:  # noqa: PLR2004 - not modified
            headers.append((b"content-length", b"%d" % len(body)))
        return body


async def _answer(send: Send, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
