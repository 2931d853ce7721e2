"""The processor: news come from the committed log, under its numbers, whoever dies in between."""

import asyncio

import pytest
from tests.support.ticks import ticks
from tests.support.venue import Venue, limit

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog
from outcry.messages import streams
from outcry.messages.entry import unpack_entry
from outcry.messages.streams import USER_EVENTS
from outcry.messages.user_events import BalanceState, FillDone, UserBatch, unpack_batches
from outcry.runtime.publish import Ahead
from outcry.services.processor.service import Processor
from outcry_wire.records import Side


HUNDRED = 100_000_000


async def heard(venue: Venue) -> dict[int, list[UserBatch]]:
    """Return what the stream has told, by entry."""
    entries = await venue.bus.read(
        USER_EVENTS, 0, count_max=1_000, wait_ms=0, generation=await venue.bus.generation()
    )
    return {entry.last: unpack_batches(entry.body) for entry in entries}


async def until_told(venue: Venue, n: int) -> None:
    """Return when the stream stands at entry *n* or above."""
    generation = await venue.bus.generation()
    async with asyncio.timeout(90):
        while not await venue.bus.read(
            USER_EVENTS, n - 1, count_max=1, wait_ms=1_000, generation=generation
        ):
            pass


async def test_news_of_an_entry_have_its_number_also_without_any_fact() -> None:
    """A deposit moves no order, and its user is told under the entry that says so."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        head = await venue.log.head()
        await until_told(venue, head)
        (batch,) = (await heard(venue))[head]
        assert batch.events == [BalanceState(ann, HUNDRED, 0)]


async def test_news_that_nobody_lived_to_publish_come_from_the_next_processor() -> None:
    """Facts were applied and then the processor died: the stream's tail says what is still due."""
    venue = Venue()
    async with venue.running():
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        told_n = await venue.log.head()
        await until_told(venue, told_n)
        await venue.placed(limit(ann, market, Side.BUY, 6_000, 10))
        await venue.placed(limit(bob, market, Side.BUY, 4_000, 10, outcome=1))
        await until_told(venue, await venue.log.head())
    venue.bus.throw_back(USER_EVENTS, told_n)
    async with venue.running():
        await until_told(venue, await venue.log.head())
        told = await heard(venue)
        logged = {
            row.n: unpack_entry(row.body).events
            for row in venue.log.rows[told_n:]
            if row.body and unpack_entry(row.body).events
        }
    fills = [
        event
        for n in logged
        for batch in told[n]
        for event in batch.events
        if isinstance(event, FillDone)
    ]
    assert {n: told[n] for n in logged} == logged
    assert len(fills) == 2


async def test_a_stream_of_news_beyond_the_log_is_of_a_lost_history() -> None:
    """News of entries that the log does not have end the start: somebody has to decide."""
    venue = Venue()
    await venue.bus.append(USER_EVENTS, 1, 50, b"\x90")
    processor = Processor(venue.bus, venue.log, None, [0])  # type: ignore[arg-type]
    with pytest.raises(Ahead):
        await processor.start()


class HeldAsset:
    """Notes the facts that it is offered, and answers when it is let."""

    def __init__(self) -> None:
        self.offered: list[tuple[int, int]] = []
        self.let_go = asyncio.Event()

    async def applied(self, _shard: int) -> int:
        """Nothing so far."""
        return 0

    async def apply(self, _shard: int, first: int, last: int, _body: bytes) -> int:
        """Answer when it is let."""
        self.offered.append((first, last))
        await self.let_go.wait()
        return last


@pytest.mark.parametrize("applies_max", [1, 3])
async def test_facts_are_offered_while_those_before_wait_for_their_commit(applies_max: int) -> None:
    """In order, and no further than its bound: a ledger elsewhere is asked one by one."""
    bus, asset = MemoryBus(), HeldAsset()
    await bus.set_generation("g")
    processor = Processor(bus, MemoryLedgerLog(), asset, [0], applies_max=applies_max)  # type: ignore[arg-type]
    await processor.start()
    running = asyncio.create_task(processor.run())

    for n in range(1, 6):
        await bus.append(streams.facts(0), n, n, ticks(n, n))
        await asyncio.sleep(0.01)
    assert asset.offered == [(n, n) for n in range(1, applies_max + 1)]

    asset.let_go.set()
    async with asyncio.timeout(120):
        while processor.status()["applied"] < 5:  # noqa: ASYNC110 - a figure, not an event
            await asyncio.sleep(0.01)
    assert [first for first, _ in asset.offered] == sorted({first for first, _ in asset.offered})
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
