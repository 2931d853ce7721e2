"""`outcry archive`: move the oldest entries of the log into files, each proved before it goes.

Nothing that anybody starts from is moved: a start needs the log after its checkpoint, history after
the tables. A segment is written, read back and compared with the log before the log lets go of it;
whatever ends the command in between, the next run goes on there.
"""

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from outcry.adapters.files import FileArchive, FileSnapshots
from outcry.adapters.postgres import PostgresLedgerLog, PostgresProjection, migrate
from outcry.app.access import archive_folder, servers_of
from outcry.app.failures import UsageError
from outcry.domain.errors import CorruptError
from outcry.messages.ledger_checkpoints import CHECKPOINT_NAME, CHECKPOINT_VERSION
from outcry.ports.ledger_log import LedgerLog, Row, Segment
from outcry.ports.log_archive import LogArchive
from outcry.ports.snapshots import Snapshots
from outcry.runtime.closing import closing
from outcry.runtime.config import Config
from outcry.runtime.data_dir import DataDir


#: One segment: so many entries, and no further one once so many bytes are in it.
SEGMENT_ENTRIES_MAX: Final = 100_000
SEGMENT_BYTES: Final = 32 * 1024 * 1024


class Bounds(NamedTuple):
    """Where the archive ends, and how far it may go."""

    archived: int
    limit: int
    #: What stands in the way of more.
    because: str


async def archive(config: Config, upto: int | None, *, dry_run: bool) -> str:
    """Archive entries up to *upto*, by default all that nobody starts from; returns a sentence."""
    async with servers_of(config) as endpoints:
        await migrate(endpoints.postgres_dsn)
        log = await PostgresLedgerLog.connect(endpoints.postgres_dsn)
        tables = await PostgresProjection.connect(endpoints.postgres_dsn)
        files = FileArchive(archive_folder(config))
        try:
            snapshots = FileSnapshots(DataDir(Path(config.data_dir)).folder("snapshots"))
            bounds = await bounds_of(log, snapshots, await tables.position())
            if upto is not None and upto > bounds.limit:
                raise UsageError(
                    f"entry {upto} cannot go to the archive: {bounds.because}, so"
                    f" {bounds.limit} is the last that can"
                )
            last = bounds.limit if upto is None else upto
            if last <= bounds.archived:
                return f"Nothing to archive: entries up to {bounds.archived} are there already."
            if dry_run:
                return (
                    f"Entries {bounds.archived + 1} to {last} would go to {archive_folder(config)}."
                )
            with _alone(archive_folder(config)):
                count = await move(log, files, last)
        finally:
            await tables.close()
            await log.close()
    where = archive_folder(config)
    return f"Entries {bounds.archived + 1} to {last} are in {where} now, in {count} segments."


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold *folder* as the only run of this command; it goes with the process, however that ends.

    Two runs would save segments that overlap, and an archive that has such is not read any more.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another `outcry archive` is at work in {folder}") from None
        yield


async def move(log: LedgerLog, archive: LogArchive, upto: int) -> int:
    """Move entries up to *upto*; returns in how many segments. Who starts from where is not asked.

    Raises `CorruptError` when the archive does not hold what the log gave it.
    """
    newest = await log.archived()
    segments = await asyncio.to_thread(archive.segments)
    if newest is not None and newest not in segments:
        raise CorruptError(f"the archive lacks its segment {newest.first}..{newest.last}")
    count = 0
    for segment in segments:
        if newest is None or segment.first > newest.last:
            await _let_go(log, archive, segment)
            count += 1
    after = segments[-1].last if segments else 0
    async with closing(_runs(log, after, upto)) as runs:
        async for rows in runs:
            await _let_go(log, archive, await asyncio.to_thread(archive.save, rows))
            count += 1
    return count


async def _let_go(log: LedgerLog, archive: LogArchive, segment: Segment) -> None:
    """Compare what the archive has with the log, and only then have the log forget it."""
    kept = archive.rows(segment.first - 1, segment.last)
    async with closing(log.entries(segment.first - 1, segment.last)) as rows:
        for run in await asyncio.to_thread(list, kept):
            for row in run:
                if await anext(rows) != row:
                    raise CorruptError(f"entry {row.n} of the archive is not the log's")
    await log.forget(segment, time.time_ns() // 1_000)


async def _runs(log: LedgerLog, after: int, upto: int) -> AsyncIterator[list[Row]]:
    rows: list[Row] = []
    size = 0
    async with closing(log.entries(after, upto)) as entries:
        async for row in entries:
            rows.append(row)
            size += len(row.body)
            if len(rows) >= SEGMENT_ENTRIES_MAX or size >= SEGMENT_BYTES:
                yield rows
                rows, size = [], 0
    if rows:
        yield rows


async def bounds_of(log: LedgerLog, snapshots: Snapshots, tables: int) -> Bounds:
    """Return how far *log* may go when tables stand at entry *tables*."""
    kept = snapshots.kept(CHECKPOINT_NAME, await log.timeline(), CHECKPOINT_VERSION)
    newest = await log.archived()
    limits = [
        (await log.head() - 1, "the log ends there"),
        # The entry it stands at stays: a start looks whether the log still has it.
        (min(kept, default=1) - 1, "the oldest checkpoint stands on the next one" if kept
         else "there is no checkpoint yet"),
        (tables, "the tables stand there"),
    ]  # fmt: skip
    limit, because = min(limits)
    return Bounds(newest.last if newest else 0, limit, because)
