"""The laws of the series, for every adapter: what was written in pieces reads as one story."""

import pytest
from tests.contract.rows import MARKET, NO_ROWS, PORTFOLIO, TRADE, TURNOVER, VERDICT
from tests.contract.worlds import TablesWorld

from outcry.ports.projection import Rows
from outcry.ports.rows import CandleRow
from outcry.ports.series import INTERVALS, SERIES_COUNT_MAX, LastTrades, Turnover


MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
END = 1 << 62


async def apply(world: TablesWorld, rows: Rows, at_us: int = 0) -> None:
    """Write *rows* as the next entry."""
    n = await world.projection.position() + 1
    await world.projection.apply(n, n, rows, at_us)


def minute(number: int, price: int, qty: int = 1, market_id: int = 1) -> CandleRow:
    """Return the candle of one fill in a minute."""
    at = number * MINUTE
    return CandleRow(market_id, 60, at, price, price, price, price, qty, price * qty, 1)


async def test_empty_tables_have_no_story(tables_world: TablesWorld) -> None:
    """Every read of empty tables has an answer."""
    series = tables_world.series
    assert await series.candles(1, 60, 0, END, 10) == []
    assert await series.last_trades(1, None, 10) == ([], 0)
    assert await series.day_volumes([1, 2]) == {}
    assert await series.portfolio(1001, 3_600, 0, END, 10) == []
    assert await series.turnover(7) == (0, 0, 0)


async def test_a_candle_grows_over_batches(tables_world: TablesWorld) -> None:
    """Open is of the first batch, close of the last, extremes and sums of all."""
    for price, qty in ((5_000, 1), (5_400, 2), (4_800, 3), (5_100, 4)):
        await apply(tables_world, NO_ROWS._replace(candles=[minute(7, price, qty)]))

    (candle,) = await tables_world.series.candles(1, 60, 0, END, 10)

    value = 5_000 + 5_400 * 2 + 4_800 * 3 + 5_100 * 4
    assert candle == CandleRow(1, 60, 7 * MINUTE, 5_000, 5_400, 4_800, 5_100, 10, value, 4)


async def test_longer_candles_are_made_of_stored_ones(tables_world: TablesWorld) -> None:
    """Five minutes open with their first minute and close with their last; markets stay apart."""
    minutes = [minute(3, 5_000), minute(4, 5_600, 5), minute(5, 4_000), minute(11, 4_500)]
    await apply(tables_world, NO_ROWS._replace(candles=[*minutes, minute(4, 9_000, market_id=2)]))

    found = await tables_world.series.candles(1, 300, 0, END, 10)

    assert found == [
        CandleRow(1, 300, 0, 5_000, 5_600, 5_000, 5_600, 6, 33_000, 2),
        CandleRow(1, 300, 5 * MINUTE, 4_000, 4_000, 4_000, 4_000, 1, 4_000, 1),
        CandleRow(1, 300, 10 * MINUTE, 4_500, 4_500, 4_500, 4_500, 1, 4_500, 1),
    ]


async def test_the_newest_candles_of_a_span_are_whole(tables_world: TablesWorld) -> None:
    """A bound on the count drops the oldest and cuts none; the span includes its begin only."""
    minutes = [minute(number, 5_000 + number) for number in range(40)]
    await apply(tables_world, NO_ROWS._replace(candles=minutes))
    series = tables_world.series

    two = await series.candles(1, 300, 0, 35 * MINUTE, 2)
    assert [(row.start_us // MINUTE, row.trades) for row in two] == [(25, 5), (30, 5)]
    span = await series.candles(1, 60, 3 * MINUTE, 5 * MINUTE, 10)
    assert [row.start_us // MINUTE for row in span] == [3, 4]
    inside = await series.candles(1, 300, 3 * MINUTE, 12 * MINUTE, 10)
    assert [(row.start_us // MINUTE, row.trades) for row in inside] == [(5, 5), (10, 5)]


async def test_series_have_bounds(tables_world: TablesWorld) -> None:
    """Lengths that are not stored and counts outside 1 to SERIES_COUNT_MAX are a mistake."""
    series = tables_world.series
    for seconds in (0, 7, 30 * 86_400):
        with pytest.raises(ValueError, match="candles of"):
            await series.candles(1, seconds, 0, END, 10)
    for count in (0, SERIES_COUNT_MAX + 1):
        with pytest.raises(ValueError, match="items"):
            await series.last_trades(1, None, count)
    for seconds in INTERVALS:
        assert await series.candles(1, seconds, 0, END, SERIES_COUNT_MAX) == []


async def test_last_trades_go_back_fill_by_fill(tables_world: TablesWorld) -> None:
    """Newest first; the next page begins before the fill that is named, inside its trade too."""
    fills = [
        TRADE._replace(trade_id=trade, fill=fill)
        for trade, fill in ((1, 0), (2, 0), (2, 1), (2, 2), (3, 0))
    ]
    other = TRADE._replace(market_id=2, trade_id=9)
    await apply(tables_world, NO_ROWS._replace(trades=[*fills, other]))
    series = tables_world.series

    first = await series.last_trades(1, None, 2)
    assert first == LastTrades([fills[4], fills[3]], 1)
    second = await series.last_trades(1, (2, 2), 2)
    assert second.rows == [fills[2], fills[1]]
    assert (await series.last_trades(1, (1, 0), 2)).rows == []


async def test_the_newest_fill_of_each_market(tables_world: TablesWorld) -> None:
    """One fill for each market that was asked for and ever traded, the last of its last trade."""
    fills = [TRADE._replace(trade_id=trade, fill=fill) for trade, fill in ((1, 5), (2, 0), (2, 1))]
    other = TRADE._replace(market_id=2, trade_id=9)
    await apply(tables_world, NO_ROWS._replace(trades=[*fills, other]))
    series = tables_world.series

    assert await series.newest_trades([1, 1, 2, 3]) == {1: fills[2], 2: other}
    assert await series.newest_trades([3]) == {}
    assert await series.newest_trades([]) == {}


async def test_a_fill_that_failed_is_the_newest_once_it_settled_after_all(
    tables_world: TablesWorld,
) -> None:
    """Its last verdict counts, also where the same is said a second time."""
    fills = [TRADE._replace(trade_id=trade, fill=0) for trade in (1, 2)]
    await apply(tables_world, NO_ROWS._replace(trades=fills))
    series, found = tables_world.series, []

    for n, said in enumerate((0, 1, 2, 1), 2):
        verdict = VERDICT._replace(trade_id=2, verdict=said, tx_hash=f"0x{n}", n=n)
        await apply(tables_world, NO_ROWS._replace(verdicts=[verdict]))
        assert await series.verdicts(1, [(2, 0)]) == {(2, 0): verdict}
        found.append((await series.newest_trades([1]))[1])

    assert found == [fills[0], fills[1], fills[1], fills[1]]


async def test_a_day_ends_at_the_exchanges_time(tables_world: TablesWorld) -> None:
    """Volume of 24 hours counts whole minutes back from the time of the last entry."""
    now = 50 * HOUR + 30 * MINUTE + 5

    def traded(at: int, qty: int, market_id: int = 1) -> list[CandleRow]:
        return [
            CandleRow(market_id, seconds, at - at % (seconds * 1_000_000), 1, 1, 1, 1, qty, qty, 1)
            for seconds in (60, 3_600, 86_400)
        ]

    times = (now - DAY - 2 * MINUTE, now - DAY, now - 23 * HOUR, now)
    for qty, at in zip((1, 10, 100, 1_000), times, strict=True):
        await apply(tables_world, NO_ROWS._replace(candles=traded(at, qty)), at)
    await apply(tables_world, NO_ROWS._replace(candles=traded(now, 7, market_id=2)), now)

    assert await tables_world.series.day_volumes([1, 2, 3]) == {1: 1_110, 2: 7}
    assert await tables_world.series.day_volumes([2]) == {2: 7}
    assert await tables_world.series.day_volumes([]) == {}


async def test_portfolios_by_hour_and_by_midnight(tables_world: TablesWorld) -> None:
    """Hours are listed as written, midnights are those hours that begin a day."""
    hours = [PORTFOLIO._replace(at_us=hour * HOUR, cash=hour) for hour in range(20, 30)]
    await apply(tables_world, NO_ROWS._replace(portfolios=hours))
    series = tables_world.series

    assert await series.portfolio(1001, 3_600, 22 * HOUR, 25 * HOUR, 10) == hours[2:5]
    assert await series.portfolio(1001, 3_600, 0, END, 2) == hours[-2:]
    assert await series.portfolio(1001, 86_400, 0, END, 10) == [hours[4]]
    assert await series.portfolio(1002, 3_600, 0, END, 10) == []


async def test_turnover_sums_the_days(tables_world: TablesWorld) -> None:
    """Days of an account are summed, and a day over its batches."""
    rows = [TURNOVER, TURNOVER._replace(day_us=DAY, volume=7, fees=-1, trades=1)]
    await apply(tables_world, NO_ROWS._replace(turnovers=rows, markets=[MARKET]))
    await apply(tables_world, NO_ROWS._replace(turnovers=[TURNOVER]))

    assert await tables_world.series.turnover(7) == Turnover(300_007, 9, 5)
