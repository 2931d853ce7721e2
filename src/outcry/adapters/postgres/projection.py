"""Projection in PostgreSQL: see `outcry.adapters.postgres.table_writer` for how rows go in.

One connection, one transaction per batch, its position checked and moved by the first statement.
The transaction does not wait for the disk: after a crash rows and position are behind together, and
the log, which does wait, still has everything after them.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Self

import asyncpg

from outcry.adapters.postgres import tables
from outcry.adapters.postgres.connection import BY_INDEX, close, connect, unreachable_as
from outcry.adapters.postgres.table_writer import STATEMENT_TIMEOUT_S, TableWriter
from outcry.adapters.postgres.tables import folded, grams, storable
from outcry.domain.errors import InvariantError
from outcry.domain.ledger.effects import POSTING_KINDS
from outcry.domain.order import OrderStatus
from outcry.ports.projection import (
    ROW_TYPES,
    EventRow,
    OrderRow,
    OutOfPosition,
    Projection,
    Rows,
    TablesUnavailable,
)
from outcry.ports.scan import Scan


#: Rows that a scan has in memory at once.
SCAN_ROWS_MAX: Final = 5_000

_SETTINGS: Final = {**BY_INDEX, "synchronous_commit": "off"}

#: Whether we came through a socket of the file system: then the server is here.
_BY_SOCKET: Final = "select inet_server_addr() is null"
_POSITION: Final = "select n from projection where name = $1"
_MOVE: Final = (
    "update projection set n = $3, at_us = greatest(at_us, $4) where name = $1 and n = $2"
)
_TRUNCATE: Final = f"truncate projection, {', '.join(table.name for table in tables.ALL)}"
_ADD_KIND: Final = "insert into posting_kinds values ($1, $2) on conflict do nothing"
_RESTART: Final = "insert into projection (name, n) values ($1, 0)"


class PostgresProjection(Projection):
    """The tables of one exchange. Make it with `connect`."""

    def __init__(self, dsn: str, opened: Callable[[int], None]) -> None:
        self._dsn = dsn
        self._opened = opened
        self._writer: TableWriter | None = None

    @classmethod
    async def connect(cls, dsn: str, *, opened: Callable[[int], None] = lambda _: None) -> Self:
        """Return the tables in *dsn*, which `migrate` has made.

        *opened* is told which process of a server on this machine writes for us, whenever that is
        a new one.
        """
        projection = cls(dsn, opened)
        with unreachable_as(TablesUnavailable):
            await projection._connected()
        return projection

    async def position(self) -> int:
        """Return the last entry whose rows are in the tables."""
        with unreachable_as(TablesUnavailable):
            connection = (await self._connected()).connection
            position: int = await connection.fetchval(_POSITION, tables.POSITION)
        return position

    async def apply(self, n_first: int, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write *rows* and the position; see `Projection`."""
        with unreachable_as(TablesUnavailable):
            writer = await self._connected()
            connection = writer.connection
            async with connection.transaction():
                moved = await connection.execute(_MOVE, tables.POSITION, n_first - 1, n_last, at_us)
                if moved != "UPDATE 1":
                    position = await connection.fetchval(_POSITION, tables.POSITION)
                    raise OutOfPosition(position, n_first)
                await _write(writer, n_first, rows)

    async def clear(self) -> None:
        """Empty every table; see `Projection`."""
        with unreachable_as(TablesUnavailable):
            connection = (await self._connected()).connection
            async with connection.transaction():
                await connection.execute(_TRUNCATE)
                await connection.execute(_RESTART, tables.POSITION)

    @asynccontextmanager
    async def scan(self) -> AsyncIterator[Scan]:
        """Give the tables of one moment, on a connection of their own; see `Projection`."""
        with unreachable_as(TablesUnavailable):
            connection = await connect(self._dsn, {})
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    yield _Scan(connection, await connection.fetchval(_POSITION, tables.POSITION))
            finally:
                await close(connection)

    async def dump(self) -> tuple[int, Rows]:
        """Return the position and every row; see `Projection`."""
        with unreachable_as(TablesUnavailable):
            connection = (await self._connected()).connection
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                position: int = await connection.fetchval(_POSITION, tables.POSITION)
                found = [await connection.fetch(table.select_all()) for table in tables.ALL]
        return position, Rows._make(
            [row_type(*row) for row in rows]
            for row_type, rows in zip(ROW_TYPES, found, strict=True)
        )

    async def close(self) -> None:
        """Let go of the connection."""
        if self._writer is not None:
            await close(self._writer.connection)

    async def _connected(self) -> TableWriter:
        if self._writer is None or self._writer.connection.is_closed():
            self._writer = await _connect(self._dsn)
            connection = self._writer.connection
            if await connection.fetchval(_BY_SOCKET):
                self._opened(connection.get_server_pid())
        return self._writer


class _Scan:
    """What one transaction sees."""

    def __init__(self, connection: asyncpg.Connection, position: int) -> None:
        self.position = position
        self._connection = connection

    async def rows(self, name: str) -> AsyncIterator[Sequence[Sequence[object]]]:
        """Yield the rows of a table."""
        table = tables.ALL[Rows._fields.index(name)]
        cursor = await self._connection.cursor(table.select_each())
        while rows := await cursor.fetch(SCAN_ROWS_MAX):
            yield [tuple(row) for row in rows]


async def _connect(dsn: str) -> TableWriter:
    connection = await connect(dsn, _SETTINGS)
    await connection.executemany(_ADD_KIND, list(enumerate(POSTING_KINDS)))
    return await TableWriter.open(connection)


async def _write(writer: TableWriter, n_first: int, rows: Rows) -> None:
    await writer.merge(tables.USERS, _storable(rows.users))
    await _add_events(writer.connection, rows.events)
    await writer.merge(tables.KEYS, _storable(rows.keys))
    await writer.merge(tables.MARKETS, _storable(rows.markets))
    await writer.merge(tables.BALANCES, rows.balances)
    await writer.merge(tables.POSITIONS, rows.positions)
    await _write_orders(writer, n_first, rows.orders)
    await writer.add(tables.TRADES, rows.trades)
    await writer.add(tables.JOURNAL, rows.journal)
    await writer.add(tables.ACTIVITY, _storable(rows.activity))
    await writer.add(tables.AUDIT, _storable(rows.audit))
    await writer.merge(tables.CANDLES, rows.candles)
    await writer.merge(tables.TURNOVERS, rows.turnovers)
    await writer.add(tables.PORTFOLIOS, rows.portfolios)
    await writer.add(tables.ACCOUNTS, _storable(rows.accounts))
    await writer.merge(tables.PROFILES, _storable(rows.profiles))
    await writer.merge(tables.SEASONS, _storable(rows.seasons))
    await writer.merge(tables.LIMITS, rows.limits)
    await writer.merge(tables.VERDICTS, _storable(rows.verdicts))
    await writer.merge(tables.WITHDRAWALS, _storable(rows.withdrawals))


async def _add_events(connection: asyncpg.Connection, events: Sequence[EventRow]) -> None:
    """Add events, with what they are searched by: lists, which the driver knows how to send."""
    if events:
        await connection.copy_records_to_table(
            tables.EVENTS.name,
            records=map(_searchable, _storable(events)),
            columns=tables.EVENTS.columns + tables.EVENT_SEARCH_COLUMNS,
            timeout=STATEMENT_TIMEOUT_S,
        )


async def _write_orders(writer: TableWriter, n_first: int, orders: Sequence[OrderRow]) -> None:
    """Write each order into the part where it belongs now.

    Those that were placed before this batch must be there already, most of them among the live.
    """
    older = sorted(row.order_id for row in orders if row.placed_n < n_first)
    removed = 0
    for table in (tables.LIVE_ORDERS, tables.ENDED_ORDERS):
        if removed < len(older):
            removed += await writer.remove(table, older)
    if removed != len(older):
        raise InvariantError(
            f"the tables hold {removed} of {len(older)} orders placed before entry {n_first}: "
            "rebuild them from the log"
        )
    await writer.add(tables.LIVE_ORDERS, [row for row in orders if row.status <= OrderStatus.OPEN])
    await writer.add(tables.ENDED_ORDERS, [row for row in orders if row.status > OrderStatus.OPEN])


def _searchable(row: Sequence[object]) -> tuple[object, ...]:
    title = folded(EventRow._make(row).title)
    return (*row, title, grams(title))


def _storable(rows: Sequence[Sequence[object]]) -> list[tuple[object, ...]]:
    return [
        tuple(storable(value) if isinstance(value, str) else value for value in row) for row in rows
    ]
