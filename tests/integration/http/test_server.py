"""The HTTP server on a real socket: it starts, answers, drains and lets go of its port."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.support.http_door import Door, http_door
from tests.support.waiting import until

from outcry.services.api.config import ApiConfig
from outcry.services.api.http import HttpServer


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange; the server under test is made from its application."""
    async with http_door() as door:
        yield door


def serve(door: Door, port: int = 0) -> HttpServer:
    """Return a server of the exchange's application."""
    return HttpServer(door.api.app, host="127.0.0.1", port=port, proxies="", drain_ms_max=60_000)


async def test_requests_come_through_a_socket(door: Door) -> None:
    """A client on TCP gets the same answers, many at a time, over connections that stay open."""
    server = serve(door)
    await server.start()
    running = asyncio.create_task(server.run())
    uid = await door.user("ann", "5")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        answers = await asyncio.gather(
            *(client.get("/api/balance", params={"uid": uid}) for _ in range(20))
        )
        large = await client.post(
            "/api/place_order", content=b"x" * 2_000_000, headers=door.as_user("ann")
        )
    await server.stop()

    assert {answer.json()["data"] for answer in answers} <= {"5.000000", "0.000000"}
    assert large.json()["data"]["name"] == "BODY_TOO_LARGE"
    with pytest.raises(OSError, match="ended"):
        await running


async def test_a_taken_port_is_said_at_start(door: Door) -> None:
    """Two servers cannot have one port, and the sentence names it."""
    first = serve(door)
    await first.start()
    second = serve(door, first.port)
    try:
        with pytest.raises(OSError, match=f"127.0.0.1:{first.port}"):
            await second.start()
    finally:
        await first.stop()


async def test_stopping_finishes_what_was_begun() -> None:
    """A request in progress is answered before the server is gone; later ones find nobody."""
    async with http_door(ApiConfig(read_wait_ms_max=1_000)) as door:
        server = serve(door)
        await server.start()
        uid = await door.user("ann")
        waiters = door.queries._tables.waiters
        address = f"http://127.0.0.1:{server.port}"
        async with httpx.AsyncClient(base_url=address) as client:
            waiting = asyncio.create_task(
                client.get("/api/balance", params={"uid": uid, "after": 10**9})
            )
            await until(lambda: bool(waiters._sleeping))
            await server.stop()
            answer = await waiting

    assert answer.json()["data"]["name"] == "UNAVAILABLE"
    async with httpx.AsyncClient(base_url=address) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/healthz")
