"""The laws of the bus, for every adapter."""

import asyncio

import pytest
from tests.contract.worlds import BusWorld

from outcry.ports.bus import READ_COUNT_MAX, Bus, Gap, Reset, StreamEntry, Trimmed


STREAM = "facts:0"


async def fill(bus: Bus, *spans: tuple[int, int]) -> list[StreamEntry]:
    """Append entries that cover *spans*, with a body that says which."""
    entries = [StreamEntry(first, last, f"{first}..{last}".encode()) for first, last in spans]
    await bus.append_many(STREAM, entries)
    return entries


async def read(
    bus: Bus, after: int, *, count_max: int = 100, wait_ms: int = 0
) -> list[StreamEntry]:
    """Read without a generation."""
    return await bus.read(STREAM, after, count_max=count_max, wait_ms=wait_ms, generation="")


async def test_a_reader_gets_what_was_appended_in_order_and_unaltered(bus_world: BusWorld) -> None:
    """Entries come back with their numbers and every byte of their bodies, for any reader."""
    body = bytes(range(256)) * 3
    await bus_world.bus().append(STREAM, 1, 4, body)
    await bus_world.bus().append(STREAM, 5, 5, b"")

    assert await read(bus_world.bus(), 0) == [StreamEntry(1, 4, body), StreamEntry(5, 5, b"")]


async def test_only_an_empty_stream_takes_any_first(bus_world: BusWorld) -> None:
    """A stream may begin at any number; after that an entry begins one above the tail."""
    bus = bus_world.bus()
    await bus.append(STREAM, 40, 41, b"x")

    for first in (43, 41, 1):
        with pytest.raises(Gap) as gap:
            await bus.append(STREAM, first, 50, b"y")
        assert (gap.value.stream, gap.value.tail, gap.value.first) == (STREAM, 41, first)
    await bus.append(STREAM, 42, 42, b"z")

    assert await read(bus, 39) == [StreamEntry(40, 41, b"x"), StreamEntry(42, 42, b"z")]


async def test_appending_again_changes_nothing(bus_world: BusWorld) -> None:
    """What is not above the tail is no error and never replaces what is there."""
    bus = bus_world.bus()
    entries = await fill(bus, (1, 3), (4, 6))

    await bus.append(STREAM, 1, 3, b"other")
    await bus.append(STREAM, 1, 6, b"other")

    assert await read(bus, 0) == entries


async def test_a_batch_is_appended_up_to_its_first_gap(bus_world: BusWorld) -> None:
    """Of many entries those at or below the tail are skipped and those before a gap stay."""
    bus = bus_world.bus()
    await fill(bus, (1, 2))

    with pytest.raises(Gap) as gap:
        await fill(bus, (1, 2), (3, 4), (5, 5), (7, 8), (9, 9))

    assert (gap.value.tail, gap.value.first) == (5, 7)
    assert [entry[:2] for entry in await read(bus, 0)] == [(1, 2), (3, 4), (5, 5)]


async def test_whoever_appended_first_wins(bus_world: BusWorld) -> None:
    """Of two writers that race for the same numbers one is on the stream, whole, at each place."""
    one, two = bus_world.bus(), bus_world.bus()

    async def write(bus: Bus, body: bytes) -> None:
        for number in range(1, 101):
            await bus.append(STREAM, number, number, body)

    await asyncio.gather(write(one, b"one"), write(two, b"two"))

    found = await read(one, 0)
    assert [entry[:2] for entry in found] == [(n, n) for n in range(1, 101)]
    assert {entry.body for entry in found} <= {b"one", b"two"}


async def test_a_publisher_may_refuse_to_begin(bus_world: BusWorld) -> None:
    """Without begin an empty stream raises a gap at tail 0; one that goes on takes the entry."""
    bus = bus_world.bus()

    with pytest.raises(Gap) as gap:
        await bus.append_many(STREAM, [StreamEntry(7, 8, b"x")], begin=False)
    assert (gap.value.tail, gap.value.first) == (0, 7)
    assert await bus.tail(STREAM) is None

    await fill(bus, (5, 6))
    await bus.append_many(STREAM, [StreamEntry(7, 8, b"x")], begin=False)
    assert await bus.tail(STREAM) == 8


async def test_nothing_to_append_is_nothing(bus_world: BusWorld) -> None:
    """An empty batch appends nothing, even where beginning is refused."""
    bus = bus_world.bus()

    await bus.append_many(STREAM, [], begin=False)

    assert await bus.tail(STREAM) is None


async def test_a_read_starts_with_the_entry_that_holds_the_next_number(bus_world: BusWorld) -> None:
    """The first entry may begin at or below the reader's position, the one before is left out."""
    bus = bus_world.bus()
    entries = await fill(bus, (1, 3), (4, 6), (7, 7))

    assert await read(bus, 3) == entries[1:]
    assert await read(bus, 5) == entries[1:]
    assert await read(bus, 6) == entries[2:]
    assert await read(bus, 7) == []


async def test_a_read_is_bounded(bus_world: BusWorld) -> None:
    """At most count_max entries come, and never more than READ_COUNT_MAX."""
    bus = bus_world.bus()
    await fill(bus, *((n, n) for n in range(1, READ_COUNT_MAX + 6)))

    assert len(await read(bus, 0, count_max=3)) == 3
    assert len(await read(bus, 0, count_max=READ_COUNT_MAX + 5)) == READ_COUNT_MAX


async def test_a_waiting_reader_wakes_for_the_next_entry(bus_world: BusWorld) -> None:
    """A read of an empty stream returns the entry that comes while it waits."""
    reader = asyncio.create_task(read(bus_world.bus(), 10, wait_ms=60_000))
    await asyncio.sleep(0.05)
    assert not reader.done()

    await bus_world.bus().append(STREAM, 11, 12, b"x")

    assert await reader == [StreamEntry(11, 12, b"x")]


async def test_a_waiting_reader_does_not_wake_for_what_it_has(bus_world: BusWorld) -> None:
    """Entries up to the position are nothing new: the wait goes on."""
    reader = asyncio.create_task(read(bus_world.bus(), 2, wait_ms=60_000))
    await asyncio.sleep(0.05)
    bus = bus_world.bus()
    await bus.append(STREAM, 1, 2, b"old")
    await asyncio.sleep(0.05)
    assert not reader.done()

    await bus.append(STREAM, 3, 3, b"new")

    assert await reader == [StreamEntry(3, 3, b"new")]


async def test_a_wait_ends_with_nothing(bus_world: BusWorld) -> None:
    """When nothing comes in time the answer is empty."""
    assert await read(bus_world.bus(), 0, wait_ms=20) == []


async def test_a_wait_can_be_cancelled_and_the_bus_used_on(bus_world: BusWorld) -> None:
    """A cancelled read leaves the bus able to append and read."""
    bus = bus_world.bus()
    for _ in range(40):
        reader = asyncio.create_task(read(bus, 0, wait_ms=60_000))
        await asyncio.sleep(0.002)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader

    entries = await fill(bus, (1, 1))
    assert await read(bus, 0) == entries


async def test_many_readers_wait_at_once_without_holding_up_a_writer(bus_world: BusWorld) -> None:
    """Waiting reads of one handle delay neither one another nor an append."""
    bus = bus_world.bus()
    readers = [asyncio.create_task(read(bus, 0, wait_ms=60_000)) for _ in range(10)]
    await asyncio.sleep(0.05)

    entries = await fill(bus, (1, 1))

    assert await asyncio.gather(*readers) == [entries] * 10


async def test_a_reader_behind_what_was_trimmed_is_told(bus_world: BusWorld) -> None:
    """Trimming forgets whole entries below a number; who needs one of them gets Trimmed."""
    bus = bus_world.bus()
    entries = await fill(bus, (1, 3), (4, 6), (7, 9), (10, 10))

    await bus.trim(STREAM, 7)

    assert await read(bus, 6) == entries[2:]
    assert await read(bus, 8) == entries[2:]
    for after in (0, 3, 5):
        with pytest.raises(Trimmed) as trimmed:
            await read(bus, after)
        assert (trimmed.value.stream, trimmed.value.first) == (STREAM, 7)


async def test_trimming_keeps_the_newest_entry(bus_world: BusWorld) -> None:
    """However high the number, the tail remains, and the stream goes on from it."""
    bus = bus_world.bus()
    entries = await fill(bus, (1, 3), (4, 6))

    await bus.trim(STREAM, 1_000_000)
    await bus.trim("empty", 5)

    assert await bus.newest(STREAM) == entries[-1]
    with pytest.raises(Gap):
        await bus.append(STREAM, 1, 9, b"x")
    await bus.append(STREAM, 7, 7, b"x")


async def test_trimming_below_the_first_number_there_can_be_forgets_nothing(
    bus_world: BusWorld,
) -> None:
    """Who keeps so many entries may ask for it before there are as many."""
    bus = bus_world.bus()
    entries = await fill(bus, (1, 3), (4, 6))
    for below in (0, -4_096):
        await bus.trim(STREAM, below)
    assert await read(bus, 0) == entries


async def test_a_stream_holds_a_bounded_number_of_bytes(bus_world: BusWorld) -> None:
    """The oldest entries go although nobody said so; the newest stays, however big."""
    bus = bus_world.bus(stream_bytes_max=10_000)
    for number in range(1, 201):
        await bus.append(STREAM, number, number, bytes(100))

    with pytest.raises(Trimmed) as trimmed:
        await read(bus, 0)
    kept = await read(bus, trimmed.value.first - 1, count_max=1_000)
    assert 8_000 <= sum(len(entry.body) for entry in kept) <= 10_000
    assert kept[-1].last == 200

    await bus.append(STREAM, 201, 201, bytes(50_000))
    await bus.append(STREAM, 202, 202, bytes(50_000))
    assert await read(bus, 201) == [StreamEntry(202, 202, bytes(50_000))]
    with pytest.raises(Trimmed):
        await read(bus, 200)


async def test_tail_and_newest_say_where_a_stream_stands(bus_world: BusWorld) -> None:
    """Both are None for an empty stream, else they name its last entry."""
    bus = bus_world.bus()
    assert await bus.tail(STREAM) is None
    assert await bus.newest(STREAM) is None

    entries = await fill(bus, (3, 5), (6, 9))

    assert await bus.tail(STREAM) == 9
    assert await bus.newest(STREAM) == entries[-1]


async def test_numbers_are_exact_up_to_48_bits(bus_world: BusWorld) -> None:
    """The largest seq that a trade id has room for is appended, compared and read exactly."""
    bus = bus_world.bus()
    top = (1 << 48) - 1
    await fill(bus, (top - 3, top - 2))

    with pytest.raises(Gap) as gap:
        await fill(bus, (top, top))
    assert gap.value.tail == top - 2
    entries = await fill(bus, (top - 1, top))

    assert await read(bus, top - 2) == entries
    await bus.trim(STREAM, top)
    assert await bus.tail(STREAM) == top


async def test_streams_are_apart(bus_world: BusWorld) -> None:
    """What happens to one stream does not show on another."""
    bus = bus_world.bus()
    await fill(bus, (1, 1))
    await bus.append("facts:1", 9, 9, b"x")
    await bus.trim("facts:1", 100)

    assert await bus.tail(STREAM) == 1
    assert await bus.tail("facts:1") == 9
    assert await bus.tail("facts") is None


async def test_a_reader_of_another_generation_is_told(bus_world: BusWorld) -> None:
    """Who passes another generation than the bus has gets Reset with the one it has."""
    bus = bus_world.bus()
    assert await bus.generation() == ""
    await bus.set_generation("g1")
    entries = await fill(bus, (1, 1))

    assert await bus_world.bus().generation() == "g1"
    found = await bus.read(STREAM, 0, count_max=1, wait_ms=0, generation="g1")
    assert found == entries
    for known in ("", "g0"):
        with pytest.raises(Reset) as reset:
            await bus.read(STREAM, 0, count_max=1, wait_ms=0, generation=known)
        assert reset.value.generation == "g1"


async def test_a_wipe_forgets_everything_and_shows(bus_world: BusWorld) -> None:
    """After a wipe every stream is empty and a reader with the old generation gets Reset."""
    bus = bus_world.bus()
    await bus.set_generation("g1")
    await fill(bus, (1, 1), (2, 5))
    await bus.append("facts:1", 7, 7, b"x")

    await bus.wipe()

    assert await bus.tail(STREAM) is None
    assert await bus.tail("facts:1") is None
    with pytest.raises(Reset) as reset:
        await bus.read(STREAM, 5, count_max=1, wait_ms=0, generation="g1")
    assert reset.value.generation == ""


async def test_a_wipe_during_a_wait_hands_out_nothing_of_the_new_generation(
    bus_world: BusWorld,
) -> None:
    """A reader blocked across a wipe gets Reset, never the entries that came afterwards."""
    bus = bus_world.bus()
    await bus.set_generation("g1")
    reader = asyncio.create_task(
        bus.read(STREAM, 160, count_max=1, wait_ms=60_000, generation="g1")
    )
    await asyncio.sleep(0.05)

    other = bus_world.bus()
    await other.wipe()
    await other.set_generation("g2")
    await other.append(STREAM, 200, 200, b"x")

    with pytest.raises(Reset) as reset:
        await reader
    assert reset.value.generation == "g2"


async def test_a_stream_that_was_thrown_back_is_taken_as_it_is(bus_world: BusWorld) -> None:
    """A publisher that goes on gets Gap with the older tail; filling up again satisfies readers."""
    bus = bus_world.bus()
    entries = await fill(bus, (1, 3), (4, 6), (7, 9))
    await bus_world.throw_back(STREAM, 3)

    assert await bus.tail(STREAM) == 3
    assert await read(bus, 9) == []
    with pytest.raises(Gap) as gap:
        await fill(bus, (10, 10))
    assert gap.value.tail == 3
    await fill(bus, (4, 6), (7, 9), (10, 10))

    assert [entry.last for entry in await read(bus, 9)] == [10]
    assert (await read(bus, 0))[:3] == entries
