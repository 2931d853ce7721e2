"""Numbers as clients of CLOBs know them: plain decimal text without zeros that say nothing."""

from outcry.domain.units import format_money, format_price, format_quantity


def trimmed(text: str) -> str:
    """Return decimal *text*, which has a point, without trailing zeros: ``0.5200`` is ``0.52``."""
    return text.rstrip("0").rstrip(".")


def price_text(ticks: int) -> str:
    """Return a price in ticks: 5200 is ``0.52``."""
    return trimmed(format_price(ticks))


def size_text(lots: int) -> str:
    """Return a quantity in lots: 1050 is ``10.5``."""
    return trimmed(format_quantity(lots))


def money_text(micros: int) -> str:
    """Return an amount of collateral in micros: 2500000 is ``2.5``."""
    return trimmed(format_money(micros))
