"""Reads about orders and trades. A part of `PostgresQueries`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

import asyncpg

from outcry.adapters.postgres.tables import ORDERS, TRADES
from outcry.ports.dealings import TradeFilter, TradePlace
from outcry.ports.projection import OrderRow, TradeRow


_ORDERS: Final = ORDERS.selected("o")
#: The condition of the indexes of names, word for word.
_NAMED: Final = "length(o.client_order_id) = 64"
ORDER_BY_NAME: Final = (
    f"select {_ORDERS} from orders o where o.client_order_id = $2 and {_NAMED} "  # noqa: S608 - our own texts
    "and o.account = $1 order by o.order_id desc limit 1"
)
ORDERS_BY_ID: Final = (
    f"select {_ORDERS} from orders o where o.order_id = any($1::bigint[]) order by o.order_id"  # noqa: S608 - our own texts
)
LIVE_ORDERS: Final = (
    f"select {_ORDERS} from orders_live o where o.account = $1 "  # noqa: S608 - our own texts
    "and ($2::bigint = 0 or o.market_id = $2) and ($3::integer = -1 or o.outcome = $3) "
    "and ($4::bigint = 0 or o.order_id < $4) order by o.order_id desc limit $5"
)
#: $1 account, $2 and $3 the place before, $4 trades, then the filter. ``offset 0`` has each trade
#: looked up by its key, however few rows the planner believes there to be.
_SIDE: Final = (
    "(select distinct n, trade_id, market_id from trades where {side}_account = $1 "
    "and (n, trade_id) < ($2::bigint, $3::bigint) "
    "and ($5::bigint = 0 or market_id = $5) and ($6::integer = -1 or {side}_outcome = $6) "
    "and ($7::bigint = 0 or trade_id = $7) and at_us between $8 and $9 "
    "order by n desc, trade_id desc limit $4)"
)
TRADES_OF: Final = f"""
select {TRADES.selected("f")} from (
    select n, trade_id, market_id from (
        {_SIDE.format(side="taker")} union {_SIDE.format(side="maker")}
    ) sides order by n desc, trade_id desc limit $4
) p cross join lateral (
    select {TRADES.selected("t")} from trades t
    where t.market_id = p.market_id and t.trade_id = p.trade_id and (
        (t.taker_account = $1 and ($6::integer = -1 or t.taker_outcome = $6))
        or (t.maker_account = $1 and ($6::integer = -1 or t.maker_outcome = $6))
    ) offset 0
) f order by f.n desc, f.trade_id desc, f.fill
"""  # noqa: S608 - our own texts
_NEWEST: Final = TradePlace(2**63 - 1, 2**63 - 1)


class DealingReads(ABC):
    """The part of `Queries` that is about orders and trades."""

    async def order_by_name(self, account: int, name: str) -> OrderRow | None:
        """Return the account's newest order with this client order id."""
        rows = await self._fetch(ORDER_BY_NAME, account, name)
        return OrderRow._make(rows[0]) if rows else None

    async def orders_by_id(self, order_ids: Sequence[int]) -> list[OrderRow]:
        """Return the orders that exist among *order_ids*, by id."""
        return [OrderRow._make(row) for row in await self._fetch(ORDERS_BY_ID, list(order_ids))]

    async def live_orders(
        self, account: int, *, market_id: int, outcome: int, before: int, count: int
    ) -> list[OrderRow]:
        """Return the newest orders that are new or open."""
        rows = await self._fetch(LIVE_ORDERS, account, market_id, outcome, before, count)
        return [OrderRow._make(row) for row in rows]

    async def trades_of(
        self, account: int, wanted: TradeFilter, *, before: TradePlace | None, count: int
    ) -> list[TradeRow]:
        """Return the account's own fills of the newest trades."""
        place = before or _NEWEST
        rows = await self._fetch(TRADES_OF, account, *place, count, *wanted)
        return [TradeRow._make(row) for row in rows]

    @abstractmethod
    async def _fetch(self, text: str, *arguments: object) -> list[asyncpg.Record]:
        """Return the rows of a text."""
