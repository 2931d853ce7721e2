"""Numbers as clients of CLOBs know them: plain decimal text without zeros that say nothing."""

from datetime import UTC, datetime

from outcry.domain.units import MICROS_PER_SECOND, format_money, format_price, format_quantity


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


def iso_text(at_us: int) -> str | None:
    """Return a time in microseconds since 1970 to the second, as ISO 8601; None for 0."""
    if not at_us:
        return None
    moment = datetime.fromtimestamp(at_us // MICROS_PER_SECOND, UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"
