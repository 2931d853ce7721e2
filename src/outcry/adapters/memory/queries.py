"""Queries over tables in memory: plain scans, in the order that the port lays down."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from outcry.adapters.memory.dealings import MemoryDealings
from outcry.adapters.memory.tables import MemoryTables
from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.market import MarketState
from outcry.domain.order import OrderStatus
from outcry.ports.projection import (
    BalanceRow,
    EventRow,
    KeyRow,
    MarketRow,
    OrderRow,
    PositionRow,
    UserRow,
)
from outcry.ports.queries import (
    EVENT_SORTS,
    AccountActivity,
    AccountImage,
    Page,
    Position,
    Queries,
    RowT,
    rows_before,
)
from outcry.ports.rows import AccountRow, AuditRow, LimitRow, WithdrawalRow


_LIVE_ORDER = (OrderStatus.NEW, OrderStatus.OPEN)
_TRADING_MARKET = (MarketState.OPEN, MarketState.PAUSED)


class MemoryQueries(MemoryDealings, Queries):
    """Reads the tables of a `MemoryProjection`."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    async def position(self) -> int:
        """Return the log entry up to which the tables are written."""
        return self._tables.position

    async def wait_for(self, n: int, timeout_ms: int) -> bool:
        """Wait until the tables include entry *n*; False when the time was up before."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_ms / 1_000
        while self._tables.position < n:
            remaining = deadline - loop.time()
            if remaining <= 0:
                return False
            await self._tables.waiters.sleep(remaining)
        return True

    async def user_by_external_id(self, external_id: str) -> UserRow | None:
        """Return the user whose tokens have this subject."""
        users = self._tables.users.values()
        return next((row for row in users if row.external_id == external_id), None)

    async def user_by_address(self, address: str) -> UserRow | None:
        """Return the user with this address."""
        users, wanted = self._tables.users, address.lower()
        found = [row for row in users.values() if row.address and row.address.lower() == wanted]
        return min(found, default=None)

    async def user(self, user_id: int) -> UserRow | None:
        """Return the user."""
        return self._tables.users.get(user_id)

    async def key(self, key_id: int) -> KeyRow | None:
        """Return the API key, revoked or not."""
        return self._tables.keys.get(key_id)

    async def users(self, *, page: int, page_size: int) -> Page[UserRow]:
        """Return all users, newest first."""
        return self._page(sorted(self._tables.users.values(), reverse=True), page, page_size)

    async def accounts(self, user_id: int) -> list[AccountRow]:
        """Return the accounts of a user, the first one first."""
        return sorted(row for row in self._tables.accounts.values() if row.user_id == user_id)

    async def account(self, account: int) -> AccountRow | None:
        """Return the account."""
        return self._tables.accounts.get(account)

    async def keys(self, user_id: int, *, page: int, page_size: int) -> Page[KeyRow]:
        """Return the API keys of a user (0 = all), revoked or not, newest first."""
        found = [row for row in self._tables.keys.values() if user_id in (0, row.user_id)]
        return self._page(sorted(found, reverse=True), page, page_size)

    async def keys_by_id(self, key_ids: Sequence[int]) -> list[KeyRow]:
        """Return the API keys that exist among *key_ids*."""
        return sorted(row for row in self._tables.keys.values() if row.key_id in key_ids)

    async def withdrawals(
        self, account: int, status: int, *, page: int, page_size: int
    ) -> Page[WithdrawalRow]:
        """Return an account's withdrawals of a status (-1: of any), newest first."""
        found = [
            row
            for row in self._tables.withdrawals.values()
            if row.account == account and status in (-1, row.status)
        ]
        return self._page(sorted(found, reverse=True), page, page_size)

    async def limits(self, *, page: int, page_size: int) -> Page[LimitRow]:
        """Return the limits in force, by account and market."""
        found = [row for row in self._tables.limits.values() if any(row[2:])]
        return self._page(sorted(found), page, page_size)

    async def audit(self, kind: str, *, page: int, page_size: int) -> Page[AuditRow]:
        """Return what was done by admins and the exchange itself ("" = any kind), newest first."""
        found = [row for row in self._tables.audit.values() if kind in ("", row.kind)]
        return self._page(sorted(found, reverse=True), page, page_size)

    async def topics(self) -> list[str]:
        """Return every topic that an event has, sorted."""
        return sorted({row.topic for row in self._tables.events.values()})

    async def events(
        self, *, topic: str, title: str, sort: str, page: int, page_size: int
    ) -> Page[EventRow]:
        """Return events by topic and title; see `Queries`."""
        if sort not in EVENT_SORTS:
            raise ValueError(f"sort {sort!r}; it is one of {', '.join(EVENT_SORTS)}")
        found = [
            row
            for row in self._tables.events.values()
            if topic in ("", row.topic) and title.casefold() in row.title.casefold()
        ]
        if sort == "newest":
            found.sort(key=lambda row: (-row.created_at_us, -row.event_id))
        elif sort == "volume":
            found.sort(key=lambda row: (-self._volume(row.event_id), -row.event_id))
        else:
            found = [row for row in found if self._trades_still(row.event_id)]
            found.sort(key=lambda row: (row.end_at_us == 0, row.end_at_us, row.event_id))
        return self._page(found, page, page_size)

    async def event(self, event_id: int) -> EventRow | None:
        """Return the event."""
        return self._tables.events.get(event_id)

    async def event_by_identifier(self, identifier: str) -> EventRow | None:
        """Return the event that its operator calls *identifier*."""
        events = self._tables.events.values()
        return next((row for row in events if row.identifier == identifier), None)

    async def markets(self, event_ids: Sequence[int]) -> list[MarketRow]:
        """Return the markets of these events, by market id."""
        return [row for row in await self.all_markets() if row.event_id in event_ids]

    async def market(self, market_id: int) -> MarketRow | None:
        """Return the market."""
        return self._tables.markets.get(market_id)

    async def all_markets(self) -> list[MarketRow]:
        """Return every market, by market id."""
        return sorted(self._tables.markets.values())

    async def balances(self, account: int, assets: Sequence[int]) -> tuple[list[BalanceRow], int]:
        """Return the balances that exist among *assets* ([] = all), by asset, and ``n``."""
        found = [
            row
            for row in self._tables.balances.values()
            if row.account == account and (not assets or row.asset in assets)
        ]
        return sorted(found), self._tables.position

    async def positions(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[Position]:
        """Return positions with tokens in them, newest market first."""
        wanted = self._market_filter(event_id, market_id)
        found = [held for held in self._positions(account) if wanted(held.market.market_id)]
        return self._page(found, page, page_size)

    async def closed_positions(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[Position]:
        """Return positions of which every token is gone, newest market first."""
        wanted = self._market_filter(event_id, market_id)
        open_ones = {held.market.market_id for held in self._positions(account)}
        found = [
            Position(row, self._tables.markets[row.market_id], 0, 0, 0, 0)
            for row in self._tables.positions.values()
            if row.account == account
            and (row.bought_0 or row.bought_1)
            and row.market_id not in open_ones
            and wanted(row.market_id)
        ]
        found.sort(key=lambda closed: -closed.row.market_id)
        return self._page(found, page, page_size)

    async def open_orders(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[OrderRow]:
        """Return orders that are new or open, newest first."""
        wanted = self._market_filter(event_id, market_id)
        orders = self._orders(account)
        found = [o for o in orders if o.status in _LIVE_ORDER and wanted(o.market_id)]
        return self._page(found, page, page_size)

    async def order_history(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[OrderRow]:
        """Return all orders, newest first."""
        wanted = self._market_filter(event_id, market_id)
        found = [order for order in self._orders(account) if wanted(order.market_id)]
        return self._page(found, page, page_size)

    async def order(self, order_id: int) -> OrderRow | None:
        """Return the order."""
        return self._tables.orders.get(order_id)

    async def activity(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[AccountActivity]:
        """Return fills, splits, merges and redeems of the account, newest first."""
        wanted = self._market_filter(event_id, market_id)
        lines: list[tuple[tuple[int, ...], AccountActivity]] = [
            ((row.n, row.trade_id, row.fill), AccountActivity(row, None, row.at_us))
            for row in self._tables.trades.values()
            if account in (row.taker_account, row.maker_account) and wanted(row.market_id)
        ]
        lines += [
            ((row.n, 0, row.leg), AccountActivity(None, row, row.at_us))
            for row in self._tables.activity.values()
            if row.account == account and wanted(row.market_id)
        ]
        lines.sort(key=lambda line: line[0], reverse=True)
        return self._page([line for _, line in lines], page, page_size)

    async def account_image(self, account: int, orders_max: int) -> AccountImage:
        """Return balance, the newest open orders and positions as of one moment."""
        row = self._tables.accounts.get(account)
        others = [one.account for one in await self.accounts(row.user_id)] if row else []
        further = [self._image(one, orders_max) for one in others if one != account]
        return self._image(account, orders_max)._replace(further=tuple(further))

    def _image(self, account: int, orders_max: int) -> AccountImage:
        balance = self._tables.balances.get((account, COLLATERAL))
        return AccountImage(
            n=self._tables.position,
            balance=balance or BalanceRow(account, COLLATERAL, 0, 0),
            orders=[o for o in self._orders(account) if o.status in _LIVE_ORDER][:orders_max],
            positions=list(self._positions(account)),
        )

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    def _page(self, rows: list[RowT], page: int, page_size: int) -> Page[RowT]:
        start = rows_before(page, page_size)
        return Page(rows[start : start + page_size], len(rows), self._tables.position)

    def _market_filter(self, event_id: int, market_id: int) -> Callable[[int], bool]:
        markets = self._tables.markets

        def wanted(candidate: int) -> bool:
            return market_id in (0, candidate) and event_id in (0, markets[candidate].event_id)

        return wanted

    def _orders(self, account: int) -> list[OrderRow]:
        found = [row for row in self._tables.orders.values() if row.account == account]
        return sorted(found, key=lambda row: -row.order_id)

    def _positions(self, account: int) -> Iterable[Position]:
        for market_id in sorted(self._tables.markets, reverse=True):
            yes, no = (
                self._tables.balances.get((account, asset), BalanceRow(account, asset, 0, 0))
                for asset in (token_asset(market_id, 0), token_asset(market_id, 1))
            )
            if yes.total > 0 or no.total > 0:
                row = self._tables.positions.get(
                    (account, market_id), PositionRow(account, market_id, *[0] * 11)
                )
                market = self._tables.markets[market_id]
                yield Position(row, market, yes.total, yes.held, no.total, no.held)

    def _volume(self, event_id: int) -> int:
        markets = self._tables.markets.values()
        return sum(row.volume for row in markets if row.event_id == event_id)

    def _trades_still(self, event_id: int) -> bool:
        markets = [row for row in self._tables.markets.values() if row.event_id == event_id]
        return not markets or any(row.state in _TRADING_MARKET for row in markets)
