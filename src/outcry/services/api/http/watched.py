"""Around the whole application: an id for every request, and what it cost."""

import math
import re
import secrets
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final, cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram

from outcry.services.api.http.asking import RATE, SIGNER_RATE


REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
#: Seconds; a door answers in milliseconds or it is in trouble.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
#: Everybody has the same limits; clients that know the venue's tiers keep to its lowest one.
TIER: Final = b"standard"
_RATE_HEADERS: Final = (b"ratelimit-limit", b"ratelimit-remaining", b"ratelimit-reset")


class Watched:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        """Count in *registry*."""
        self._app = app
        self._requests = Counter(
            "outcry_http_requests",
            "HTTP requests by route and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "outcry_http_request_seconds",
            "Time from the request to the last byte of its answer.",
            ("route",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._figures: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or the application's own start and stop."""
        # A scope is open to additions; its declared type is not.
        request = cast("dict[str, Any]", scope)
        if request["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        request_id = _request_id(scope)
        request["request_id"] = request_id.decode()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id),
                    *_rate_headers(request),
                    *_signer_headers(request, status),
                ]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            # What no route matched shares one label: paths come from outside and have no bound.
            route = str(request.get("path_template") or "unknown")
            self._count(request["method"], route, status, time.perf_counter() - begun)

    def _count(self, method: str, route: str, status: int, seconds: float) -> None:
        key = method, route, status
        figures = self._figures.get(key)
        if figures is None:
            # Looking a label up costs more than counting; routes, methods and statuses are few.
            requests = self._requests.labels(method, route, str(status))
            figures = self._figures[key] = (requests, self._seconds.labels(route))
        figures[0].inc()
        figures[1].observe(seconds)


def _rate_headers(request: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    left = request.get(RATE)
    if left is not None:
        for name, value in zip(_RATE_HEADERS, left(), strict=True):
            yield name, b"%d" % value


def _signer_headers(request: dict[str, Any], status: int) -> Iterator[tuple[bytes, bytes]]:
    left = request.get(SIGNER_RATE)
    if left is not None:
        remaining = left()[1]
        # A bucket fills within a second; who has something left need not wait.
        wait = 1 if status == HTTPStatus.TOO_MANY_REQUESTS or not remaining else 0
        yield b"poly-ratelimit-remaining", b"%d" % remaining
        yield b"poly-ratelimit-reset", b"%d" % math.ceil(time.time() + wait)
        yield b"poly-ratelimit-tier", TIER


def _request_id(scope: Scope) -> bytes:
    """Return the client's own id when it is a decent one, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return bytes(value)
    return secrets.token_hex(8).encode()
