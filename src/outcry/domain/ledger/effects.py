"""Effects: what applying one entry changed, for whoever writes tables or tells customers.

Touched things are named once, by key, and rendered from the state *after* the entry; postings and
fills are listed one by one, in order.
"""

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, get_args

from msgspec import Struct

from outcry.domain.ledger.in_transit import Leg
from outcry.domain.order import Order


PostingKind = Literal[
    "deposit", "withdraw", "transfer", "trade", "mint", "merge", "split", "redeem", "fee", "rebate",
    "refund", "fee_refund", "pending", "failed", "reverted",
]  # fmt: skip
#: Every kind of posting; its place is its number in the journal, so new ones go to the end.
POSTING_KINDS: Final[tuple[PostingKind, ...]] = get_args(PostingKind)


class Posting(Struct, frozen=True, gc=False):
    """A movement of value from one account to another; ``after`` are the totals it left."""

    source: int
    target: int
    asset: int
    amount: int
    kind: PostingKind
    #: Order, market or other id that it belongs to.
    ref: int
    source_after: int
    target_after: int
    at_us: int


class Fill(Struct, frozen=True, gc=False):
    """One maker–taker match as settled. Fees are micros; a maker's is net of the rebate."""

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
    taker_fee: int
    maker_order: int
    maker_account: int
    maker_outcome: int
    maker_side: int
    maker_fee: int
    at_us: int
    #: It waits for the chain: it has not traded yet.
    pending: bool = False


class Activity(NamedTuple):
    """A split, merge or redeem."""

    account: int
    kind: str
    market_id: int
    qty: int
    value: int
    key: str
    at_us: int


class Settled(NamedTuple):
    """What the chain said of a fill, for one of its two sides."""

    leg: Leg
    order_id: int
    account: int
    outcome: int
    side: int
    #: An `outcry.domain.ledger.pending.Outcome`.
    verdict: int
    reason: str
    tx_hash: str
    at_us: int
    #: It was confirmed before, and counted as traded then.
    again: bool = False


@dataclass(slots=True)
class Effects:
    """What one entry (or the open batch) has changed so far."""

    #: Orders by id, ended ones included.
    orders: dict[int, Order] = field(default_factory=dict)
    #: Keys of balances and positions; dicts, so that the order is that of the first touch.
    balances: dict[int, None] = field(default_factory=dict)
    positions: dict[int, None] = field(default_factory=dict)
    markets: dict[int, None] = field(default_factory=dict)
    #: Those of them that were listed, made a move or got a payout.
    moved: dict[int, None] = field(default_factory=dict)
    #: None where nobody asks for them.
    postings: list[Posting] | None = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    activity: list[Activity] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    #: Commands the kernel declined: ``(shard, seq)`` and the reject number.
    command_rejects: dict[tuple[int, int], int] = field(default_factory=dict)
    #: Orders that command ``(shard, seq)`` cancelled, in order.
    cancelled: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    #: Commands the kernel has finished: last seq per shard.
    applied: dict[int, int] = field(default_factory=dict)
    #: Checkpoints that were asked for, one for each shard.
    checkpoints: list[int] = field(default_factory=list)
