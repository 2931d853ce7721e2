"""What a market pays: the last tick of the feed at or before its end against its strike. Pure."""

from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple

from outcry.app.replay.inputs import Feed, Listing


#: A tick older than this at the end does not decide.
AGE_SECONDS_MAX: Final = 5
_MILLIS: Final = 1_000

Payout = tuple[Decimal, Decimal]

_HALF: Final = Decimal("0.5")
_WINS: Final[tuple[Payout, Payout]] = (
    (Decimal(1), Decimal(0)),
    (Decimal(0), Decimal(1)),
)


class Basis(Enum):
    """What a verdict rests on."""

    #: The feed has the closing second.
    EXACT = "tick at the closing second"
    #: The last tick before the end is young enough.
    LATE = "last tick before the end"
    #: The last tick before the end is too old, or there is none: half each.
    STALE = "no tick that is young enough"
    #: There is nothing to compare with: the market is not listed.
    NO_STRIKE = "no strike"


class Verdict(NamedTuple):
    """How a market ends."""

    basis: Basis
    #: The outcome that wins, None where none does.
    outcome: int | None
    #: Seconds from the deciding tick to the end, None without a tick.
    age: int | None

    @property
    def payout(self) -> Payout:
        """Return what one share of each outcome is worth."""
        return (_HALF, _HALF) if self.outcome is None else _WINS[self.outcome]


def judge(listing: Listing, feed: Feed) -> Verdict:
    """Return how *listing* ends; a price equal to the strike counts as up, outcome 0."""
    if listing.strike is None:
        return Verdict(Basis.NO_STRIKE, None, None)
    tick = feed.at(listing.end)
    if tick is None:
        return Verdict(Basis.STALE, None, None)
    age_ms = listing.end * _MILLIS - tick.at_ms
    age = -(-age_ms // _MILLIS)
    if age > AGE_SECONDS_MAX:
        return Verdict(Basis.STALE, None, age)
    outcome = 0 if tick.price >= listing.strike else 1
    return Verdict(Basis.LATE if age_ms else Basis.EXACT, outcome, age)
