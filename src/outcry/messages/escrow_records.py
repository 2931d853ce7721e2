"""Ledger records of what happens to escrow: what a contract keeps for users."""

from outcry.messages.happenings import Happening
from outcry.messages.record import Record


class EscrowMoved(Record, frozen=True, tag="escrow_moved", array_like=True, gc=False):
    """Value came into escrow, or its owner took it out without us (``atoms`` below 0).

    ``atoms`` are micros of collateral or atomic units of a token. ``paid``: what left was no exit,
    but a payment that was ended here before: an exit that was announced still stands.
    """

    account: int
    asset: int
    atoms: int
    tx_hash: str
    paid: bool = False


class EscrowUncredited(Record, frozen=True, tag="escrow_uncredited", array_like=True, gc=False):
    """Value came into escrow that is more than the ledger counts: nobody is credited with it.

    ``reject`` is the `outcry.domain.rejects.Reject` that says why.
    """

    account: int
    asset: int
    atoms: int
    tx_hash: str
    reject: int


class ExitAnnounced(Record, frozen=True, tag="exit_announced", array_like=True, gc=False):
    """So much will be taken out by its owner at ``ready_at_us``; 0 calls an exit off."""

    account: int
    asset: int
    atoms: int
    ready_at_us: int
    tx_hash: str


class EscrowBegun(Record, frozen=True, tag="escrow_begun", array_like=True, gc=False):
    """Something is to be done by the contract; its value waits. See `EscrowOperation`."""

    operation_id: int
    kind: int
    account: int
    #: Of the account's user, on the chain.
    address: str
    market_id: int
    asset: int
    qty: int
    qty_no: int
    key: str


class EscrowEnded(Record, frozen=True, tag="escrow_ended", array_like=True, gc=False):
    """The contract did it, or never will, for ``reason``."""

    operation_id: int
    done: bool
    tx_hash: str
    reason: str


class EscrowRounded(Record, frozen=True, tag="escrow_rounded", array_like=True, gc=False):
    """A redemption paid ``amount`` micros for what was less than a lot."""

    account: int
    market_id: int
    amount: int
    tx_hash: str


class EscrowReverted(Record, frozen=True, tag="escrow_reverted", array_like=True, gc=False):
    """A deposit that was believed is no longer on the chain: what is left of it is debited."""

    account: int
    asset: int
    atoms: int
    tx_hash: str
    reason: str


class PairsTurned(Record, frozen=True, tag="pairs_turned", array_like=True, gc=False):
    """What a split or merge that has ended did was undone or, with no ``reason``, done once more.

    ``qty`` pairs were made out of money or, below 0, money out of pairs.
    """

    account: int
    market_id: int
    qty: int
    tx_hash: str
    reason: str


class RedemptionReverted(Record, frozen=True, tag="redemption_reverted", array_like=True, gc=False):
    """A redemption that was believed is no longer on the chain: the tokens are there again.

    ``yes`` and ``no`` are atomic units; ``amount`` are the micros that it had paid.
    """

    account: int
    market_id: int
    yes: int
    no: int
    amount: int
    tx_hash: str
    reason: str


class MissingTaken(Record, frozen=True, tag="missing_taken", array_like=True, gc=False):
    """What an account has free is taken for what it lacks: ``amount`` of it is missing no more."""

    account: int
    asset: int
    amount: int


class MarketStaged(Record, frozen=True, tag="market_staged", array_like=True, gc=False):
    """A market came to a stage in the contracts: an `outcry.domain.ledger.escrow.Stage`.

    An earlier one than before: a deep reorganisation took it back.
    """

    market_id: int
    stage: int
    tx_hash: str


class EscrowCursor(Record, frozen=True, tag="escrow_cursor", array_like=True, gc=False):
    """Everything that happened in escrow up to and including this block has been taken in.

    ``happenings`` are what was, so that a reader knows later what it believed, and of which block.
    ``common`` at least 0: the chain is another one above that block, and that was reported above
    it is of no chain.
    """

    block: int
    block_hash: str
    happenings: list[Happening]
    common: int = -1


EscrowRecord = (
    EscrowMoved
    | EscrowUncredited
    | ExitAnnounced
    | EscrowBegun
    | EscrowEnded
    | EscrowRounded
    | EscrowReverted
    | PairsTurned
    | RedemptionReverted
    | MissingTaken
    | MarketStaged
    | EscrowCursor
)
