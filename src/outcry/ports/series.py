"""Series: reads of how prices, trades and portfolios went, for doors. Read-only, like `Queries`.

Laws, for every adapter: answers are of one moment; ``n`` says up to which log entry the tables
were. Times are microseconds of the exchange's own clock. Nothing here reads more than a bounded
number of rows, however long a market has traded.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from outcry.ports.projection import TradeRow
from outcry.ports.rows import CandleRow, PortfolioRow, VerdictRow


#: Most items of one answer.
SERIES_COUNT_MAX = 1_000
#: Lengths of candles that may be asked for, in seconds; each is made of at most 15 stored ones.
INTERVALS = (60, 300, 900, 3_600, 14_400, 86_400)


class Turnover(NamedTuple):
    """What a user ever traded, in micros."""

    volume: int
    fees: int
    trades: int


class LastTrades(NamedTuple):
    """Fills of a market, newest first, and the log entry that they are true for."""

    rows: list[TradeRow]
    n: int


class Series(Protocol):
    """Reads of one exchange."""

    async def candles(
        self, market_id: int, seconds: int, start_us: int, end_us: int, count_max: int
    ) -> list[CandleRow]:
        """Return the newest *count_max* candles that begin in ``[start_us, end_us)``, oldest first.

        *seconds* is one of `INTERVALS`. An interval in which nothing traded has no candle.
        """
        ...

    async def last_trades(
        self, market_id: int, before: tuple[int, int] | None, count_max: int
    ) -> LastTrades:
        """Return the newest fills of a market, or those before fill ``(trade_id, fill)``."""
        ...

    async def verdicts(
        self, market_id: int, fills: Sequence[tuple[int, int]]
    ) -> Mapping[tuple[int, int], VerdictRow]:
        """Return the last word of a chain on each of these ``(trade_id, fill)``, if there is one.

        At most `SERIES_COUNT_MAX` of them.
        """
        ...

    async def newest_trades(self, market_ids: Sequence[int]) -> Mapping[int, TradeRow]:
        """Return the newest fill of each of these markets, but for failed ones."""
        ...

    async def day_volumes(self, market_ids: Sequence[int]) -> Mapping[int, int]:
        """Return lots traded in the last 24 hours, to the minute; markets without any are absent.

        The hours end at the exchange's time of the last entry in the tables.
        """
        ...

    async def portfolio(
        self, account: int, seconds: int, start_us: int, end_us: int, count_max: int
    ) -> list[PortfolioRow]:
        """Return the newest *count_max* worths in ``[start_us, end_us)``, oldest first.

        *seconds* is 3,600 or 86,400: each full hour, or each midnight (UTC).
        """
        ...

    async def turnover(self, user_id: int) -> Turnover:
        """Return what the user ever traded, on all accounts."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def stored_seconds(seconds: int) -> int:
    """Return the length of the stored candles that one of *seconds* is made of.

    Raises ValueError when *seconds* is none of `INTERVALS`.
    """
    if seconds not in INTERVALS:
        raise ValueError(f"candles of {seconds} s; there are {', '.join(map(str, INTERVALS))}")
    return max(stored for stored in (60, 3_600, 86_400) if seconds % stored == 0)


def check_count(count_max: int) -> None:
    """Raise ValueError when nobody may ask for so many items."""
    if not 1 <= count_max <= SERIES_COUNT_MAX:
        raise ValueError(f"{count_max} items; an answer has 1 to {SERIES_COUNT_MAX}")
