"""The log in parts: made ahead of need, crossed unnoticed, let go of as whole tables."""

import asyncio

import asyncpg
import pytest

from outcry.adapters.embedded import Endpoints
from outcry.adapters.postgres import PostgresLedgerLog, migrate, schema
from outcry.adapters.postgres.parts import PART_ENTRIES
from outcry.adapters.postgres.schema import migrations
from outcry.ports.ledger_log import Archived, Segment, Span


async def parts_in(dsn: str) -> list[str]:
    """Return the names of the parts."""
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'ledger_log'::regclass order by 1"
    )
    await connection.close()
    return [row[0] for row in rows]


async def put(dsn: str, *numbers: int) -> None:
    """Put entries of epoch 1 into the log, as if all before them had been written."""
    connection = await asyncpg.connect(dsn)
    for n in numbers:
        await connection.execute("insert into ledger_log values ($1, 1, 0, '', 0)", n)
    await connection.close()


async def test_a_log_grows_into_the_next_part_and_leaves_the_first(standing: Endpoints) -> None:
    """Entries go on across the border, and a part that was archived whole is a table no more.

    While somebody reads the log for long, the table stays: an append must not wait for it.
    """
    server = await asyncpg.connect(standing.postgres_dsn)
    await server.execute("create database parted")
    dsn = standing.postgres_dsn.replace("@/postgres?", "@/parted?")
    try:
        await migrate(dsn)
        await put(dsn, PART_ENTRIES - 4)
        log = await PostgresLedgerLog.connect(dsn)
        opened = await log.open(0)
        assert await parts_in(dsn) == ["ledger_log_0", "ledger_log_1"]
        for n in range(opened.head + 1, PART_ENTRIES + 3):
            await log.append(opened.epoch, n, 0, b"%d" % n, [Span(0, "c", n, n)])
        found = [row.n async for row in log.entries(opened.head)]
        assert found == list(range(opened.head + 1, PART_ENTRIES + 3))
        assert await log.head() == PART_ENTRIES + 2

        reader = await asyncpg.connect(dsn)
        async with reader.transaction():
            await reader.fetch("select n from ledger_log limit 1")
            await log.forget(Segment(1, PART_ENTRIES - 1, "abc"), 0)
            assert "ledger_log_0" in await parts_in(dsn)
        await reader.close()
        await log.forget(Segment(PART_ENTRIES, PART_ENTRIES, "def"), 0)

        assert "ledger_log_0" not in await parts_in(dsn)
        with pytest.raises(Archived):
            await anext(log.entries(PART_ENTRIES - 1))
        assert [row.n async for row in log.entries(PART_ENTRIES)] == [
            PART_ENTRIES + 1, PART_ENTRIES + 2,
        ]  # fmt: skip
        await log.close()
    finally:
        await server.execute("drop database parted with (force)")
        await server.close()


async def test_the_next_part_is_made_while_entries_are_written(standing: Endpoints) -> None:
    """A writer that comes to the middle of a part has the one after the next made beside it."""
    server = await asyncpg.connect(standing.postgres_dsn)
    await server.execute("create database growing")
    dsn = standing.postgres_dsn.replace("@/postgres?", "@/growing?")
    try:
        await migrate(dsn)
        await put(dsn, 1)
        log = await PostgresLedgerLog.connect(dsn)
        await log.open(0)
        await put(dsn, PART_ENTRIES + PART_ENTRIES // 2 - 1)
        n = PART_ENTRIES + PART_ENTRIES // 2
        await log.append(1, n, 0, b"", [])
        for _ in range(1_000):
            if "ledger_log_2" in await parts_in(dsn):
                break
            await asyncio.sleep(0.01)
        else:
            raise AssertionError("the next part is not made")
        await log.close()
    finally:
        await server.execute("drop database growing with (force)")
        await server.close()


async def test_a_log_without_parts_becomes_the_first(
    standing: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entries of a database from before stay where they are, and others follow."""
    server = await asyncpg.connect(standing.postgres_dsn)
    await server.execute("create database unparted")
    dsn = standing.postgres_dsn.replace("@/postgres?", "@/unparted?")
    known = migrations()
    before = next(one.number for one in known if one.name.endswith("log_parts.sql")) - 1
    try:
        monkeypatch.setattr(schema, "migrations", lambda: known[:before])
        await migrate(dsn)
        await put(dsn, 1, 2)
        monkeypatch.setattr(schema, "migrations", lambda: known)
        await migrate(dsn)

        log = await PostgresLedgerLog.connect(dsn)
        opened = await log.open(7)
        await log.append(opened.epoch, 4, 0, b"more", [])

        assert opened == (3, 2)
        assert [(row.n, row.epoch) async for row in log.entries(0)] == [
            (1, 1),
            (2, 1),
            (3, 2),
            (4, 2),
        ]
        await log.close()
    finally:
        await server.execute("drop database unparted with (force)")
        await server.close()
