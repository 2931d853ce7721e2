"""Depth: what an entry says, and how the stream continues whatever happens."""

import asyncio
from itertools import pairwise

import pytest
from tests.support.numbering import Numbering
from tests.support.orders import MARKET, Desk
from tests.support.ticks import entry
from tests.support.waiting import until

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemorySnapshots
from outcry.domain.ids import trade_id
from outcry.kernel.naive import NaiveEngine
from outcry.messages import streams
from outcry.messages.book_updates import BookUpdate, Level, PublicTrade, unpack_depth
from outcry.messages.level_snapshots import LEVELS_VERSION, unpack_levels
from outcry.ports.bus import StreamEntry
from outcry.runtime import follow
from outcry.runtime.publish import Ahead, Unreachable
from outcry.services.depth.config import DepthConfig
from outcry.services.depth.entries import DepthRing
from outcry.services.depth.service import Depth
from outcry_wire.records import InstrumentState, MatchKind, Side
from outcry_wire.snapshot import RULES_VERSION


DEPTH = streams.depth(0)
OPEN, CLOSED = InstrumentState.OPEN, InstrumentState.CLOSED


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are bounded, not long."""
    monkeypatch.setattr(follow, "PAUSE_MIN_S", 0.0001)
    monkeypatch.setattr(follow, "PAUSE_MAX_S", 0.0002)


class World:
    """A shard whose facts appear on the stream the moment they are numbered."""

    def __init__(self) -> None:
        self.bus = MemoryBus()
        self.log = MemoryLedgerLog()
        self.snapshots = MemorySnapshots()
        self.ledger = Numbering(self.bus, self.log)
        self.desk = Desk()

    def depth(self, config: DepthConfig | None = None) -> Depth:
        """Return a new depth service."""
        config = config or DepthConfig(interval_ms=0, wait_ms=0)
        return Depth(config, bus=self.bus, log=self.log, snapshots=self.snapshots)

    async def send(self, *records: bytes, apply: bool = False) -> None:
        """Number *records* and put their facts on the stream, applied or not."""
        made = len(self.ledger.facts)
        first = self.ledger.numbered + 1
        await self.ledger.number(list(records))
        body = bytes(self.ledger.facts[made:])
        await self.bus.append(streams.facts(0), first, self.ledger.numbered, body)
        if apply:
            await self.ledger.commit_facts(self.ledger.numbered)

    def entries(self) -> list[StreamEntry]:
        """Return the depth stream."""
        return list(self.bus._stream(DEPTH).entries)

    def updates(self) -> list[BookUpdate]:
        """Return every update on the depth stream."""
        return [update for one in self.entries() for update in unpack_depth(one.body).updates]


async def catch_up(depth: Depth) -> None:
    """Let *depth* read the log, then the stream, and publish."""
    for _ in range(3):
        await depth.step()


@pytest.fixture
async def world() -> World:
    """Return a shard with one open market."""
    world = World()
    await world.ledger.open()
    await world.send(world.desk.add(), apply=True)
    return world


async def test_an_entry_says_how_levels_stand(world: World) -> None:
    """Totals after the entry, fills with their public numbers, and the chain of update ids."""
    depth = world.depth()
    await depth.start()
    await world.send(world.desk.buy(1, 4_000, 5), world.desk.buy(2, 4_000, 7))
    await catch_up(depth)
    await world.send(world.desk.sell(3, 3_900, 6))
    await catch_up(depth)
    first, second = world.updates()
    assert first == BookUpdate(MARKET, 1, 3, 3_000, OPEN, [Level(True, 4_000, 12)], [])
    assert second.prev_update_id == first.update_id
    assert second.levels == [Level(True, 4_000, 6)]
    kind = MatchKind.TRANSFER
    assert second.trades == [
        PublicTrade(trade_id(0, 4), 0, 4_000, 5, kind, 0, Side.SELL, 4_000),
        PublicTrade(trade_id(0, 4), 1, 4_000, 1, kind, 0, Side.SELL, 4_000),
    ]
    assert [(one.first, one.last) for one in world.entries()] == [(2, 3), (4, 4)]


async def test_no_outcome_bids_as_it_should(world: World) -> None:
    """Who sells NO bids and who buys NO asks, in outcome-0 ticks; a mint is a public trade too."""
    depth = world.depth()
    await depth.start()
    sell = world.desk.order(1, Side.SELL, 4_000, 5, outcome=1)
    await world.send(sell, world.desk.order(2, Side.BUY, 4_500, 8, outcome=1))
    await catch_up(depth)
    await world.send(world.desk.order(3, Side.BUY, 4_500, 2))
    await catch_up(depth)
    first, second = world.updates()
    assert first.levels == [Level(True, 4_000, 5), Level(False, 4_500, 8)]
    assert second.levels == [Level(False, 4_500, 6)]
    assert [trade.match for trade in second.trades] == [MatchKind.MINT]


async def test_quiet_commands_are_covered(world: World) -> None:
    """Commands that change no book still move the stream on, with nothing in the entry."""
    depth = world.depth()
    await depth.start()
    await world.send(world.desk.tick(), world.desk.cancel(99))
    await catch_up(depth)
    (only,) = world.entries()
    assert (only.first, only.last) == (2, 3)
    assert world.updates() == []


async def test_a_close_empties_the_book(world: World) -> None:
    """Closing says the state and that every level is gone."""
    depth = world.depth()
    await depth.start()
    await world.send(world.desk.buy(1, 4_000, 5), world.desk.sell(2, 6_000, 5))
    await catch_up(depth)
    await world.send(world.desk.set_state(CLOSED))
    await catch_up(depth)
    update = world.updates()[-1]
    assert update.state == CLOSED
    assert update.levels == [Level(True, 4_000, 0), Level(False, 6_000, 0)]


async def test_a_restart_continues_the_stream(world: World) -> None:
    """A new depth says nothing again that is on the stream, and leaves out nothing after it."""
    depth = world.depth()
    await depth.start()
    await world.send(world.desk.buy(1, 4_000, 5), apply=True)
    await world.send(world.desk.buy(2, 4_100, 5))
    await catch_up(depth)
    before = world.entries()
    await world.send(world.desk.buy(3, 4_200, 5), apply=True)
    again = world.depth()
    await again.start()
    await catch_up(again)
    assert world.entries()[: len(before)] == before
    assert world.entries()[-1].first == before[-1].last + 1
    assert world.updates()[-1].levels == [Level(True, 4_200, 5)]
    assert [update.prev_update_id for update in world.updates()[1:]] == [
        update.update_id for update in world.updates()[:-1]
    ]


async def test_it_continues_from_a_newer_snapshot_with_whole_books(world: World) -> None:
    """When only a kernel newer than the stream is left, books are told whole, prev_update_id 0."""
    depth = world.depth()
    await depth.start()
    await world.send(world.desk.buy(1, 4_000, 5), apply=True)
    await catch_up(depth)
    await world.send(
        world.desk.cancel(1), world.desk.buy(2, 4_200, 3), world.desk.sell(3, 4_200, 1), apply=True
    )
    kernel = world.ledger.oracle.snapshot()
    world.snapshots.save("kernel-0", 1, world.ledger.applied, RULES_VERSION, kernel, floor=0)
    again = world.depth()
    await again.start()
    await world.send(world.desk.sell(4, 4_200, 1))
    await catch_up(again)
    update = world.updates()[-1]
    assert update.prev_update_id == 0
    assert update.levels == [Level(True, 4_200, 1)]
    assert [trade.trade_id for trade in update.trades] == [trade_id(0, 6)]
    assert [(one.first, one.last) for one in world.entries()] == [(2, 2), (3, 6)]


async def test_lost_entries_come_back_or_are_made_again(world: World) -> None:
    """The ring restores what the bus lost; beyond the ring depth recovers from the log."""
    config = DepthConfig(interval_ms=0, wait_ms=0, ring_bytes_max=1)
    for depth in (world.depth(), world.depth(config)):
        await depth.start()
        for _ in range(4):
            order = world.desk.seq + 1
            await world.send(world.desk.buy(order, 1_000 + order, 1), apply=True)
            await catch_up(depth)
        tail = world.ledger.numbered
        world.bus.throw_back(DEPTH, tail - 2)
        await world.send(world.desk.tick())
        try:
            await catch_up(depth)
        except Unreachable:
            await depth.recover()
            await catch_up(depth)
        numbers = [(one.first, one.last) for one in world.entries()]
        assert numbers[-1][1] == world.ledger.numbered
        assert all(b[0] == a[1] + 1 for a, b in pairwise(numbers))
        told = {level.price for update in world.updates() for level in update.levels}
        assert {1_000 + seq for seq in range(tail - 3, tail + 1)} <= told


async def test_levels_are_saved_when_the_ledger_has_them(world: World) -> None:
    """A copy waits until its facts are applied, and is then saved under its own seq."""
    config = DepthConfig(interval_ms=0, wait_ms=0, snapshot_interval_s=0.0, snapshot_commands_min=1)
    depth = world.depth(config)
    await depth.start()
    await world.send(world.desk.buy(1, 4_000, 5))
    await catch_up(depth)
    depth._saver._asked_at = float("-inf")
    await world.send(world.desk.buy(2, 4_100, 5))
    await catch_up(depth)
    assert world.snapshots.newest("levels-0", 1, LEVELS_VERSION, 100) is None
    await world.ledger.commit_facts(2)
    depth._saver._asked_at = float("-inf")
    await world.send(world.desk.tick())
    await catch_up(depth)
    saved = world.snapshots.newest("levels-0", 1, LEVELS_VERSION, 100)
    assert saved is not None
    assert saved.position == 2
    assert unpack_levels(saved.body).books[MARKET].bids == {4_000: 5}


async def test_it_refuses_a_stream_beyond_the_log(world: World) -> None:
    """A depth stream that shows commands which the log does not have is of a lost history."""
    await world.bus.append(DEPTH, 1, 9, b"")
    with pytest.raises(Ahead, match="reaches 9"):
        await world.depth().start()


async def test_it_runs(world: World) -> None:
    """Running, it joins what comes within the interval and misses nothing."""
    depth = world.depth(DepthConfig(interval_ms=5, wait_ms=50))
    await depth.start()
    run = asyncio.create_task(depth.run())
    try:
        for order_id in range(1, 40):
            await world.send(world.desk.buy(order_id, order_id, order_id))
            await asyncio.sleep(0)
        await until(lambda: run.done() or world.bus._stream(DEPTH).tail() == 40)
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    levels = {lv.price: lv.qty for update in world.updates() for lv in update.levels}
    assert levels == {order_id: order_id for order_id in range(1, 40)}
    assert len(world.entries()) < 39


def test_the_ring_is_bounded() -> None:
    """The newest entry is always kept, older ones while there is room."""
    ring = DepthRing(len(entry(1, 2).body))
    for seq in range(1, 6):
        ring.add(entry(seq, seq))
    assert [one.first for one in ring.after(None)] == [4, 5]
    assert [one.first for one in ring.after(4)] == [5]
    ring.clear()
    assert list(ring.after(None)) == []


def test_the_oracle_agrees() -> None:
    """The desk's commands are taken by the kernel: no case above is about rejected orders."""
    kernel, desk = NaiveEngine(), Desk()
    kernel.process(desk.add() + desk.buy(1, 4_000, 5) + desk.sell(2, 6_000, 5))
    assert kernel.top(MARKET) == (4_000, 5, 6_000, 5)
