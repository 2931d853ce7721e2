"""The bus on a Valkey that is wiped, killed, hung, full, or that lies."""

import asyncio
from typing import Any

import pytest
import redis.asyncio
from tests.integration.adapters.doomed import Doomed, eventually

from outcry.adapters.embedded import Endpoints
from outcry.adapters.redis import RedisBus, link
from outcry.ports.bus import BusUnavailable, Gap, Reset, StreamEntry


VALKEY = "valkey"
STREAM = "facts:0"


async def append_until_away(bus: RedisBus, appended: list[int]) -> None:
    """Append until the bus is away, noting each that was confirmed."""
    tail = await bus.tail(STREAM) or 0
    for n in range(tail + 1, 1 << 40):
        await bus.append(STREAM, n, n, b"%d" % n)
        appended.append(n)


async def read_all(bus: RedisBus, after: int = 0) -> list[StreamEntry]:
    """Return what is on the stream above *after*."""
    found: list[StreamEntry] = []
    while chunk := await bus.read(STREAM, after, count_max=500, wait_ms=0, generation=""):
        found += chunk
        after = chunk[-1].last
    return found


async def blocked(client: Any, count: int) -> None:
    """Return once so many clients wait in a read that blocks."""
    async with asyncio.timeout(120):
        while (await client.info("clients"))["blocked_clients"] != count:  # noqa: ASYNC110 - asked of a server
            await asyncio.sleep(0.01)


async def test_flushall_shows_to_readers_and_writers(servers: Doomed) -> None:
    """A blocked reader gets Reset instead of entry 200, a publisher that goes on gets Gap at 0."""
    reader, writer = RedisBus(servers.url), RedisBus(servers.url)
    await writer.set_generation("g1")
    await writer.append(STREAM, 150, 160, b"x")
    reading = asyncio.create_task(
        reader.read(STREAM, 160, count_max=10, wait_ms=60_000, generation="g1")
    )
    await asyncio.sleep(0.05)

    async with redis.asyncio.from_url(servers.url) as client:
        await client.flushall()
    with pytest.raises(Gap) as gap:
        await writer.append_many(STREAM, [StreamEntry(161, 200, b"y")], begin=False)
    assert gap.value.tail == 0
    await writer.append_many(STREAM, [StreamEntry(161, 200, b"y")])

    with pytest.raises(Reset) as reset:
        await reading
    assert reset.value.generation == ""
    await reader.close()
    await writer.close()


async def test_a_killed_server_comes_back_with_a_beginning_of_what_it_had(servers: Doomed) -> None:
    """Kill -9 may throw a stream back, never break it: what is left is dense, unaltered, known."""
    appended: list[int] = []
    for _ in range(3):
        bus = RedisBus(servers.url)
        appending = asyncio.create_task(append_until_away(bus, appended))
        await asyncio.sleep(0.5)
        servers.kill(VALKEY)
        with pytest.raises(BusUnavailable):
            await appending
        servers.restart()

        await eventually(bus.generation, BusUnavailable)
        left = await read_all(bus)
        assert left == [StreamEntry(n, n, b"%d" % n) for n in range(1, len(left) + 1)]
        assert len(left) <= len(appended) + 1
        tail = await bus.tail(STREAM)
        assert tail == len(left)
        del appended[tail:]
        await bus.close()
    assert len(appended) > 100


async def test_a_stream_that_was_thrown_back_is_filled_again(servers: Doomed) -> None:
    """After the server lost its newest entries a publisher learns the tail from Gap and goes on."""
    writer, reader = RedisBus(servers.url), RedisBus(servers.url)
    async with redis.asyncio.from_url(servers.url) as client:
        await writer.append_many(STREAM, [StreamEntry(n, n, b"") for n in range(1, 21)])
        # What comes now never reaches the disk: it is cut off again.
        file_size = (await client.info("persistence"))["aof_current_size"]
        folder = (await client.config_get("dir"))["dir"]
        await writer.append_many(STREAM, [StreamEntry(n, n, b"") for n in range(21, 31)])
    assert await reader.tail(STREAM) == 30
    servers.kill(VALKEY)
    servers.cut_appends(f"{folder}/appendonlydir", file_size)
    servers.restart()

    await eventually(writer.generation, BusUnavailable)
    assert await writer.tail(STREAM) == 20
    assert await reader.read(STREAM, 30, count_max=9, wait_ms=0, generation="") == []
    with pytest.raises(Gap) as gap:
        await writer.append(STREAM, 31, 31, b"")
    assert gap.value.tail == 20
    await writer.append_many(STREAM, [StreamEntry(n, n, b"") for n in range(21, 32)])
    found = await reader.read(STREAM, 30, count_max=9, wait_ms=0, generation="")
    assert found == [StreamEntry(31, 31, b"")]
    await writer.close()
    await reader.close()


async def test_a_bus_that_is_away_says_so_and_works_again(servers: Doomed) -> None:
    """Every call raises BusUnavailable, also a read under way; afterwards the same object works."""
    bus = RedisBus(servers.url)
    await bus.append(STREAM, 1, 1, b"x")
    reading = asyncio.create_task(bus.read(STREAM, 1, count_max=1, wait_ms=60_000, generation=""))
    await asyncio.sleep(0.05)

    servers.kill(VALKEY)

    with pytest.raises(BusUnavailable):
        await reading
    for call in (bus.tail(STREAM), bus.append(STREAM, 2, 2, b""), bus.generation(), bus.wipe()):
        with pytest.raises(BusUnavailable):
            await call
    servers.restart()
    await eventually(bus.generation, BusUnavailable)
    await bus.append(STREAM, 1, 1, b"x")
    assert await bus.tail(STREAM) == 1
    await bus.close()


async def test_a_hung_bus_is_away(servers: Doomed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that answers nothing is unavailable after a bound, and usable when it wakes."""
    bus = RedisBus(servers.url)
    await bus.append(STREAM, 1, 1, b"x")

    with servers.frozen(VALKEY):
        monkeypatch.setattr(link, "EXCHANGE_SECONDS_MAX", 0.3)
        for call in (bus.append(STREAM, 2, 2, b"y"), bus.tail(STREAM)):
            with pytest.raises(BusUnavailable):
                await call
        with pytest.raises(BusUnavailable):
            await bus.read(STREAM, 1, count_max=1, wait_ms=100, generation="")

    monkeypatch.undo()
    await eventually(bus.generation, BusUnavailable)
    assert await bus.tail(STREAM) in (1, 2)
    await bus.close()


async def test_who_gives_up_leaves_the_others_their_replies(servers: Doomed) -> None:
    """Of calls under way together one is cancelled: every other gets the reply to its own."""
    bus = RedisBus(servers.url)
    for n in range(1, 9):
        await bus.append(f"s:{n}", 1, n, b"x")

    calls = [asyncio.create_task(bus.tail(f"s:{n}")) for n in range(1, 9)]
    await asyncio.sleep(0)
    calls[3].cancel()

    found = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(found.pop(3), asyncio.CancelledError)
    assert found == [1, 2, 3, 5, 6, 7, 8]
    assert await bus.tail("s:4") == 4
    await bus.close()


async def test_what_does_not_block_shares_a_connection(servers: Doomed) -> None:
    """Twenty calls at once and a read that blocks take two connections, and nobody waits for it."""
    bus = RedisBus(servers.url)
    reading = asyncio.create_task(bus.read(STREAM, 0, count_max=1, wait_ms=60_000, generation=""))
    async with redis.asyncio.from_url(servers.url) as client:
        await asyncio.gather(*(bus.append(f"s:{n}", 1, 1, b"x") for n in range(20)))
        assert len(await client.client_list()) == 3

    await bus.append(STREAM, 1, 1, b"x")
    assert [entry.last for entry in await reading] == [1]
    await bus.close()


async def test_readers_of_the_same_wait_together(servers: Doomed) -> None:
    """Readers at one place share a read; one that gives up disturbs none, the last one ends it."""
    bus = RedisBus(servers.url)

    def read(after: int = 0) -> asyncio.Task[list[StreamEntry]]:
        reading = bus.read(STREAM, after, count_max=1, wait_ms=60_000, generation="")
        return asyncio.create_task(reading)

    async with redis.asyncio.from_url(servers.url) as client:
        readers = [read() for _ in range(3)]
        await blocked(client, 1)
        readers.pop(0).cancel()
        await bus.append(STREAM, 1, 1, b"x")
        assert await asyncio.gather(*readers) == [[StreamEntry(1, 1, b"x")]] * 2
        await blocked(client, 0)

        alone = read(1)
        await blocked(client, 1)
        alone.cancel()
        await blocked(client, 0)
    await bus.close()


async def test_reads_that_wait_hold_up_no_append(servers: Doomed) -> None:
    """With as many reads waiting as may, and more, an append still goes through at once."""
    bus = RedisBus(servers.url)
    reads = [
        asyncio.create_task(bus.read(f"s:{n}", 0, count_max=1, wait_ms=600_000, generation=""))
        for n in range(link.BLOCKING_MAX + 1)
    ]
    async with redis.asyncio.from_url(servers.url) as client:
        await blocked(client, link.BLOCKING_MAX)

    async with asyncio.timeout(60):
        await bus.append("s:0", 1, 1, b"x")
    assert await reads[0] == [StreamEntry(1, 1, b"x")]
    for reading in reads:
        reading.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    await bus.close()


async def test_scripts_survive_a_server_that_forgot_them(servers: Doomed) -> None:
    """A server that lost its scripts is taught them again, in the same call."""
    bus = RedisBus(servers.url)
    await bus.append(STREAM, 1, 1, b"x")
    async with redis.asyncio.from_url(servers.url) as client:
        await client.script_flush()

    await bus.append(STREAM, 2, 2, b"y")
    await bus.trim(STREAM, 2)

    assert [entry.last for entry in await read_all(bus, 1)] == [2]
    await bus.close()


async def test_a_full_server_refuses_and_forgets_nothing(servers: Doomed) -> None:
    """At its memory bound the server takes no entry; what it holds stays readable."""
    bus = RedisBus(servers.url)
    await bus.append(STREAM, 1, 1, b"x")
    async with redis.asyncio.from_url(servers.url) as client:
        await client.config_set("maxmemory", 1)
        with pytest.raises(BusUnavailable, match="maxmemory"):
            await bus.append(STREAM, 2, 2, b"y")
        assert [entry.last for entry in await read_all(bus)] == [1]
        await client.config_set("maxmemory", 0)

    await bus.append(STREAM, 2, 2, b"y")
    await bus.close()


@pytest.mark.parametrize("look", ["read", "newest", "tail"])
async def test_a_body_that_was_altered_is_lost_with_all_others(
    standing: Endpoints, look: str
) -> None:
    """An entry whose checksum does not fit is never handed out: the bus counts as wiped."""
    bus = RedisBus(standing.redis_url, prefix="altered")
    await bus.set_generation("g")
    await bus.append("commands:0", 1, 1, b"whole")
    async with redis.asyncio.from_url(standing.redis_url) as client:
        fields: Any = {"f": 1, "c": 12345, "o": 0, "b": b"body"}
        await client.xadd(f"altered:{STREAM}", fields, id="1-0")

    if look == "read":
        with pytest.raises(Reset) as reset:
            await bus.read(STREAM, 0, count_max=9, wait_ms=0, generation="g")
        assert reset.value.generation == ""
    else:
        assert await (bus.newest(STREAM) if look == "newest" else bus.tail(STREAM)) is None

    assert await bus.generation() == ""
    assert await bus.tail("commands:0") is None
    await bus.close()


async def test_a_wipe_keeps_to_its_prefix(standing: Endpoints) -> None:
    """Another exchange on the same server keeps everything, however similar its name."""
    names = ("wiped", "wiped2", "wiped.x", "Wiped", "w")
    buses = {name: RedisBus(standing.redis_url, prefix=name) for name in names}
    for bus in buses.values():
        await bus.set_generation("g")
        for number in range(700):
            await bus.append(f"s:{number}", 1, 1, b"")

    await buses["wiped"].wipe()

    for name, bus in buses.items():
        assert await bus.generation() == ("" if name == "wiped" else "g")
        assert await bus.tail("s:699") == (None if name == "wiped" else 1)
        await bus.wipe()
        await bus.close()


@pytest.mark.parametrize("prefix", ["", "a:b", "*", "a[b]", "a?", "a b"])
def test_a_prefix_is_a_plain_word(prefix: str) -> None:
    """A prefix that could match another exchange's keys is refused."""
    with pytest.raises(ValueError, match="prefix"):
        RedisBus("redis://127.0.0.1:1", prefix=prefix)
