"""A chain that is ahead of the log: it carried out what the log never asked for.

So it is after an old backup was restored, or a reset, beside a chain that went on: numbers would be
given away a second time, and the contract takes each once.
"""

from collections.abc import AsyncIterator

from outcry.domain.ledger.state import Ledger
from outcry.ports.chain import FILLS_COUNT_MAX
from outcry.ports.escrow import ASKED_COUNT_MAX, CarriedOut, Escrow


#: What is to be done about it.
ADVICE = (
    "the chain has carried out what this log does not know: {what}. Is it an old backup, or a new "
    "log beside old contracts? Nothing is settled or paid out with it, since numbers would be "
    "given away again: restore the newest backup, or deploy other contracts for a new exchange "
    "(docs/operating/recovery.md)"
)


async def ahead(ledger: Ledger, escrow: Escrow, first_block: int) -> str:
    """Return what is wrong as a sentence, "" if nothing is. Raises `ChainUnavailable`.

    Asked before anything is sent: what is above the blocks that the ledger believes was sent in an
    earlier life, so it is still pending, or has its verdict.
    """
    chain, head = ledger.chain, (await escrow.head()).number
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
