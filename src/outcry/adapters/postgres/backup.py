"""Backup: the truth of one database, and nothing that can be made of it again.

The tables are copied in PostgreSQL's own binary form, all of one moment, while the exchange writes.
"""

from pathlib import Path
from typing import Final

from outcry.adapters.postgres.connection import close, connect, unreachable_as
from outcry.adapters.postgres.parts import Parts
from outcry.adapters.postgres.schema import migrations
from outcry.domain.errors import OutcryError
from outcry.ports.ledger_log import LogUnavailable


#: What cannot be made again, in the order in which it is written back.
TRUTH: Final = ("ledger_log", "ledger_span", "timeline", "log_archive")
STATEMENT_SECONDS_MAX: Final = 86_400.0


class NotEmpty(OutcryError):
    """The database holds a log already; nothing was written."""


def schema_names() -> list[str]:
    """Return the migrations that a database of this version has had."""
    return [migration.name for migration in migrations()]


async def dump(dsn: str, folder: Path) -> int:
    """Copy every table of the truth into *folder*; returns the last entry that is in it."""
    with unreachable_as(LogUnavailable):
        connection = await connect(dsn, {"default_transaction_read_only": "on"})
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                head: int = await connection.fetchval("select coalesce(max(n), 0) from ledger_log")
                for table in TRUTH:
                    await connection.copy_from_query(
                        f"select * from {table}",  # noqa: S608 - our own names
                        output=str(folder / table),
                        format="binary",
                        timeout=STATEMENT_SECONDS_MAX,
                    )
        finally:
            await close(connection)
    return head


async def load(dsn: str, folder: Path, head: int) -> None:
    """Write into a migrated database without a log what `dump` copied, all or nothing.

    Raises `NotEmpty` when it has one.
    """
    parts = Parts(dsn)
    await parts.prepare(head + 1)
    await parts.close()
    with unreachable_as(LogUnavailable):
        connection = await connect(dsn, {})
        try:
            async with connection.transaction():
                if await connection.fetchval("select exists (select from ledger_log)"):
                    raise NotEmpty("the database holds a ledger log already: nothing was written")
                await connection.execute("truncate timeline")
                for table in TRUTH:
                    await connection.copy_to_table(
                        table,
                        source=str(folder / table),
                        format="binary",
                        timeout=STATEMENT_SECONDS_MAX,
                    )
        finally:
            await close(connection)
