"""What the chain's side asks of the ledger, and what operators do after deep reorganisations."""

from enum import IntEnum
from typing import Final

from msgspec import Struct


#: Verdicts in one report.
VERDICTS_COUNT_MAX: Final = 2_000
#: Fill number of a verdict on every fill of its trade.
EVERY_FILL: Final = -1


class Blamed(IntEnum):
    """Whose signature did not count when a fill failed."""

    NOBODY = 0
    TAKER = 1
    MAKER = 2


class ChainVerdict(Struct, frozen=True, array_like=True, gc=False):
    """What the chain says of one fill, or of every fill of a trade.

    ``outcome`` is an `outcry.domain.ledger.pending.Outcome`; ``reason`` is for people; ``blamed``
    is a `Blamed`: if the fill failed, that side's account is frozen and its orders are cancelled.
    """

    trade_id: int
    fill: int
    outcome: int
    tx_hash: str
    reason: str = ""
    blamed: int = Blamed.NOBODY


class ChainReportOp(Struct, frozen=True, array_like=True, tag="chain_report", gc=False):
    """Take in what the chain says up to and including ``(block, log_index)``; all or nothing.

    A verdict is recognised by its fill: the same again changes nothing, another is a reject. A
    position at or below the one that is known changes nothing, unless something is reverted or it
    ``rewinds``: then the chain is another one from there on. Block 0: no position is reported.
    """

    actor: int
    verdicts: list[ChainVerdict]
    block: int = 0
    log_index: int = 0
    block_hash: str = ""
    #: The chain is another one above ``block``, though nothing is reverted.
    rewinds: bool = False
    #: The block of the last report that the sender knows; -1: any. Whoever does not know the last
    #: one may be of another branch, and is declined.
    after: int = -1


class FreezeOp(Struct, frozen=True, array_like=True, tag="freeze", gc=False):
    """Cancel the orders of an account and let it do nothing more, or everything again."""

    actor: int
    account: int
    frozen: bool
    reason: str


class ReleaseOp(Struct, frozen=True, array_like=True, tag="release", gc=False):
    """Give an account something of what is in suspense; once per ``key``."""

    actor: int
    account: int
    asset: int
    amount: int
    key: str
