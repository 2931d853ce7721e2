"""The ledger log on a PostgreSQL that dies, hangs, lies or is set up badly."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.adapters.doomed import Doomed, eventually, standby_of

from outcry.adapters.embedded import postgres as embedded_postgres
from outcry.adapters.postgres import (
    PostgresLedgerLog,
    PostgresProjection,
    PostgresQueries,
    connection,
)
from outcry.ports.ledger_log import CommitUnknown, LogUnavailable, Row, Span


POSTGRES = "postgresql"
APPENDERS_SECONDS = 0.3


async def append_until_killed(log: PostgresLedgerLog, acknowledged: list[int]) -> None:
    """Append until an append fails, noting each that was confirmed."""
    opened = await log.open(0)
    for n in range(opened.head + 1, 1 << 40):
        await log.append(opened.epoch, n, 0, b"entry %d" % n, [Span(0, "c", n, n)])
        acknowledged.append(n)


async def test_a_killed_server_loses_no_entry_that_was_confirmed(servers: Doomed) -> None:
    """Kill -9 in the middle of appends: CommitUnknown, all confirmed entries there, no hole."""
    acknowledged: list[int] = []
    for _ in range(4):
        log = await PostgresLedgerLog.connect(servers.dsn)
        appending = asyncio.create_task(append_until_killed(log, acknowledged))
        await asyncio.sleep(APPENDERS_SECONDS)
        servers.kill(POSTGRES)
        with pytest.raises(CommitUnknown):
            await appending
        with pytest.raises(CommitUnknown):
            await log.append(1, 1, 0, b"", [])
        await log.close()
        servers.restart()

    log = await PostgresLedgerLog.connect(servers.dsn)
    rows = {row.n: row.body async for row in log.entries(0)}
    assert list(rows) == list(range(1, len(rows) + 1))
    assert len(acknowledged) > 100
    assert all(rows[n] == b"entry %d" % n for n in acknowledged)
    unconfirmed = [n for n, body in rows.items() if body and n not in acknowledged]
    assert len(unconfirmed) <= 4
    spans = await servers.sql("select n from ledger_span order by n")
    assert [n for (n,) in spans] == [n for n, body in rows.items() if body]
    await log.close()


async def test_a_lost_connection_leaves_the_commit_unknown(servers: Doomed) -> None:
    """When the session is ended by somebody else, the writer is told that nobody knows."""
    log = await PostgresLedgerLog.connect(servers.dsn)
    opened = await log.open(0)
    await servers.sql(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity "
        "where application_name = 'outcry' and pid <> pg_backend_pid()"
    )

    with pytest.raises(CommitUnknown):
        await log.append(opened.epoch, 2, 0, b"", [])

    assert (await log.open(0)).head == 2
    await log.close()


async def test_a_hung_server_leaves_the_commit_unknown(servers: Doomed) -> None:
    """An append that gets no answer in time is unknown; it is before the next fence or nowhere."""
    log = await PostgresLedgerLog.connect(servers.dsn, append_timeout_ms=300)
    opened = await log.open(0)
    with servers.frozen(POSTGRES), pytest.raises(CommitUnknown):
        await log.append(opened.epoch, 2, 0, b"late", [])

    other = await PostgresLedgerLog.connect(servers.dsn)
    fence = await other.open(0)
    history = [row async for row in other.entries(0)]
    await asyncio.sleep(0.2)

    assert [row async for row in other.entries(0)] == history
    assert history[-1] == Row(fence.head, fence.epoch, 0, b"")
    assert fence.epoch == opened.epoch + 1
    await log.close()
    await other.close()


async def test_a_cancelled_append_ends_the_writer(servers: Doomed) -> None:
    """Nobody waited for the answer, so nobody knows it: this object appends no more."""
    log = await PostgresLedgerLog.connect(servers.dsn)
    opened = await log.open(0)
    with servers.frozen(POSTGRES):
        appending = asyncio.create_task(log.append(opened.epoch, 2, 0, b"", []))
        await asyncio.sleep(0.1)
        appending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await appending

    with pytest.raises(CommitUnknown):
        await log.append(opened.epoch, 2, 0, b"", [])
    await log.close()


async def test_reading_fails_while_the_server_is_away_and_goes_on_after(servers: Doomed) -> None:
    """Reads and waits raise LogUnavailable, also those under way, and work again afterwards."""
    log = await PostgresLedgerLog.connect(servers.dsn)
    await log.open(0)
    assert await log.head() == 1
    waiting = asyncio.create_task(log.wait(1, 60_000))
    await asyncio.sleep(0.05)

    servers.kill(POSTGRES)

    with pytest.raises(LogUnavailable):
        await waiting
    with pytest.raises(LogUnavailable):
        await log.head()
    with pytest.raises(LogUnavailable):
        await anext(aiter(log.entries(0)))
    with pytest.raises(LogUnavailable):
        await anext(aiter(log.commands(0, 0)))
    servers.restart()
    await eventually(log.head, LogUnavailable)
    assert await log.head() == 1
    assert await log.wait(0, 60_000) == 1
    await log.close()


async def test_connecting_waits_for_a_server_that_starts(servers: Doomed) -> None:
    """A log may be opened before its server is up."""
    servers.kill(POSTGRES)
    connecting = asyncio.create_task(PostgresLedgerLog.connect(servers.dsn))
    await asyncio.sleep(0.1)
    assert not connecting.done()

    await asyncio.to_thread(servers.restart)

    log = await connecting
    assert (await log.open(0)).epoch == 1
    await log.close()


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
async def test_a_server_that_may_lose_commits_is_refused(
    servers: Doomed, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """A log is not opened on a server whose settings make a confirmed commit a hope."""
    monkeypatch.setitem(embedded_postgres._SETTINGS, setting, "off")
    servers.kill(POSTGRES)
    servers.restart()
    log = await PostgresLedgerLog.connect(servers.dsn)

    with pytest.raises(LogUnavailable, match=f"{setting} = off"):
        await log.open(0)

    assert await log.head() == 0
    await log.close()


async def follows(servers: Doomed) -> None:
    """Raise until the standby replays what the server writes."""
    if not await servers.sql("select replay_lsn from pg_stat_replication where replay_lsn > '0/0'"):
        raise LogUnavailable("the standby does not follow yet")


async def test_a_standby_that_nobody_waits_for_is_refused(servers: Doomed, tmp_path: Path) -> None:
    """While a standby may be behind, no writer opens; once it is waited for, or gone, one does."""
    log = await PostgresLedgerLog.connect(servers.dsn)
    with standby_of(servers, tmp_path):
        await eventually(lambda: follows(servers), LogUnavailable)
        with pytest.raises(LogUnavailable, match="synchronous_standby_names"):
            await log.open(0)
        assert await log.head() == 0

        await servers.sql("alter system set synchronous_standby_names = '*'")
        await servers.sql("select pg_reload_conf()")
        await eventually(lambda: log.open(0), LogUnavailable)
    await log.close()


async def test_letting_go_of_a_hung_server_takes_no_goodbye(
    servers: Doomed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing ends although the server answers nothing."""
    monkeypatch.setattr(connection, "CLOSE_MS", 200)
    log = await PostgresLedgerLog.connect(servers.dsn)
    queries = await PostgresQueries.connect(servers.dsn)
    tables = await PostgresProjection.connect(servers.dsn)
    await log.open(0)
    assert await queries.position() == await tables.position() == 0

    with servers.frozen(POSTGRES):
        for adapter in (log, queries, tables):
            await adapter.close()
