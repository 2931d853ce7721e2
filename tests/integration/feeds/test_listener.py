"""The port of the feeds: what it takes from strangers, and that it always ends what it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.feeds import running
from tests.support.raw_ws import RawClient, request
from tests.support.waiting import until

from outcry.runtime import ws_listener
from outcry.runtime.ws_listener import FeedListener, ListenerConfig
from outcry.runtime.ws_session import Session, SessionLimits, Wire


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
LIMITS = SessionLimits(message_bytes_max=1_000)


class EchoSession(Session):
    """A feed that says back what it hears."""

    def received(self, message: bytes) -> None:
        """Say it back, or fail."""
        if message == b"fail":
            raise RuntimeError("a bug in a feed")
        self.wire.send(message)


class Echo:
    """A listener with two feeds on one port."""

    def __init__(self, limits: SessionLimits = LIMITS, connections_max: int = 100) -> None:
        self.limits = limits
        self.clients: list[RawClient] = []
        config = ListenerConfig(port=0, connections_max=connections_max)
        self.listener = FeedListener(config, {"/one": self.session, "/two": self.session})

    def session(self, wire: Wire, now: float) -> Session:
        """Make a session."""
        return EchoSession(wire, self.limits, now)

    async def ask(self, path: str, connection: str = "Upgrade") -> tuple[str, RawClient]:
        """Ask for an upgrade; returns the status line and the connection."""
        status, client = await request(self.listener.port, path, connection)
        self.clients.append(client)
        return status, client

    async def join(self, path: str = "/one") -> RawClient:
        """Connect."""
        status, client = await self.ask(path)
        assert status == "HTTP/1.1 101 Switching Protocols", status
        return client


@asynccontextmanager
async def echoing(**terms: Any) -> AsyncIterator[Echo]:
    """Run a listener, and close what its clients left open."""
    made = Echo(**terms)
    async with running(made.listener):
        yield made
    for client in made.clients:
        client.writer.close()


@pytest.fixture(autouse=True)
def short_goodbyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut soon, for these clients answer no goodbye."""
    monkeypatch.setattr(ws_listener, "CLOSE_SECONDS", 0.1)


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    """Give a running listener."""
    async with echoing() as made:
        yield made


@pytest.mark.parametrize("path", ["/one", "/two", "/one?x=1", "/two/"])
async def test_feeds_share_a_port_by_path(echo: Echo, path: str) -> None:
    """Each path opens its feed, whatever query follows it, and text comes through."""
    client = await echo.join(path)
    client.send(TEXT, b"hello")
    assert await client.receive() == (TEXT, b"hello")


async def test_an_unknown_path_says_which_there_are(echo: Echo) -> None:
    """A wrong path is 404 with the paths that exist, and the connection ends."""
    status, client = await echo.ask("/three")
    assert status == "HTTP/1.1 404 Not Found"
    assert await client.reader.read() == b"feeds: /one, /two\n"


async def test_the_header_of_firefox_is_understood(echo: Echo) -> None:
    """``Connection: keep-alive, Upgrade`` asks for an upgrade as well as ``Upgrade`` alone does."""
    status, _ = await echo.ask("/one", "keep-alive, Upgrade")
    assert status.startswith("HTTP/1.1 101")


async def test_connections_have_a_bound() -> None:
    """One connection too many is 503; when another has left, there is room again."""
    async with echoing(connections_max=1) as echo:
        first = await echo.join()
        status, _ = await echo.ask("/one")
        assert status == "HTTP/1.1 503 Service Unavailable"
        first.writer.close()
        await until(lambda: not echo.listener.status()["connections"])
        await echo.join()
        assert echo.listener.status()["connections_refused_total"] == 1


async def test_both_pings_are_answered(echo: Echo) -> None:
    """The text ``ping`` gets the text ``pong``, the frame ping gets the frame pong."""
    client = await echo.join()
    client.send(TEXT, b"ping")
    client.send(PING, b"are you there")
    assert await client.receive() == (TEXT, b"pong")
    assert await client.receive() == (PONG, b"are you there")


async def test_fragments_are_joined(echo: Echo) -> None:
    """A message in three frames, a ping between them, is one message."""
    client = await echo.join()
    client.send(TEXT, b"one ", final=False)
    client.send(0, b"and ", final=False)
    client.send(PING, b"")
    client.send(0, b"a half")
    assert await client.receive() == (PONG, b"")
    assert await client.receive() == (TEXT, b"one and a half")


@pytest.mark.parametrize(
    ("frames", "code", "reason"),
    [
        ([(BINARY, b"\x00", {})], 1003, "speaks text"),
        ([(TEXT, b"\xff\xfe", {})], 1007, "UTF-8"),
        ([(TEXT, b"x" * 1_001, {})], 1009, "at most 1000 bytes"),
        ([(TEXT, b"x" * 600, {"final": False}), (0, b"x" * 600, {})], 1009, "at most 1000 bytes"),
        ([(TEXT, b"x" * 70_000, {})], 1009, ""),
        ([(0, b"x", {})], 1002, "out of order"),
        ([(TEXT, b"x", {"final": False}), (TEXT, b"x", {})], 1002, "out of order"),
        ([(TEXT, b"x", {"rsv": 4})], 1002, "no extension"),
        ([(TEXT, b"x", {"masked": False})], 1002, ""),
        ([(3, b"x", {})], 1002, ""),
        ([(PING, b"", {})] * 501, 1008, "more than 500 messages"),
        ([(CLOSE, b"\x03\xe8", {})], 1000, ""),
        ([(CLOSE, b"", {})], 1000, ""),
    ],
)
async def test_a_broken_rule_closes_with_its_code(
    echo: Echo, frames: list[tuple[int, bytes, dict[str, int]]], code: int, reason: str
) -> None:
    """What a client may not send ends its connection, and says why; others go on."""
    other = await echo.join()
    client = await echo.join()
    for opcode, payload, options in frames:
        client.send(opcode, payload, **options)  # type: ignore[arg-type]
    closed = await client.receive_close()
    assert closed[0] == code
    assert reason in closed[1]
    assert await client.ended()
    other.send(TEXT, b"still here")
    assert await other.receive() == (TEXT, b"still here")


async def test_a_bug_in_a_feed_ends_one_connection_and_is_logged(echo: Echo) -> None:
    """An exception while a frame is handled closes with 1011, and is not swallowed."""
    client = await echo.join()
    with capture_logs() as logs:
        client.send(TEXT, b"fail")
        assert await client.receive_close() == (1011, "internal error")
    assert [line["event"] for line in logs] == ["feed_session_failed"]


async def test_garbage_instead_of_a_request_ends_the_connection(echo: Echo) -> None:
    """Bytes that are no HTTP are answered with 400 at most, and the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", echo.listener.port)
    writer.write(b"\x16\x03\x01 this is no request\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()


async def test_silence_is_pinged_and_then_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that says nothing is pinged; one that answers stays, one that does not goes."""
    monkeypatch.setattr(ws_listener, "CLOCK_SECONDS", 0.05)
    limits = SessionLimits(ping_after_seconds=0.2, heartbeat_seconds=1.0)
    async with echoing(limits=limits) as echo:
        alive, dead = await echo.join(), await echo.join()

        async def answer() -> None:
            while True:
                assert (await alive.receive()).opcode == PING
                alive.send(PONG, b"")

        answering = asyncio.create_task(answer())
        assert (await dead.receive()).opcode == PING
        assert await dead.receive_close() == (1008, "no sign of life for 1 seconds")
        assert await dead.ended()
        assert not answering.done()
        assert echo.listener.status()["connections"] == 1
        answering.cancel()


async def test_a_goodbye_that_is_not_answered_ends_anyway(echo: Echo) -> None:
    """After a close frame the connection ends even if the client neither reads nor answers."""
    client = await echo.join()
    client.send(BINARY, b"")
    await until(lambda: not echo.listener.status()["connections"])
    assert await client.receive_close()
    assert await client.ended()


async def test_a_stop_says_goodbye_to_everybody() -> None:
    """When the exchange stops, each client hears 1001 and the port is free."""
    async with echoing() as echo:
        clients = [await echo.join() for _ in range(3)]
        port = echo.listener.port
        await echo.listener.stop()
        for client in clients:
            assert await client.receive_close() == (1001, "the exchange is stopping")
            assert await client.ended()
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.1", port)
