"""Reads about orders and trades in memory. A part of `MemoryQueries`."""

from collections.abc import Sequence

from outcry.adapters.memory.tables import MemoryTables
from outcry.domain.order import OrderStatus
from outcry.ports.dealings import TradeFilter, TradePlace
from outcry.ports.projection import OrderRow, TradeRow


class MemoryDealings:
    """The part of `Queries` that is about orders and trades."""

    _tables: MemoryTables

    async def order_by_name(self, account: int, name: str) -> OrderRow | None:
        """Return the account's newest order with this client order id."""
        orders = self._tables.orders.values()
        found = [row for row in orders if (row.account, row.client_order_id) == (account, name)]
        return max(found, default=None)

    async def orders_by_id(self, order_ids: Sequence[int]) -> list[OrderRow]:
        """Return the orders that exist among *order_ids*, by id."""
        orders = self._tables.orders
        return [orders[one] for one in sorted(set(order_ids)) if one in orders]

    async def live_orders(
        self, account: int, *, market_id: int, outcome: int, before: int, count: int
    ) -> list[OrderRow]:
        """Return the newest orders that are new or open."""
        found = [
            row
            for row in self._tables.orders.values()
            if row.account == account
            and row.status <= OrderStatus.OPEN
            and market_id in (0, row.market_id)
            and outcome in (-1, row.outcome)
            and (not before or row.order_id < before)
        ]
        return sorted(found, reverse=True)[:count]

    async def trades_of(
        self, account: int, wanted: TradeFilter, *, before: TradePlace | None, count: int
    ) -> list[TradeRow]:
        """Return the account's own fills of the newest trades."""
        fills = [row for row in self._tables.trades.values() if _fits(row, account, wanted)]
        if before is not None:
            fills = [row for row in fills if (row.n, row.trade_id) < before]
        places = sorted({(row.n, row.trade_id) for row in fills}, reverse=True)[:count]
        return [
            row
            for place in places
            for row in sorted(fills, key=lambda one: one.fill)
            if (row.n, row.trade_id) == place
        ]


def _fits(row: TradeRow, account: int, wanted: TradeFilter) -> bool:
    if account == row.taker_account:
        outcome = row.taker_outcome
    elif account == row.maker_account:
        outcome = row.maker_outcome
    else:
        return False
    return (
        wanted.market_id in (0, row.market_id)
        and wanted.outcome in (-1, outcome)
        and wanted.trade_id in (0, row.trade_id)
        and wanted.from_us <= row.at_us <= wanted.upto_us
    )
