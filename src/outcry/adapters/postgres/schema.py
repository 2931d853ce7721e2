"""Bring a database to the schema of this code: each numbered file once, in order, unaltered.

Forward only. What was applied is remembered with its checksum, so a file that changed afterwards,
or a database that is ahead of the code, is refused before anything is touched. Processes that start
together take turns. (Why this and no tool: docs/adr, "Migrations".)
"""

import hashlib
from importlib import resources
from typing import Final, NamedTuple

import asyncpg

from outcry.adapters.postgres.connection import close, connect, unreachable_as
from outcry.domain.errors import OutcryError
from outcry.ports.ledger_log import LogUnavailable


#: Any number that nobody else locks in the same database ("outcry" in ASCII).
LOCK_KEY: Final = 0x6F75_7463_7279

_CREATE: Final = """
create table if not exists schema_migration (
    number integer primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
)
"""


class SchemaMismatch(OutcryError):
    """The database was migrated by other files than these; nothing was changed."""


class Migration(NamedTuple):
    """One file of SQL; ``number`` counts from 1."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Checksum of the SQL."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return the migrations that come with this code, in order."""
    folder = resources.files("outcry.adapters.postgres") / "migrations"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return [
        Migration(int(file.name.partition("_")[0]), file.name, file.read_text("utf-8"))
        for file in files
    ]


async def migrate(dsn: str) -> list[str]:
    """Apply to *dsn* what is missing, all or nothing; returns the names of what was applied.

    Raises `SchemaMismatch` when the database holds something else than a beginning of our list,
    `LogUnavailable` when it cannot be reached.
    """
    with unreachable_as(LogUnavailable):
        connection = await connect(dsn, {})
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", LOCK_KEY)
            return await _apply_missing(connection, migrations())
    finally:
        await close(connection)


async def _apply_missing(connection: asyncpg.Connection, known: list[Migration]) -> list[str]:
    await connection.execute(_CREATE)
    applied = await connection.fetch(
        "select number, name, sha256 from schema_migration order by number"
    )
    for row, migration in zip(applied, known, strict=False):
        if tuple(row) != (migration.number, migration.name, migration.sha256):
            raise SchemaMismatch(
                f"the database has migration {row['name']} with checksum {row['sha256'][:12]}; "
                f"this code has {migration.name} with {migration.sha256[:12]}"
            )
    if len(applied) > len(known):
        raise SchemaMismatch(
            f"the database is at migration {applied[-1]['name']}, this code only knows "
            f"{known[-1].name}: it is older than what ran last"
        )
    missing = known[len(applied) :]
    for migration in missing:
        await connection.execute(migration.sql)
        await connection.execute(
            "insert into schema_migration (number, name, sha256) values ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.sha256,
        )
    return [migration.name for migration in missing]
