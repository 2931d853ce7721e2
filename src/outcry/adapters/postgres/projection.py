"""Projection in PostgreSQL: rows go in by COPY, changed ones through a stage of the session.

One connection, one transaction per batch, its position checked and moved by the first statement.
The transaction does not wait for the disk: after a crash rows and position are behind together, and
the log, which does wait, still has everything after them.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from operator import itemgetter
from typing import Final, Self

import asyncpg

from outcry.adapters.postgres import tables
from outcry.adapters.postgres.connection import BY_INDEX, close, connect, unreachable_as
from outcry.adapters.postgres.tables import Table, folded, grams, storable
from outcry.domain.errors import InvariantError
from outcry.domain.ledger.effects import POSTING_KINDS
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
#: How long one statement may take.
STATEMENT_TIMEOUT_MS: Final = 120_000

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
        self._writer: asyncpg.Connection | None = None

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
            connection = await self._connected()
            position: int = await connection.fetchval(_POSITION, tables.POSITION)
        return position

    async def apply(self, n_first: int, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write *rows* and the position; see `Projection`."""
        with unreachable_as(TablesUnavailable):
            connection = await self._connected()
            async with connection.transaction():
                moved = await connection.execute(_MOVE, tables.POSITION, n_first - 1, n_last, at_us)
                if moved != "UPDATE 1":
                    position = await connection.fetchval(_POSITION, tables.POSITION)
                    raise OutOfPosition(position, n_first)
                await _write(connection, n_first, rows)

    async def clear(self) -> None:
        """Empty every table; see `Projection`."""
        with unreachable_as(TablesUnavailable):
            connection = await self._connected()
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
            connection = await self._connected()
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
            await close(self._writer)

    async def _connected(self) -> asyncpg.Connection:
        if self._writer is None or self._writer.is_closed():
            self._writer = await _connect(self._dsn)
            if await self._writer.fetchval(_BY_SOCKET):
                self._opened(self._writer.get_server_pid())
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


async def _connect(dsn: str) -> asyncpg.Connection:
    connection = await connect(dsn, _SETTINGS)
    for table in tables.STAGED:
        await connection.execute(table.create_stage())
    await connection.executemany(_ADD_KIND, list(enumerate(POSTING_KINDS)))
    return connection


async def _write(connection: asyncpg.Connection, n_first: int, rows: Rows) -> None:
    await _merge(connection, tables.USERS, _storable(rows.users))
    await _add(
        connection, tables.EVENTS, map(_searchable, _storable(rows.events)),
        also=tables.EVENT_SEARCH_COLUMNS,
    )  # fmt: skip
    await _merge(connection, tables.KEYS, _storable(rows.keys))
    await _merge(connection, tables.MARKETS, _storable(rows.markets))
    await _merge(connection, tables.BALANCES, rows.balances)
    await _merge(connection, tables.POSITIONS, rows.positions)
    await _write_orders(connection, n_first, rows.orders)
    await _add(connection, tables.TRADES, rows.trades)
    await _add(connection, tables.JOURNAL, rows.journal)
    await _add(connection, tables.ACTIVITY, _storable(rows.activity))
    await _add(connection, tables.AUDIT, _storable(rows.audit))
    await _merge(connection, tables.CANDLES, rows.candles)
    await _merge(connection, tables.TURNOVERS, rows.turnovers)
    await _add(connection, tables.PORTFOLIOS, rows.portfolios)
    await _add(connection, tables.ACCOUNTS, _storable(rows.accounts))
    await _merge(connection, tables.PROFILES, _storable(rows.profiles))
    await _merge(connection, tables.SEASONS, _storable(rows.seasons))
    await _merge(connection, tables.LIMITS, rows.limits)
    await _add(connection, tables.VERDICTS, _storable(rows.verdicts))
    await _merge(connection, tables.WITHDRAWALS, _storable(rows.withdrawals))


async def _add(
    connection: asyncpg.Connection,
    table: Table,
    rows: Iterable[Sequence[object]],
    *,
    also: tuple[str, ...] = (),
) -> None:
    """Add rows that are new, with columns *also* after those of the table."""
    records = list(rows)
    if records:
        await connection.copy_records_to_table(
            table.name,
            records=records,
            columns=table.columns + also,
            timeout=STATEMENT_TIMEOUT_MS / 1_000,
        )


async def _merge(
    connection: asyncpg.Connection, table: Table, rows: Iterable[Sequence[object]]
) -> None:
    """Overwrite the rows that exist and add the others; each key comes once."""
    staged = await _stage(connection, table, rows)
    if staged and await _update(connection, table) < staged:
        await connection.execute(table.insert_from_stage(), timeout=STATEMENT_TIMEOUT_MS / 1_000)


async def _write_orders(
    connection: asyncpg.Connection, n_first: int, orders: Sequence[OrderRow]
) -> None:
    """Add the orders that were placed in this batch; the others must be there already."""
    await _add(connection, tables.ORDERS, [row for row in orders if row.placed_n >= n_first])
    older = [row for row in orders if row.placed_n < n_first]
    if await _stage(connection, tables.ORDERS, older):
        updated = await _update(connection, tables.ORDERS)
        if updated != len(older):
            raise InvariantError(
                f"the tables hold {updated} of {len(older)} orders placed before entry {n_first}: "
                "rebuild them from the log"
            )


async def _stage(
    connection: asyncpg.Connection, table: Table, rows: Iterable[Sequence[object]]
) -> int:
    # In key order: neighbours in the batch are neighbours in the index.
    records = sorted(rows, key=itemgetter(*range(len(table.key))))
    if records:
        await connection.copy_records_to_table(
            table.stage,
            records=map(itemgetter(*map(table.columns.index, table.staged)), records),
            columns=table.staged,
            timeout=STATEMENT_TIMEOUT_MS / 1_000,
        )
    return len(records)


async def _update(connection: asyncpg.Connection, table: Table) -> int:
    """Overwrite from the stage; return how many rows that were."""
    status: str = await connection.execute(
        table.update_from_stage(), timeout=STATEMENT_TIMEOUT_MS / 1_000
    )
    return int(status.removeprefix("UPDATE "))


def _searchable(row: Sequence[object]) -> tuple[object, ...]:
    title = folded(EventRow._make(row).title)
    return (*row, title, grams(title))


def _storable(rows: Sequence[Sequence[object]]) -> list[tuple[object, ...]]:
    return [
        tuple(storable(value) if isinstance(value, str) else value for value in row) for row in rows
    ]
