"""Amounts at the edge: `decimal.Decimal` here, decimal text on the wire, never a float."""

from decimal import Decimal
from typing import Any, Final


#: What callers may give as a price, a quantity or money.
Amount = Decimal | int | str

#: Amounts that are "" on the wire while there is none.
_MAY_BE_EMPTY: Final = frozenset(
    {
        "amount",
        "current_price",
        "fee",
        "latest_trade_price",
        "notional",
        "outcome_0_best_ask",
        "outcome_0_best_bid",
        "outcome_0_chance",
        "outcome_1_best_ask",
        "outcome_1_best_bid",
        "outcome_1_chance",
        "position",
        "price",
        "profit_percentage",
        "profit_value",
        "quantity",
        "value",
    }
)


def text_of(amount: Amount) -> str:
    """Return *amount* as plain decimal text; raises `TypeError` for a float."""
    if isinstance(amount, bool) or not isinstance(amount, Decimal | int | str):
        raise TypeError(f"an amount is a Decimal, an int or text, not {type(amount).__name__}")
    return format(amount, "f") if isinstance(amount, Decimal) else str(amount)


def empty_to_none(data: Any) -> Any:  # noqa: ANN401 - decoded JSON of any shape
    """Return *data* with None in the place of amounts that do not exist yet."""
    if isinstance(data, dict):
        return {
            name: None if value == "" and name in _MAY_BE_EMPTY else empty_to_none(value)
            for name, value in data.items()
        }
    if isinstance(data, list):
        return [empty_to_none(value) for value in data]
    return data
