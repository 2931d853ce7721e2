"""Following a stream: every number once and in order, whatever the bus does."""

from collections.abc import AsyncIterator

import pytest
from tests.support.flaky_bus import FlakyBus
from tests.support.ticks import entry, seqs

from outcry.domain.errors import CorruptError
from outcry.messages.record_bodies import cut
from outcry.ports.ledger_log import LogUnavailable
from outcry.runtime import follow
from outcry.runtime.follow import HOLE_ATTEMPTS_MAX, Follower, FollowLimits, Refill, Resync


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are bounded, not long."""
    monkeypatch.setattr(follow, "PAUSE_MIN_S", 0.0001)
    monkeypatch.setattr(follow, "PAUSE_MAX_S", 0.0002)


class Source:
    """A refill that has ticks up to `upto`, in runs of a few."""

    def __init__(self, upto: int) -> None:
        self.upto = upto
        self.asked: list[int] = []
        self.fails = False
        #: After which entry the line breaks, once.
        self.breaks_after = 0

    async def __call__(self, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield what follows *after*."""
        self.asked.append(after)
        if self.fails:
            raise LogUnavailable("nobody answers")
        for first in range(after + 1, self.upto + 1, 3):
            yield entry(first, min(first + 2, self.upto))
            if self.breaks_after and first + 2 >= self.breaks_after:
                self.breaks_after = 0
                raise LogUnavailable("the line broke")


def follower(bus: FlakyBus, position: int = 0, refill: Refill | None = None) -> Follower:
    """Return a follower that does not wait."""
    limits = FollowLimits(wait_ms=0)
    return Follower(bus, "s", position=position, refill=refill, recut=cut, limits=limits)


async def read(reader: Follower, times: int) -> list[int]:
    """Return the seqs of so many reads."""
    return [seq for _ in range(times) for seq in seqs(await reader.read())]


async def test_each_number_comes_once() -> None:
    """An entry that overlaps the position is cut; entries below it are dropped."""
    bus = FlakyBus()
    await bus.append_many("s", [entry(1, 3), entry(4, 8), entry(9, 9)])
    reader = follower(bus, position=5)
    assert await read(reader, 2) == [6, 7, 8, 9]
    await bus.append_many("s", [entry(10, 11)])
    assert await read(reader, 1) == [10, 11]
    assert reader.position == 11
    assert reader.disturbances == 0


async def test_without_recut_entries_come_as_they_are() -> None:
    """A reader that skips by itself gets the body unaltered, with its own first and last."""
    bus = FlakyBus()
    await bus.append_many("s", [entry(1, 3), entry(4, 8)])
    reader = Follower(bus, "s", position=5, limits=FollowLimits(wait_ms=0))
    assert await reader.read() == [entry(4, 8)]
    assert reader.position == 8


async def test_refill_comes_before_the_stream() -> None:
    """A reader starts with what the log has and continues with the stream inside an entry."""
    bus = FlakyBus()
    await bus.append_many("s", [entry(6, 12)])
    reader = follower(bus, refill=Source(8))
    assert await read(reader, 3) == list(range(1, 13))


async def test_a_trimmed_stream_is_filled_from_the_log() -> None:
    """When the stream begins above the position, the log closes the hole."""
    bus, source = FlakyBus(), Source(0)
    reader = follower(bus, refill=source)
    assert await read(reader, 1) == []
    await bus.append_many("s", [entry(10, 12)])
    source.upto = 11
    assert await read(reader, 3) == list(range(1, 13))
    assert reader.synced


async def test_a_wipe_leads_to_the_log_and_back() -> None:
    """A new generation means reading the log; then the stream of that generation continues."""
    bus, source = FlakyBus(), Source(0)
    await bus.set_generation("one")
    await bus.append_many("s", [entry(1, 4)])
    reader = follower(bus, refill=source)
    assert await read(reader, 1) == [1, 2, 3, 4]
    await bus.wipe()
    source.upto = 6
    assert await read(reader, 1) == [5, 6]
    await bus.set_generation("two")
    await bus.append_many("s", [entry(7, 9)])
    assert await read(reader, 3) == [7, 8, 9]
    assert reader.status()["resets"] == 2


async def test_without_refill_the_caller_finds_the_place() -> None:
    """A wipe or a hole that nothing fills is told, and reading goes on where the caller says."""
    bus = FlakyBus()
    await bus.set_generation("one")
    await bus.append_many("s", [entry(1, 4)])
    reader = follower(bus)
    assert await read(reader, 1) == [1, 2, 3, 4]
    await bus.wipe()
    with pytest.raises(Resync, match="generation"):
        await reader.read()
    await bus.append_many("s", [entry(9, 10)])
    with pytest.raises(Resync, match="begins at 9"):
        await reader.read()
    reader.seek(8)
    assert await read(reader, 1) == [9, 10]


async def test_a_bus_that_is_away_is_read_around() -> None:
    """While the bus does not answer, the log is read; afterwards the stream again."""
    bus, source = FlakyBus(), Source(2)
    reader = follower(bus, refill=source)
    await bus.append_many("s", [entry(1, 5)])
    bus.down = 3
    assert await read(reader, 1) == [1, 2]
    source.upto = 3
    assert await read(reader, 1) == [3]
    assert reader.status()["synced"] == 0
    assert await read(reader, 2) == []
    assert await read(reader, 1) == [4, 5]
    assert reader.status()["synced"] == 1
    assert reader.status()["unavailable"] == 3


async def test_a_bus_that_is_away_is_waited_for() -> None:
    """Without a refill nothing comes while the bus does not answer, and nothing is lost."""
    bus = FlakyBus()
    await bus.append_many("s", [entry(1, 5)])
    reader = follower(bus)
    bus.down = 2
    assert await read(reader, 2) == []
    assert await read(reader, 1) == [1, 2, 3, 4, 5]


async def test_a_log_that_is_away_is_waited_for() -> None:
    """A log that cannot be reached is no end: the reader stays where it is and asks again."""
    bus, source = FlakyBus(), Source(4)
    source.fails = True
    reader = follower(bus, refill=source)
    assert await read(reader, 2) == []
    source.fails = False
    assert await read(reader, 1) == [1, 2, 3, 4]


async def test_what_was_read_before_the_log_broke_counts() -> None:
    """A refill that breaks off half way leaves out nothing: the next read goes on behind it."""
    source = Source(9)
    source.breaks_after = 5
    reader = follower(FlakyBus(), refill=source)
    assert await read(reader, 2) == [1, 2, 3, 4, 5, 6, 7, 8, 9]


async def test_a_hole_that_never_closes_is_told() -> None:
    """A refill that has nothing for a hole ends in Resync after a bounded number of attempts."""
    bus = FlakyBus()
    await bus.append_many("s", [entry(5, 6)])
    source = Source(0)
    reader = follower(bus, refill=source)
    with pytest.raises(Resync):
        await read(reader, HOLE_ATTEMPTS_MAX + 1)
    assert len(source.asked) <= HOLE_ATTEMPTS_MAX + 2


async def test_a_refill_with_a_hole_is_corrupt() -> None:
    """The log itself must continue the position; anything else is an error of ours."""

    async def holey(after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        yield entry(after + 2, after + 3)

    with pytest.raises(CorruptError, match="has 2 after 0"):
        await follower(FlakyBus(), refill=holey).read()


async def test_a_long_refill_is_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One read takes a bounded part of a refill, and the next goes on before the stream."""
    monkeypatch.setattr(follow, "REFILL_BYTES_MAX", 200)
    bus, source = FlakyBus(), Source(20)
    await bus.append_many("s", [entry(18, 22)])
    reader = follower(bus, refill=source)
    assert await read(reader, 1) == list(range(1, 10))
    assert await read(reader, 3) == list(range(10, 23))
