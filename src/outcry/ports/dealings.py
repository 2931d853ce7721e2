"""Dealings: orders and trades of accounts, by name and page by page from the newest on.

The same laws as `outcry.ports.queries`, of which this is a part. A page is asked for by what the
one before ended with, so it costs the same however far down it is.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from outcry.ports.projection import OrderRow, TradeRow


class TradePlace(NamedTuple):
    """Where a trade stands: a page holds the trades before one, newest first."""

    n: int
    trade_id: int


class TradeFilter(NamedTuple):
    """Which trades; 0 (and -1 for the outcome) is any. Times in microseconds, both included."""

    market_id: int = 0
    #: Of the account's own side.
    outcome: int = -1
    trade_id: int = 0
    from_us: int = 0
    upto_us: int = 2**63 - 1


class Dealings(Protocol):
    """Reads about orders and trades."""

    async def order_by_name(self, account: int, name: str) -> OrderRow | None:
        """Return the account's newest order whose client order id is *name*, of 64 characters."""
        ...

    async def orders_by_id(self, order_ids: Sequence[int]) -> list[OrderRow]:
        """Return the orders that exist among *order_ids*, by id."""
        ...

    async def live_orders(
        self, account: int, *, market_id: int, outcome: int, before: int, count: int
    ) -> list[OrderRow]:
        """Return the newest *count* orders that are new or open, with ids below *before* (0: any).

        Market 0 and outcome -1 are any.
        """
        ...

    async def trades_of(
        self, account: int, wanted: TradeFilter, *, before: TradePlace | None, count: int
    ) -> list[TradeRow]:
        """Return the account's own fills of the newest *count* trades before a place.

        Newest trade first, the fills of each in their order.
        """
        ...
