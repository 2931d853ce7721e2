"""The escrow desk: tells the ledger what the contracts say of escrow, and has them do what it asks.

Everything that is to be done is in the log, and so is what was believed: a report is one entry with
what happened in whole blocks and the hash of the last. Blocks are believed at their confirmations.
When one that was believed is gone, what happened on the other branch as well is kept, the rest is
reported as lost, and the desk stands still until somebody starts it again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from msgspec.structs import replace

from outcry.domain.rejects import Reject
from outcry.messages.entry import Recorded, unpack_items
from outcry.messages.escrow_records import EscrowCursor
from outcry.messages.escrow_requests import HAPPENINGS_COUNT_MAX, EscrowReportOp
from outcry.messages.happenings import Happening
from outcry.messages.requests import Declined
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.chain import Block, ChainUnavailable
from outcry.ports.escrow import ASKED_COUNT_MAX, BlockGone, Escrow
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.snapshots import Snapshots
from outcry.ports.transactions import Transactions
from outcry.runtime.closing import closing
from outcry.runtime.follow import Backoff
from outcry.runtime.ledger_recovery import fold_now
from outcry.services.onchain.ahead import Gate, may_begin
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.escrow_branch import blocks_after, other_branch
from outcry.services.onchain.proof import Proof, prove_log
from outcry.services.onchain.teller import Teller
from outcry.services.onchain.todo import Todo


#: Without news the position is reported so often, in blocks.
REPORT_EVERY_BLOCKS: Final = 100
#: Between two proofs: each folds the log from the newest checkpoint on, and asks for every amount.
PROOF_SECONDS: Final = 600.0
#: The ledger will take the same report later.
_PASSING: Final = (Reject.BUSY, Reject.SHUTTING_DOWN, Reject.UNAVAILABLE)

_log = structlog.get_logger(__name__)


class EscrowDesk:
    """Mirrors the escrow of one ledger."""

    name = "escrow"

    def __init__(
        self,
        config: OnchainConfig,
        *,
        log: LedgerLog,
        snapshots: Snapshots,
        asset: Asset,
        escrow: Escrow,
        transactions: Transactions,
        first_block: int = 0,
        gate: Gate | None = None,
    ) -> None:
        """Read the chain from *first_block*, once *gate* opens: nothing of ours is below it."""
        self._config = config
        self._log = log
        self._snapshots = snapshots
        self._asset = asset
        self._escrow = escrow
        self._first_block = first_block
        self._gate = gate
        self._teller = Teller(
            escrow, transactions,
            confirmations=config.confirmations, resend_blocks=config.resend_blocks,
        )  # fmt: skip
        self._todo = Todo()
        #: Log entries up to this one are in `_todo`.
        self._n = 0
        #: Blocks up to this one were read; those above what is believed had nothing for us. Without
        #: a hash there is nothing of ours in it, nor below.
        self._read = Block(0, "")
        self._head = 0
        self._ready = False
        self._halted = False
        #: The report of what was lost, until the log has it.
        self._losing: EscrowReportOp | None = None
        self._lost_count = self._uncredited_count = 0
        self._proof: Proof | None = None

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Find out from the log what is to be done and what was believed."""
        ledger = (await fold_now(self._log, self._snapshots)).ledger
        self._todo.begin(ledger)
        self._n = ledger.n
        marks = ledger.chain.escrow_marks
        if marks:
            await self._remember(marks[0][0])
        self._read = self._begins
        await self._teller.start(self._todo.jobs())
        self._ready = True
        _log.info("escrow_ready", block=self._todo.cursor, operations=len(self._todo.operations))

    async def run(self) -> None:
        """Read, report and send until cancelled; now and then prove that all of it is true."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._work())
            tasks.create_task(self._prove_at_intervals())

    async def _prove_at_intervals(self) -> None:
        while True:
            await asyncio.sleep(PROOF_SECONDS)
            await self.prove()

    async def _work(self) -> None:
        backoff = Backoff()
        while True:
            if self._halted:
                await asyncio.Event().wait()
            try:
                await self.step()
                backoff.reset()
                await asyncio.sleep(self._config.poll_ms / 1_000)
            except (ChainUnavailable, AssetUnavailable, LogUnavailable, BlockGone) as reason:
                _log.warning("escrow_waits", reason=str(reason))
                await backoff.pause()

    async def prove(self) -> None:
        """Compare ledger and contracts now, and raise the alarm when they differ."""
        try:
            proof = await prove_log(
                await fold_now(self._log, self._snapshots), self._log, self._escrow
            )
        except (ChainUnavailable, LogUnavailable, BlockGone) as reason:
            _log.warning("escrow_not_proven", reason=str(reason))
            return
        self._proof = proof
        for finding in proof.findings:
            _log.error("escrow_differs", block=proof.block.number, finding=finding)

    async def stop(self) -> None:
        """Leave fewer stored transactions for the next start."""
        if self._ready:
            self._ready = False
            await self._teller.tidy()

    def status(self) -> Mapping[str, int]:
        """Return readiness, how far the chain was read, what is open, and counters."""
        return {
            "ready": int(self._ready and not self._halted),
            "halted": int(self._halted),
            "block": self._head,
            "believed_block": self._todo.cursor,
            "operations": len(self._todo.operations),
            "markets": len(self._todo.markets),
            "waiting": self._teller.waiting,
            "held_up": len(self._teller.held_up),
            "sent_total": self._teller.sent_count,
            "lost_total": self._lost_count,
            "uncredited_total": self._uncredited_count,
            "proven_block": self._proof.block.number if self._proof else 0,
            "differences": self._proof.differences_count if self._proof else 0,
        }

    # --- one look -------------------------------------------------------------------------------

    async def step(self) -> None:
        """Take in what is committed, report what is to be believed, send what is to be sent."""
        if not await may_begin(self._gate, "escrow_halted"):
            self._halted = True
            return
        await self._follow()
        if self._halted:
            return
        head = await self._escrow.head()
        self._head = head.number
        if not await self._stands():
            await self._reorganised()
            return
        await self._read_on(self._believed_to)
        given_up = await self._teller.step(self._todo.jobs(), self._head)
        if given_up:
            await self._report(EscrowReportOp(0, [], given_up, 0, ""))

    @property
    def _believed_to(self) -> int:
        return self._head - self._config.confirmations + 1

    async def _follow(self) -> None:
        """Take in committed entries."""
        async with closing(self._log.entries(self._n)) as rows:
            async for row in rows:
                if row.body:
                    items = unpack_items(row.body)
                    self._todo.apply(one.record for one in items if isinstance(one, Recorded))
                self._n = row.n
        for one in self._todo.uncredited:
            reject = Reject(one.reject).name
            _log.error("escrow_uncredited", account=one.account, asset=one.asset, atoms=one.atoms,
                       tx_hash=one.tx_hash, reject=reject)  # fmt: skip
        self._uncredited_count += len(self._todo.uncredited)
        self._todo.uncredited.clear()
        self._halt_if_lost()

    async def _remember(self, first: int) -> None:
        """Read again what was believed, in reports from entry *first* on."""
        async with closing(self._log.entries(first - 1, self._n)) as rows:
            async for row in rows:
                items = unpack_items(row.body) if row.body else []
                said = [one.record for one in items if isinstance(one, Recorded)]
                self._todo.apply(one for one in said if isinstance(one, EscrowCursor))

    @property
    def _begins(self) -> Block:
        """The block above which nothing was believed."""
        if self._todo.believed:
            last = self._todo.believed[-1]
            return Block(last.block, last.block_hash)
        return Block(max(self._first_block - 1, 0), "")

    async def _stands(self) -> bool:
        """Whether what was believed last is still there; a chain that is shorter is waited for."""
        if not self._todo.believed:
            return True
        last = self._todo.believed[-1]
        found = await self._escrow.blocks(last.block, last.block)
        if not found and last.block:
            raise ChainUnavailable(f"the node has no block {last.block}, which was there")
        return not found or found[0].hash == last.block_hash

    async def _read_on(self, believed_to: int) -> None:
        """Read block by block up to *believed_to*, and report what happened."""
        while self._read.number < believed_to:
            last = min(self._read.number + ASKED_COUNT_MAX - 1, believed_to)
            try:
                blocks = await blocks_after(self._escrow, self._read, last)
            except BlockGone:
                if self._read == self._begins:
                    raise
                # What was read and not reported had nothing for us; what is there now may have.
                self._read = self._begins
                continue
            if not blocks:
                return
            happenings = self._todo.unknown(await self._escrow.happened(blocks))
            if happenings or blocks[-1].number - self._todo.cursor >= REPORT_EVERY_BLOCKS:
                await self._tell(happenings, blocks)
            self._read = blocks[-1]  # not before: what the ledger did not take is told again

    async def _tell(self, happenings: Sequence[Happening], blocks: Sequence[Block]) -> None:
        """Report *happenings*, whole blocks at a time."""
        by_block: dict[int, list[Happening]] = {}
        for one in happenings:
            by_block.setdefault(one.block, []).append(one)
        batch: list[Happening] = []
        before: Block | None = None
        for block in blocks:
            fresh = by_block.get(block.number, [])
            if before and len(batch) + len(fresh) > HAPPENINGS_COUNT_MAX:
                await self._report(EscrowReportOp(0, batch, [], before.number, before.hash))
                batch = []
            batch, before = batch + fresh, block
        if before:
            await self._report(EscrowReportOp(0, batch, [], before.number, before.hash))

    # --- reorganisations ------------------------------------------------------------------------

    async def _reorganised(self) -> None:
        """What was believed last is gone: say what happened elsewhere too, and what is lost."""
        nothing_to = max(self._first_block - 1, 0)
        op = await other_branch(self._escrow, self._todo.believed, nothing_to, self._believed_to)
        # The ledger may have it although its answer does not come.
        self._losing, self._read = op if op.lost else None, Block(op.common, "")
        await self._report(op)
        self._read = Block(op.block, op.block_hash)

    def _halt_if_lost(self) -> None:
        """Stand still once the log has the report of what was lost."""
        op, believed = self._losing, self._todo.believed
        if op is None or not believed:
            return
        if (believed[-1].block, believed[-1].block_hash) == (op.block, op.block_hash):
            self._losing, self._halted = None, True
            self._lost_count += len(op.lost)
            hint = "decide about the frozen accounts, then start onchain again"
            _log.error("escrow_halted", common=op.common, lost=len(op.lost), hint=hint)

    async def _report(self, op: EscrowReportOp) -> None:
        """Tell the ledger, and take in what it made of it."""
        result = await self._asset.funds(replace(op, after=self._todo.cursor))
        if isinstance(result, Declined):
            name = Reject(result.reject).name
            if result.reject not in (*_PASSING, Reject.OUT_OF_SEQUENCE):
                self._halted = True
                _log.error("escrow_halted", reject=name, got=result.got, expected=result.expected)
            raise AssetUnavailable(f"the ledger declined a report of escrow: {name}")
        await self._follow()
