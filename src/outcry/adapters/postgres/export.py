"""Export: whole tables of the projection, row by row, as they are at one moment."""

from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from outcry.adapters.postgres import tables
from outcry.adapters.postgres.connection import close, connect, unreachable_as
from outcry.adapters.postgres.tables import Table
from outcry.ports.projection import TablesUnavailable


#: Rows that are in memory at once.
ROWS_AT_ONCE: Final = 10_000
STATEMENT_TIMEOUT_MS: Final = 3_600_000


class Exported(NamedTuple):
    """A table that may be exported; the columns that choose rows are "" where it has none."""

    table: Table
    time: str = ""
    market: str = ""
    account: str = ""


#: The journal as people read it, leg by leg.
_LEGS: Final = Table(
    "journal_legs",
    ("account", "n", "leg", "asset", "amount", "balance_after", "kind", "ref", "at_us"),
    ("account", "n", "leg"),
)

EXPORTED: Final = {
    "trades": Exported(tables.TRADES, "at_us", "market_id"),
    "candles": Exported(tables.CANDLES, "start_us", "market_id"),
    "orders": Exported(tables.ORDERS, "created_at_us", "market_id", "account"),
    "events": Exported(tables.EVENTS, "created_at_us"),
    "markets": Exported(tables.MARKETS, "created_at_us", "market_id"),
    "balances": Exported(tables.BALANCES, account="account"),
    "positions": Exported(tables.POSITIONS, market="market_id", account="account"),
    "journal": Exported(_LEGS, "at_us", account="account"),
    "profiles": Exported(tables.PROFILES),
    "seasons": Exported(tables.SEASONS),
    "turnovers": Exported(tables.TURNOVERS, "day_us"),
    "portfolios": Exported(tables.PORTFOLIOS, "at_us", account="account"),
}


class Wanted(NamedTuple):
    """Which rows: those of ``[since_us, until_us)``, a market and an account; 0 is any."""

    since_us: int = 0
    until_us: int = 0
    market_id: int = 0
    account: int = 0


async def rows_of(
    dsn: str, name: str, wanted: Wanted
) -> AsyncIterator[list[tuple[int | str, ...]]]:
    """Yield the rows of table *name* in the order of its key, some at a time, of one moment.

    *wanted* may only name what the table has; see `EXPORTED`. Raises `TablesUnavailable`.
    """
    exported = EXPORTED[name]
    chosen = (
        (exported.time, ">=", wanted.since_us),
        (exported.time, "<", wanted.until_us),
        (exported.market, "=", wanted.market_id),
        (exported.account, "=", wanted.account),
    )
    given = [(column, sign, value) for column, sign, value in chosen if value]
    where = " and ".join(f"t.{column} {sign} ${i}" for i, (column, sign, _) in enumerate(given, 1))
    table = exported.table
    text = (
        f"select {table.selected('t')} from {table.name} t where {where or 'true'} "  # noqa: S608 - our names
        f"order by {', '.join(table.key)}"
    )
    with unreachable_as(TablesUnavailable):
        connection = await connect(
            dsn,
            {
                "default_transaction_read_only": "on",
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
            },
        )
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                cursor = await connection.cursor(text, *(value for _, _, value in given))
                while rows := await cursor.fetch(ROWS_AT_ONCE):
                    yield [tuple(row) for row in rows]
        finally:
            await close(connection)
