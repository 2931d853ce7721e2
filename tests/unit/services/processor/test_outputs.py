"""Outputs for the chain and for followers of markets: from the committed log, under its numbers."""

import asyncio

from tests.support.venue import Venue, limit

from outcry.domain.ids import trade_id
from outcry.domain.market import MarketMove, MarketState, SettlementMode
from outcry.messages.requests import MarketMoveOp
from outcry.messages.settlements import (
    MarketNews,
    SettlementRequest,
    unpack_news,
    unpack_requests,
)
from outcry.messages.streams import MARKET_EVENTS, SETTLEMENT_REQUESTS
from outcry.ports.bus import StreamEntry, Trimmed
from outcry_wire.records import MatchKind, Side


HUNDRED = 100_000_000


async def entries(venue: Venue, stream: str, upto: int) -> list[StreamEntry]:
    """Return what is on *stream* once it stands at *upto* or above."""
    generation, after = await venue.bus.generation(), 0
    found: list[StreamEntry] = []
    async with asyncio.timeout(90):
        while after < upto:
            try:
                found += await venue.bus.read(
                    stream, after, count_max=1_000, wait_ms=1_000, generation=generation
                )
                after = found[-1].last if found else after
            except Trimmed as trimmed:
                after = trimmed.first - 1
    return found


async def requests(venue: Venue, upto: int) -> list[tuple[int, SettlementRequest]]:
    """Return every settlement request with the number of its entry."""
    found = await entries(venue, SETTLEMENT_REQUESTS, upto)
    return [(entry.last, one) for entry in found for one in unpack_requests(entry.body)]


async def test_a_trade_of_a_chain_market_is_asked_for_once_with_all_its_fills() -> None:
    """One command, one request: each maker a fill with both sides; book markets ask for nothing."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        book = await venue.market("snow")
        market = await venue.market(settlement=SettlementMode.CHAIN)
        for where in (book, market):
            for price in (6_000, 6_100):
                await venue.placed(limit(ann, where, Side.BUY, price, 10))
        await venue.placed(limit(bob, book, Side.BUY, 4_000, 20, outcome=1))
        taken = await venue.placed(limit(bob, market, Side.BUY, 4_000, 20, outcome=1))

        ((n, request),) = await requests(venue, taken.result_n)
        assert n == taken.result_n
        assert (request.trade_id, request.market_id) == (trade_id(0, taken.update_id), market)
        assert [(fill.fill, fill.match, fill.price, fill.qty) for fill in request.fills] == [
            (0, MatchKind.MINT, 6_100, 10),
            (1, MatchKind.MINT, 6_000, 10),
        ]
        assert {fill.taker.account for fill in request.fills} == {bob}
        assert {fill.maker.account for fill in request.fills} == {ann}


async def test_a_wiped_bus_is_told_again_what_comes_after() -> None:
    """The stream continues under the numbers of the log after the bus lost everything."""
    venue = Venue()
    async with venue.running():
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market(settlement=SettlementMode.CHAIN)
        await venue.placed(limit(ann, market, Side.BUY, 6_000, 20))
        first = await venue.placed(limit(bob, market, Side.BUY, 4_000, 10, outcome=1))
        await requests(venue, first.result_n)
        await venue.bus.wipe()
        await venue.asset._publishers.keep_generation()
        second = await venue.placed(limit(bob, market, Side.BUY, 4_000, 10, outcome=1))
        n, request = (await requests(venue, second.result_n))[-1]
        assert (n, request.trade_id) == (second.result_n, trade_id(0, second.update_id))


async def test_every_move_of_a_market_is_news() -> None:
    """Listed, paused, resumed, closing, closed: each is told as the market stands after it."""
    async with Venue().running() as venue:
        market = await venue.market()
        for move in (MarketMove.PAUSE, MarketMove.RESUME, MarketMove.CLOSE):
            await venue.fund(MarketMoveOp(0, market, move, "test"))
        found = await entries(venue, MARKET_EVENTS, await venue.log.head())
        news: list[MarketNews] = [one for entry in found for one in unpack_news(entry.body)]
        told = [one.state for one in news if one.market_id == market]
        assert told == [
            MarketState.OPEN,
            MarketState.PAUSED,
            MarketState.OPEN,
            MarketState.CLOSING,
            MarketState.CLOSED,
        ]
