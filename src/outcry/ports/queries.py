"""Queries: paged reads of the projection, for doors. Read-only; never on the order path.

Laws, for every adapter:

* Every answer is of one moment: ``n`` says up to which log entry the tables were.
* Pages are numbered from 1, at most `PAGE_SIZE_MAX` rows, in a total order that does not change
  between two pages of an unchanged table.
* Nothing here takes a lock that a writer of the log or the tables waits for.
* Substring search is literal: no character of the text has a special meaning.
"""

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from outcry.ports.dealings import Dealings
from outcry.ports.projection import (
    ActivityRow,
    BalanceRow,
    EventRow,
    KeyRow,
    MarketRow,
    OrderRow,
    PositionRow,
    TradeRow,
    UserRow,
)
from outcry.ports.rows import AccountRow, AuditRow, LimitRow, WithdrawalRow


PAGE_SIZE_MAX = 100

#: What `Queries.events` may be sorted by.
EVENT_SORTS = ("newest", "ending_soon", "volume")

RowT = TypeVar("RowT")


def rows_before(page: int, page_size: int) -> int:
    """Return how many rows come before *page*; raises ValueError when no such page exists."""
    if page < 1 or not 1 <= page_size <= PAGE_SIZE_MAX:
        raise ValueError(
            f"page {page} of {page_size} rows; pages count from 1 and hold 1 to {PAGE_SIZE_MAX}"
        )
    return (page - 1) * page_size


class Page(NamedTuple, Generic[RowT]):
    """Rows of one page, how many there are in all, and the log entry they are true for."""

    rows: list[RowT]
    total: int
    n: int


class AccountActivity(NamedTuple):
    """One line of an account's activity: a side of a fill, or a split, merge or redeem."""

    trade: TradeRow | None
    other: ActivityRow | None
    at_us: int


class Position(NamedTuple):
    """A position with the tokens that go with it."""

    row: PositionRow
    market: MarketRow
    qty_0: int
    held_0: int
    qty_1: int
    held_1: int


class AccountImage(NamedTuple):
    """Everything private of one account at one moment: what a private feed starts from.

    ``further`` are the other accounts of its user, of the same moment.
    """

    n: int
    balance: BalanceRow
    orders: list[OrderRow]
    positions: list[Position]
    further: tuple["AccountImage", ...] = ()


class Queries(Dealings, Protocol):
    """Reads of one exchange."""

    async def position(self) -> int:
        """Return the log entry up to which the tables are written."""
        ...

    async def wait_for(self, n: int, timeout_ms: int) -> bool:
        """Wait until the tables include entry *n*; False when *timeout_ms* passed before."""
        ...

    async def user_by_external_id(self, external_id: str) -> UserRow | None:
        """Return the user whose tokens have this subject."""
        ...

    async def user_by_address(self, address: str) -> UserRow | None:
        """Return the user with this address, however it is spelled; of several the first one."""
        ...

    async def user(self, user_id: int) -> UserRow | None:
        """Return the user."""
        ...

    async def key(self, key_id: int) -> KeyRow | None:
        """Return the API key, revoked or not."""
        ...

    async def users(self, *, page: int, page_size: int) -> Page[UserRow]:
        """Return all users, newest first."""
        ...

    async def accounts(self, user_id: int) -> list[AccountRow]:
        """Return the accounts of a user, the first one first."""
        ...

    async def account(self, account: int) -> AccountRow | None:
        """Return the account."""
        ...

    async def keys(self, user_id: int, *, page: int, page_size: int) -> Page[KeyRow]:
        """Return the API keys of a user (0 = all), revoked or not, newest first."""
        ...

    async def keys_by_id(self, key_ids: Sequence[int]) -> list[KeyRow]:
        """Return the API keys that exist among *key_ids*, revoked or not, by id."""
        ...

    async def withdrawals(
        self, account: int, status: int, *, page: int, page_size: int
    ) -> Page[WithdrawalRow]:
        """Return an account's withdrawals of a `Payment` status (-1: of any), newest first."""
        ...

    async def limits(self, *, page: int, page_size: int) -> Page[LimitRow]:
        """Return the limits in force, by account and market."""
        ...

    async def audit(self, kind: str, *, page: int, page_size: int) -> Page[AuditRow]:
        """Return what was done by admins and the exchange itself ("" = any kind), newest first."""
        ...

    async def topics(self) -> list[str]:
        """Return every topic that an event has, sorted."""
        ...

    async def events(
        self, *, topic: str, title: str, sort: str, page: int, page_size: int
    ) -> Page[EventRow]:
        """Return events by topic ("" = any) and title substring, case-insensitive.

        ``sort`` is one of `EVENT_SORTS`: ``newest``, ``ending_soon`` (those of which a market still
        trades or none is listed yet; soonest end first, without an end last) or ``volume``.
        """
        ...

    async def event(self, event_id: int) -> EventRow | None:
        """Return the event."""
        ...

    async def event_by_identifier(self, identifier: str) -> EventRow | None:
        """Return the event that its operator calls *identifier*."""
        ...

    async def markets(self, event_ids: Sequence[int]) -> list[MarketRow]:
        """Return the markets of these events, by market id."""
        ...

    async def market(self, market_id: int) -> MarketRow | None:
        """Return the market."""
        ...

    async def all_markets(self) -> list[MarketRow]:
        """Return every market, by market id."""
        ...

    async def balances(self, account: int, assets: Sequence[int]) -> tuple[list[BalanceRow], int]:
        """Return the balances that exist among *assets* ([] = all), and ``n``."""
        ...

    async def positions(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[Position]:
        """Return positions with tokens in them, newest market first. 0 = any."""
        ...

    async def closed_positions(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[Position]:
        """Return positions of which every token is gone, newest market first. 0 = any."""
        ...

    async def open_orders(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[OrderRow]:
        """Return orders that are new or open, newest first."""
        ...

    async def order_history(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[OrderRow]:
        """Return all orders, newest first."""
        ...

    async def order(self, order_id: int) -> OrderRow | None:
        """Return the order."""
        ...

    async def activity(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[AccountActivity]:
        """Return fills, splits, merges and redeems of the account, newest first."""
        ...

    async def account_image(self, account: int, orders_max: int) -> AccountImage:
        """Return balance, open orders and positions as of one moment, with the user's others.

        Of each account the newest *orders_max* orders.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
