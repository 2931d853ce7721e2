"""What was believed of late: which fills are settled in which block. The fold of the log; pure.

A reorganisation may move a settlement that was believed into another block, and a further one may
take it from there. So each fill is remembered with the block it is in now; where that is not known
any more, it is to be looked for from a block on.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from outcry.messages.chain_records import ChainCursor, ChainResult, ChainReverted
from outcry.messages.record import Record


#: Reports that are remembered: how far back a reorganisation is undone by us.
REPORTS_COUNT_MAX: Final = 256

FillKey = tuple[int, int]


class Report(NamedTuple):
    """Until where the chain was read when something was believed."""

    #: Log entry that says so.
    n: int
    block: int
    block_hash: str


class Place(NamedTuple):
    """Where a fill is settled."""

    #: Log entry that says so.
    n: int
    tx_hash: str
    #: It is in no block before this one.
    first: int
    #: The block it is in, None: it has to be looked for.
    block: int | None


class Believed:
    """Reports, and the fills they confirmed."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.places: dict[FillKey, Place] = {}

    @property
    def cursor(self) -> int:
        """The block up to which verdicts were reported."""
        return self.reports[-1].block if self.reports else 0

    def apply(self, n: int, records: Iterable[Record]) -> None:
        """Take in the records of a committed entry."""
        confirmed: dict[FillKey, str] = {}
        for record in records:
            if isinstance(record, ChainResult):
                if record.confirmed:
                    confirmed[record.trade_id, record.fill] = record.tx_hash
            elif isinstance(record, ChainReverted):
                self.places.pop((record.trade_id, record.fill), None)
            elif isinstance(record, ChainCursor):
                self.report(Report(n, record.block, record.block_hash), confirmed)
                confirmed = {}
        # A verdict that came without its block: from where to look is all that is known.
        for key, tx_hash in confirmed.items():
            self.places[key] = Place(n, tx_hash, 0, None)

    def report(self, report: Report, confirmed: dict[FillKey, str]) -> None:
        """Remember a report; one of an earlier block means that those above are of no chain."""
        self.displace_above(report.block)
        while self.reports and self.reports[-1].block >= report.block:
            self.reports.pop()
        self.reports.append(report)
        self.settled(report.n, report.block, confirmed)
        if len(self.reports) >= 2 * REPORTS_COUNT_MAX:
            self._forget(self.reports[-REPORTS_COUNT_MAX])

    def settled(self, n: int, block: int, confirmed: dict[FillKey, str]) -> None:
        """Entry *n* confirmed fills that are settled in *block*."""
        for key, tx_hash in confirmed.items():
            self.places[key] = Place(n, tx_hash, block, block)

    def displace_above(self, block: int) -> None:
        """Blocks above *block* are others now: what was in them has to be looked for."""
        for key, place in self.places.items():
            if place.block is None or place.block > block:
                first = min(place.first, block + 1)
                self.places[key] = place._replace(first=first, block=None)

    def displaced(self) -> list[tuple[FillKey, Place]]:
        """Return the fills that have to be looked for."""
        return [(key, place) for key, place in self.places.items() if place.block is None]

    def found(self, key: FillKey, block: int | None) -> None:
        """A fill is settled in *block*; None: nowhere any more."""
        place = self.places.pop(key, None)
        if place is not None and block is not None:
            self.places[key] = place._replace(first=block, block=block)

    def first_needed(self) -> Iterator[int]:
        """Yield entries that have to be read at the next start."""
        yield from (report.n for report in self.reports[:1])
        yield from (place.n for place in self.places.values())

    def _forget(self, oldest: Report) -> None:
        """Forget reports before *oldest*, and what is settled in the blocks before its."""
        self.reports = [report for report in self.reports if report.block >= oldest.block]
        self.places = {
            key: place
            for key, place in self.places.items()
            if place.block is None or place.block >= oldest.block
        }
