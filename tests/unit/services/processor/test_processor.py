"""The processor: news come from the committed log, under its numbers, whoever dies in between."""

import asyncio

import pytest
from tests.support.venue import Venue, limit

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
    async with asyncio.timeout(10):
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
