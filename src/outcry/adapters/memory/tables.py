"""The tables of a projection in memory: rows by key, in the order of their first write."""

from typing import TypeVar

from outcry.adapters.memory.waiters import Waiters
from outcry.ports.projection import (
    ActivityRow,
    AuditRow,
    BalanceRow,
    EventRow,
    JournalRow,
    KeyRow,
    MarketRow,
    OrderRow,
    PositionRow,
    Rows,
    TradeRow,
    UserRow,
)


class MemoryTables:
    """What `MemoryProjection` writes and `MemoryQueries` reads."""

    def __init__(self) -> None:
        self.waiters = Waiters()
        self.clear()

    def clear(self) -> None:
        """Empty every table."""
        self.position = 0
        self.users: dict[int, UserRow] = {}
        self.keys: dict[int, KeyRow] = {}
        self.events: dict[int, EventRow] = {}
        self.markets: dict[int, MarketRow] = {}
        self.balances: dict[tuple[int, int], BalanceRow] = {}
        self.positions: dict[tuple[int, int], PositionRow] = {}
        self.orders: dict[int, OrderRow] = {}
        self.trades: dict[tuple[int, int], TradeRow] = {}
        self.journal: dict[tuple[int, int, int], JournalRow] = {}
        self.activity: dict[tuple[int, int, int], ActivityRow] = {}
        self.audit: dict[tuple[int, int], AuditRow] = {}

    def write(self, n_last: int, rows: Rows) -> None:
        """Write *rows* and the position."""
        self.users.update((row.user_id, row) for row in rows.users)
        self.keys.update((row.key_id, row) for row in rows.keys)
        self.events.update((row.event_id, row) for row in rows.events)
        self.markets.update((row.market_id, row) for row in rows.markets)
        self.balances.update(((row.account, row.asset), row) for row in rows.balances)
        self.positions.update(((row.account, row.market_id), row) for row in rows.positions)
        self.orders.update((row.order_id, row) for row in rows.orders)
        self.trades.update(((row.trade_id, row.fill), row) for row in rows.trades)
        self.journal.update(((row.account, row.n, row.leg), row) for row in rows.journal)
        self.activity.update(((row.account, row.n, row.leg), row) for row in rows.activity)
        self.audit.update(((row.n, row.leg), row) for row in rows.audit)
        self.position = n_last
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
        )


KeyT = TypeVar("KeyT", int, tuple[int, int], tuple[int, int, int])
RowT = TypeVar("RowT")


def _by_key(table: dict[KeyT, RowT]) -> list[RowT]:
    return [table[key] for key in sorted(table)]
