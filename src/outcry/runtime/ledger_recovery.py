"""Recovery of the ledger: the newest usable checkpoint, then the entries of the log after it.

The writer, a standby and the history start here. A damaged checkpoint, one of other code or of
another log is passed over for an older one, and in the end for the whole log; all of them give the
same state.
"""

import asyncio
import gc
import zlib
from collections.abc import Callable
from struct import Struct
from typing import Final

import structlog

from outcry.domain.errors import CorruptError
from outcry.domain.ledger.effects import Effects
from outcry.messages.entry import FoldedEntry, unpack_folded
from outcry.messages.ledger_checkpoints import (
    CHECKPOINT_NAME,
    CHECKPOINT_VERSION,
    Checkpoint,
    unpack_checkpoint,
)
from outcry.ports.ledger_log import LedgerLog, Row
from outcry.ports.snapshots import Snapshots
from outcry.runtime.closing import closing
from outcry.runtime.fold import Fold
from outcry.runtime.level_recovery import report


#: Entries between two lines about how far recovery is.
PROGRESS_ENTRIES: Final = 20_000

_MARK: Final = Struct("<qqqI")

_log = structlog.get_logger("outcry.recovery")


def mark_of(row: Row) -> bytes:
    """Return by what a checkpoint at *row* knows it again, and any other log it is not of."""
    return _MARK.pack(row.n, row.epoch, row.at_us, zlib.crc32(row.body))


async def restore_ledger(log: LedgerLog, snapshots: Snapshots, at_most: int) -> Checkpoint | None:
    """Return the newest usable checkpoint of *log* with ``n <= at_most``, None without one."""
    timeline = await log.timeline()
    while True:
        snapshot = await asyncio.to_thread(
            snapshots.newest, CHECKPOINT_NAME, timeline, CHECKPOINT_VERSION, at_most
        )
        if snapshot is None:
            return None
        report(snapshot)
        try:
            restored = await asyncio.to_thread(_unpack, snapshot.body)
            await _require(log, snapshot.position, restored.mark)
        except CorruptError as error:
            _log.error("checkpoint_refused", position=snapshot.position, reason=str(error))
        else:
            return restored
        at_most = snapshot.position - 1


async def _require(log: LedgerLog, n: int, mark: bytes) -> None:
    """Raise `CorruptError` unless entry *n* of *log* is the one with that *mark*."""
    async with closing(log.entries(n - 1, n)) as rows:
        async for row in rows:
            if mark_of(row) == mark:
                return
    raise CorruptError(f"it stands at entry {n} of another log")


def _unpack(body: bytes) -> Checkpoint:
    """Decode without the garbage collector, which finds nothing among millions of new objects."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return unpack_checkpoint(body)
    finally:
        if collecting:
            gc.enable()


def apply_row(fold: Fold, row: Row) -> tuple[FoldedEntry, Effects] | None:
    """Fold one row; returns its entry and what it changed, None for a fence."""
    if not row.body:
        fold.begin(row.n)
        return None
    entry = unpack_folded(row.body)
    return entry, fold.apply_entry(row.n, entry)


async def fold_log(
    fold: Fold, log: LedgerLog, upto: int, took: Callable[[FoldedEntry], None] | None = None
) -> None:
    """Fold the log's entries above the ledger's ``n`` up to *upto*, telling each to *took*."""
    async with closing(log.entries(fold.ledger.n, upto)) as rows:
        async for row in rows:
            changed = apply_row(fold, row)
            if took is not None and changed is not None:
                took(changed[0])
            if row.n % PROGRESS_ENTRIES == 0:
                _log.info("recovering", entry=row.n, of=upto)
            await asyncio.sleep(0)


async def fold_now(log: LedgerLog, snapshots: Snapshots) -> Fold:
    """Return the ledger as the log has it now, from the newest checkpoint on."""
    head = await log.head()
    checkpoint = await restore_ledger(log, snapshots, head)
    fold = Fold(checkpoint.ledger if checkpoint else None)
    await fold_log(fold, log, head)
    return fold
