"""Publishing: a stream gets everything once and in order, and back what it lost."""

from collections.abc import AsyncIterator

import pytest
from tests.support.flaky_bus import FlakyBus
from tests.support.ticks import entry, seqs, ticks

from outcry.domain.errors import InvariantError
from outcry.messages.record_bodies import cut
from outcry.ports.bus import Gap, StreamEntry
from outcry.runtime import follow
from outcry.runtime.publish import Ahead, Publisher, Retention, Unreachable


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are bounded, not long."""
    monkeypatch.setattr(follow, "PAUSE_MIN_S", 0.0001)
    monkeypatch.setattr(follow, "PAUSE_MAX_S", 0.0002)


class Source:
    """What can be produced again: ticks, with `floor` as the first that only we have."""

    def __init__(self, width: int = 4) -> None:
        self.upto = 0
        self.floor = 1
        self.oldest = 1
        self.width = width

    def make(self, count: int) -> list[StreamEntry]:
        """Produce the next *count* numbers as one entry."""
        self.upto += count
        return [entry(self.upto - count + 1, self.upto)]

    async def __call__(self, tail: int | None) -> AsyncIterator[StreamEntry]:
        """Yield everything above *tail*, in runs of `width` that ignore where the tail is."""
        start = self.floor if tail is None else max(self.oldest, tail + 1)
        first = start - (start - 1) % self.width
        while first <= self.upto:
            last = min(first + self.width - 1, self.upto)
            yield entry(max(first, self.oldest), last)
            first = last + 1


def publisher(bus: FlakyBus, source: Source, retention: Retention | None = None) -> Publisher:
    """Return a publisher of stream s."""
    return Publisher(bus, "s", again=source, recut=cut, retention=retention)


async def on(bus: FlakyBus) -> list[int]:
    """Return every number on the stream; they must follow one another."""
    first = await bus.read("s", 10**9, count_max=1, wait_ms=0, generation=await bus.generation())
    assert first == []
    stream = bus._stream("s").entries
    found = seqs(list(stream))
    assert [s.first for s in list(stream)[1:]] == [s.last + 1 for s in list(stream)[:-1]]
    assert not found or found == list(range(found[0], found[-1] + 1))
    return found


async def test_entries_follow_one_another() -> None:
    """What is handed over stands on the stream when `publish` returns."""
    bus, source = FlakyBus(), Source()
    writer = publisher(bus, source)
    for _ in range(3):
        await writer.publish(source.make(5))
    assert await on(bus) == list(range(1, 16))
    assert writer.tail == 15


async def test_a_wiped_stream_begins_where_readers_need_it() -> None:
    """After a wipe the stream does not begin with the newest entry but with the floor."""
    bus, source = FlakyBus(), Source()
    writer = publisher(bus, source)
    await writer.publish(source.make(10))
    await bus.wipe()
    source.floor = 6
    await writer.publish(source.make(2))
    assert await on(bus) == [5, 6, 7, 8, 9, 10, 11, 12]  # runs of four: 5 comes along with 6


async def test_a_stream_thrown_back_gets_back_what_it_lost() -> None:
    """Entries that the bus lost are appended again before the new one, cut at the tail."""
    bus, source = FlakyBus(), Source(width=7)
    writer = publisher(bus, source)
    for _ in range(4):
        await writer.publish(source.make(3))
    bus.throw_back("s", 6)
    await writer.publish(source.make(3))
    assert await on(bus) == list(range(1, 16))


async def test_doubt_mends_an_idle_stream() -> None:
    """Without anything new, a doubting publisher still restores what the stream lost."""
    bus, source = FlakyBus(), Source()
    writer = publisher(bus, source)
    await writer.publish(source.make(8))
    await bus.wipe()
    await writer.publish()
    assert await on(bus) == []
    writer.doubt()
    await writer.publish()
    assert await on(bus) == list(range(1, 9))


async def test_a_second_writer_does_no_harm() -> None:
    """Two writers of the same content with other borders make one stream without overlap."""
    bus, left, right = FlakyBus(), Source(width=5), Source(width=3)
    one, two = publisher(bus, left), publisher(bus, right)
    for _ in range(5):
        await one.publish(left.make(4))
        await two.publish(right.make(6))
    assert await on(bus) == list(range(1, 31))


async def test_an_absent_bus_is_waited_for() -> None:
    """`publish` returns when the bus is back and has everything, also what it took half way."""
    bus, source = FlakyBus(), Source()
    writer = publisher(bus, source)
    bus.down = 4
    await writer.publish(source.make(2))
    bus.breaks_after = 1
    await writer.publish([*source.make(2), *source.make(2)])
    assert await on(bus) == [1, 2, 3, 4, 5, 6]
    assert writer.status()["failures"] == 5
    assert writer.status()["unavailable"] == 0


async def test_a_tail_out_of_reach_is_told() -> None:
    """When nothing produces what follows the tail, the caller has to start further back."""
    bus, source = FlakyBus(), Source()
    writer = publisher(bus, source)
    for _ in range(3):
        await writer.publish(source.make(4))
    bus.throw_back("s", 4)
    source.oldest = 9
    with pytest.raises(Unreachable, match=r"stands at 4.*only from 9"):
        await writer.publish(source.make(1))


async def test_what_does_not_follow_is_given_up() -> None:
    """A source with a hole is an error of ours and ends in Gap, not in trying for ever."""

    async def holey(tail: int | None) -> AsyncIterator[StreamEntry]:
        yield entry((tail or 0) + 1, (tail or 0) + 2)
        yield entry((tail or 0) + 4, (tail or 0) + 5)

    bus = FlakyBus()
    await bus.append_many("s", [entry(1, 3)])
    with pytest.raises(Gap):
        await Publisher(bus, "s", again=holey, recut=cut).publish()


async def test_without_recut_an_overlap_is_out_of_reach() -> None:
    """A body that cannot be cut is never appended under other numbers than its own."""
    bus, source = FlakyBus(), Source(width=5)
    await bus.append_many("s", [entry(1, 3)])
    source.upto = 10
    writer = Publisher(bus, "s", again=source)
    with pytest.raises(Unreachable):
        await writer.publish()
    assert await on(bus) == [1, 2, 3]


async def test_old_entries_are_trimmed_but_not_above_the_floor() -> None:
    """The stream keeps about the allowed bytes, and whatever lies above the floor in any case."""
    bus, source, floor = FlakyBus(), Source(), [0]
    writer = publisher(bus, source, Retention(len(ticks(1, 20)), lambda: floor[0]))
    for _ in range(40):
        await writer.publish(source.make(1))
    assert await on(bus) == list(range(1, 41))
    floor[0] = 30
    await writer.publish(source.make(1))
    assert await on(bus) == list(range(22, 42))
    floor[0] = 60
    for _ in range(30):
        await writer.publish(source.make(1))
    assert (await on(bus))[-1] == 71
    assert 20 <= len(await on(bus)) <= 23


async def test_the_newest_entry_must_be_ours() -> None:
    """At start other content under our numbers, and numbers beyond ours, are refused."""
    bus, source = FlakyBus(), Source()
    source.upto = 10
    writer = publisher(bus, source)
    assert await writer.newest() is None
    await bus.append_many("s", [entry(5, 8)])
    newest = await writer.newest()
    assert newest is not None
    await writer.check(newest)
    with pytest.raises(InvariantError, match=r"5\.\.8"):
        await writer.check(StreamEntry(5, 8, ticks(15, 18)))
    with pytest.raises(Ahead, match="accept-loss"):
        await writer.check(entry(9, 12))
