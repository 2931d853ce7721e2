"""The tables of a projection in memory: rows by key, in the order of their first write."""

from typing import TypeVar

from outcry.adapters.memory.waiters import Waiters
from outcry.ports.projection import (
    ActivityRow,
    BalanceRow,
    EventRow,
    KeyRow,
    MarketRow,
    OrderRow,
    PositionRow,
    Rows,
    TradeRow,
    UserRow,
)
from outcry.ports.rows import (
    AccountRow,
    AuditRow,
    CandleRow,
    JournalRow,
    LimitRow,
    PortfolioRow,
    ProfileRow,
    SeasonRow,
    TurnoverRow,
    VerdictRow,
    WithdrawalRow,
)


class MemoryTables:
    """What `MemoryProjection` writes and `MemoryQueries` reads."""

    def __init__(self) -> None:
        self.waiters = Waiters()
        self.clear()

    def clear(self) -> None:
        """Empty every table."""
        self.position = 0
        self.at_us = 0
        self.users: dict[int, UserRow] = {}
        self.keys: dict[int, KeyRow] = {}
        self.events: dict[int, EventRow] = {}
        self.markets: dict[int, MarketRow] = {}
        self.balances: dict[tuple[int, int], BalanceRow] = {}
        self.positions: dict[tuple[int, int], PositionRow] = {}
        self.orders: dict[int, OrderRow] = {}
        self.trades: dict[tuple[int, int, int], TradeRow] = {}
        self.journal: dict[tuple[int, int], JournalRow] = {}
        self.activity: dict[tuple[int, int, int], ActivityRow] = {}
        self.audit: dict[tuple[int, int], AuditRow] = {}
        self.candles: dict[tuple[int, int, int], CandleRow] = {}
        self.turnovers: dict[tuple[int, int], TurnoverRow] = {}
        self.portfolios: dict[tuple[int, int], PortfolioRow] = {}
        self.accounts: dict[int, AccountRow] = {}
        self.profiles: dict[int, ProfileRow] = {}
        self.seasons: dict[int, SeasonRow] = {}
        self.limits: dict[tuple[int, int], LimitRow] = {}
        self.verdicts: dict[tuple[int, int, int, int], VerdictRow] = {}
        self.withdrawals: dict[int, WithdrawalRow] = {}

    def write(self, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write *rows*, the position and the exchange's time there."""
        for user in rows.users:
            stands = self.users.get(user.user_id)
            self.users[user.user_id] = stands.then(user) if stands else user
        self.keys.update((row.key_id, row) for row in rows.keys)
        self.events.update((row.event_id, row) for row in rows.events)
        self.markets.update((row.market_id, row) for row in rows.markets)
        self.balances.update(((row.account, row.asset), row) for row in rows.balances)
        self.positions.update(((row.account, row.market_id), row) for row in rows.positions)
        self.orders.update((row.order_id, row) for row in rows.orders)
        self.trades.update(((row.market_id, row.trade_id, row.fill), row) for row in rows.trades)
        self.journal.update(((row.account, row.n), row) for row in rows.journal)
        self.activity.update(((row.account, row.n, row.leg), row) for row in rows.activity)
        self.audit.update(((row.n, row.leg), row) for row in rows.audit)
        for candle in rows.candles:
            key = candle.market_id, candle.seconds, candle.start_us
            self.candles[key] = self.candles[key].then(candle) if key in self.candles else candle
        for turnover in rows.turnovers:
            day = turnover.user_id, turnover.day_us
            known = self.turnovers.get(day)
            self.turnovers[day] = known.then(turnover) if known else turnover
        for profile in rows.profiles:
            shown = self.profiles.get(profile.user_id)
            self.profiles[profile.user_id] = shown.then(profile) if shown else profile
        self.seasons.update((row.season_id, row) for row in rows.seasons)
        self.portfolios.update(((row.account, row.at_us), row) for row in rows.portfolios)
        self.accounts.update((row.account, row) for row in rows.accounts)
        self.limits.update(((row.account, row.market_id), row) for row in rows.limits)
        self.verdicts.update((row[:4], row) for row in rows.verdicts)
        self.withdrawals.update((row.withdrawal_id, row) for row in rows.withdrawals)
        self.position = n_last
        self.at_us = max(self.at_us, at_us)
        self.waiters.wake()

    def dump(self) -> Rows:
        """Return every row, in the order of the keys."""
        return Rows(
            users=_by_key(self.users),
            keys=_by_key(self.keys),
            events=_by_key(self.events),
            markets=_by_key(self.markets),
            balances=_by_key(self.balances),
            positions=_by_key(self.positions),
            orders=_by_key(self.orders),
            trades=_by_key(self.trades),
            journal=_by_key(self.journal),
            activity=_by_key(self.activity),
            audit=_by_key(self.audit),
            candles=_by_key(self.candles),
            turnovers=_by_key(self.turnovers),
            portfolios=_by_key(self.portfolios),
            accounts=_by_key(self.accounts),
            profiles=_by_key(self.profiles),
            seasons=_by_key(self.seasons),
            limits=_by_key(self.limits),
            verdicts=_by_key(self.verdicts),
            withdrawals=_by_key(self.withdrawals),
        )


KeyT = TypeVar("KeyT", int, tuple[int, int], tuple[int, int, int], tuple[int, int, int, int])
RowT = TypeVar("RowT")


def _by_key(table: dict[KeyT, RowT]) -> list[RowT]:
    return [table[key] for key in sorted(table)]
