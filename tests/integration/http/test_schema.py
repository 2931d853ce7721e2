"""Anything that the published schema allows, and much that it does not, is answered as it says."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any, Self

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.support.http_door import http_door

from outcry.services.api.config import ApiConfig


CHECKS = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
#: Requests to each route; the whole test is bounded by this.
EXAMPLES_PER_ROUTE = 4
#: They would change what all the others are answered.
APART = ("/api/admin/clock", "/api/admin/mode")


class Listening:
    """A whole exchange with a listening door, on an event loop of another thread."""

    def __init__(self) -> None:
        self.url = ""
        self.headers: dict[str, str] = {}
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(180), "the door does not open"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(60)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        config = ApiConfig(
            port=0,
            account_requests_per_second_max=100_000,
            drain_ms_max=1_000,
            read_wait_ms_max=150,
        )
        async with http_door(config) as door:
            await door.event()
            await door.user("ann", "100")
            await door.api.start()
            self.headers = door.as_user("ann", "read", "trade", "admin")
            self.url = f"http://127.0.0.1:{door.api.port}"
            self._ready.set()
            await self._over.wait()
            await door.api.stop()


@pytest.fixture
def listening() -> Iterator[Listening]:
    """Give a listening exchange."""
    with Listening() as made:
        yield made


@pytest.mark.filterwarnings("ignore")
def test_every_route_keeps_to_its_schema(listening: Listening) -> None:
    """No input makes a 5xx, another media type, or an answer of another shape than published."""
    schema = schemathesis.openapi.from_url(f"{listening.url}/docs/openapi.json")
    asked: set[str] = set()
    found: Any
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in APART:
            continue

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES_PER_ROUTE,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            asked.add(f"{case.method} {case.path}")
            answer = case.call(headers=listening.headers)
            # 503 says that something has to be waited for: `after` may name any entry.
            assert answer.status_code in (200, 503) or answer.status_code < 500, answer.text
            case.validate_response(answer, checks=CHECKS)

        ask()
    assert len(asked) > 60
