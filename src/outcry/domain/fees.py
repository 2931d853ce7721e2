"""Fees: the one place where exact arithmetic has to round, and how.

A fee is charged in collateral on each fill, by own-outcome price ``p`` in ticks:

* flat: ``rate x min(p, 10000 - p) x lots`` with a rate up to 10 %,
* quadratic: ``rate x p x (1 - p)`` per share with a rate up to 0.1,

so YES and NO pay the same, and cost plus fee rises with ``p``: the limit is a buyer's worst case.

Charged is the **ceiling of the cumulative exact fee of the order**, so that splitting a fill
changes nothing. What was charged beyond the exact fee is the order's *slack*, in 1/DENOMINATOR
micro; it is always below one micro and is used up before the next micro is charged. A maker's
rebate is a share of the taker's fee of the same fill and is paid from it: the **floor of the
cumulative exact rebate** of the maker's order, its remainder kept in the same way. Hence fees
collected never fall below rebates paid. Only remainders are kept, never numerators: they fit 63
bits whatever is traded.
"""

from enum import IntEnum
from typing import Final, NamedTuple

from outcry.domain.units import TICKS_PER_UNIT


BPS: Final = 10_000
#: Exact fees are counted in 1/DENOMINATOR micro, whatever the schedule, so that an order's slack
#: and remainder mean the same when it trades with orders of another version.
DENOMINATOR: Final = BPS * TICKS_PER_UNIT
#: Highest flat or quadratic rate: 10 %, or 0.1.
RATE_BPS_MAX: Final = 1_000


class FeeKind(IntEnum):
    """How a fee depends on the price."""

    NONE = 0
    FLAT = 1
    QUADRATIC = 2


class FeeSchedule(NamedTuple):
    """A version of fees; recorded on each order, so later versions never touch it."""

    version: int
    kind: int
    taker_bps: int
    maker_bps: int
    #: Share of the taker's fee that the maker of the fill gets back, in 1/10,000.
    rebate_bps: int

    @property
    def rate_bps_max(self) -> int:
        """The rate an order may have to pay: it may take or make."""
        return max(self.taker_bps, self.maker_bps)


#: Version 0 always exists and is free.
FREE: Final = FeeSchedule(0, FeeKind.NONE, 0, 0, 0)


def problem(schedule: FeeSchedule) -> str:
    """Return what is wrong with *schedule*, "" when nothing is."""
    if schedule.kind not in FeeKind.__members__.values():
        return "kind must be 0 (none), 1 (flat) or 2 (quadratic)"
    rates = (schedule.taker_bps, schedule.maker_bps)
    if schedule.kind == FeeKind.NONE and any((*rates, schedule.rebate_bps)):
        return "a schedule of kind none has no rates"
    if not all(0 <= rate <= RATE_BPS_MAX for rate in rates):
        return f"rates must be 0 to {RATE_BPS_MAX} basis points"
    if not 0 <= schedule.rebate_bps <= BPS:
        return f"the rebate must be 0 to {BPS} basis points of the taker's fee"
    return ""


def exact(schedule: FeeSchedule, rate_bps: int, price: int, qty: int) -> int:
    """Return the exact fee of *qty* lots at *price* ticks, in 1/DENOMINATOR micro."""
    if schedule.kind == FeeKind.QUADRATIC:
        return rate_bps * price * (TICKS_PER_UNIT - price) * qty
    return rate_bps * min(price, TICKS_PER_UNIT - price) * qty * TICKS_PER_UNIT


def charge(exact_fee: int, slack: int) -> tuple[int, int]:
    """Return ``(micros to charge now, new slack)`` for a further *exact_fee*."""
    micros = -((slack - exact_fee) // DENOMINATOR)
    return micros, slack + micros * DENOMINATOR - exact_fee


def rebate(rebate_bps: int, exact_taker_fee: int, remainder: int) -> tuple[int, int]:
    """Return ``(micros to pay the maker now, new remainder)``, in 1/(DENOMINATOR x 10^4)."""
    return divmod(remainder + exact_taker_fee * rebate_bps, DENOMINATOR * BPS)


def bound(schedule: FeeSchedule, limit: int, qty: int, slack: int = 0) -> int:
    """Return the most that *qty* further lots within own-price *limit* can be charged, in micros.

    "Together with the cost at the limit": a fill below the limit may have a higher fee, but never
    by more than its cost is lower.
    """
    rate = schedule.rate_bps_max
    return charge(exact(schedule, rate, limit, qty), slack)[0] if rate else 0


def budget_net_of_fee(schedule: FeeSchedule, money: int) -> int:
    """Return how much of all-in *money* may be spent on tokens so that the fee always fits too."""
    return money * BPS // (BPS + schedule.rate_bps_max)
