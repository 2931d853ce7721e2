"""Books for doors: images of one moment, never back in time, and bounded subscribers."""

import asyncio

import pytest
from tests.support.numbering import Numbering
from tests.support.orders import MARKET, Desk

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemorySnapshots
from outcry.domain.errors import CorruptError
from outcry.domain.ids import trade_id
from outcry.messages import streams
from outcry.messages.book_updates import BookUpdate, DepthEntry, Level, PublicTrade, pack_depth
from outcry.ports.books import TopOfBook
from outcry.ports.bus import StreamEntry
from outcry.runtime import book_changes, follow
from outcry.runtime.books import SUBSCRIPTIONS_MAX, LiveBooks
from outcry_wire.records import InstrumentState, MatchKind, Side


DEPTH = streams.depth(0)
OPEN = InstrumentState.OPEN


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are bounded, not long."""
    monkeypatch.setattr(follow, "PAUSE_MIN_S", 0.0001)
    monkeypatch.setattr(follow, "PAUSE_MAX_S", 0.0002)


def trade(seq: int, price: int = 5_000) -> PublicTrade:
    """Return the first fill of command *seq*."""
    return PublicTrade(trade_id(0, seq), 0, price, 1, MatchKind.TRANSFER, 0, Side.BUY, seq)


def entry_of(
    first: int, last: int, prev: int, *levels: Level, trades: tuple[int, ...] = ()
) -> StreamEntry:
    """Return a depth entry with one update of the market, changed last at *last*."""
    made = [trade(seq) for seq in trades]
    update = BookUpdate(MARKET, prev, last, last * 10, OPEN, list(levels), made)
    return StreamEntry(first, last, pack_depth(DepthEntry([update])))


class World:
    """A log with one market at seq 1 and a bid at seq 2, and books that follow its stream."""

    def __init__(self) -> None:
        self.bus = MemoryBus()
        self.log = MemoryLedgerLog()
        self.snapshots = MemorySnapshots()
        self.ledger = Numbering(self.bus, self.log)
        self.desk = Desk()
        self.books = LiveBooks(self.bus, self.log, self.snapshots, wait_ms=0)

    async def show(self, *entries: StreamEntry) -> None:
        """Append to the depth stream and let the books take it."""
        await self.bus.append_many(DEPTH, entries)
        await self.books.step(0)


@pytest.fixture
async def world() -> World:
    """Return a world whose books have started."""
    world = World()
    await world.ledger.open()
    await world.ledger.number([world.desk.add(), world.desk.buy(1, 4_000, 5)])
    await world.ledger.commit_facts(2)
    await world.books.start()
    return world


async def test_who_must_not_see_an_older_book_waits(world: World) -> None:
    """Books that are far enough let on at once; others when they come so far, or too late."""
    assert await world.books.include(0, 2, 0)
    assert not await world.books.include(0, 3, 1)
    waiting = asyncio.create_task(world.books.include(0, 5, 60_000))
    await world.show(entry_of(3, 4, 2, Level(True, 4_100, 1)))
    assert not waiting.done()
    await world.show(entry_of(5, 5, 4, Level(True, 4_100, 0)))
    assert await waiting
    assert not world.books._waiting


async def test_they_start_from_the_log_and_follow_the_stream(world: World) -> None:
    """Levels come from committed facts first, then from the depth stream, in the right order."""
    assert world.books.status()["ready"] == 0
    image = world.books.book(MARKET)
    assert image is not None
    assert (image.update_id, image.bids, image.asks, image.last_price) == (2, [(4_000, 5)], [], 0)
    await world.show(
        entry_of(3, 4, 2, Level(True, 4_100, 1), Level(False, 6_000, 2), Level(False, 5_900, 3)),
        entry_of(5, 5, 4, Level(True, 4_000, 0), trades=(5,)),
    )
    assert world.books.status()["ready"] == 1
    now = world.books.book(MARKET)
    assert now is not None
    assert now.bids == [(4_100, 1)]
    assert now.asks == [(5_900, 3), (6_000, 2)]
    assert (now.update_id, now.at_us, now.last_price) == (5, 50, 5_000)
    assert world.books.top(MARKET) == TopOfBook(4_100, 5_900, 5_000)
    assert image.bids == [(4_000, 5)], "an image does not change afterwards"
    assert world.books.book(MARKET) is now, "and is made once"


async def test_unknown_markets_are_empty(world: World) -> None:
    """Nothing is known of a market that was never listed, and asking for it is no error."""
    assert world.books.book(99) is None
    assert world.books.top(99) == TopOfBook(0, 0, 0)
    assert world.books.state(99) is None
    assert world.books.state(MARKET) == OPEN
    assert world.books.market_ids() == [MARKET]


async def test_an_entry_around_the_position_is_right(world: World) -> None:
    """An entry that begins below what is known sets totals once and tells no known fill again."""
    subscription = world.books.subscribe()
    await world.show(entry_of(1, 4, 1, Level(True, 4_000, 9), trades=(2, 3, 4)))
    (change,) = subscription.take()
    assert change.prev_update_id == 2
    assert change.levels == {(True, 4_000): 9}
    assert [one.trade_id for one in change.trades] == [3, 4]


async def test_an_update_that_is_known_is_skipped(world: World) -> None:
    """A market that last changed at or below what is known stays as it is."""
    subscription = world.books.subscribe()
    update = BookUpdate(MARKET, 1, 2, 20, OPEN, [Level(True, 1, 1)], [])
    await world.show(StreamEntry(2, 3, pack_depth(DepthEntry([update]))))
    assert world.books.position(0) == 3
    assert subscription.take() == []
    assert world.books.top(MARKET).bid == 4_000


async def test_a_whole_book_replaces_what_was_known(world: World) -> None:
    """prev_update_id 0 means: forget the levels; subscribers are told to take the whole."""
    subscription = world.books.subscribe()
    await world.show(entry_of(3, 8, 0, Level(False, 7_000, 1)))
    image = world.books.book(MARKET)
    assert image is not None
    assert (image.bids, image.asks) == ([], [(7_000, 1)])
    (change,) = subscription.take()
    assert change.whole
    assert change.levels == {}


async def test_a_lost_stream_is_bridged_by_the_log(world: World) -> None:
    """When the stream begins above the position, the log is taken once it is further."""
    await world.show(entry_of(3, 3, 2, Level(True, 4_100, 1)))
    await world.bus.wipe()
    await world.ledger.number([world.desk.buy(2, 4_100, 1), world.desk.buy(3, 4_200, 2)])
    await world.show(entry_of(6, 6, 5, Level(True, 4_300, 1)))
    await world.books.step(0)
    assert world.books.position(0) == 3
    assert world.books.top(MARKET).bid == 4_100, "it does not go back to what is committed"
    await world.ledger.number([world.desk.tick()])
    await world.ledger.commit_facts(5)
    for _ in range(3):
        await world.books.step(0)
    image = world.books.book(MARKET)
    assert image is not None
    assert image.bids == [(4_300, 1), (4_200, 2), (4_100, 1), (4_000, 5)]
    assert world.books.position(0) == 6


async def test_a_silent_stream_is_bridged_by_the_log(world: World) -> None:
    """While depth says nothing, committed facts are told instead, and what it says late is old."""
    subscription = world.books.subscribe()
    await world.ledger.number([world.desk.sell(2, 4_000, 2), world.desk.sell(3, 6_000, 9)])
    await world.ledger.commit_facts(4)
    await world.books.step(0)
    assert world.books.top(MARKET) == TopOfBook(4_000, 6_000, 4_000)
    (change,) = subscription.take()
    assert (change.prev_update_id, change.update_id, change.whole) == (2, 4, False)
    assert change.levels == {(True, 4_000): 3, (False, 6_000): 9}
    assert [one.trade_id for one in change.trades] == [3]
    await world.show(entry_of(3, 3, 2, Level(True, 4_000, 3), trades=(3,)))
    assert subscription.take() == []
    await world.show(entry_of(4, 5, 3, Level(False, 6_000, 1), trades=(5,)))
    (change,) = subscription.take()
    assert change.prev_update_id == 4
    assert world.books.top(MARKET) == TopOfBook(4_000, 6_000, 5_000)


async def test_slow_subscribers_are_joined(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much happens, one change per market waits, of bounded size."""
    monkeypatch.setattr(book_changes, "JOINED_LEVELS_MAX", 3)
    monkeypatch.setattr(book_changes, "JOINED_TRADES_MAX", 2)
    slow, quick = world.books.subscribe(), world.books.subscribe()
    for seq in range(3, 9):
        await world.show(entry_of(seq, seq, seq - 1, Level(True, seq, 1), trades=(seq,)))
        (change,) = quick.take()
        assert (change.prev_update_id, change.update_id) == (seq - 1, seq)
        assert not change.whole
    await slow.wait()
    (joined,) = slow.take()
    assert (joined.prev_update_id, joined.update_id) == (2, 8)
    assert joined.whole
    assert joined.levels == {}
    assert [one.trade_id for one in joined.trades] == [7, 8]
    assert joined.trades_dropped == 4
    assert slow.take() == []


async def test_subscriptions_are_bounded_and_end(world: World) -> None:
    """There are at most so many subscriptions, and a closed one costs nothing more."""
    subscriptions = [world.books.subscribe() for _ in range(SUBSCRIPTIONS_MAX)]
    with pytest.raises(RuntimeError, match="subscriptions"):
        world.books.subscribe()
    for subscription in subscriptions:
        subscription.close()
    await world.show(entry_of(3, 3, 2, Level(True, 4_100, 1)))
    assert subscriptions[0].take() == []
    assert world.books.status()["subscriptions"] == 0


async def test_other_bytes_on_the_stream_are_corrupt(world: World) -> None:
    """An entry that does not decode stops the reader instead of leaving a hole."""
    with pytest.raises(CorruptError, match=r"3\.\.4"):
        await world.show(StreamEntry(3, 4, b"\xc1"))
