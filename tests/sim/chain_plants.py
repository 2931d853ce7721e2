"""Bugs of whoever speaks with contracts, follows streams, or moves the log into the archive."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Final

from msgspec.structs import replace
from tests.sim.plants import Patch

from outcry.adapters.memory import MemoryArchive
from outcry.app import archiving
from outcry.app.sim import archivist
from outcry.app.sim.sim_escrow import SimEscrow
from outcry.domain.ledger.state import Ledger
from outcry.messages.escrow_records import EscrowBegun, EscrowCursor
from outcry.messages.escrow_requests import EscrowReportOp
from outcry.messages.happenings import Happened, Happening
from outcry.messages.ledger_records import LedgerRecord
from outcry.messages.requests import FundsResult
from outcry.ports.chain import Block, Chain
from outcry.ports.escrow import Job
from outcry.ports.ledger_log import LedgerLog, Row, Segment
from outcry.ports.log_archive import LogArchive
from outcry.services.asset import desk, escrow_lost, escrow_report
from outcry.services.asset.sequencer import Sequencer
from outcry.services.onchain import service as onchain
from outcry.services.onchain.believed import Believed, FillKey, Place
from outcry.services.onchain.escrow import EscrowDesk
from outcry.services.onchain.escrow_branch import blocks_after
from outcry.services.onchain.todo import Todo


#: Numbers of one life of the desk, where each has its own.
NUMBERS: Final = 1_000_000


def escrow_cursor_outside_the_transaction(patch: Patch) -> None:
    """How far escrow was taken in is recorded with the next report, not with what it says."""
    record = Sequencer.record
    held: dict[Sequencer, EscrowCursor] = {}

    def late(self: Sequencer, one: LedgerRecord) -> None:
        if isinstance(one, EscrowCursor) and one.common < 0:
            before, held[self] = held.get(self), one
            if before is not None:
                record(self, before)
        else:
            record(self, one)

    patch.setattr(Sequencer, "record", late)


def escrow_taken_in_again(patch: Patch) -> None:
    """What is told of escrow counts whenever it is told, also if it was told before."""

    def again(sequencer: Sequencer, op: EscrowReportOp) -> FundsResult:
        chain = sequencer.ledger.chain
        block, marks = chain.escrow_block, list(chain.escrow_marks)
        if op.block and op.common < 0:
            chain.escrow_block = -1
            chain.escrow_marks.clear()
        try:
            return escrow_report.report(sequencer, op)
        finally:
            if chain.escrow_block < 0:
                chain.escrow_block = block
            chain.escrow_marks[:0] = [one for one in marks if one not in chain.escrow_marks]

    patch.setitem(desk._OPERATIONS, EscrowReportOp, again)


def blocks_read_before_they_are_told(patch: Patch) -> None:
    """A block counts as read before the ledger has heard of it, which may not be there."""

    async def read_on(self: EscrowDesk, believed_to: int) -> None:
        while self._read.number < believed_to:
            blocks = await blocks_after(self._escrow, self._read, believed_to)
            if not blocks:
                return
            happenings = self._todo.unknown(await self._escrow.happened(blocks))
            self._read = blocks[-1]
            if happenings:
                await self._tell(happenings, blocks)

    patch.setattr(EscrowDesk, "_read_on", read_on)


def paid_twice_after_a_restart(patch: Patch) -> None:
    """Each life of the desk numbers its payments anew, so the contract takes them for others."""
    begin, job_of, happened = Todo.begin, Todo._operation, SimEscrow.happened

    def anew(self: Todo, ledger: Ledger) -> None:
        begin(self, ledger)
        self.life = ledger.n  # type: ignore[attr-defined]

    def numbered(self: Todo, one: EscrowBegun) -> Job:
        job = job_of(self, one)
        return replace(job, number=job.number + self.life * NUMBERS)  # type: ignore[attr-defined]

    async def as_ours(self: SimEscrow, blocks: Sequence[Block]) -> list[Happening]:
        said = await happened(self, blocks)
        exits = Happened.EXIT_REQUESTED
        return [
            one if one.kind == exits else replace(one, number=one.number % NUMBERS) for one in said
        ]

    patch.setattr(Todo, "begin", anew)
    patch.setattr(Todo, "_operation", numbered)
    patch.setattr(SimEscrow, "happened", as_ours)


def reorganised_deposit_kept(patch: Patch) -> None:
    """A deposit that is not on the chain any more stays credited."""
    lose = escrow_lost.lose

    def keep(on: escrow_report.Taking, one: Happening) -> None:
        if one.kind != Happened.DEPOSITED:
            lose(on, one)

    patch.setattr(escrow_report, "lose", keep)


def reorganised_fill_kept(patch: Patch) -> None:
    """A fill that was believed stays confirmed, though it is not on the chain any more."""

    async def nothing_lost(
        _chain: Chain, _log: LedgerLog, believed: Believed
    ) -> list[tuple[FillKey, Place]]:
        for key, place in believed.displaced():
            believed.found(key, place.first)
        return []

    patch.setattr(onchain, "find_displaced", nothing_lost)


def archive_lets_go_of_one_entry_more(patch: Patch) -> None:
    """The log forgets one entry more than the archive has."""
    let_go = archiving._let_go

    class More:
        """A log that is told of one entry too many."""

        def __init__(self, log: LedgerLog) -> None:
            self._log = log
            self.entries = log.entries

        async def forget(self, segment: Segment, at_us: int) -> None:
            await self._log.forget(segment._replace(last=segment.last + 1), at_us)

    async def one_more(log: LedgerLog, archive: LogArchive, segment: Segment) -> None:
        short = segment.last + 1 < await log.head()
        await let_go(More(log) if short else log, archive, segment)  # type: ignore[arg-type]

    patch.setattr(archiving, "_let_go", one_more)


def archive_saves_what_the_log_forgot(patch: Patch) -> None:
    """The log lets go of entries first, and then they are saved."""

    async def forget_first(log: LedgerLog, archive: MemoryArchive, upto: int) -> int:
        known = archive.segments()
        after = known[-1].last if known else 0
        rows: list[Row] = [row async for row in log.entries(after, upto)]
        would_be = copy(archive)
        would_be._segments = list(archive._segments)
        await log.forget(would_be.save(rows), 0)
        archive.save(rows)
        return 1

    patch.setattr(archivist, "move", forget_first)


CHAIN_PLANTS: Final[tuple[Callable[[Patch], None], ...]] = (
    escrow_cursor_outside_the_transaction,
    escrow_taken_in_again,
    blocks_read_before_they_are_told,
    paid_twice_after_a_restart,
    reorganised_deposit_kept,
    reorganised_fill_kept,
    archive_lets_go_of_one_entry_more,
    archive_saves_what_the_log_forgot,
)
