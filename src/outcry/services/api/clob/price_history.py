"""How a price went, as the CLOB surface asks for it: a window and how fine. Pure.

The windows are named (``1d``) or said; the points are last prices of the candles that are kept, of
the shortest length that is not finer than asked and leaves no more points than one answer has.
"""

from typing import Final, NamedTuple

from msgspec import Struct

from outcry.domain.market import own_price
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import MICROS_PER_SECOND
from outcry.ports.rows import CandleRow
from outcry.ports.series import INTERVALS, SERIES_COUNT_MAX
from outcry.services.api.clob.market_views import price_number
from outcry.services.api.clob.public_forms import HistoriesBody, HistoryQuery


_MINUTE: Final = 60
_DAY: Final = 86_400
#: Named windows in seconds (0: all there is), each with how fine its points are unless one says so.
WINDOWS: Final = {
    "1h": (3_600, 1),
    "6h": (6 * 3_600, 1),
    "1d": (_DAY, 5),
    "1w": (7 * _DAY, 60),
    "1m": (30 * _DAY, 240),
    "max": (0, 1),
    "all": (0, 1),
}


class PointView(Struct, frozen=True):
    """A price as of a time in seconds."""

    t: int
    p: float


class HistoryView(Struct, frozen=True):
    """Points, oldest first; where nothing traded there is none, and the price before holds."""

    history: list[PointView]


class Window(NamedTuple):
    """Which candles: their length in seconds, and ``[start_us, end_us)``."""

    seconds: int
    start_us: int
    end_us: int


def window_of(form: HistoryQuery | HistoriesBody, now: int, begun: int) -> Window | Rejected:
    """Return which candles *form* asks for at second *now* of a market that began at *begun*."""
    if not form.interval and not form.start:
        return Rejected(Reject.FIELD_MISSING, expected="interval, or startTs and endTs")
    span, minutes = WINDOWS.get(form.interval, (0, 1))
    end = form.end or now + 1
    start = form.start or (max(end - span, begun) if span else begun)
    if start >= end:
        got = f"{start} to {end}"
        return Rejected(Reject.FIELD_INVALID, got, "startTs before endTs, in seconds")
    wanted = (form.fidelity or minutes) * _MINUTE
    seconds = length_of(wanted, end - start)
    if not form.start:
        # The candle in which the window begins belongs to it: its price holds from there.
        start -= start % seconds
    return Window(seconds, start * MICROS_PER_SECOND, end * MICROS_PER_SECOND)


def length_of(wanted: int, span: int) -> int:
    """Return a length of candles: at least *wanted* seconds, and not too many of them in *span*."""
    least = max(wanted, -(-span // (SERIES_COUNT_MAX - 1)))
    return next((length for length in INTERVALS if length >= least), INTERVALS[-1])


def points(rows: list[CandleRow], outcome: int) -> list[PointView]:
    """Return candles of a market as last prices of *outcome*."""
    return [
        PointView(row.start_us // MICROS_PER_SECOND, price_number(own_price(outcome, row.close)))
        for row in rows
    ]
