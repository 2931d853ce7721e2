"""Recovery of the ledger: the newest usable checkpoint, then the entries of the log after it.

The writer, a standby and the history start here. A damaged checkpoint, or one of other code, is
passed over for an older one, and in the end for the whole log; all of them give the same state.
"""

import asyncio
import gc
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog

from outcry.domain.errors import CorruptError
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.state import Ledger
from outcry.messages.entry import Entry, unpack_entry
from outcry.messages.ledger_checkpoints import (
    CHECKPOINT_NAME,
    CHECKPOINT_VERSION,
    unpack_checkpoint,
)
from outcry.ports.ledger_log import LedgerLog, Row
from outcry.ports.snapshots import Snapshots
from outcry.runtime.closing import closing
from outcry.runtime.fold import Fold
from outcry.runtime.level_recovery import report


#: Entries between two lines about how far recovery is.
PROGRESS_ENTRIES: Final = 20_000

_log = structlog.get_logger("outcry.recovery")


class Restored(NamedTuple):
    """A ledger at entry ``ledger.n``, and what the writer of its checkpoint keeps beside it."""

    ledger: Ledger
    annex: bytes


async def restore_ledger(snapshots: Snapshots, timeline: int, at_most: int) -> Restored | None:
    """Return the newest usable checkpoint with ``n <= at_most``, None when there is none."""
    while True:
        snapshot = await asyncio.to_thread(
            snapshots.newest, CHECKPOINT_NAME, timeline, CHECKPOINT_VERSION, at_most
        )
        if snapshot is None:
            return None
        report(snapshot)
        try:
            restored = await asyncio.to_thread(_unpack, snapshot.body)
        except CorruptError as error:
            _log.error("checkpoint_refused", position=snapshot.position, reason=str(error))
        else:
            if restored.ledger.n == snapshot.position:
                return restored
            _log.error("checkpoint_refused", position=snapshot.position, n=restored.ledger.n)
        at_most = snapshot.position - 1


def _unpack(body: bytes) -> Restored:
    """Decode without the garbage collector, which finds nothing among millions of new objects."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return Restored(*unpack_checkpoint(body))
    finally:
        if collecting:
            gc.enable()


def apply_row(fold: Fold, row: Row) -> tuple[Entry, Effects] | None:
    """Fold one row; returns its entry and what it changed, None for a fence."""
    if not row.body:
        fold.begin(row.n)
        return None
    entry = unpack_entry(row.body)
    return entry, fold.apply_entry(row.n, entry)


async def fold_log(
    fold: Fold, log: LedgerLog, upto: int, took: Callable[[Entry], None] | None = None
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
