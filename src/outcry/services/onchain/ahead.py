"""A chain that is ahead of the log: it carried out what the log never asked for.

So it is after an old backup was restored, or a reset, beside a chain that went on: numbers would be
given away a second time, and the contract takes each once.
"""

import asyncio
from collections.abc import AsyncIterator

import structlog

from outcry.domain.errors import OutcryError
from outcry.domain.ledger.state import Ledger
from outcry.ports.chain import FILLS_COUNT_MAX
from outcry.ports.escrow import ASKED_COUNT_MAX, CarriedOut, Escrow
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.snapshots import Snapshots
from outcry.runtime.ledger_recovery import fold_now


#: What is to be done about it.
ADVICE = (
    "the chain has carried out what this log does not know: {what}. Is it an old backup, or a new "
    "log beside old contracts? Nothing is settled or paid out with it, since numbers would be "
    "given away again: restore the newest backup, or deploy other contracts for a new exchange "
    "(docs/operating/recovery.md)"
)

_log = structlog.get_logger(__name__)


class Ahead(OutcryError):
    """The chain is ahead of this log: nothing may be sent with it."""


class Gate:
    """Lets senders through once it is certain that the chain is not ahead of the log."""

    def __init__(
        self, log: LedgerLog, snapshots: Snapshots, escrow: Escrow, first_block: int
    ) -> None:
        """Nothing of ours is in a block below *first_block*."""
        self._log = log
        self._snapshots = snapshots
        self._escrow = escrow
        self._first_block = first_block
        self._turn = asyncio.Lock()
        self._open = False

    async def check(self) -> None:
        """Return at once where it was certain before.

        Raises `Ahead`; `ChainUnavailable` or `LogUnavailable` while nobody can know.
        """
        async with self._turn:
            if self._open:
                return
            # The head first: what another sender settles meanwhile is in the log before.
            head = (await self._escrow.head()).number
            ledger = (await fold_now(self._log, self._snapshots)).ledger
            wrong = await ahead(ledger, self._escrow, self._first_block, head)
            if wrong:
                raise Ahead(wrong)
            self._open = True


async def may_begin(gate: Gate | None, halted: str) -> bool:
    """Whether *gate*, if there is one, lets a sender through; tells why not as event *halted*.

    Raises what `Gate.check` raises while nobody can know.
    """
    try:
        if gate:
            await gate.check()
    except Ahead as error:
        _log.error(halted, hint=str(error))
        return False
    return True


async def ahead(ledger: Ledger, escrow: Escrow, first_block: int, head: int) -> str:
    """Return what is wrong as a sentence, "" if nothing is. Raises `ChainUnavailable`.

    Asked before anything is sent, of a *ledger* as it was when *head* was the newest block, or
    later: what is above the blocks that it believes was sent in an earlier life, so it is still
    pending, or has its verdict.
    """
    chain = ledger.chain
    known = {(trade, fill // FILLS_COUNT_MAX) for trade, fill in (*chain.pending, *chain.verdicts)}
    async for done in _done(escrow, max(chain.cursor[0] + 1, first_block), head):
        for trade, part in done.parts:
            if (trade, part) not in known:
                return ADVICE.format(what=f"part {part} of trade {trade}")
    async for done in _done(escrow, max(chain.escrow_block + 1, first_block), head):
        for number in done.operations:
            if not 0 < number < chain.next_operation:
                return ADVICE.format(what=f"operation {number}")
    return ""


async def _done(escrow: Escrow, lowest: int, head: int) -> AsyncIterator[CarriedOut]:
    for first in range(lowest, head + 1, ASKED_COUNT_MAX):
        yield await escrow.carried_out(first, min(first + ASKED_COUNT_MAX - 1, head))
