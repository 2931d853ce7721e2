"""What waits for the chain: the part of the ledger's state that only such markets need."""

from typing import Final

from msgspec import Struct, field

from outcry.domain.order import Order
from outcry.domain.signed_order import SignedOrder


class Leg(Struct, frozen=True, gc=False, array_like=True):
    """A fill of a market that settles on a chain: all that its outcome needs to know."""

    trade_id: int
    fill: int
    market_id: int
    match: int
    price: int
    qty: int
    taker_order: int
    taker_account: int
    taker_outcome: int
    taker_side: int
    #: Micros that the fill costs the taker, fixed at the match.
    taker_fee: int
    maker_order: int
    maker_account: int
    maker_outcome: int
    maker_side: int
    #: The same of the maker, its rebate taken off: below 0 it is paid out of the taker's fee.
    maker_fee: int
    at_us: int


#: What is remembered as settling no more: anybody may revoke something, at 30,000 gas each.
REVOKED_COUNT_MAX: Final = 100_000


class InTransit(Struct, gc=False, array_like=True):
    """What waits for the chain, of one asset: neither is part of a total."""

    #: Comes to the account when its trades are confirmed.
    incoming: int = 0
    #: Left the account's total; comes back if its trades fail.
    outgoing: int = 0


class SettlingOrder(Struct, array_like=True):
    """An order some fills of which are pending."""

    #: How many.
    legs: int = 0
    #: The order itself once it has ended; while it lives it is in `Ledger.orders`.
    ended: Order | None = None


class Verdict(Struct, gc=False, array_like=True):
    """What the chain said of a fill; kept for a while, for repeats and for deep reorganisations."""

    leg: Leg
    #: An `outcry.domain.ledger.pending.Outcome`.
    outcome: int
    tx_hash: str
    n: int
    #: When it was said, or last remembered anew.
    at_us: int
    #: It was taken back and undone, nothing of it is in suspense: it can be done again.
    undone: bool = False


class Home(Struct, frozen=True, array_like=True):
    """The chain and the contracts that this ledger lives on; addresses as ``0x`` and 40 digits."""

    chain_id: int
    #: Who keeps what users deposit and settles trades.
    settlement: str
    #: Who issues outcome tokens.
    ctf: str
    collateral: str
    #: Who reports payouts.
    oracle: str


class EscrowOperation(Struct, frozen=True, gc=False, array_like=True):
    """Something that the contract is to do to an account's escrow; see `escrow.Operation`."""

    operation_id: int
    #: An `outcry.domain.ledger.escrow.Operation`.
    kind: int
    account: int
    #: 0 of a withdrawal.
    market_id: int
    #: What a withdrawal takes; 0 of the others.
    asset: int
    #: Micros or lots of a withdrawal, pairs of a split or merge, YES lots of a redemption.
    qty: int
    #: NO lots of a merge or redemption.
    qty_no: int
    #: The key under which its owner asked for it, "" if nobody did.
    key: str
    at_us: int


class ChainState(Struct):
    """Everything that waits for the chain, and what it said of late."""

    #: Fills that wait for the chain, by trade id and fill.
    pending: dict[tuple[int, int], Leg] = field(default_factory=dict)
    #: What is on its way, by the keys of balances; only where there is something.
    transit: dict[int, InTransit] = field(default_factory=dict)
    #: The sum of all that is outgoing, by asset: what `outcry.domain.ids.PENDING` must have.
    waiting: dict[int, int] = field(default_factory=dict)
    settling: dict[int, SettlingOrder] = field(default_factory=dict)
    #: Orders as they were signed, by id, until they are closed and all their fills are final.
    signed: dict[int, SignedOrder] = field(default_factory=dict)
    #: Fills that are final, by `Verdict.at_us`; forgotten after a while, but not what was undone.
    verdicts: dict[tuple[int, int], Verdict] = field(default_factory=dict)
    #: What a deep reorganisation took back and the account no longer had, by the keys of balances.
    missing: dict[int, int] = field(default_factory=dict)
    #: Everything on the chain up to here is taken in: block and log index.
    cursor: tuple[int, int] = (0, 0)
    #: Where deposits come from and trades settle; none: the operator keeps everything.
    home: Home | None = None
    #: What the contract is to do and has not, by operation id.
    operations: dict[int, EscrowOperation] = field(default_factory=dict)
    next_operation: int = 1
    #: What owners announced to take out by themselves, by the keys of balances.
    exits: dict[int, int] = field(default_factory=dict)
    #: Atomic units that are no whole lot, by the keys of balances; below a lot.
    dust: dict[int, int] = field(default_factory=dict)
    #: How far markets have come in the contracts: an `outcry.domain.ledger.escrow.Stage`.
    stages: dict[int, int] = field(default_factory=dict)
    #: Markets by the ids of their conditions.
    conditions: dict[str, int] = field(default_factory=dict)
    #: Conditions that the contract knows and no market of ours had then, and their blocks.
    strange: dict[str, int] = field(default_factory=dict)
    #: What the contract settles no more, oldest first: hashes of orders that were revoked or used,
    #: and addresses whose first generation of orders was revoked. With their blocks, or 0.
    revoked: dict[str, int] = field(default_factory=dict)
    #: Atomic units that came into escrow and are more than is counted, by the keys of balances.
    uncredited: dict[int, int] = field(default_factory=dict)
    #: The account of each address that it was given to, and the other way round; of all others see
    #: `outcry.domain.ledger.mirrors`.
    mirrors: dict[str, int] = field(default_factory=dict)
    mirrored: dict[int, str] = field(default_factory=dict)
    #: Everything that happened in escrow up to this block is taken in.
    escrow_block: int = 0
    #: Log entry, block and hash of the last reports of escrow, oldest first.
    escrow_marks: list[tuple[int, int, str]] = field(default_factory=list)


def settles_no_more(state: ChainState, what: str, block: int = 0) -> None:
    """Remember the hash of an order, or the address of somebody's orders of the first generation.

    One of the first generation has no date: used once, it would be taken again later, filled, and
    fail for being overfilled.
    """
    state.revoked[what] = block
    if len(state.revoked) > REVOKED_COUNT_MAX:
        del state.revoked[next(iter(state.revoked))]
