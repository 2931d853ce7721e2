"""Moving the log into the archive: proved first, gone afterwards, and read as one ever after."""

import asyncio
from pathlib import Path

import pytest
from tests.support.venue import Venue, limit

from outcry.adapters.files import FileArchive
from outcry.adapters.memory import MemoryLedgerLog, MemoryProjection
from outcry.app import archiving
from outcry.app.archiving import move
from outcry.app.failures import UsageError
from outcry.app.verify import verify
from outcry.domain.errors import CorruptError
from outcry.messages.ledger_checkpoints import state_hash
from outcry.ports.ledger_log import Archived, Row
from outcry.runtime.archived_log import ArchivedLog
from outcry.runtime.fold import Fold
from outcry.runtime.ledger_recovery import fold_log
from outcry.services.history.config import HistoryConfig
from outcry.services.history.service import History
from outcry_wire.records import Side


HUNDRED = 100_000_000


async def traded(venue: Venue) -> None:
    """Let two users trade a while."""
    async with venue.running():
        await venue.user("ann", HUNDRED)
        await venue.user("bob", HUNDRED)
        market = await venue.market()
        for number in range(20):
            await venue.placed(limit(1_000, market, Side.BUY, 5_000, 1 + number))
            await venue.placed(limit(1_001, market, Side.BUY, 5_000, 1 + number % 7, outcome=1))


async def tables_of(log: ArchivedLog, upto: int) -> MemoryProjection:
    """Return tables written from the log's first entry."""
    tables = MemoryProjection()
    service = History(HistoryConfig(), log=log, projection=tables)
    await service.start()
    task = asyncio.create_task(service.run())
    async with asyncio.timeout(60):
        while await tables.position() < upto:  # noqa: ASYNC110 - it has no event for it
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await service.stop()
    return tables


async def test_what_is_archived_while_it_is_read_is_read_once(tmp_path: Path) -> None:
    """Rows and runs that are moved away under a reader neither come twice nor are missing."""
    venue = Venue()
    await traded(venue)
    head = await venue.log.head()
    archive = FileArchive(tmp_path / "archive")
    both = ArchivedLog(venue.log, archive)
    rows = [row async for row in both.entries(0)]
    runs = [run async for run in both.commands(0, 0)]

    reading, running = both.entries(0), both.commands(0, 0)
    found, ran = [await anext(reading) for _ in range(3)], [await anext(running) for _ in range(3)]
    assert await move(venue.log, archive, head - 9) > 0

    assert found + [row async for row in reading] == rows
    assert ran + [run async for run in running] == runs


async def test_log_and_archive_are_one_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """State, tables, runs and verification from the first entry are as before the move."""
    monkeypatch.setattr(archiving, "SEGMENT_ENTRIES_MAX", 7)
    venue = Venue()
    await traded(venue)
    head = await venue.log.head()
    log, archive = venue.log, FileArchive(tmp_path / "archive")
    both = ArchivedLog(log, archive)
    rows = [row async for row in both.entries(0)]
    runs = [[run async for run in read(0, 0)] for read in (both.commands, both.facts)]
    before = await tables_of(both, head)
    whole = Fold()
    await fold_log(whole, both, head)
    state = state_hash(whole.ledger)

    assert await move(log, archive, head // 2) == -(-(head // 2) // 7)
    assert await move(log, archive, head - 9) > 0

    with pytest.raises(Archived):
        await anext(log.entries(0))
    assert [row async for row in both.entries(0)] == rows
    assert [row async for row in both.entries(head // 3, head - 3)] == rows[head // 3 : head - 3]
    assert [[run async for run in read(0, 0)] for read in (both.commands, both.facts)] == runs
    fold = Fold()
    await fold_log(fold, both, head)
    assert state_hash(fold.ledger) == state
    after = await tables_of(both, head)
    assert after.tables.dump() == before.tables.dump()
    report = await verify(both, after)
    assert report.clean, report.findings


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    """Both would save the same entries, and segments that overlap are read by nobody."""
    with archiving._alone(tmp_path), pytest.raises(UsageError, match="another"):  # noqa: SIM117
        with archiving._alone(tmp_path):
            pass
    with archiving._alone(tmp_path):
        pass


async def test_what_the_archive_altered_is_not_let_go_of(tmp_path: Path) -> None:
    """A segment that does not read back as the log's own entries costs the log nothing."""

    class Forgetful(FileArchive):
        def rows(self, after: int, upto: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
            for run in super().rows(after, upto):
                yield [row._replace(at_us=row.at_us + (row.n == 3)) for row in run]

    log = MemoryLedgerLog()
    epoch = (await log.open(0)).epoch
    for n in range(2, 7):
        await log.append(epoch, n, n, b"%d" % n, [])

    with pytest.raises(CorruptError, match="entry 3"):
        await move(log, Forgetful(tmp_path), 5)

    assert [row.n async for row in log.entries(0)] == [1, 2, 3, 4, 5, 6]


async def test_a_move_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    """A segment that was written and not yet let go of is taken up by the next run."""
    log = MemoryLedgerLog()
    epoch = (await log.open(0)).epoch
    for n in range(2, 9):
        await log.append(epoch, n, n, b"%d" % n, [])
    archive = FileArchive(tmp_path)
    rows: list[Row] = [row async for row in log.entries(0, 4)]
    archive.save(rows)

    assert await move(log, archive, 6) == 2

    assert [segment[:2] for segment in archive.segments()] == [(1, 4), (5, 6)]
    assert [row.n async for row in ArchivedLog(log, archive).entries(0)] == list(range(1, 9))


async def test_an_archive_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    """Without the folder reading says what is missing, and moving more is refused."""
    log = MemoryLedgerLog()
    epoch = (await log.open(0)).epoch
    for n in range(2, 9):
        await log.append(epoch, n, n, b"", [])
    await move(log, FileArchive(tmp_path / "archive"), 4)
    elsewhere = FileArchive(tmp_path / "elsewhere")

    with pytest.raises(Archived, match="put the folder"):
        await anext(ArchivedLog(log, elsewhere).entries(0))
    with pytest.raises(CorruptError, match=r"lacks its segment 1\.\.4"):
        await move(log, elsewhere, 6)
