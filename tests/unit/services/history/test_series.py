"""Candles, turnovers and portfolios: what the trades of the log add up to."""

from collections import defaultdict

from tests.support.venue import Venue, limit
from tests.unit.services.history.test_history import caught_up, history, trade_a_while

from outcry.adapters.memory import MemoryProjection
from outcry.domain.ids import COLLATERAL, FIRST_ACCOUNT, token_asset
from outcry.domain.market import own_price
from outcry.messages.requests import ResolveOp, SplitOp
from outcry.ports.rows import CANDLE_SECONDS
from outcry.services.history.config import HistoryConfig
from outcry.services.history.series import HOUR_US
from outcry_wire.records import Side


HUNDRED = 100_000_000
MINUTE = 60_000_000


async def test_series_say_what_the_trades_say() -> None:
    """However batches are cut, candles and turnovers are the sums of the trades, to the micro."""
    projection = MemoryProjection()
    async with Venue().running() as venue, history(venue, projection, HistoryConfig(3)):
        await trade_a_while(venue, 11, 60)
        venue.clock.set(venue.clock.now_us() + 90 * MINUTE)
        await trade_more(venue)
        await caught_up(projection, venue)
        owners = venue.asset.ledger.owners
    tables = projection.tables
    assert len({row.start_us for row in tables.candles.values() if row.seconds == 60}) > 1
    for seconds in CANDLE_SECONDS:
        candles = [row for row in tables.candles.values() if row.seconds == seconds]
        assert sum(row.trades for row in candles) == len(tables.trades)
        for candle in candles:
            inside = [
                trade
                for _, trade in sorted(tables.trades.items())
                if trade.market_id == candle.market_id
                and candle.start_us <= trade.at_us < candle.start_us + seconds * 1_000_000
            ]
            prices = [trade.price for trade in inside]
            assert candle[3:] == (
                prices[0], max(prices), min(prices), prices[-1], sum(t.qty for t in inside),
                sum(t.price * t.qty for t in inside), len(inside),
            )  # fmt: skip
    volumes: defaultdict[int, int] = defaultdict(int)
    for trade in tables.trades.values():
        for account, outcome in (
            (trade.taker_account, trade.taker_outcome),
            (trade.maker_account, trade.maker_outcome),
        ):
            volumes[owners[account]] += own_price(outcome, trade.price) * trade.qty
    turnovers: defaultdict[int, int] = defaultdict(int)
    for row in tables.turnovers.values():
        turnovers[row.user_id] += row.volume
    assert turnovers == volumes


async def trade_more(venue: Venue) -> None:
    """Let two newcomers trade once in the first market."""
    dan, eve = [await venue.user(name, HUNDRED) for name in ("dan", "eve")]
    await venue.placed(limit(dan, 1, Side.BUY, 9_900, 10))
    await venue.placed(limit(eve, 1, Side.BUY, 9_900, 10, outcome=1))


async def test_worth_is_noted_each_hour_and_midnight() -> None:
    """Who holds tokens that move is noted each hour, everybody at midnight; tokens at last price.

    A resolved market pays its payout and moves nobody any more.
    """
    projection = MemoryProjection()
    async with Venue().running() as venue, history(venue, projection):
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        await at_next(venue, 24 * HOUR_US)
        market = await venue.market("rain")
        await venue.fund(SplitOp(1, ann, market, 1_000, ""))
        await venue.placed(limit(ann, market, Side.SELL, 7_000, 100))
        await venue.placed(limit(bob, market, Side.BUY, 7_000, 100))
        first = await at_next(venue, HOUR_US)
        await venue.placed(limit(ann, market, Side.SELL, 2_000, 1))
        await venue.placed(limit(bob, market, Side.BUY, 2_000, 1))
        await venue.close(market)
        await venue.fund(ResolveOp(0, market, 0, 10_000))
        quiet = await at_next(venue, HOUR_US)
        midnight = await at_next(venue, 24 * HOUR_US)
        await caught_up(projection, venue)
        cash = {account: venue.balance(account, COLLATERAL)[0] for account in (ann, bob)}
        no = {account: venue.balance(account, token_asset(market, 1))[0] for account in (ann, bob)}
    rows = {key[::-1]: row[2:] for key, row in projection.tables.portfolios.items()}
    assert rows[first, ann] == (HUNDRED - 10_000_000 + 700_000, 900 * 7_000 + 1_000 * 3_000)
    assert rows[first, bob] == (HUNDRED - 700_000, 700_000)
    assert not [key for key in rows if key[0] == quiet]
    assert {key[1] for key in rows if key[0] == midnight} == {ann, bob}
    assert rows[midnight, ann] == (cash[ann], no[ann] * 10_000)
    assert rows[midnight, bob] == (cash[bob], no[bob] * 10_000)
    assert min(account for _, account in rows) >= FIRST_ACCOUNT


async def test_a_midnight_that_nobody_was_up_for_is_noted_after_it() -> None:
    """An exchange that comes back in the afternoon notes the day's begin, and the hour."""
    projection = MemoryProjection()
    async with Venue().running() as venue, history(venue, projection):
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market("rain")
        await venue.fund(SplitOp(1, ann, market, 1_000, ""))
        midnight = (venue.clock.now_us() // (24 * HOUR_US) + 3) * 24 * HOUR_US
        venue.clock.set(midnight + 15 * HOUR_US + 7)
        await venue.user("bob")
        await caught_up(projection, venue)
    noted = [key for key in projection.tables.portfolios if key[1] >= midnight]
    assert noted == [(ann, midnight), (ann, midnight + 15 * HOUR_US)]


async def at_next(venue: Venue, length_us: int) -> int:
    """Let the next multiple of *length_us* pass, with something in the log after it."""
    edge = (venue.clock.now_us() // length_us + 1) * length_us
    venue.clock.set(edge + 5)
    await venue.user(f"at {edge}")
    return edge
