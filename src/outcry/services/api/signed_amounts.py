"""What the two amounts of a signed order say: price, quantity or money. Pure.

Amounts are whole atomic units, so their ratio is a price only up to rounding. A limit order names
the price on the market's grid whose cost is within one unit of what was signed. A market order is
bounded by the signed ratio: its bound is never worse for the signer than that, but for a unit.
"""

from typing import Final, NamedTuple

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import (
    MONEY_DECIMALS,
    QUANTITY_DECIMALS,
    TICKS_PER_UNIT,
    format_price,
)


#: Atomic units by which a client's rounding may be off.
TOLERANCE: Final = 1


class Amounts(NamedTuple):
    """What is wanted; one of quantity and budget is 0."""

    #: At the order's own outcome, in ticks.
    price: int
    #: Lots.
    qty: int
    #: Micros.
    budget: int


class Grid(NamedTuple):
    """The prices of a market, in ticks; they are the same for both outcomes."""

    tick: int
    price_min: int
    price_max: int


class Signed(NamedTuple):
    """What was signed, by what it is of."""

    buying: bool
    #: Atomic units.
    shares: int
    money: int
    decimals: int = MONEY_DECIMALS
    #: Atomic units by which the ratio may miss the grid: none where a contract checks it as well.
    tolerance: int = TOLERANCE


def limit_amounts(signed: Signed, grid: Grid) -> Amounts | Rejected:
    """Return price and quantity of a limit order. Its bounds are the ledger's to judge."""
    lots = _exact(signed.shares, signed.decimals - QUANTITY_DECIMALS)
    micros = _exact(signed.money, signed.decimals - MONEY_DECIMALS)
    if not lots:
        return _off("shares: above 0, in hundredths")
    if not micros:
        return _off("money: above 0, in micros")
    nearest = (2 * micros + lots * grid.tick) // (2 * lots * grid.tick) * grid.tick
    if nearest and abs(nearest * lots - micros) <= signed.tolerance:
        return Amounts(nearest, lots, 0)
    if micros % lots == 0:
        step = f"a multiple of {format_price(grid.tick)}"
        return Rejected(Reject.PRICE_OFF_GRID, format_price(micros // lots), step)
    return _off("price times quantity, to the unit")


def market_amounts(signed: Signed, grid: Grid) -> Amounts | Rejected:
    """Return the bound and what is spent by a market buy, or sold by a market sale."""
    if not signed.shares or not signed.money:
        return _off("makerAmount and takerAmount: above 0")
    if signed.buying:
        micros = _exact(signed.money, signed.decimals - MONEY_DECIMALS)
        if micros is None:
            return _off("money: in micros")
        most = min(_most_to_pay(signed, grid.tick), grid.price_max)
        return _beyond(signed, grid) if most < grid.price_min else Amounts(most, 0, micros)
    lots = _exact(signed.shares, signed.decimals - QUANTITY_DECIMALS)
    if lots is None:
        return _off("shares: in hundredths")
    least = max(_least_to_get(signed, grid.tick), grid.price_min)
    return _beyond(signed, grid) if least > grid.price_max else Amounts(least, lots, 0)


def _most_to_pay(signed: Signed, tick: int) -> int:
    ticks = signed.money * TICKS_PER_UNIT // (signed.shares * tick) * tick
    above = ticks + tick
    reached = signed.money * TICKS_PER_UNIT >= above * (signed.shares - signed.tolerance)
    return above if reached else ticks


def _least_to_get(signed: Signed, tick: int) -> int:
    ticks = -(-signed.money * TICKS_PER_UNIT // (signed.shares * tick)) * tick
    below = ticks - tick
    reached = below * signed.shares >= (signed.money - signed.tolerance) * TICKS_PER_UNIT
    return below if reached else ticks


def _exact(amount: int, dropped: int) -> int | None:
    """Return *amount* without its last *dropped* digits; None when they are not 0."""
    whole, rest = divmod(amount, 10**dropped)
    return None if rest else whole


def _off(expected: str) -> Rejected:
    return Rejected(Reject.AMOUNT_INVALID, "the signed amounts", expected)


def _beyond(signed: Signed, grid: Grid) -> Rejected:
    bounds = f"{format_price(grid.price_min)} to {format_price(grid.price_max)}"
    got = f"{signed.money} for {signed.shares}"
    return Rejected(Reject.PRICE_OUT_OF_BOUNDS, got, bounds)
