"""Streams that lose their newest entries: the loss shows at the next tick and is made good."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.support.venue import Venue, limit
from tests.support.waiting import until

from outcry.messages.entry import NO_EVENTS, packed_events
from outcry.messages.streams import USER_EVENTS
from outcry.services.asset.config import AssetConfig
from outcry_wire.records import Side


#: Entries that each stream loses: about what a server that syncs each second may lose.
LOST = 5
#: After so many more ticks everything is there again; one is numbered each second.
TICKS_MAX = 2
STREAMS = ("commands:0", "facts:0")


async def place_for_ever(venue: Venue, account: int, market: int) -> None:
    """Load the venue."""
    while True:
        await venue.placed(limit(account, market, Side.BUY, 4_000, 1))


async def throw_back(venue: Venue) -> int:
    """Take the newest entries away from every stream; returns what is numbered by now."""
    for name in STREAMS:
        tail = await venue.bus.tail(name)
        assert tail is not None
        venue.bus.throw_back(name, tail - LOST)
    return venue.asset.ledger.shard(0).numbered


async def held(venue: Venue, name: str) -> bytes:
    """Return all records on a stream."""
    generation = await venue.bus.generation()
    records, after = b"", 0
    while found := await venue.bus.read(
        name, after, count_max=1_000, wait_ms=0, generation=generation
    ):
        records += b"".join(entry.body for entry in found)
        after = found[-1].last
    return records


async def told(venue: Venue) -> dict[int, bytes]:
    """Return the private events on the stream by the entries that they are of."""
    generation = await venue.bus.generation()
    found = await venue.bus.read(USER_EVENTS, 0, count_max=10_000, wait_ms=0, generation=generation)
    return {entry.last: entry.body for entry in found if entry.body != NO_EVENTS}


async def joined(runs: AsyncIterator[tuple[int, int, bytes]]) -> bytes:
    """Return all records of the log."""
    return b"".join([body async for _, _, body in runs])


async def ticked(venue: Venue) -> None:
    """Wait until `TICKS_MAX` more commands than are numbered now are carried out."""
    shard = venue.asset.ledger.shard(0)
    goal = shard.numbered + TICKS_MAX
    await until(lambda: shard.applied >= goal)


@pytest.mark.parametrize("state", ["idle", "loaded", "stopped"])
async def test_what_a_stream_lost_is_there_again_two_ticks_later(state: str) -> None:
    """Thrown back while idle, loaded or stopped, no stream lacks anything that the log has."""
    venue = Venue(config=AssetConfig(tick_interval_ms=50))
    numbered = 0
    async with venue.running():
        ann = await venue.user("ann", 10**12)
        market = await venue.market()
        for _ in range(2 * LOST):
            await venue.placed(limit(ann, market, Side.BUY, 4_000, 1))
        if state == "idle":
            numbered = await throw_back(venue)
            await ticked(venue)
        elif state == "loaded":
            load = asyncio.create_task(place_for_ever(venue, ann, market))
            await asyncio.sleep(0.05)
            numbered = await throw_back(venue)
            await ticked(venue)
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)
    if state == "stopped":
        numbered = await throw_back(venue)
        async with venue.running():
            await ticked(venue)

    for name, logged in zip(
        STREAMS, (venue.log.commands(0, 0), venue.log.facts(0, 0)), strict=True
    ):
        tail = await venue.bus.tail(name)
        assert tail is not None
        assert tail > numbered
        ours, theirs = await held(venue, name), await joined(logged)
        assert ours.startswith(theirs) or theirs.startswith(ours)


@pytest.mark.parametrize("state", ["idle", "loaded"])
async def test_private_events_that_the_stream_alone_lost_are_there_again(state: str) -> None:
    """Only the news are thrown back, beneath a processor that runs: the log gives them again."""
    venue = Venue(config=AssetConfig(tick_interval_ms=50))
    async with venue.running():
        ann = await venue.user("ann", 10**12)
        market = await venue.market()
        for _ in range(2 * LOST):
            await venue.placed(limit(ann, market, Side.BUY, 4_000, 1))
        await ticked(venue)
        load = asyncio.create_task(place_for_ever(venue, ann, market))
        if state == "idle":
            load.cancel()
        else:
            await asyncio.sleep(0.05)
        tail = await venue.bus.tail(USER_EVENTS)
        assert tail is not None
        news = sorted(await told(venue))
        venue.bus.throw_back(USER_EVENTS, news[-LOST])
        assert sorted(await told(venue)) == news[: 1 - LOST]
        await ticked(venue)
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
        await ticked(venue)
        heard = await told(venue)
        logged = {
            row.n: packed_events(row.body)
            for row in venue.log.rows
            if row.body and packed_events(row.body) != NO_EVENTS
        }
    assert heard.keys() >= set(news)
    assert heard == {n: body for n, body in logged.items() if n <= max(heard)}
