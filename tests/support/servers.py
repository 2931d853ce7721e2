"""Databases for tests: one migrated, emptied between two tests."""

import asyncpg

from outcry.adapters.postgres import tables


_EMPTY = f"""
truncate ledger_log, ledger_span, log_archive, projection, standings, scored,
    {", ".join(table.name for table in tables.ALL)};
delete from timeline where id > 1;
insert into projection values ('{tables.POSITION}', 0);
"""


async def empty_database(dsn: str) -> None:
    """Make a migrated database as it was when it was migrated."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_EMPTY)
    finally:
        await connection.close()
