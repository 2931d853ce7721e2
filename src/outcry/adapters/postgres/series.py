"""Series in PostgreSQL, on connections of their own: no chart waits in front of another read."""

from collections.abc import Mapping, Sequence
from typing import Final, Self

import asyncpg

from outcry.adapters.postgres.connection import close, open_pool, unreachable_as
from outcry.adapters.postgres.tables import PORTFOLIOS, POSITION, TRADES, VERDICTS
from outcry.ports.projection import TablesUnavailable, TradeRow
from outcry.ports.rows import CandleRow, PortfolioRow, VerdictRow
from outcry.ports.series import LastTrades, Series, Turnover, check_count, stored_seconds


READERS_MAX: Final = 4
ANSWER_TIMEOUT_MS: Final = 5_000

_SETTINGS: Final = {
    "default_transaction_read_only": "on",
    "statement_timeout": str(ANSWER_TIMEOUT_MS),
}

#: $1 market, $2 stored seconds, $3 start, $4 end, $5 stored candles read, $6 seconds, $7 candles.
#: So many stored ones are at least $7 whole ones; an older one that they cut is left out.
CANDLES: Final = """
select $1::bigint, $6::bigint, start_us, (array_agg(open order by part))[1],
    max(high), min(low), (array_agg(close order by part desc))[1],
    sum(qty)::bigint, sum(value)::bigint, sum(trades)::bigint
from (
    select start_us as part, start_us - start_us % ($6::bigint * 1000000) as start_us,
        open, high, low, close, qty, value, trades
    from candles where market_id = $1 and seconds = $2 and start_us >= $3 and start_us < $4
    order by part desc limit $5
) c
group by start_us order by start_us desc limit $7
"""

#: $1 market, $2 and $3 fill that all are before, $4 most of them.
LAST_TRADES: Final = f"""
select p.n, {TRADES.selected("t")}
from projection p left join lateral (
    select * from trades where market_id = $1 and (trade_id, fill) < ($2, $3)
    order by trade_id desc, fill desc limit $4
) t on true
where p.name = '{POSITION}'
order by t.trade_id desc, t.fill desc
"""  # noqa: S608 - our own names

#: $1 markets.
NEWEST_TRADES: Final = f"""
select {TRADES.selected("t")}
from unnest($1::bigint[]) m (market_id) cross join lateral (
    select * from trades f where market_id = m.market_id and coalesce((
        select v.verdict from verdicts v where v.market_id = f.market_id
            and v.trade_id = f.trade_id and v.fill = f.fill order by v.n desc limit 1
    ), 1) <> 0 order by trade_id desc, fill desc limit 1
) t
"""  # noqa: S608 - our own names

#: $1 market, $2 trades, $3 fills of them. Oldest first.
VERDICTS_OF: Final = f"""
select {VERDICTS.selected("v")}
from unnest($2::bigint[], $3::bigint[]) f (trade_id, fill)
join verdicts v on v.market_id = $1 and v.trade_id = f.trade_id and v.fill = f.fill
order by v.n
"""  # noqa: S608 - our own names

#: $1 markets. Whole hours by the hour, the one that the 24 hours begin in by the minute.
DAY_VOLUMES: Final = f"""
with since as materialized (
    select at_us - 86400000000 as us,
        at_us - 86400000000 - at_us % 3600000000 + 3600000000 as hour
    from projection where name = '{POSITION}'
)
select m.market_id, sum(c.qty)::bigint
from since s cross join unnest($1::bigint[]) m (market_id) cross join lateral (
    select qty from candles
    where market_id = m.market_id and seconds = 3600 and start_us >= s.hour
    union all
    select qty from candles
    where market_id = m.market_id and seconds = 60
        and start_us > s.us - 60000000 and start_us < s.hour
) c
group by 1
"""  # noqa: S608 - our own name

#: $1 account, $2 microseconds between two, $3 start, $4 end, $5 most of them.
PORTFOLIO: Final = f"""
select {PORTFOLIOS.selected("p")} from portfolios p
where account = $1 and at_us >= $3 and at_us < $4 and at_us % $2 = 0
order by at_us desc limit $5
"""  # noqa: S608 - our own names

TURNOVER: Final = """
select coalesce(sum(volume), 0)::bigint, coalesce(sum(fees), 0)::bigint,
    coalesce(sum(trades), 0)::bigint
from turnovers where user_id = $1
"""

_ID_MAX: Final = (1 << 63) - 1


class PostgresSeries(Series):
    """Reads of one exchange. Make it with `connect`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def connect(cls, dsn: str, *, readers_max: int = READERS_MAX) -> Self:
        """Return reads of the tables in *dsn*, which `migrate` has made."""
        with unreachable_as(TablesUnavailable):
            return cls(
                await open_pool(
                    dsn, _SETTINGS, size_max=readers_max, timeout_ms=2 * ANSWER_TIMEOUT_MS
                )
            )

    async def candles(
        self, market_id: int, seconds: int, start_us: int, end_us: int, count_max: int
    ) -> list[CandleRow]:
        """Return candles; see `Series`."""
        stored = stored_seconds(seconds)
        check_count(count_max)
        length_us = seconds * 1_000_000
        first_us, last_us = (-(-edge_us // length_us) * length_us for edge_us in (start_us, end_us))
        rows = await self._fetch(
            CANDLES, market_id, stored, first_us, last_us,
            count_max * (seconds // stored), seconds, count_max,
        )  # fmt: skip
        return [CandleRow(*row) for row in reversed(rows)]

    async def last_trades(
        self, market_id: int, before: tuple[int, int] | None, count_max: int
    ) -> LastTrades:
        """Return fills; see `Series`."""
        check_count(count_max)
        trade_id, fill = before or (_ID_MAX, 0)
        rows = await self._fetch(LAST_TRADES, market_id, trade_id, fill, count_max)
        found = [TradeRow(*row[1:]) for row in map(tuple, rows) if row[1] is not None]
        return LastTrades(found, rows[0][0] if rows else 0)

    async def newest_trades(self, market_ids: Sequence[int]) -> Mapping[int, TradeRow]:
        """Return newest fills; see `Series`."""
        rows = await self._fetch(NEWEST_TRADES, list(set(market_ids)))
        return {row.market_id: row for row in (TradeRow(*row) for row in rows)}

    async def verdicts(
        self, market_id: int, fills: Sequence[tuple[int, int]]
    ) -> Mapping[tuple[int, int], VerdictRow]:
        """Return verdicts; see `Series`."""
        check_count(max(1, len(fills)))
        trades, numbers = [fill[0] for fill in fills], [fill[1] for fill in fills]
        rows = await self._fetch(VERDICTS_OF, market_id, trades, numbers) if fills else []
        return {(row.trade_id, row.fill): row for row in (VerdictRow(*row) for row in rows)}

    async def day_volumes(self, market_ids: Sequence[int]) -> Mapping[int, int]:
        """Return lots of the last 24 hours; see `Series`."""
        return {row[0]: row[1] for row in await self._fetch(DAY_VOLUMES, list(market_ids))}

    async def portfolio(
        self, account: int, seconds: int, start_us: int, end_us: int, count_max: int
    ) -> list[PortfolioRow]:
        """Return worths; see `Series`."""
        check_count(count_max)
        rows = await self._fetch(
            PORTFOLIO, account, seconds * 1_000_000, start_us, end_us, count_max
        )
        return [PortfolioRow(*row) for row in reversed(rows)]

    async def turnover(self, user_id: int) -> Turnover:
        """Return what the user ever traded."""
        (row,) = await self._fetch(TURNOVER, user_id)
        return Turnover(*row)

    async def close(self) -> None:
        """Let go of connections."""
        await close(self._pool)

    async def _fetch(self, text: str, *arguments: object) -> list[asyncpg.Record]:
        with unreachable_as(TablesUnavailable):
            rows: list[asyncpg.Record] = await self._pool.fetch(text, *arguments)
        return rows
