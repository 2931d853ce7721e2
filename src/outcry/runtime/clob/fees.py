"""Fee schedules by version, for doors, and what clients of CLOBs are told of them.

A version never changes, so what was read is kept. Schedules stand in the audit, since an operator
set each; whoever found a market in the tables finds its schedule there as well: it is older.
"""

from typing import Final

from msgspec import Struct, json

from outcry.domain.fees import FREE, FeeKind, FeeSchedule
from outcry.ports.queries import Queries


#: What an operator's setting of fees is called in the audit.
KIND: Final = "fees"
#: Settings that are read at a time.
PAGE_COUNT: Final = 100
#: The exponent of p x (1 - p) in a quadratic fee.
EXPONENT: Final = 1


class _Said(Struct, frozen=True):
    version: int
    kind: int
    taker_bps: int
    maker_bps: int
    rebate_bps: int


class FeeDetails(Struct, frozen=True):
    """``rate x (p x (1 - p)) ** exponent`` of each share, taken of ``to``: takers only or all."""

    rate: float
    exponent: int
    taker_only: bool


class FeeSchedules:
    """Fee schedules, read once each."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._known: dict[int, FeeSchedule] = {FREE.version: FREE}

    def known(self, version: int) -> FeeSchedule | None:
        """Return the schedule of a version when it was read already."""
        return self._known.get(version)

    async def schedule(self, version: int) -> FeeSchedule:
        """Return the schedule of a version that a market in the tables has."""
        if version not in self._known:
            await self._read(version)
        return self._known[version]

    async def _read(self, wanted: int) -> None:
        """Read settings, the newest first, down to the first that is known."""
        page = 1
        while wanted not in self._known:
            found = await self._queries.audit(KIND, page=page, page_size=PAGE_COUNT)
            for row in found.rows:
                said = _decode(row.body)
                self._known[said.version] = FeeSchedule(
                    said.version, said.kind, said.taker_bps, said.maker_bps, said.rebate_bps
                )
            if page * PAGE_COUNT >= found.total:
                return
            page += 1


def base_fee(schedule: FeeSchedule) -> int:
    """Return the basis points that an order of the first generation has to be signed with.

    It bounds what either side may be charged, whichever the order turns out to be.
    """
    return schedule.rate_bps_max


def fee_details(schedule: FeeSchedule) -> FeeDetails:
    """Return the taker's fee as clients of the second generation reckon it.

    A flat fee is a rate of ``min(p, 1 - p)``, which that formula cannot say: what is told then is
    twice the rate of ``p x (1 - p)``. It is the same at one half and nowhere less than the fee.
    """
    rate = schedule.taker_bps / 10_000
    if schedule.kind == FeeKind.FLAT:
        rate *= 2
    return FeeDetails(rate, EXPONENT if rate else 0, taker_only=not schedule.maker_bps)


_decode: Final = json.Decoder(_Said).decode
