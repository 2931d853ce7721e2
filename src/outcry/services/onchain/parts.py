"""What is to be settled, part by part, as the committed log and the chain have it. Pure.

A part is what one transaction settles: up to 20 fills of a trade. It is open from its request in
the log to the last verdict in the log; in between it has no transaction, one that was sent, or one
that is in a block.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec import Struct

from outcry.domain.ledger.pending import Outcome
from outcry.messages.chain_records import ChainCursor, ChainResult
from outcry.messages.chain_requests import ChainVerdict
from outcry.messages.entry import Entry, Recorded
from outcry.messages.settlements import SettlementRequest
from outcry.ports.chain import FILLS_COUNT_MAX, SETTLED, ChainEvent, Failure
from outcry.ports.transactions import Transaction


#: Reports that are remembered: how far back a reorganisation is undone by us.
REPORTS_COUNT_MAX: Final = 256

PartKey = tuple[int, int]


class Part(Struct):
    """Fills of one trade that settle together."""

    request: SettlementRequest
    #: Log entry of the request.
    n: int
    #: Fills that have no verdict yet.
    fills: list[int]
    transaction: Transaction | None = None
    #: Block after which it was sent last.
    sent_at: int = -1
    mined: ChainEvent | None = None


class Report(NamedTuple):
    """What was believed when the chain was read up to a block."""

    #: Log entry that says so.
    n: int
    block: int
    block_hash: str
    confirmed: tuple[tuple[int, int, str], ...]


class Parts:
    """Everything that is open, and what was reported of late; the fold of the log."""

    def __init__(self) -> None:
        self.open: dict[PartKey, Part] = {}
        self.reports: list[Report] = []
        self._confirmed: list[tuple[int, int, str]] = []

    @property
    def cursor(self) -> int:
        """The block up to which verdicts were reported."""
        return self.reports[-1].block if self.reports else 0

    def apply(self, n: int, entry: Entry) -> None:
        """Take in a committed log entry."""
        self.request(n, entry.settlements)
        for item in entry.items:
            if not isinstance(item, Recorded):
                continue
            record = item.record
            if isinstance(record, ChainResult):
                self.final(record.trade_id, record.fill)
                if record.confirmed:
                    self._confirmed.append((record.trade_id, record.fill, record.tx_hash))
            elif isinstance(record, ChainCursor):
                confirmed, self._confirmed = tuple(self._confirmed), []
                report = Report(n, record.block, record.block_hash, confirmed)
                self.reported(report)

    def request(self, n: int, requests: Iterable[SettlementRequest]) -> None:
        """Open what entry *n* asks for."""
        for request in requests:
            for fill in request.fills:
                key = part_key(request.trade_id, fill.fill)
                part = self.open.setdefault(key, Part(request, n, []))
                if fill.fill not in part.fills:
                    part.fills.append(fill.fill)

    def final(self, trade_id: int, fill: int) -> None:
        """A fill has its verdict."""
        key = part_key(trade_id, fill)
        part = self.open.get(key)
        if part is None or fill not in part.fills:
            return
        part.fills.remove(fill)
        # What is left of it is another transaction.
        part.transaction = part.mined = None
        part.sent_at = -1
        if not part.fills:
            del self.open[key]

    def attach(self, transactions: Iterable[Transaction]) -> None:
        """Remember what was signed; of several attempts the last."""
        for transaction in transactions:
            part = self.open.get(part_key(transaction.trade_id, transaction.fills[0]))
            if part is not None and set(part.fills) == set(transaction.fills):
                part.transaction = transaction

    def mined(self, event: ChainEvent) -> None:
        """A transaction for a part is in a block; one that settled it counts above any other.

        One that came too late says nothing of the part: what settled it does.
        """
        if event.failure is not None and event.failure.reason == SETTLED:
            return
        part = self.open.get(part_key(event.trade_id, event.fills[0]))
        if part is None or (part.mined is not None and part.mined.failure is None):
            return
        mine = part.transaction is not None and part.transaction.tx_hash == event.tx_hash
        if event.failure is None or mine:
            part.mined = event

    def forget_above(self, block: int) -> list[Part]:
        """Blocks above *block* are gone: return the parts that were in them, mined no more."""
        lost = []
        for part in self.open.values():
            if part.mined is not None and part.mined.block.number > block:
                part.mined, part.sent_at = None, -1
                lost.append(part)
        return lost

    def mark(self, position: int) -> int:
        """Return the log entry up to which nothing is needed any more."""
        needed = [part.n for part in self.open.values()]
        if self.reports:
            needed.append(self.reports[0].n)
        return min(needed, default=position + 1) - 1

    def reported(self, report: Report) -> None:
        """Remember a report; one of an earlier block means that those above are of no chain."""
        while self.reports and self.reports[-1].block > report.block:
            self.reports.pop()
        if self.reports and self.reports[-1].block == report.block:
            before = self.reports.pop()
            report = report._replace(confirmed=before.confirmed + report.confirmed)
        self.reports.append(report)
        del self.reports[:-REPORTS_COUNT_MAX]


def part_key(trade_id: int, fill: int) -> PartKey:
    """Return the part of a trade that a fill belongs to."""
    return trade_id, fill // FILLS_COUNT_MAX


def verdicts_of(event: ChainEvent) -> list[ChainVerdict]:
    """Return what an event that is believed means for the fills of its transaction."""
    if event.failure is None:
        return [
            ChainVerdict(event.trade_id, fill, Outcome.CONFIRMED, event.tx_hash)
            for fill in event.fills
        ]
    return failed(event.trade_id, event.fills, event.failure, event.tx_hash)


def failed(
    trade_id: int, fills: Iterable[int], failure: Failure, tx_hash: str
) -> list[ChainVerdict]:
    """Return which fills a failure ends: the leg's, or all when it is the taker's."""
    fills = list(fills)
    ended = fills if not 0 < failure.leg <= len(fills) else [fills[failure.leg - 1]]
    return [ChainVerdict(trade_id, fill, Outcome.FAILED, tx_hash, failure.reason) for fill in ended]
