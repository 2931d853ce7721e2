"""Queries in PostgreSQL: read-only sessions of their own, one statement per answer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import asyncpg

from outcry.adapters.postgres import query_texts as texts
from outcry.adapters.postgres.connection import close, open_pool, unreachable_as
from outcry.adapters.postgres.dealings import DealingReads
from outcry.adapters.postgres.people import OTHER_ACCOUNTS, PeopleReads, page_of
from outcry.adapters.postgres.tables import (
    EVENTS,
    MARKETS,
    ORDERS,
    folded,
    search_grams,
    storable,
)
from outcry.adapters.postgres.watch import Watch
from outcry.domain.ids import COLLATERAL
from outcry.ports.projection import (
    ActivityRow,
    BalanceRow,
    EventRow,
    MarketRow,
    OrderRow,
    PositionRow,
    TablesUnavailable,
    TradeRow,
)
from outcry.ports.queries import (
    EVENT_SORTS,
    AccountActivity,
    AccountImage,
    Page,
    Position,
    Queries,
    rows_before,
)


#: Connections for reading.
READERS_MAX: Final = 8
#: How long one answer may take.
ANSWER_TIMEOUT_MS: Final = 10_000
#: How often an answer is tried again because the tables were just being emptied.
EMPTIED_ATTEMPTS_MAX: Final = 50
EMPTIED_PAUSE_MS: Final = 20

_SETTINGS: Final = {
    "default_transaction_read_only": "on",
    "statement_timeout": str(ANSWER_TIMEOUT_MS),
}

_POSITION_END: Final = len(PositionRow._fields)
_MARKET_END: Final = _POSITION_END + len(MarketRow._fields)
_TRADE_END: Final = len(TradeRow._fields)


class PostgresQueries(PeopleReads, DealingReads, Queries):
    """Reads of one exchange. Make it with `connect`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._watch = Watch(self.position)

    @classmethod
    async def connect(cls, dsn: str, *, readers_max: int = READERS_MAX) -> Self:
        """Return reads of the tables in *dsn*, which `migrate` has made."""
        with unreachable_as(TablesUnavailable):
            return cls(
                await open_pool(
                    dsn, _SETTINGS, size_max=readers_max, timeout_ms=2 * ANSWER_TIMEOUT_MS
                )
            )

    async def position(self) -> int:
        """Return the log entry up to which the tables are written."""
        position: int = (await self._rows(texts.AT_POSITION))[0]["n"]
        return position

    async def wait_for(self, n: int, timeout_ms: int) -> bool:
        """Wait until the tables include entry *n*; False when the time was up before."""
        return await self._watch.until(n, timeout_ms) >= n

    async def topics(self) -> list[str]:
        """Return every topic that an event has, sorted."""
        rows = await self._fetch(
            'select distinct topic collate "C" as topic from events order by 1'
        )
        return [row["topic"] for row in rows]

    async def events(
        self, *, topic: str, title: str, sort: str, page: int, page_size: int
    ) -> Page[EventRow]:
        """Return events by topic and title; see `Queries`."""
        if sort not in EVENT_SORTS:
            raise ValueError(f"sort {sort!r}; it is one of {', '.join(EVENT_SORTS)}")
        place = (page_size, rows_before(page, page_size))
        wanted = folded(title)
        search = (wanted, search_grams(wanted)) if wanted else ()
        text = texts.EVENT_PAGES[sort, bool(wanted)]
        return page_of(await self._rows(text, storable(topic), *place, *search), EventRow._make)

    async def event(self, event_id: int) -> EventRow | None:
        """Return the event."""
        return await self._one(EVENTS, EventRow._make, "event_id", event_id)

    async def event_by_identifier(self, identifier: str) -> EventRow | None:
        """Return the event that its operator calls *identifier*."""
        return await self._one(EVENTS, EventRow._make, "identifier", storable(identifier))

    async def markets(self, event_ids: Sequence[int]) -> list[MarketRow]:
        """Return the markets of these events, by market id."""
        return await self._markets("where m.event_id = any($1::bigint[])", list(event_ids))

    async def market(self, market_id: int) -> MarketRow | None:
        """Return the market."""
        return await self._one(MARKETS, MarketRow._make, "market_id", market_id)

    async def all_markets(self) -> list[MarketRow]:
        """Return every market, by market id."""
        return await self._markets("")

    async def balances(self, account: int, assets: Sequence[int]) -> tuple[list[BalanceRow], int]:
        """Return the balances that exist among *assets* ([] = all), by asset, and ``n``."""
        rows = await self._rows(texts.BALANCES_OF, account, list(assets))
        page = page_of(rows, BalanceRow._make)
        return page.rows, page.n

    async def positions(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[Position]:
        """Return positions with tokens in them, newest market first."""
        place = (page_size, rows_before(page, page_size))
        return page_of(
            await self._rows(texts.POSITION_PAGE, account, market_id, event_id, *place), _position
        )

    async def closed_positions(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[Position]:
        """Return positions of which every token is gone, newest market first."""
        place = (page_size, rows_before(page, page_size))
        text = texts.CLOSED_POSITION_PAGE
        return page_of(await self._rows(text, account, market_id, event_id, *place), _position)

    async def open_orders(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[OrderRow]:
        """Return orders that are new or open, newest first."""
        place = (page_size, rows_before(page, page_size))
        return page_of(
            await self._rows(texts.LIVE_ORDER_PAGE, account, market_id, event_id, *place),
            OrderRow._make,
        )

    async def order_history(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[OrderRow]:
        """Return all orders, newest first."""
        place = (page_size, rows_before(page, page_size))
        return page_of(
            await self._rows(texts.ORDER_PAGE, account, market_id, event_id, *place),
            OrderRow._make,
        )

    async def order(self, order_id: int) -> OrderRow | None:
        """Return the order."""
        return await self._one(ORDERS, OrderRow._make, "order_id", order_id)

    async def activity(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[AccountActivity]:
        """Return fills, splits, merges and redeems of the account, newest first."""
        place = (page_size, rows_before(page, page_size))
        return page_of(
            await self._rows(texts.ACTIVITY_PAGE, account, market_id, event_id, *place), _line
        )

    async def account_image(self, account: int, orders_max: int) -> AccountImage:
        """Return balance, the newest open orders and positions as of one moment."""
        with unreachable_as(TablesUnavailable):
            for _ in range(EMPTIED_ATTEMPTS_MAX):
                async with self._moment() as connection:
                    n = await connection.fetchval(texts.AT_POSITION)
                    if n is not None:
                        return await _user_image(connection, n, account, orders_max)
                await asyncio.sleep(EMPTIED_PAUSE_MS / 1_000)
        raise TablesUnavailable("the tables are being emptied")

    async def close(self) -> None:
        """Let go of connections."""
        await self._watch.close()
        await close(self._pool)

    async def _markets(self, where: str, *arguments: object) -> list[MarketRow]:
        rows = await self._fetch(
            f"select {MARKETS.selected('m')} from markets m {where} order by m.market_id",  # noqa: S608 - our own texts
            *arguments,
        )
        return [MarketRow._make(row) for row in rows]

    async def _rows(self, text: str, *arguments: object) -> list[asyncpg.Record]:
        """Return the rows of a text that always has one, unless the tables are being emptied."""
        for _ in range(EMPTIED_ATTEMPTS_MAX):
            if rows := await self._fetch(text, *arguments):
                return rows
            await asyncio.sleep(EMPTIED_PAUSE_MS / 1_000)
        raise TablesUnavailable("the tables are being emptied")

    async def _fetch(self, text: str, *arguments: object) -> list[asyncpg.Record]:
        with unreachable_as(TablesUnavailable):
            rows: list[asyncpg.Record] = await self._pool.fetch(text, *arguments)
        return rows

    @asynccontextmanager
    async def _moment(self) -> AsyncIterator[asyncpg.Connection]:
        """Hold a connection on which every statement sees the same moment."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection


async def _user_image(
    connection: asyncpg.Connection, n: int, account: int, orders_max: int
) -> AccountImage:
    image = await _account_image(connection, n, account, orders_max)
    others = await connection.fetch(OTHER_ACCOUNTS, account)
    further = [await _account_image(connection, n, row[0], orders_max) for row in others]
    return image._replace(further=tuple(further))


async def _account_image(
    connection: asyncpg.Connection, n: int, account: int, orders_max: int
) -> AccountImage:
    balances = page_of(
        await connection.fetch(texts.BALANCES_OF, account, [COLLATERAL]), BalanceRow._make
    ).rows
    orders = await connection.fetch(texts.LIVE_ORDER_PAGE, account, 0, 0, orders_max, 0)
    positions = await connection.fetch(texts.ALL_POSITIONS, account, 0, 0)
    return AccountImage(
        n=n,
        balance=balances[0] if balances else BalanceRow(account, COLLATERAL, 0, 0),
        orders=page_of(orders, OrderRow._make).rows,
        positions=[_position(row) for row in positions],
    )


def _position(fields: tuple[Any, ...]) -> Position:
    row, market = fields[:_POSITION_END], fields[_POSITION_END:_MARKET_END]
    return Position(PositionRow._make(row), MarketRow._make(market), *fields[_MARKET_END:])


def _line(fields: tuple[Any, ...]) -> AccountActivity:
    trade, other = fields[:_TRADE_END], fields[_TRADE_END:]
    if trade[0] is None:
        activity = ActivityRow._make(other)
        return AccountActivity(None, activity, activity.at_us)
    fill = TradeRow._make(trade)
    return AccountActivity(fill, None, fill.at_us)
