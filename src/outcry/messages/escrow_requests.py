"""What the chain's side tells the ledger about escrow, in the chain's own words."""

from enum import IntEnum
from typing import Final

from msgspec import Struct


#: Happenings in one report: those of whole blocks.
HAPPENINGS_COUNT_MAX: Final = 5_000
#: Operations in one report that were given up.
GIVEN_UP_COUNT_MAX: Final = 1_000


class Happened(IntEnum):
    """What an event of the contract says."""

    DEPOSITED = 0
    EXIT_REQUESTED = 1
    EXITED = 2
    PAID_OUT = 3
    SPLIT = 4
    MERGED = 5
    REGISTERED = 6
    REDEEMED = 7
    REDEEMED_FOR = 8


class Happening(Struct, frozen=True, array_like=True, gc=False):
    """One event of the contract. Its place is ``(block, log_index)``, which names it for ever."""

    kind: int
    block: int
    log_index: int
    tx_hash: str
    #: Address, in lower case; "" where nobody is named.
    who: str = ""
    #: ``0`` or a token id in decimals; of a registration or redemption the condition id.
    asset: str = "0"
    #: Atomic units: micros of collateral, millionths of a token.
    amount: int = 0
    #: The operation, of what was done for one; when an exit is ready, in seconds.
    number: int = 0


class GivenUp(Struct, frozen=True, array_like=True, gc=False):
    """An operation that the contract refuses for good, and of which no transaction is left."""

    operation_id: int
    reason: str
    tx_hash: str = ""


class EscrowReportOp(Struct, frozen=True, array_like=True, tag="escrow_report", gc=False):
    """Take in what happened in escrow up to and including a block; all or nothing.

    A block at or below the one that is known changes nothing but what is given up. With
    ``reverted`` (deposits that were believed and are gone) the chain is another one above it.
    """

    actor: int
    happenings: list[Happening]
    given_up: list[GivenUp]
    block: int
    block_hash: str
    reverted: list[Happening] = []
