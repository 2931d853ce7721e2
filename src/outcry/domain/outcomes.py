"""Outcomes: the token of each of a market's two, and what it costs at a price of the book."""

from typing import Final

from outcry.domain import units


#: What the two outcomes cost together, as a plain int: see `outcry.domain.ledger.numbers`.
TICKS_PER_UNIT: Final = int(units.TICKS_PER_UNIT)


def own_price(outcome: int, book_price: int) -> int:
    """Return what one lot of *outcome* costs, in ticks, at *book_price* (outcome-0 ticks).

    The function is its own inverse: it also turns an owner's price into the book's.
    """
    return TICKS_PER_UNIT - book_price if outcome else book_price


def token_asset(market_id: int, outcome: int) -> int:
    """Return the asset number of the token of *outcome* of *market_id*."""
    return market_id * 2 + outcome


def asset_market(asset: int) -> tuple[int, int]:
    """Return ``(market_id, outcome)`` of a token's asset number."""
    return asset >> 1, asset & 1
