"""Withdrawals as the client reads them."""

from decimal import Decimal

import msgspec

from outcry_sdk.calls import people


def test_money_has_no_quantity_and_tokens_no_amount() -> None:
    """What does not exist is None; the rest is what the exchange wrote."""
    line = {
        "withdrawal_id": 2, "account": 1_000, "amount": "3.000000", "token_id": "", "quantity": "",
        "status": "paid", "tx_hash": "0x1", "reason": "", "created_at": 7, "ended_at": 8,
    }  # fmt: skip
    tokens = line | {"amount": "", "token_id": "4711", "quantity": "2.00", "status": "waiting"}
    data = {"withdrawals": [line, tokens], "total": 2, "has_more": False, "n": 9}
    page = people.withdrawals(status="paid").read(msgspec.json.encode(data))
    money, shares = page.items
    assert (money.amount, money.quantity) == (Decimal(3), None)
    assert (shares.amount, shares.quantity) == (None, Decimal(2))
