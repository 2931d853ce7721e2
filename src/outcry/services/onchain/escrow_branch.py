"""What to report of escrow when what was believed last is gone from the chain."""

from collections.abc import Sequence

import structlog

from outcry.messages.escrow_requests import HAPPENINGS_COUNT_MAX, EscrowReportOp
from outcry.messages.happenings import Happening
from outcry.ports.escrow import ASKED_COUNT_MAX, Escrow
from outcry.services.onchain.branches import announced, compare, whole_blocks
from outcry.services.onchain.todo import Believed


_log = structlog.get_logger(__name__)


async def other_branch(
    escrow: Escrow, reports: Sequence[Believed], nothing_to: int, believed_to: int
) -> EscrowReportOp:
    """Compare what *reports* took in with the chain up to block *believed_to*.

    Up to block *nothing_to* there is nothing of ours. Raises `ChainUnavailable` and `BlockGone`.
    """
    common = await _common(escrow, reports, nothing_to)
    believed_to = max(believed_to, common)
    happened: list[Happening] = []
    hashes = {common: ""}
    for first in range(common + 1, believed_to + 1, ASKED_COUNT_MAX):
        blocks = await escrow.blocks(first, min(first + ASKED_COUNT_MAX - 1, believed_to))
        happened += await escrow.happened(blocks)
        hashes.update((block.number, block.hash) for block in blocks)
    if len(hashes) == 1:
        hashes.update((block.number, block.hash) for block in await escrow.blocks(common, common))
    believed = [one for report in reports for one in report.happenings]
    kept, fresh, lost = compare([one for one in believed if one.block > common], happened)
    # What of the fresh is in blocks above is reported when they are read: but all that is kept is
    # said here, so that nobody takes it for fresh then.
    last = min(whole_blocks(fresh, HAPPENINGS_COUNT_MAX), max(hashes))
    fresh = [one for one in fresh if one.block <= last]
    _log.warning("escrow_reorganised", common=common, kept=len(kept), lost=len(lost))
    exits = announced(believed, common, [*kept, *fresh], lost)
    return EscrowReportOp(0, fresh, [], last, hashes[last], common, kept, lost, exits)


async def _common(escrow: Escrow, reports: Sequence[Believed], nothing_to: int) -> int:
    """Return the newest block that was believed and is still there, *nothing_to* when none is."""
    for one in reversed(reports):
        found = await escrow.blocks(one.block, one.block)
        if found and found[0].hash == one.block_hash:
            return one.block
    return nothing_to
