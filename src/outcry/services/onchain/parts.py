"""What is to be settled, part by part, as the committed log and the chain have it. Pure.

A part is what one transaction settles: up to 20 fills of a trade. It is open from its request in
the log to the last verdict in the log; in between it has no transaction, one that was sent, or one
that is in a block.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, field

from outcry.domain.ledger.pending import Outcome
from outcry.messages.chain_records import ChainResult
from outcry.messages.chain_requests import Blamed, ChainVerdict
from outcry.messages.entry import Entry, Recorded
from outcry.messages.settlements import SettlementRequest
from outcry.ports.chain import FILLS_COUNT_MAX, NOBODY, SETTLED, SIGNATURE, ChainEvent, Failure
from outcry.ports.transactions import Transaction
from outcry.services.onchain.believed import Believed


PartKey = tuple[int, int]

#: Further transactions of a part whose fills are not to blame that it fails.
TRIES_MAX: Final = 3

#: Reason for a fill that the transaction which settled its part left out.
LEFT_OUT: Final = "its part of the trade was settled without it"


class Part(Struct):
    """Fills of one trade that settle together."""

    request: SettlementRequest
    #: Log entry of the request.
    n: int
    #: Fills that have no verdict yet.
    fills: list[int]
    transaction: Transaction | None = None
    #: Every transaction that was signed for it, by its hash.
    hashes: set[str] = field(default_factory=set)
    #: The nonces they have.
    nonces: set[int] = field(default_factory=set)
    #: Block after which it was sent last.
    sent_at: int = -1
    mined: ChainEvent | None = None
    #: How often it was in a block and failed for a reason that no leg is to blame for.
    tries: int = 0
    #: When it was opened here, in seconds of a clock that only grows; 0: in an earlier life.
    opened_at: float = 0.0

    @property
    def waits(self) -> bool:
        """Whether its transaction was signed and is in no block."""
        return self.transaction is not None and self.mined is None

    def signed(self, transaction: Transaction) -> None:
        """Remember a transaction that may be, or was, sent for it."""
        self.hashes.add(transaction.tx_hash)
        self.nonces.add(transaction.nonce)

    def try_again(self) -> bool:
        """What it failed for is nobody's fault: whether it is to be signed again."""
        failure = self.mined.failure if self.mined else None
        if failure is None or failure.leg != NOBODY or self.tries >= TRIES_MAX:
            return False
        self.tries += 1
        self.transaction = self.mined = None
        self.sent_at = -1
        return True


class Parts:
    """Everything that is open, and what was believed of late; the fold of the log."""

    def __init__(self) -> None:
        self.open: dict[PartKey, Part] = {}
        self.believed = Believed()

    def apply(self, n: int, entry: Entry) -> None:
        """Take in a committed log entry."""
        self.request(n, entry.settlements)
        records = [item.record for item in entry.items if isinstance(item, Recorded)]
        for record in records:
            if isinstance(record, ChainResult):
                self.final(record.trade_id, record.fill)
        self.believed.apply(n, records)

    def request(self, n: int, requests: Iterable[SettlementRequest], at: float = 0.0) -> None:
        """Open what entry *n* asks for."""
        for request in requests:
            for fill in request.fills:
                key = part_key(request.trade_id, fill.fill)
                part = self.open.setdefault(key, Part(request, n, [], opened_at=at))
                if fill.fill not in part.fills:
                    part.fills.append(fill.fill)

    def final(self, trade_id: int, fill: int) -> Part | None:
        """A fill has its verdict: return its part, if that knew it."""
        key = part_key(trade_id, fill)
        part = self.open.get(key)
        if part is None or fill not in part.fills:
            return None
        part.fills.remove(fill)
        # What is left of it is another transaction.
        part.transaction = part.mined = None
        part.sent_at = -1
        if not part.fills:
            del self.open[key]
        return part

    def attach(self, transactions: Iterable[Transaction]) -> None:
        """Remember what was signed; of several attempts the last."""
        for transaction in transactions:
            part = self.open.get(part_key(transaction.trade_id, transaction.fills[0]))
            if part is not None:
                part.signed(transaction)
                if set(part.fills) == set(transaction.fills):
                    part.transaction = transaction

    def of(self, event: ChainEvent) -> Part | None:
        """Return the open part that a transaction is for."""
        return self.open.get(part_key(event.trade_id, event.fills[0]))

    def mined(self, event: ChainEvent) -> Part | None:
        """A transaction for a part is in a block; one that settled it counts above any other.

        One that came too late says nothing of the part: what settled it does. One that failed says
        something if it is ours and about what is left of the part. Returns the part it is news of.
        """
        if event.failure is not None and event.failure.reason == SETTLED:
            return None
        part = self.of(event)
        if part is None or (part.mined is not None and part.mined.failure is None):
            return None
        mine = event.tx_hash in part.hashes and set(event.fills) == set(part.fills)
        if event.failure is not None and not mine:
            return None
        part.mined = event
        return part

    def forget_above(self, block: int) -> list[Part]:
        """Blocks above *block* are gone: return the parts that were in them, mined no more."""
        lost = []
        for part in self.open.values():
            if part.mined is not None and part.mined.block.number > block:
                part.mined, part.sent_at = None, -1
                lost.append(part)
        return lost

    def mark(self, position: int) -> int:
        """Return the log entry up to which nothing is needed any more.

        Not above *position*, up to where requests were taken: reports may stand in later entries.
        """
        needed = [part.n for part in self.open.values()]
        return min([position + 1, *needed, *self.believed.first_needed()]) - 1


def part_key(trade_id: int, fill: int) -> PartKey:
    """Return the part of a trade that a fill belongs to."""
    return trade_id, fill // FILLS_COUNT_MAX


def verdicts_of(event: ChainEvent, fills: Iterable[int]) -> list[ChainVerdict]:
    """Return what an event that is believed means for the *fills* of its part."""
    if event.failure is not None:
        return failed(event.trade_id, event.fills, event.failure, event.tx_hash)
    settled = [
        ChainVerdict(event.trade_id, fill, Outcome.CONFIRMED, event.tx_hash) for fill in event.fills
    ]
    without = [
        ChainVerdict(event.trade_id, fill, Outcome.FAILED, event.tx_hash, LEFT_OUT)
        for fill in fills
        if fill not in event.fills
    ]
    return settled + without


def failed(
    trade_id: int, fills: Iterable[int], failure: Failure, tx_hash: str
) -> list[ChainVerdict]:
    """Return which fills a failure ends: the leg's, or all when it is the taker's."""
    fills = list(fills)
    ended = fills if not 0 < failure.leg <= len(fills) else [fills[failure.leg - 1]]
    blamed = _blamed(failure)
    return [
        ChainVerdict(trade_id, fill, Outcome.FAILED, tx_hash, failure.reason, blamed)
        for fill in ended
    ]


def _blamed(failure: Failure) -> Blamed:
    if failure.reason != SIGNATURE or failure.leg == NOBODY:
        return Blamed.NOBODY
    return Blamed.MAKER if failure.leg else Blamed.TAKER
