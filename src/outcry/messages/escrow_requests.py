"""What the chain's side tells the ledger about escrow, in the chain's own words."""

from typing import Final

from msgspec import Struct

from outcry.messages.happenings import Happening


#: Happenings in one report: those of whole blocks.
HAPPENINGS_COUNT_MAX: Final = 5_000
#: Happenings in a report of one block, which cannot be told in parts: anybody may fill a block with
#: announcements of exits, at 3,000 gas each, and a block of 90 million gas has room for no more.
BLOCK_HAPPENINGS_COUNT_MAX: Final = 32_000
#: Operations in one report that were given up.
GIVEN_UP_COUNT_MAX: Final = 1_000


class GivenUp(Struct, frozen=True, array_like=True, gc=False):
    """An operation that the contract refuses for good, and of which no transaction is left."""

    operation_id: int
    reason: str
    tx_hash: str = ""


class PayOutOp(Struct, frozen=True, array_like=True, tag="pay_out", gc=False):
    """Have the contract pay micros or lots out to the address of the account's user; once per key.

    ``Done.id`` is the number of the operation, which ends when the contract has spoken.
    """

    actor: int
    account: int
    asset: int
    amount: int
    key: str


class LinkWalletOp(Struct, frozen=True, array_like=True, tag="link_wallet", gc=False):
    """Let a user's first account mirror the escrow of a wallet that stood by their signature."""

    actor: int
    user_id: int
    address: str


class EscrowReportOp(Struct, frozen=True, array_like=True, tag="escrow_report", gc=False):
    """Take in what happened in escrow up to and including a block; all or nothing.

    A block at or below the one that is known changes nothing but what is given up. With ``lost``
    (what was believed and happened nowhere any more) the chain is another one above ``common``:
    ``kept`` is what happened on it as well, ``happenings`` what was not believed yet, ``exits`` the
    announcements that stand where one was lost, or an exit: of 0 where none does.
    """

    actor: int
    happenings: list[Happening]
    given_up: list[GivenUp]
    block: int
    block_hash: str
    common: int = -1
    kept: list[Happening] = []
    lost: list[Happening] = []
    exits: list[Happening] = []
    #: The block of the last report that the sender knows; -1: any. See `ChainReportOp`.
    after: int = -1


EscrowOp = EscrowReportOp | PayOutOp | LinkWalletOp
