"""Closing a market with more orders than one step takes: bounded, exact, and never forgotten."""

from collections import Counter

import pytest
from tests.support.venue import Venue, limit
from tests.support.waiting import until

from outcry.domain.ledger.invariants import audit
from outcry.domain.market import MarketMove, MarketState
from outcry.messages.commands import CancelOrder, SetInstrument, unpack_commands
from outcry.messages.entry import Commands, Facts, unpack_entry
from outcry.messages.facts import OrderCancelled, unpack_facts
from outcry.messages.requests import EventMoveOp, MarketMoveOp
from outcry.messages.user_events import OrderState
from outcry.runtime.fold import Fold
from outcry.services.asset.config import AssetConfig
from outcry_wire.records import CancelReason, Side
from outcry_wire.rejects import Reject


STEP = 10
MONEY = 10**12


async def fill_book(venue: Venue, account: int, market: int, count: int) -> None:
    """Let *count* orders rest."""
    orders = [limit(account, market, Side.BUY, 4_000, 1) for _ in range(count)]
    for start in range(0, count, 1_000):
        # Whoever does not wait for results can be faster than the books, and is told to wait.
        results = await venue.asset.submit(orders[start : start + 1_000], wait_result=True)
        assert all(hasattr(result, "order_id") for result in results), results[0]
    await until(lambda: _applied(venue))


def _applied(venue: Venue) -> bool:
    shards = venue.asset.ledger.shards.values()
    return all(shard.applied == shard.numbered for shard in shards)


def state(venue: Venue, market: int) -> MarketState:
    """Return where the market is in its life."""
    return venue.asset.ledger.markets[market].state


def per_entry(venue: Venue) -> list[int]:
    """Return how many cancels each entry with any numbers, and how many facts of cancels it has."""
    counts = []
    for row in venue.log.rows:
        items = unpack_entry(row.body).items if row.body else []
        asked = told = 0
        for item in items:
            if isinstance(item, Commands):
                asked += sum(isinstance(one, CancelOrder) for one in unpack_commands(item.body))
            elif isinstance(item, Facts):
                told += sum(isinstance(one, OrderCancelled) for one in unpack_facts(item.body))
        counts += [count for count in (asked, told) if count]
    return counts


def folded(venue: Venue) -> Fold:
    """Return the fold of the whole log."""
    fold = Fold()
    for row in venue.log.rows:
        if row.body:
            fold.apply_entry(row.n, unpack_entry(row.body))
        else:
            fold.begin(row.n)
    return fold


def ends(venue: Venue) -> Counter[int]:
    """Count why orders ended, as the log tells it: it may be behind what is in memory."""
    return Counter(
        event.reason
        for row in venue.log.rows
        if row.body
        for batch in unpack_entry(row.body).events
        for event in batch.events
        if isinstance(event, OrderState) and event.reason
    )


async def test_a_large_book_is_closed_in_steps() -> None:
    """No command, entry or apply cancels more than a step; nothing is taken meanwhile."""
    venue = Venue(config=AssetConfig(closing_step_max=STEP))
    async with venue.running():
        ann = await venue.user("ann", MONEY)
        market = await venue.market()
        await fill_book(venue, ann, market, 9 * STEP + 5)
        await venue.fund(MarketMoveOp(0, market, MarketMove.CLOSE, "enough"))
        assert state(venue, market) == MarketState.CLOSING
        late = await venue.place(limit(ann, market, Side.BUY, 4_000, 1))
        assert late.reject == Reject.MARKET_NOT_OPEN  # type: ignore[union-attr]
        await until(lambda: state(venue, market) == MarketState.CLOSED)
        assert venue.balance(ann) == (MONEY, 0)
        audit(venue.asset.ledger)
        counts = per_entry(venue)
        assert len(counts) >= 2 * 9
        assert max(counts) == STEP
        books = [
            command.state
            for item in _commands(venue)
            for command in unpack_commands(item.body)
            if isinstance(command, SetInstrument)
        ]
        assert books == [3, 4]  # halted, then closed
        await until(lambda: ends(venue) == {CancelReason.CLOSED: 9 * STEP + 5})
        assert folded(venue).ledger.balances == venue.asset.ledger.balances


def _commands(venue: Venue) -> list[Commands]:
    return [
        item
        for row in venue.log.rows
        if row.body
        for item in unpack_entry(row.body).items
        if isinstance(item, Commands)
    ]


@pytest.mark.parametrize("after", [1, 2, 5])
async def test_whoever_comes_next_goes_on(after: int) -> None:
    """A ledger that stops between two steps is followed by one that takes the next."""
    venue = Venue(config=AssetConfig(closing_step_max=STEP, tick_interval_ms=20))
    async with venue.running():
        ann = await venue.user("ann", MONEY)
        market = await venue.market()
        await fill_book(venue, ann, market, 12 * STEP)
        await venue.fund(MarketMoveOp(0, market, MarketMove.CLOSE, "enough"))
        await until(lambda: len(venue.asset.ledger.orders) <= (12 - after) * STEP)
        assert state(venue, market) == MarketState.CLOSING
    async with venue.running():
        await until(lambda: state(venue, market) == MarketState.CLOSED)
        assert venue.balance(ann) == (MONEY, 0)
        audit(venue.asset.ledger)


async def test_markets_of_an_event_share_the_steps() -> None:
    """Several large books of one shard together cancel no more at once than one would."""
    venue = Venue(config=AssetConfig(closing_step_max=STEP, tick_interval_ms=20))
    async with venue.running():
        ann = await venue.user("ann", MONEY)
        markets = [await venue.market() for _ in range(3)]
        events = {venue.asset.ledger.markets[market].event_id for market in markets}
        for market in markets:
            await fill_book(venue, ann, market, 3 * STEP)
        for event in events:
            await venue.fund(EventMoveOp(0, event, MarketMove.CLOSE, "enough"))
        await until(lambda: all(state(venue, one) == MarketState.CLOSED for one in markets))
        assert max(per_entry(venue)) <= 2 * STEP
        audit(venue.asset.ledger)


@pytest.mark.timeout(300)
async def test_two_hundred_thousand_orders() -> None:
    """The size for which the steps are there, with those of the default configuration."""
    venue = Venue(config=AssetConfig(book_orders_max=10**6, account_orders_max=10**6))
    async with venue.running():
        ann = await venue.user("ann", MONEY)
        market = await venue.market()
        await fill_book(venue, ann, market, 200_000)
        await venue.fund(MarketMoveOp(0, market, MarketMove.CLOSE, "enough"))
        await until(lambda: state(venue, market) == MarketState.CLOSED)
        assert max(per_entry(venue)) <= 2 * venue.config.closing_step_max
        assert venue.balance(ann) == (MONEY, 0)
