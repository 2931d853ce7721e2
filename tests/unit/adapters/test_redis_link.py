"""The link to a server that takes no one: callers share the attempt to connect, and its failure."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from outcry.adapters.redis.link import Link
from outcry.ports.bus import BusUnavailable


WAIT_SECONDS_MAX = 120


class Shut:
    """Hangs up on whoever connects, or, when told to, keeps them waiting."""

    def __init__(self) -> None:
        self.connected = 0
        self.hangs_up = True
        self.kept = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Count one more who connected."""
        self.connected += 1
        if not self.hangs_up:
            self.kept.set()
            await reader.read()
        writer.close()


@pytest.fixture
async def shut(tmp_path: Path) -> AsyncIterator[tuple[Shut, Link]]:
    """Give such a server and a link to it."""
    server, path = Shut(), tmp_path / "s"
    listening = await asyncio.start_unix_server(server, path)
    link = Link(f"unix://{path}")
    yield server, link
    await link.close()
    listening.close()


async def test_who_waits_for_a_connection_shares_one_attempt(shut: tuple[Shut, Link]) -> None:
    """Ten callers at once knock as often as one does, and each is told that it failed."""
    server, link = shut
    with pytest.raises(BusUnavailable):
        await link.call("PING")
    once, server.connected = server.connected, 0

    failures = await asyncio.gather(*(link.call("PING") for _ in range(10)), return_exceptions=True)
    assert [type(one) for one in failures] == [BusUnavailable] * 10
    assert server.connected == once > 0


async def test_who_gives_up_ends_no_attempt_but_close_does(shut: tuple[Shut, Link]) -> None:
    """A caller that is cancelled takes the connection from nobody; a closed link lets all go."""
    server, link = shut
    server.hangs_up = False
    first, second = (asyncio.create_task(link.call("PING")) for _ in range(2))
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        await server.kept.wait()
        first.cancel()
        await asyncio.wait({first})
        assert first.cancelled()
        assert not second.done()
        await link.close()
        with pytest.raises(BusUnavailable, match="closed"):
            await second
    assert server.connected == 1
