"""Migrations: each file once, in order, unaltered, whoever starts first."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from outcry.adapters.embedded import Endpoints
from outcry.adapters.postgres import SchemaMismatch, migrate, schema, tables
from outcry.adapters.postgres.schema import Migration, migrations


@pytest.fixture
async def bare(standing: Endpoints) -> AsyncIterator[str]:
    """Return the DSN of a database without any table."""
    connection = await asyncpg.connect(standing.postgres_dsn)
    await connection.execute("create database bare")
    yield standing.postgres_dsn.replace("@/postgres?", "@/bare?")
    await connection.execute("drop database bare with (force)")
    await connection.close()


async def tables_in(dsn: str) -> set[str]:
    """Return the names of the tables."""
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    await connection.close()
    return {row[0] for row in rows}


def test_files_are_numbered_without_gap() -> None:
    """The files that come with the code count from 1."""
    assert [migration.number for migration in migrations()] == list(range(1, len(migrations()) + 1))


async def test_every_file_is_applied_once(bare: str) -> None:
    """The first run applies all, in order; the second finds nothing to do."""
    assert await migrate(bare) == [migration.name for migration in migrations()]
    assert await migrate(bare) == []
    assert {"ledger_log", "orders", "schema_migration"} <= await tables_in(bare)


async def test_processes_that_start_together_take_turns(bare: str) -> None:
    """Of several at once one applies each file; all return with the schema in place."""
    applied = await asyncio.gather(*(migrate(bare) for _ in range(5)))

    assert sorted(map(len, applied)) == [0, 0, 0, 0, len(migrations())]


async def test_a_later_file_is_added_to_what_is_there(
    bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is missing runs, on a database that holds the beginning of the list."""
    await migrate(bare)
    more = [*migrations(), Migration(len(migrations()) + 1, "more.sql", "create table more ()")]
    monkeypatch.setattr(schema, "migrations", lambda: more)

    assert await migrate(bare) == ["more.sql"]
    assert "more" in await tables_in(bare)


async def test_a_file_that_was_changed_is_refused(
    bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ran is not what the file says now: nothing is touched until somebody decides."""
    await migrate(bare)
    first, *rest = migrations()
    changed = [first._replace(sql=first.sql + "-- edited"), *rest]
    changed.append(Migration(len(changed) + 1, "more.sql", "create table more ()"))
    monkeypatch.setattr(schema, "migrations", lambda: changed)

    with pytest.raises(SchemaMismatch, match=first.name):
        await migrate(bare)

    assert "more" not in await tables_in(bare)


async def test_a_database_from_the_future_is_refused(
    bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older code does not work on a schema that it does not know."""
    await migrate(bare)
    known = migrations()
    monkeypatch.setattr(schema, "migrations", lambda: known[:-1])

    with pytest.raises(SchemaMismatch, match="older"):
        await migrate(bare)


async def test_orders_of_before_are_parted(bare: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that were written before orders were parted keep them, each where it belongs."""
    known = migrations()
    monkeypatch.setattr(schema, "migrations", lambda: known[:16])
    await migrate(bare)
    numbers = [column for column in tables.ORDERS.columns if column != "client_order_id"]
    connection = await asyncpg.connect(bare)
    for order_id, status in ((1, 2), (2, 1), (3, 0)):
        values = [{"order_id": order_id, "status": status}.get(name, 7) for name in numbers]
        await connection.execute(
            f"insert into orders ({', '.join(numbers)}, client_order_id) "
            f"values ({', '.join(map(str, values))}, 'mine')"
        )
    monkeypatch.setattr(schema, "migrations", lambda: known)

    await migrate(bare)

    found = await connection.fetch(
        "select tableoid::regclass::text, order_id, client_order_id from orders order by order_id"
    )
    await connection.close()
    parts = ["orders_ended", "orders_live", "orders_live"]
    assert [tuple(row) for row in found] == [(part, i, "mine") for i, part in enumerate(parts, 1)]


async def test_a_file_that_fails_leaves_nothing(bare: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All or nothing: an error in the last file undoes the ones before it."""
    broken = [*migrations(), Migration(len(migrations()) + 1, "bad.sql", "create tabel t ()")]
    monkeypatch.setattr(schema, "migrations", lambda: broken)

    with pytest.raises(asyncpg.PostgresSyntaxError):
        await migrate(bare)

    assert await tables_in(bare) == set()
