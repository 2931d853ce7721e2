"""When what happens: the moments of all markets in one order, which is the clock's. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from outcry.app.replay.inputs import Listing


#: Client order ids have at most 64 characters.
_NAME_LENGTH_MAX: Final = 40


class Step(NamedTuple):
    """A step of a market; bots act at it. Steps count from 0."""

    listing: Listing
    number: int


@dataclass(slots=True)
class Moment:
    """Everything of one second: first markets end, then others begin, then bots act."""

    second: int
    ends: list[Listing] = field(default_factory=list)
    starts: list[Listing] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def moments(listings: Iterable[Listing], step_seconds: int) -> Iterator[Moment]:
    """Yield the moments of *listings*, the earliest first."""
    things: list[tuple[int, str, int, Listing, int]] = []
    for listing in listings:
        things.append((listing.start, listing.slug, 1, listing, 0))
        things.append((listing.end, listing.slug, 0, listing, 0))
        for number, second in enumerate(range(listing.start, listing.end, step_seconds)):
            things.append((second, listing.slug, 2, listing, number))
    things.sort(key=itemgetter(0, 1, 2))
    for second, group in groupby(things, key=itemgetter(0)):
        moment = Moment(second)
        for _, _, kind, listing, number in group:
            if kind == 0:
                moment.ends.append(listing)
            elif kind == 1:
                moment.starts.append(listing)
            else:
                moment.steps.append(Step(listing, number))
        yield moment


def name_of(listing: Listing) -> str:
    """Return a short name of a market that is its own."""
    if len(listing.slug) <= _NAME_LENGTH_MAX and listing.slug.isascii():
        return listing.slug
    return sha256(listing.slug.encode()).hexdigest()[:_NAME_LENGTH_MAX]


def order_name(listing: Listing, step: int, bot: str, number: int) -> str:
    """Return the client order id of a bot's order."""
    return f"{name_of(listing)}.{step}.{bot}.{number}"


def step_of(order_name_: str) -> int:
    """Return the step in a client order id; -1 when it is not one of ours."""
    parts = order_name_.split(".")
    return int(parts[-3]) if len(parts) >= 4 and parts[-3].isdigit() else -1  # noqa: PLR2004
