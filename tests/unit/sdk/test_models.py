"""Answers of the exchange as models."""

from decimal import Decimal

from msgspec import json

from outcry_sdk.calls import market


def positions(**amounts: str) -> bytes:
    """Return an answer with one position."""
    names = {"event_id": 1, "market_id": 7, "outcome_name": "Yes", "token_id": "5"}
    have = {"avg_price": "0.5000", "quantity": "2.00", "held_quantity": "0.00"}
    page = {"positions": [names | have | amounts], "total": 1, "has_more": False, "n": 9}
    return json.encode({"code": 0, "msg": "success", "data": page})


def test_a_position_that_nobody_can_value_has_no_value() -> None:
    """In a book without prices a position is worth None, not a failure to read the answer."""
    unknown = ("value", "profit_value", "profit_percentage", "current_price")
    (held,) = market.positions(1).result(200, positions(**dict.fromkeys(unknown, ""))).items
    assert [getattr(held, name) for name in unknown] == [None] * 4
    known = dict.fromkeys(unknown, "1.5")
    (held,) = market.positions(1).result(200, positions(**known)).items
    assert [getattr(held, name) for name in unknown] == [Decimal("1.5")] * 4
