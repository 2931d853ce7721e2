"""Recovery of public books: the newest snapshot that the ledger covers, then committed facts.

Everybody who keeps levels starts here, so that nobody needs the streams for the past.
"""

import asyncio

import structlog

from outcry.domain.levels import LevelBooks
from outcry.messages.level_snapshots import LEVELS_VERSION, levels_of_kernel, unpack_levels
from outcry.messages.record_bodies import cut, iter_records
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.snapshots import Snapshot, Snapshots
from outcry.runtime.closing import closing
from outcry_wire.snapshot import RULES_VERSION


_log = structlog.get_logger("outcry.recovery")


def snapshot_name(shard: int) -> str:
    """Return the name under which public books of *shard* are saved."""
    return f"levels-{shard}"


def kernel_snapshot_name(shard: int) -> str:
    """Return the name under which kernels of *shard* are saved."""
    return f"kernel-{shard}"


def report(snapshot: Snapshot) -> None:
    """Say from which snapshot something starts, and which newer ones were passed over."""
    for reason in snapshot.skipped:
        _log.warning("snapshot_skipped", reason=reason)
    _log.info("snapshot_taken", name=snapshot.name, position=snapshot.position)


async def restore_levels(
    snapshots: Snapshots, shard: int, timeline: int, at_most: int
) -> LevelBooks | None:
    """Return the books of the newest snapshot with ``seq <= at_most``, None when there is none."""
    for name, version, unpack in (
        (snapshot_name(shard), LEVELS_VERSION, unpack_levels),
        (kernel_snapshot_name(shard), RULES_VERSION, levels_of_kernel),
    ):
        snapshot = await asyncio.to_thread(snapshots.newest, name, timeline, version, at_most)
        if snapshot is not None:
            report(snapshot)
            return await asyncio.to_thread(unpack, snapshot.body)
    return None


async def fold_committed(levels: LevelBooks, log: LedgerLog, shard: int, upto: int) -> None:
    """Fold the log's facts above ``levels.seq`` and not above *upto*."""
    if levels.seq >= upto:
        return
    async with closing(log.facts(shard, levels.seq)) as runs:
        async for _, last, body in runs:
            for fact in iter_records(body if last <= upto else cut(body, levels.seq, upto)):
                levels.apply(fact)
            if last >= upto:
                break
            await asyncio.sleep(0)
