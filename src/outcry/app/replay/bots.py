"""Who wants what at a step of a market. Pure: it depends on the files, the market and the step.

========  ========================================================================================
near      bids for both outcomes close to the fair value of a moment ago, for one step
far       offers both outcomes, of pairs it made at the start, further away, until it cancels
informed  knows the newest price, and buys what is offered for less than that is worth
crowd     buys one outcome or the other, by money or by shares, at whatever price
holder    sells pairs it made at the start, piece by piece
========  ========================================================================================

No two quotes stand at the same price and none cross, so what a taker meets does not depend on which
quote came first. The informed takes first; then the crowd buys an outcome while the holder sells
the same one, which is the other side of the book.
"""

from decimal import Decimal
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from outcry.app.replay.fair import probability
from outcry.app.replay.inputs import Feed, Listing


NEAR: Final = "near"
FAR: Final = "far"
INFORMED: Final = "informed"
CROWD: Final = "crowd"
HOLDER: Final = "holder"
MAKERS: Final = (NEAR, FAR)
TAKERS: Final = (INFORMED, CROWD, HOLDER)
BOTS: Final = (*MAKERS, *TAKERS)
#: Pairs of tokens that are made when a market is listed, more than can be sold until its end.
PAIRS: Final = {FAR: 5_000, HOLDER: 2_000}
#: How old the price is that makers quote by.
LAG_SECONDS: Final = 2
#: Prices at which each maker stands for each outcome.
LEVELS: Final = 3
#: Distance of the quotes from the fair value; the first stands closer than the second begins.
NEAR_SPREAD: Final = 0.005
FAR_SPREAD: Final = 0.015


class Want(NamedTuple):
    """An order that a bot wants; ``price`` is that of its own outcome."""

    bot: str
    number: int
    outcome: int
    side: Literal["buy", "sell"]
    price: Decimal | None
    quantity: Decimal | None
    volume: Decimal | None = None
    time_in_force: Literal["GTC", "GTD", "IOC", "FOK"] = "IOC"
    post_only: bool = False


class Grid(NamedTuple):
    """Prices of a market as whole steps; ``steps`` of them are 1."""

    tick: Decimal
    steps: int

    def price(self, steps: int) -> Decimal:
        """Return *steps* as a price."""
        return self.tick * steps

    def inside(self, steps: int) -> bool:
        """Return whether there may be orders at this price."""
        return 0 < steps < self.steps

    def width(self, share: float) -> int:
        """Return *share* of 1 in steps, at least one."""
        return max(1, round(share * self.steps))


def grid_of(listing: Listing) -> Grid:
    """Return the prices of *listing*."""
    return Grid(listing.tick, int(1 / listing.tick))


def quotes(listing: Listing, feed: Feed, step: int, second: int) -> list[Want]:
    """Return the orders of the makers; in which order they come does not matter."""
    grid = grid_of(listing)
    mid = _mid(listing, feed, grid, second - LAG_SECONDS)
    near, far = _distances(grid)
    wants = []
    for outcome, own in enumerate((mid, grid.steps - mid)):
        for level in range(LEVELS):
            number = outcome * LEVELS + level
            bid, ask = own - near - level, own + far + level
            if grid.inside(bid):
                size, price = _size(listing, step, f"near{number}", 2, 5), grid.price(bid)
                wants.append(
                    Want(NEAR, number, outcome, "buy", price, size, None, "GTD", post_only=True)
                )
            if grid.inside(ask):
                size, price = _size(listing, step, f"far{number}", 4, 10), grid.price(ask)
                wants.append(
                    Want(FAR, number, outcome, "sell", price, size, None, "GTC", post_only=True)
                )
    return wants


def takes(listing: Listing, feed: Feed, step: int, second: int) -> list[list[Want]]:
    """Return the orders of the takers, in rounds that come one after the other.

    Those of one round take from different sides of the book and never rest, so they cannot meet.
    """
    outcome = _dice(listing, step, "outcome", 2)
    informed = _informed(listing, feed, step, second)
    both = [_crowd(listing, step, outcome), _holder(listing, feed, step, second, outcome)]
    return [informed, both] if informed else [both]


def _informed(listing: Listing, feed: Feed, step: int, second: int) -> list[Want]:
    grid = grid_of(listing)
    mid = _mid(listing, feed, grid, second - LAG_SECONDS)
    near, _ = _distances(grid)
    worth = probability(listing, feed, second) * grid.steps
    for outcome, (own, asked) in enumerate(
        ((worth, mid + near), (grid.steps - worth, grid.steps - mid + near))
    ):
        limit = int(own)
        if limit >= asked and grid.inside(limit):
            size = _size(listing, step, "informed", 2, 8)
            return [Want(INFORMED, 0, outcome, "buy", grid.price(limit), size)]
    return []


def _crowd(listing: Listing, step: int, outcome: int) -> Want:
    if _dice(listing, step, "by money", 3) == 0:
        # What it buys is at least as many shares as it costs.
        money = listing.min_size + 1 + _dice(listing, step, "money", 20)
        return Want(CROWD, 0, outcome, "buy", None, None, money)
    return Want(CROWD, 0, outcome, "buy", None, _size(listing, step, "crowd size", 1, 4))


def _holder(listing: Listing, feed: Feed, step: int, second: int, outcome: int) -> Want:
    size = _size(listing, step, "holder size", 1, 4)
    if _dice(listing, step, "all or nothing", 4):
        return Want(HOLDER, 0, outcome, "sell", None, size)
    grid = grid_of(listing)
    mid = _mid(listing, feed, grid, second - LAG_SECONDS)
    _, far = _distances(grid)
    least = (mid, grid.steps - mid)[outcome] - far
    price = grid.price(max(1, least))
    return Want(HOLDER, 0, outcome, "sell", price, size, time_in_force="FOK")


def _mid(listing: Listing, feed: Feed, grid: Grid, second: int) -> int:
    worth = round(probability(listing, feed, second) * grid.steps)
    return min(max(worth, 1), grid.steps - 1)


def _distances(grid: Grid) -> tuple[int, int]:
    """Return how far the makers stand from the middle; the second begins behind the first."""
    near = grid.width(NEAR_SPREAD)
    return near, max(near + LEVELS, grid.width(FAR_SPREAD))


def _size(listing: Listing, step: int, what: str, least: int, most: int) -> Decimal:
    """Return *least* to *most* times the smallest size, in whole shares."""
    base = listing.min_size
    return base * least + _dice(listing, step, what, int(base * (most - least)) + 1)


def _dice(listing: Listing, step: int, what: str, sides: int) -> int:
    """Return a number below *sides* that looks random and is always the same."""
    text = f"{listing.slug} {step} {what}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest()) % sides
