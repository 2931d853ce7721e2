"""What a bot that takes does next, from what it sees and owns. Pure, given its random numbers."""

from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from outcry.app.demo.quoting import Side


SHARES_MIN: Final = 5
SHARES_MAX: Final = 40
MONEY_MAX: Final = 30
PAIRS: Final = 25
#: Out of a hundred choices.
SPLITS: Final = 5
MERGES: Final = 5
BY_MONEY: Final = 35
BUYS: Final = 55


class View(NamedTuple):
    """One market as a bot sees it; prices are those of each outcome, None where nobody quotes."""

    tick: Decimal
    bids: tuple[Decimal | None, Decimal | None]
    asks: tuple[Decimal | None, Decimal | None]
    #: Tokens that are not set aside for orders.
    free: tuple[Decimal, Decimal]


class Limit(NamedTuple):
    """An order for *shares* at *price* or better, now or never."""

    outcome: int
    side: Side
    price: Decimal
    shares: int


class Spend(NamedTuple):
    """Buy for *money*, at whatever price."""

    outcome: int
    money: int


class Pairs(NamedTuple):
    """Turn money into pairs of tokens (*shares* above 0), or pairs into money."""

    shares: int


Choice = Limit | Spend | Pairs


def choose(view: View, rng: Random) -> Choice | None:
    """Return what to do; None when the book offers nothing for it."""
    dice = rng.randrange(100)
    if dice < SPLITS:
        return Pairs(PAIRS)
    if dice < SPLITS + MERGES and min(view.free) >= PAIRS:
        return Pairs(-PAIRS)
    outcome = rng.randrange(2)
    shares = rng.randint(SHARES_MIN, SHARES_MAX)
    if rng.randrange(100) < BUYS or view.free[outcome] < SHARES_MIN:
        return _buy(view, outcome, shares, rng)
    bid = view.bids[outcome]
    if bid is None:
        return None
    price = max(bid - view.tick * rng.randint(0, 2), view.tick)
    return Limit(outcome, "sell", price, min(shares, int(view.free[outcome])))


def _buy(view: View, outcome: int, shares: int, rng: Random) -> Choice | None:
    ask = view.asks[outcome]
    if ask is None:
        return None
    if rng.randrange(100) < BY_MONEY:
        return Spend(outcome, rng.randint(1, MONEY_MAX))
    return Limit(outcome, "buy", min(ask + view.tick * rng.randint(0, 2), 1 - view.tick), shares)
