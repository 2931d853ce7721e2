"""Series over tables in memory: plain scans."""

from collections.abc import Mapping, Sequence

from outcry.adapters.memory.tables import MemoryTables
from outcry.domain.ledger.pending import Outcome
from outcry.ports.projection import TradeRow
from outcry.ports.rows import CandleRow, PortfolioRow, VerdictRow
from outcry.ports.series import LastTrades, Series, Turnover, check_count, stored_seconds


_MINUTE_US = 60_000_000
_DAY_US = 1_440 * _MINUTE_US


class MemorySeries(Series):
    """Reads the tables of a `MemoryProjection`."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    async def candles(
        self, market_id: int, seconds: int, start_us: int, end_us: int, count_max: int
    ) -> list[CandleRow]:
        """Return candles; see `Series`."""
        stored = stored_seconds(seconds)
        check_count(count_max)
        made: dict[int, CandleRow] = {}
        for key, row in sorted(self._tables.candles.items()):
            begin = row.start_us - row.start_us % (seconds * 1_000_000)
            if key[:2] == (market_id, stored) and start_us <= begin < end_us:
                named = row._replace(seconds=seconds, start_us=begin)
                made[begin] = made[begin].then(named) if begin in made else named
        return list(made.values())[-count_max:]

    async def last_trades(
        self, market_id: int, before: tuple[int, int] | None, count_max: int
    ) -> LastTrades:
        """Return fills; see `Series`."""
        check_count(count_max)
        found = [
            row
            for row in self._tables.trades.values()
            if row.market_id == market_id and (before is None or (row.trade_id, row.fill) < before)
        ]
        found.sort(key=lambda row: (row.trade_id, row.fill), reverse=True)
        return LastTrades(found[:count_max], self._tables.position)

    async def verdicts(
        self, market_id: int, fills: Sequence[tuple[int, int]]
    ) -> Mapping[tuple[int, int], VerdictRow]:
        """Return verdicts; see `Series`."""
        check_count(max(1, len(fills)))
        wanted = {(market_id, *fill) for fill in fills}
        found = [row for row in self._tables.verdicts.values() if row[:3] in wanted]
        return {(row.trade_id, row.fill): row for row in sorted(found, key=lambda row: row.n)}

    async def newest_trades(self, market_ids: Sequence[int]) -> Mapping[int, TradeRow]:
        """Return the newest fill of each market."""
        newest: dict[int, TradeRow] = {}
        said: dict[tuple[int, int, int], VerdictRow] = {}
        for verdict in sorted(self._tables.verdicts.values(), key=lambda one: one.n):
            said[verdict[:3]] = verdict
        for row in self._tables.trades.values():
            known = newest.get(row.market_id)
            last = said.get((row.market_id, row.trade_id, row.fill))
            failed = last is not None and last.verdict == Outcome.FAILED
            if (
                row.market_id in market_ids
                and not failed
                and (known is None or (row.trade_id, row.fill) > (known.trade_id, known.fill))
            ):
                newest[row.market_id] = row
        return newest

    async def day_volumes(self, market_ids: Sequence[int]) -> Mapping[int, int]:
        """Return lots of the last 24 hours; see `Series`."""
        since_us = self._tables.at_us - _DAY_US
        volumes: dict[int, int] = {}
        for row in self._tables.candles.values():
            recent = row.seconds == _MINUTE_US // 1_000_000 and row.start_us > since_us - _MINUTE_US
            if recent and row.market_id in market_ids:
                volumes[row.market_id] = volumes.get(row.market_id, 0) + row.qty
        return volumes

    async def portfolio(
        self, account: int, seconds: int, start_us: int, end_us: int, count_max: int
    ) -> list[PortfolioRow]:
        """Return worths; see `Series`."""
        check_count(count_max)
        found = [
            row
            for row in self._tables.portfolios.values()
            if row.account == account
            and start_us <= row.at_us < end_us
            and row.at_us % (seconds * 1_000_000) == 0
        ]
        return sorted(found)[-count_max:]

    async def turnover(self, user_id: int) -> Turnover:
        """Return what the user ever traded."""
        days = [row for row in self._tables.turnovers.values() if row.user_id == user_id]
        return Turnover(
            sum(row.volume for row in days),
            sum(row.fees for row in days),
            sum(row.trades for row in days),
        )

    async def close(self) -> None:
        """Do nothing: there is no connection."""
