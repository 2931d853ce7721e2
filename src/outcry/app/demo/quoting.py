"""What a bot that quotes wants in a book, and what it must change to have it. Pure.

Prices are steps: whole numbers of the market's tick, of one outcome; *grid* steps are 1. A bid for
outcome 0 at s and an offer of outcome 1 at grid - s are the same place in the book, so each level
is quoted with money or with tokens in turn: that is how fills of every kind come about.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, Literal, NamedTuple


Side = Literal["buy", "sell"]

LEVELS: Final = 3
#: How far the fair value stays away from certainty, as a part of the grid.
MARGIN: Final = 20


class Quote(NamedTuple):
    """An order that should rest."""

    outcome: int
    side: Side
    #: Own price of the outcome.
    steps: int
    shares: int


class Changes(NamedTuple):
    """What makes a book as it is wanted."""

    #: Client order ids.
    cancel: list[str]
    place: list[Quote]


def wander(fair: int, grid: int, rng: Random) -> int:
    """Return the next fair value: a small move, never near certainty."""
    farthest = max(1, grid // 50)
    edge = grid // MARGIN
    return min(max(fair + rng.randint(-farthest, farthest), edge), grid - edge)


def ladder(fair: int, grid: int, shares: int, owned: tuple[int, int]) -> list[Quote]:
    """Return levels on both sides of *fair*, offering tokens only as far as they are *owned*."""
    gap = max(1, grid // 100)
    left = list(owned)
    wanted = []
    for level in range(LEVELS):
        with_tokens = (level + fair) % 2 == 1
        for outcome, steps in ((0, fair - gap * (level + 1)), (1, grid - fair - gap * (level + 1))):
            if not 1 <= steps < grid:
                continue
            if with_tokens and left[1 - outcome] >= shares:
                left[1 - outcome] -= shares
                wanted.append(Quote(1 - outcome, "sell", grid - steps, shares))
            else:
                wanted.append(Quote(outcome, "buy", steps, shares))
    return wanted


def changes(resting: Mapping[str, Quote], wanted: Sequence[Quote]) -> Changes:
    """Return what to cancel and what to place; what rests at a wanted price stays."""
    places = {quote[:3] for quote in wanted}
    cancel = [name for name, quote in resting.items() if quote[:3] not in places]
    kept = {quote[:3] for name, quote in resting.items() if quote[:3] in places}
    return Changes(cancel, [quote for quote in wanted if quote[:3] not in kept])
