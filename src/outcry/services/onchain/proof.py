"""The proof that ledger and contracts agree, account by account, at one block."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from msgspec import Struct, field

from outcry.domain.ledger.escrow import Stage
from outcry.domain.ledger.mirrors import addresses
from outcry.domain.ledger.state import Ledger
from outcry.messages.happenings import Happened, Happening
from outcry.ports.chain import Block
from outcry.ports.escrow import ASKED_COUNT_MAX, Escrow
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime.escrow_proof import MONEY, Place, expected
from outcry.runtime.fold import Fold
from outcry.runtime.ledger_recovery import fold_log


#: Differences that are told one by one.
TOLD_MAX: Final = 20
#: How often what differs is looked at again.
PROOFS_MAX: Final = 5


class Proof(Struct):
    """What was compared, and what differs."""

    block: Block
    amounts_count: int = 0
    findings: list[str] = field(default_factory=list)
    differences_count: int = 0

    def find(self, sentence: str) -> None:
        """Take note of a difference."""
        self.differences_count += 1
        if self.differences_count <= TOLD_MAX:
            self.findings.append(sentence)


async def prove_log(fold: Fold, log: LedgerLog, escrow: Escrow) -> Proof:
    """Compare what *fold* knows of *log* with the contracts.

    A fill may be matched and settled between the look at the log and that at the chain: what
    differs is looked at again with what the log has by then. Raises like `prove`.
    """
    proof = await prove(fold.ledger, escrow)
    for _ in range(PROOFS_MAX if proof.findings else 0):
        await fold_log(fold, log, await log.head())
        proof = await prove(fold.ledger, escrow)
        if not proof.findings:
            break
    return proof


async def prove(ledger: Ledger, escrow: Escrow) -> Proof:
    """Compare every amount of *ledger* with the contracts upon the newest block.

    Raises `outcry.ports.chain.ChainUnavailable`, and `BlockGone` when the chain is reorganised
    meanwhile: then ask again.
    """
    block = await escrow.head()
    proof = Proof(block)
    later = await _later(ledger, escrow, block)
    pending = list(ledger.chain.pending)
    settled: set[tuple[int, int]] = set()
    for first in range(0, len(pending), ASKED_COUNT_MAX):
        asked = pending[first : first + ASKED_COUNT_MAX]
        known = await escrow.settled(asked, block)
        settled |= {fill for fill, done in zip(asked, known, strict=True) if done}
    fee_account = await escrow.fee_account()
    amounts = expected(ledger, settled, later, fee_account)
    for place in {(address, MONEY) for address in addresses(ledger).values()}:
        amounts[place] += 0
    found = await _found(escrow, [place for place in amounts if place[0].startswith("0x")], block)
    for place, amount in sorted(amounts.items()):
        if found.get(place, 0) != amount:
            proof.find(_sentence(ledger, place, amount, found.get(place, 0)))
    proof.amounts_count = len(amounts)
    gone = {one.asset for one in later if one.kind == Happened.REDEEMED}
    await _compare_holdings(proof, _live(ledger, gone), escrow, found)
    return proof


async def _later(ledger: Ledger, escrow: Escrow, head: Block) -> list[Happening]:
    """Return what happened above the block that the ledger has taken in."""
    later: list[Happening] = []
    for first in range(ledger.chain.escrow_block + 1, head.number + 1, ASKED_COUNT_MAX):
        blocks = await escrow.blocks(first, min(first + ASKED_COUNT_MAX - 1, head.number))
        later += await escrow.happened(blocks)
    return later


async def _found(escrow: Escrow, places: list[Place], block: Block) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for first in range(0, len(places), ASKED_COUNT_MAX):
        asked = places[first : first + ASKED_COUNT_MAX]
        found.update(zip(asked, await escrow.amounts(asked, block), strict=True))
    return found


async def _compare_holdings(
    proof: Proof, live: Sequence[str], escrow: Escrow, found: dict[Place, int]
) -> None:
    """What the contract has is what is everybody's together: of tokens exactly, of money at least.

    What redeemed tokens have brought is money that nobody was credited with yet.
    """
    sums: Counter[str] = Counter()
    for (_, asset), amount in found.items():
        sums[asset] += amount
    assets = [MONEY, *live]
    for first in range(0, len(assets), ASKED_COUNT_MAX):
        asked = assets[first : first + ASKED_COUNT_MAX]
        for asset, held in zip(asked, await escrow.holdings(asked, proof.block), strict=True):
            proof.amounts_count += 1
            if held < sums[asset] or (asset != MONEY and held != sums[asset]):
                proof.find(
                    f"the contract has {held} of asset {asset}, everybody together {sums[asset]}"
                )


def _live(ledger: Ledger, redeemed: Collection[str]) -> list[str]:
    """Return the tokens that the contract has; of a redeemed market they are claims."""
    return [
        token
        for condition, market_id in ledger.chain.conditions.items()
        for token in ledger.markets[market_id].tokens
        if ledger.chain.stages.get(market_id, Stage.LISTED) == Stage.REGISTERED
        and condition not in redeemed
    ]


def _sentence(ledger: Ledger, place: Place, amount: int, found: int) -> str:
    address, asset = place
    known = ledger.tokens.get(asset)
    what = f"outcome {known[1]} of market {known[0]}" if known else "collateral"
    return f"{address}, {what}: the ledger says {amount}, escrow has {found} ({found - amount:+})"
