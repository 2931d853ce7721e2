"""What to report of escrow when what was believed last is gone from the chain."""

from collections.abc import Sequence

import structlog

from outcry.messages.escrow_requests import HAPPENINGS_COUNT_MAX, EscrowReportOp
from outcry.messages.happenings import Happening
from outcry.ports.chain import Block
from outcry.ports.escrow import ASKED_COUNT_MAX, BlockGone, Escrow
from outcry.services.onchain.branches import announced, compare, whole_blocks
from outcry.services.onchain.todo import Believed


_log = structlog.get_logger(__name__)


async def other_branch(
    escrow: Escrow, reports: Sequence[Believed], nothing_to: int, believed_to: int
) -> EscrowReportOp:
    """Compare what *reports* took in with the chain up to block *believed_to*.

    Up to block *nothing_to* there is nothing of ours. Raises `ChainUnavailable` and `BlockGone`.
    """
    before = await _common(escrow, reports, nothing_to)
    common = before.number
    happened: list[Happening] = []
    hashes = {common: before.hash}
    while before.number < believed_to:
        last = min(before.number + ASKED_COUNT_MAX - 1, believed_to)
        blocks = await blocks_after(escrow, before, last)
        if not blocks:
            break
        happened += await escrow.happened(blocks)
        hashes.update((block.number, block.hash) for block in blocks)
        before = blocks[-1]
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


async def blocks_after(escrow: Escrow, before: Block, last: int) -> list[Block]:
    """Return the blocks upon *before*, up to block *last*, as far as there are.

    Raises `BlockGone` where they are upon another one: who reads page by page would take what two
    branches say for the word of one.
    """
    if not before.hash:
        return await escrow.blocks(before.number + 1, last)
    blocks = await escrow.blocks(before.number, last)
    if not blocks or blocks[0] != before:
        raise BlockGone(f"block {before.number}, {before.hash}, was replaced while it was read")
    return blocks[1:]


async def _common(escrow: Escrow, reports: Sequence[Believed], nothing_to: int) -> Block:
    """Return the newest block that was believed and is still there, *nothing_to* when none is."""
    for one in reversed(reports):
        found = await escrow.blocks(one.block, one.block)
        if found and found[0].hash == one.block_hash:
            return found[0]
    return Block(nothing_to, "")
