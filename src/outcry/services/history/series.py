"""Series: how prices and portfolios went over time, as rows. Pure.

Everything is derived from fills and from the ledger at full hours of its own time, so the same log
gives the same series, however it is cut into batches.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from outcry.domain.ids import COLLATERAL, FIRST_ACCOUNT, asset_market
from outcry.domain.ledger.effects import Fill
from outcry.domain.ledger.state import Ledger, Market, split_key
from outcry.domain.market import PAID_STATES, own_price
from outcry.domain.units import MICROS_PER_SECOND, TICKS_PER_UNIT
from outcry.ports.rows import CANDLE_SECONDS, CandleRow, PortfolioRow, TurnoverRow
from outcry.runtime.rules_twin import twin_of


if TYPE_CHECKING:
    from outcry.services.history import hot_rows as hot
else:
    hot = twin_of("outcry.services.history.hot_rows")

HOUR_US: Final = 3_600 * MICROS_PER_SECOND
DAY_US: Final = 24 * HOUR_US
#: The shortest interval of a candle; it divides every other.
_SHORT_US: Final = CANDLE_SECONDS[0] * MICROS_PER_SECOND


class Candles:
    """What some fills add to the candles of their markets."""

    def __init__(self) -> None:
        #: By market and beginning of the shortest interval: open, high, low, close, qty, value,
        #: trades. Longer ones are made of these at the end: a fill costs one look-up.
        self._short: dict[tuple[int, int], list[int]] = {}

    def __len__(self) -> int:
        """Return at least how many candles there are."""
        return len(self._short)

    def add(self, fill: Fill) -> None:
        """Take one fill; they come in order."""
        hot.add_candle(self._short, fill, _SHORT_US)

    def rows(self) -> list[CandleRow]:
        """Return the candles of every interval."""
        rows: dict[tuple[int, int, int], CandleRow] = {}
        for (market_id, at_us), candle in self._short.items():
            for seconds in CANDLE_SECONDS:
                start_us = at_us - at_us % (seconds * MICROS_PER_SECOND)
                row = CandleRow(market_id, seconds, start_us, *candle)
                stands = rows.get(row[:3])
                rows[row[:3]] = stands.then(row) if stands else row
        return list(rows.values())


class Turnovers:
    """What some fills add to the days of those who traded."""

    def __init__(self) -> None:
        #: By account and day: volume, fees, trades.
        self._days: dict[tuple[int, int], list[int]] = {}

    def __len__(self) -> int:
        """Return how many days of accounts there are."""
        return len(self._days)

    def add(self, fill: Fill) -> None:
        """Take both sides of one fill."""
        hot.add_turnover(self._days, fill, DAY_US)

    def rows(self, owners: Mapping[int, int]) -> list[TurnoverRow]:
        """Return the days of the *owners* of accounts."""
        rows: dict[tuple[int, int], TurnoverRow] = {}
        for (account, day_us), sums in self._days.items():
            row = TurnoverRow(owners[account], day_us, *sums)
            stands = rows.get(row[:2])
            rows[row[:2]] = stands.then(row) if stands else row
        return list(rows.values())


def portfolios(ledger: Ledger, before_us: int) -> list[PortfolioRow]:
    """Return what customers are worth, if *ledger* has passed a full hour since *before_us*.

    Each hour those whose worth moves with a market, each day everybody who has something.
    """
    hour_us = ledger.time_us - ledger.time_us % HOUR_US
    if before_us >= hour_us:
        return []
    cash: defaultdict[int, int] = defaultdict(int)
    tokens: dict[int, int] = {}
    moving: set[int] = set()
    for key, balance in ledger.balances.items():
        account, asset = split_key(key)
        if account < FIRST_ACCOUNT or not balance.total:
            continue
        if asset == COLLATERAL:
            cash[account] = balance.total
            continue
        market_id, outcome = asset_market(asset)
        market = ledger.markets[market_id]
        tokens[account] = tokens.get(account, 0) + balance.total * worth(market, outcome)
        if market.state not in PAID_STATES:
            moving.add(account)
    day_us = ledger.time_us - ledger.time_us % DAY_US
    everybody = cash.keys() | tokens.keys()
    told = [(account, day_us) for account in sorted(everybody) if before_us < day_us]
    told += [(account, hour_us) for account in sorted(moving) if hour_us > day_us]
    return [PortfolioRow(*key, cash[key[0]], tokens.get(key[0], 0)) for key in told]


def worth(market: Market, outcome: int) -> int:
    """Return the ticks that one share counts: its payout, last price, or half of everything."""
    if market.state in PAID_STATES:
        return market.payout[outcome]
    return own_price(outcome, market.last_price or TICKS_PER_UNIT // 2)
