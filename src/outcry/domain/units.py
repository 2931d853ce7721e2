"""Units: ticks, lots and micros, and the exact arithmetic between them.

* 1 tick = 0.0001 collateral per share, 1 lot = 0.01 share, 1 micro = 0.000001 collateral.
* ticks x lots = micros, exactly: a trade never rounds. (Fees do, by the one rule of `fees`.)
* Inside the exchange every amount is an ``int`` in one of these units; doors convert decimal
  text with the functions below and nothing else does. There is no float.
"""

from datetime import datetime, timedelta
from typing import Final, NewType


Ticks = NewType("Ticks", int)
Lots = NewType("Lots", int)
Micros = NewType("Micros", int)

TICKS_PER_UNIT: Final = 10_000
LOTS_PER_SHARE: Final = 100
MICROS_PER_UNIT: Final = 1_000_000
MICROS_PER_SECOND: Final = 1_000_000
#: The end of the year 9999 in microseconds since 1970: no time that anybody names is later.
TIME_US_MAX: Final = 253_402_300_800 * MICROS_PER_SECOND - 1
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - written with a Z of our own
assert TICKS_PER_UNIT * LOTS_PER_SHARE == MICROS_PER_UNIT

PRICE_DECIMALS: Final = 4
QUANTITY_DECIMALS: Final = 2
MONEY_DECIMALS: Final = 6

#: No order and no issue of tokens is larger; 10**9 lots are ten million shares.
QUANTITY_MAX: Final = 10**9
#: No balance reaches it, so every sum of two balances fits 63 bits.
BALANCE_LIMIT: Final = 10**18
assert QUANTITY_MAX * TICKS_PER_UNIT < BALANCE_LIMIT < 2**62

#: Every tick size a market may have; each divides 10,000, so complements stay on the grid.
TICK_SIZES: Final = (1000, 100, 50, 25, 10, 1)
assert all(TICKS_PER_UNIT % size == 0 for size in TICK_SIZES)


def notional(price: int, quantity: int) -> Micros:
    """Return the exact value in micros of *quantity* lots at *price* ticks."""
    return Micros(price * quantity)


def complement(price: int) -> Ticks:
    """Return the price in ticks of the other outcome; the two sum to one unit."""
    return Ticks(TICKS_PER_UNIT - price)


def parse_decimal(text: str, decimals: int) -> int | None:
    """Return decimal *text* as an integer scaled by 10**decimals, or None.

    Accepted: ASCII digits with at most one point and at most *decimals* digits after it
    (further zeros are allowed), no sign, no exponent, at most 40 characters. ``"0.5"`` with
    4 decimals is 5000. None means the text is not such a number.
    """
    if not text or len(text) > 40:  # noqa: PLR2004 - a named bound of the docstring
        return None
    whole, point, fraction = text.partition(".")
    if not (whole or fraction) or (point and not fraction):
        return None
    if not (whole + fraction).isascii() or not (whole + fraction).isdigit():
        return None
    kept, dropped = fraction[:decimals], fraction[decimals:]
    if dropped.strip("0"):
        return None
    return int((whole or "0") + kept.ljust(decimals, "0"))


def format_decimal(value: int, decimals: int) -> str:
    """Return *value* scaled by 10**-decimals as plain decimal text: ``5000, 4`` is ``"0.5000"``."""
    sign, digits = ("-", -value) if value < 0 else ("", value)
    text = str(digits).rjust(decimals + 1, "0")
    return f"{sign}{text[:-decimals]}.{text[-decimals:]}"


def format_price(price: int) -> str:
    """Return *price* ticks as text with four decimals."""
    return format_decimal(price, PRICE_DECIMALS)


def format_quantity(quantity: int) -> str:
    """Return *quantity* lots as text with two decimals."""
    return format_decimal(quantity, QUANTITY_DECIMALS)


def format_money(amount: int) -> str:
    """Return *amount* micros as text with six decimals."""
    return format_decimal(amount, MONEY_DECIMALS)


def format_time(time_us: int) -> str:
    """Return microseconds since 1970 as UTC, to the millisecond: ``2027-06-01T12:00:00Z``.

    What no calendar has stays a number.
    """
    if not 0 <= time_us <= TIME_US_MAX:
        return f"{time_us} us"
    moment = _EPOCH + timedelta(milliseconds=time_us // 1_000)
    return moment.isoformat(timespec="milliseconds").replace(".000", "") + "Z"
