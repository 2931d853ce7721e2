"""Series: how prices and portfolios went over time, as rows. Pure.

Everything is derived from fills and from the ledger at full hours of its own time, so the same log
gives the same series, however it is cut into batches.
"""

from collections import defaultdict
from typing import Final

from outcry.domain.ids import COLLATERAL, FIRST_ACCOUNT, asset_market
from outcry.domain.ledger.effects import Fill
from outcry.domain.ledger.state import Ledger, Market, split_key
from outcry.domain.market import PAID_STATES, own_price
from outcry.domain.units import MICROS_PER_SECOND, TICKS_PER_UNIT
from outcry.ports.rows import CANDLE_SECONDS, CandleRow, PortfolioRow, TurnoverRow


HOUR_US: Final = 3_600 * MICROS_PER_SECOND
DAY_US: Final = 24 * HOUR_US


class Candles:
    """What some fills add to the candles of their markets."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int, int], CandleRow] = {}

    def __len__(self) -> int:
        """Return how many candles there are."""
        return len(self._rows)

    def add(self, fill: Fill) -> None:
        """Take one fill; they come in order."""
        for seconds in CANDLE_SECONDS:
            start_us = fill.at_us - fill.at_us % (seconds * MICROS_PER_SECOND)
            key = fill.market_id, seconds, start_us
            price = fill.price
            value = price * fill.qty
            row = CandleRow(*key, price, price, price, price, fill.qty, value, 1)
            stands = self._rows.get(key)
            self._rows[key] = stands.then(row) if stands else row

    def rows(self) -> list[CandleRow]:
        """Return the candles."""
        return list(self._rows.values())


class Turnovers:
    """What some fills add to the days of those who traded."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int], TurnoverRow] = {}

    def __len__(self) -> int:
        """Return how many days of accounts there are."""
        return len(self._rows)

    def add(self, fill: Fill) -> None:
        """Take both sides of one fill."""
        day_us = fill.at_us - fill.at_us % DAY_US
        for account, outcome, fee in (
            (fill.taker_account, fill.taker_outcome, fill.taker_fee),
            (fill.maker_account, fill.maker_outcome, fill.maker_fee),
        ):
            volume = own_price(outcome, fill.price) * fill.qty
            row = TurnoverRow(account, day_us, volume, fee, 1)
            stands = self._rows.get((account, day_us))
            self._rows[account, day_us] = stands.then(row) if stands else row

    def rows(self) -> list[TurnoverRow]:
        """Return the days."""
        return list(self._rows.values())


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
