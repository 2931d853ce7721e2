"""Rows of the projection about how things went, who users are, and the legs of the journal."""

from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple


#: Lengths of the candles that are stored, in seconds; every other one is made of these.
CANDLE_SECONDS: Final = (60, 3_600, 86_400)


class AccountRow(NamedTuple):
    """An account of a user (insert); the first one has no label."""

    account: int
    user_id: int
    label: str
    created_at_us: int


class AuditRow(NamedTuple):
    """What an admin or the exchange itself did (insert)."""

    n: int
    leg: int
    actor: int
    kind: str
    body: str
    at_us: int
    #: The API key of who asked, 0 for a token and for the exchange itself.
    key_id: int = 0


class LimitRow(NamedTuple):
    """What an account (0: each) may have in a market (0: in all); 0 is none (upsert by both)."""

    account: int
    market_id: int
    orders_max: int
    position_max: int
    notional_max: int


class VerdictRow(NamedTuple):
    """What a chain said of a fill (each kind of verdict once, as it was said last)."""

    market_id: int
    trade_id: int
    fill: int
    #: An `outcry.domain.ledger.pending.Outcome`.
    verdict: int
    tx_hash: str
    reason: str
    at_us: int
    n: int


class CandleRow(NamedTuple):
    """What traded in one market in one interval (merged into what stands). Outcome-0 ticks, lots.

    A later row of the same interval adds to the one that stands: ``open`` stays, ``high`` and
    ``low`` widen, ``close`` moves on, quantity, value and trades are summed.
    """

    market_id: int
    seconds: int
    #: Begin of the interval, a multiple of its length.
    start_us: int
    open: int
    high: int
    low: int
    close: int
    qty: int
    #: Micros that outcome 0 cost: price times quantity of every fill.
    value: int
    trades: int

    def then(self, later: "CandleRow") -> "CandleRow":
        """Return this candle with what happened *later* in the same interval."""
        return self._replace(
            high=max(self.high, later.high),
            low=min(self.low, later.low),
            close=later.close,
            qty=self.qty + later.qty,
            value=self.value + later.value,
            trades=self.trades + later.trades,
        )


class TurnoverRow(NamedTuple):
    """What a user traded on one day, on all accounts (merged: everything is summed). Micros."""

    user_id: int
    day_us: int
    #: Price times quantity of every fill, at the price of the account's own outcome.
    volume: int
    #: Paid, less rebates.
    fees: int
    trades: int

    def then(self, later: "TurnoverRow") -> "TurnoverRow":
        """Return this day with what happened *later* on it."""
        return self._replace(
            volume=self.volume + later.volume,
            fees=self.fees + later.fees,
            trades=self.trades + later.trades,
        )


class PortfolioRow(NamedTuple):
    """What an account was worth at the full hour ``at_us`` (insert). Micros.

    ``tokens`` counts each token at its payout or its last price, at one half while nobody knows.
    """

    account: int
    at_us: int
    cash: int
    tokens: int


class JournalRow(NamedTuple):
    """What entry ``n`` posted to an account (insert): its legs, each packed by `pack_leg`."""

    account: int
    n: int
    legs: bytes


class Leg(NamedTuple):
    """One side of a posting. ``leg`` counts in the entry; amounts of an asset sum to 0 in it."""

    leg: int
    asset: int
    amount: int
    balance_after: int
    #: Place in `outcry.domain.ledger.effects.POSTING_KINDS`.
    kind: int
    ref: int
    at_us: int


#: Seven big-endian int64; the view ``journal_legs`` takes them apart in SQL.
_LEG: Final = Struct(">7q")
#: ``pack_leg(leg, asset, amount, balance_after, kind, ref, at_us)`` returns the bytes of a leg.
pack_leg: Final = _LEG.pack
LEG_SIZE: Final = _LEG.size


def unpack_legs(legs: bytes) -> list[Leg]:
    """Return the legs of a journal row, in order."""
    return [Leg._make(fields) for fields in _LEG.iter_unpack(legs)]


class ProfileRow(NamedTuple):
    """What a user shows of themselves (merged: "" leaves a text as it stands)."""

    user_id: int
    name: str
    bio: str
    image: str

    def then(self, later: "ProfileRow") -> "ProfileRow":
        """Return this profile with what changed *later*."""
        return ProfileRow(
            self.user_id,
            later.name or self.name,
            later.bio or self.bio,
            later.image or self.image,
        )


class SeasonRow(NamedTuple):
    """A season (upsert): users are ranked by the days ``[start_us, end_us)``."""

    season_id: int
    name: str
    start_us: int
    end_us: int


class Payment(IntEnum):
    """How far a withdrawal has come."""

    WAITING = 0
    PAID = 1
    FAILED = 2


class WithdrawalRow(NamedTuple):
    """What a user has the contract pay out (upsert)."""

    withdrawal_id: int
    account: int
    asset: int
    #: Micros or lots.
    amount: int
    #: A `Payment`.
    status: int
    tx_hash: str
    reason: str
    begun_at_us: int
    #: 0 while it waits.
    ended_at_us: int
