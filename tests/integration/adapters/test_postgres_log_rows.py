"""The ledger log in PostgreSQL: its fence under load, its chunks, and rows that are not right."""

import asyncio
from itertools import pairwise

import asyncpg
import pytest
from tests.contract.entries import entry

from outcry.adapters.postgres import PostgresLedgerLog, log_reader
from outcry.domain.errors import CorruptError, InvariantError
from outcry.ports.ledger_log import Span, Stale


async def execute(dsn: str, statement: str) -> None:
    """Do to the rows what no adapter does."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def append_until_stale(log: PostgresLedgerLog, acknowledged: list[int]) -> None:
    """Append until an append fails, noting each that was confirmed."""
    opened = await log.open(0)
    for n in range(opened.head + 1, 1 << 40):
        await log.append(opened.epoch, n, 0, b"", [])
        acknowledged.append(n)


async def test_a_fence_takes_its_place_behind_an_append_in_flight(database: str) -> None:
    """While an old writer appends at full speed a new one opens, and only the new one goes on."""
    old, new = [await PostgresLedgerLog.connect(database) for _ in range(2)]
    acknowledged: list[int] = []
    appending = asyncio.create_task(append_until_stale(old, acknowledged))
    await new.wait(20, 60_000)

    fence = await new.open(0)

    with pytest.raises(Stale):
        await appending
    assert acknowledged[-1] == fence.head - 1
    await new.append(fence.epoch, fence.head + 1, 0, b"", [])
    await old.close()
    await new.close()


async def test_chunks_are_bounded_and_nothing_falls_between_them(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the chunks, every row and every run comes once, in order."""
    monkeypatch.setattr(log_reader, "CHUNK_ROWS_MAX", 3)
    monkeypatch.setattr(log_reader, "CHUNK_BYTES", 1_000)
    log = await PostgresLedgerLog.connect(database)
    opened = await log.open(0)
    sizes = [1, 900, 90, 5_000, 1, 1, 1, 1, 2_000, 999, 1]
    for n, size in enumerate(sizes, 2):
        spans = [Span(shard, "c", n - 1, n - 1) for shard in range(2) if n % 2 or shard]
        await log.append(opened.epoch, n, 0, entry(*spans) if n > 5 else bytes(size), [])
    assert [row.n async for row in log.entries(0)] == list(range(1, len(sizes) + 2))

    seq = 0
    for n in range(len(sizes) + 2, len(sizes) + 22):
        span = Span(0, "c", seq + 1, seq + 1 + n % 3)
        spans = [span] if n % 4 else []
        await log.append(opened.epoch, n, 0, entry(*spans), spans)
        seq = span.last_seq if spans else seq
    for after in (0, 5):
        runs = [run[:2] async for run in log.commands(0, after)]
        assert runs[0][0] == after + 1
        assert runs[-1][1] == seq
        assert all(b[0] == a[1] + 1 for a, b in pairwise(runs))
    await log.close()


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("update ledger_log set body = body || 'x' where n = 3", "entry 3 .* checksum"),
        ("update ledger_log set crc = crc + 1 where n = 3", "entry 3 .* checksum"),
        ("delete from ledger_log where n = 3", "entry 3 is missing"),
        ("delete from ledger_log where n = 2", "entry 2 is missing"),
    ],
)
async def test_rows_that_are_not_what_was_written_are_refused(
    database: str, damage: str, complaint: str
) -> None:
    """An altered or missing row is named, never handed out and never skipped."""
    log = await PostgresLedgerLog.connect(database)
    opened = await log.open(0)
    for n in range(2, 6):
        span = Span(0, "c", n - 1, n - 1)
        await log.append(opened.epoch, n, 0, entry(span), [span])
    await execute(database, damage)

    with pytest.raises(CorruptError, match=complaint):
        assert [row async for row in log.entries(1)] == []
    with pytest.raises(CorruptError):
        assert [run async for run in log.commands(0, 0)] == []
    await log.close()


async def test_spans_that_promise_too_much_are_refused(database: str) -> None:
    """An entry without the run that its span names is corrupt, not an endless search."""
    log = await PostgresLedgerLog.connect(database)
    opened = await log.open(0)
    await log.append(opened.epoch, 2, 0, entry(), [Span(0, "c", 1, 5)])

    with pytest.raises(CorruptError, match="entry 2 does not hold seq 1 of shard 0"):
        assert [run async for run in log.commands(0, 0)] == []
    await log.close()


async def test_a_seq_is_committed_once(database: str) -> None:
    """An entry that repeats a span is our own mistake: it is not written, and not called stale."""
    log = await PostgresLedgerLog.connect(database)
    opened = await log.open(0)
    span = Span(0, "f", 1, 5)
    await log.append(opened.epoch, 2, 0, entry(span), [span])

    with pytest.raises(InvariantError):
        await log.append(opened.epoch, 3, 0, entry(span), [span])

    await log.append(opened.epoch, 3, 0, entry(), [])
    assert await log.applied(0) == 5
    await log.close()
