"""Amounts that clients write as decimal text, as integers, or the reject that fits.

Nothing is rounded: text with more digits than the unit has is refused, and so are signs,
exponents, ``NaN`` and everything that is not plain digits with at most one point.
"""

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import (
    BALANCE_LIMIT,
    MONEY_DECIMALS,
    PRICE_DECIMALS,
    QUANTITY_DECIMALS,
    QUANTITY_MAX,
    TICKS_PER_UNIT,
    format_money,
    format_price,
    format_quantity,
    parse_decimal,
)


#: How much of what was got is said back.
_GOT_LENGTH_MAX = 48
#: More decimals than any unit has: tells finer numbers from what is no number.
_FINEST = 38


def read_price(text: str, name: str = "price") -> int | Rejected:
    """Return *text* in ticks, above 0 and below one unit."""
    ticks = parse_decimal(text, PRICE_DECIMALS)
    if ticks is None:
        if parse_decimal(text, _FINEST) is not None:
            return _rejected(Reject.PRICE_OFF_GRID, text, "at most four decimals")
        return _rejected(Reject.FIELD_INVALID, text, f'{name}: a decimal such as "0.55"')
    if not 0 < ticks < TICKS_PER_UNIT:
        bounds = f"{format_price(1)} to {format_price(TICKS_PER_UNIT - 1)}"
        return _rejected(Reject.PRICE_OUT_OF_BOUNDS, text, bounds)
    return ticks


def read_quantity(text: str) -> int | Rejected:
    """Return *text* in lots: positive and at most `QUANTITY_MAX`."""
    lots = parse_decimal(text, QUANTITY_DECIMALS)
    if not lots:
        return _rejected(Reject.QUANTITY_INVALID, text, 'a decimal such as "10.00"')
    if lots > QUANTITY_MAX:
        most = f"at most {format_quantity(QUANTITY_MAX)}"
        return _rejected(Reject.QUANTITY_ABOVE_MAXIMUM, text, most)
    return lots


def read_money(text: str, reject: Reject = Reject.AMOUNT_INVALID) -> int | Rejected:
    """Return *text* in micros: positive and below `BALANCE_LIMIT`, else *reject*."""
    micros = parse_decimal(text, MONEY_DECIMALS)
    if not micros:
        return _rejected(reject, text, 'a decimal such as "25.000000"')
    if micros >= BALANCE_LIMIT:
        return _rejected(reject, text, f"below {format_money(BALANCE_LIMIT)}")
    return micros


def read_payout(texts: list[str]) -> tuple[int, int] | Rejected:
    """Return two payouts in ticks, which sum to one unit."""
    expected = 'two decimals that sum to 1, such as ["1", "0"]'
    ticks = [parse_decimal(text, PRICE_DECIMALS) for text in texts]
    first, second = ticks if len(ticks) == 2 else (None, None)  # noqa: PLR2004 - two outcomes
    if first is None or second is None or first + second != TICKS_PER_UNIT:
        return _rejected(Reject.PAYOUT_INVALID, ", ".join(texts[:3]), expected)
    return first, second


def _rejected(reject: Reject, text: str, expected: str) -> Rejected:
    got = text if len(text) <= _GOT_LENGTH_MAX else f"{text[:_GOT_LENGTH_MAX]}…"
    return Rejected(reject, got, expected)
