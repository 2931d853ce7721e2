"""What outcome 0 is worth before the end, by price, strike, time left and recent volatility. Pure.

The distance from price to strike, measured in what the price is likely to move until the end, is
read as a value of Student's t with two degrees of freedom: prices jump, and most of all when such a
market ends. These are opinions of bots, hence floats; what they send are ticks.
"""

from math import log, sqrt
from typing import Final

from outcry.app.replay.inputs import Feed, Listing


#: How far back volatility looks, and how far apart the prices are that it compares: neighbouring
#: ticks of an averaged feed move less than the price does.
WINDOW_SECONDS: Final = 900
APART_SECONDS: Final = 10
#: The least that is assumed, per square root of a second, and what is before there are prices.
SIGMA_MIN: Final = 5e-6
SIGMA_DEFAULT: Final = 5e-5
MOVES_MIN: Final = 6
SECONDS_LEFT_MIN: Final = 0.5
_MILLIS: Final = 1_000


def sigma(feed: Feed, second: int) -> float:
    """Return the volatility of the last minutes, per square root of a second."""
    squares, later = [], feed.at(second)
    for back in range(APART_SECONDS, WINDOW_SECONDS + 1, APART_SECONDS):
        earlier = feed.at(second - back)
        if earlier is None or later is None:
            break
        squares.append(log(later.price / earlier.price) ** 2)
        later = earlier
    if len(squares) < MOVES_MIN:
        return SIGMA_DEFAULT
    return max(sqrt(sum(squares) / (len(squares) * APART_SECONDS)), SIGMA_MIN)


def probability(listing: Listing, feed: Feed, second: int) -> float:
    """Return how likely outcome 0 is, as seen at *second*; 0.5 before the first tick."""
    tick = feed.at(second)
    if tick is None or listing.strike is None:
        return 0.5
    # A price that has not moved for a while is an old one: it may have wandered since.
    left = max(listing.end - tick.at_ms / _MILLIS, SECONDS_LEFT_MIN)
    distance = log(tick.price / listing.strike) / (sigma(feed, second) * sqrt(left))
    return 0.5 + distance / (2 * sqrt(2 + distance * distance))
