"""Calls with several orders, and with an order that is only tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct

from outcry_sdk.amounts import Amount
from outcry_sdk.calls.call import Call, optional_text, post
from outcry_sdk.calls.trading import Side, Wait
from outcry_sdk.errors import Refusal, RejectedError, rejected
from outcry_sdk.models import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """The terms of an order; the same as the arguments of `place_order`."""

    event_id: int
    market_id: int
    token_id: str
    side: Side
    price: Amount | None = None
    quantity: Amount | None = None
    volume: Amount | None = None
    order_type: str = "limit"
    time_in_force: str | None = None
    post_only: bool = False
    expiration: int | None = None
    self_trade_prevention: str | None = None
    client_order_id: str = ""
    account: int | None = None

    def body(self, *, named: bool) -> dict[str, Any]:
        """Return the order as JSON has it; with *named* it gets a name if it has none."""
        name = self.client_order_id or (uuid4().hex if named else None)
        fields = {
            "event_id": self.event_id,
            "market_id": self.market_id,
            "token_id": self.token_id,
            "side": self.side,
            "order_type": self.order_type,
            "price": optional_text(self.price),
            "quantity": optional_text(self.quantity),
            "volume": optional_text(self.volume),
            "time_in_force": self.time_in_force,
            "post_only": self.post_only or None,
            "expiration": self.expiration,
            "self_trade_prevention": self.self_trade_prevention,
            "client_order_id": name,
            "account": self.account,
        }
        return {field: value for field, value in fields.items() if value is not None}


class _Item(Struct, frozen=True):
    code: int
    msg: str
    data: Placed | None = None
    refusal: Refusal | None = None


class _Results(Struct, frozen=True):
    results: list[_Item]


class Verdict(Struct, frozen=True):
    """Whether an order would be taken now, what would be set aside for it, or why it would not."""

    valid: bool
    hold: Decimal | None
    refusal: Refusal | None


_results = msgspec.json.Decoder(_Results)


class _Tried(Struct, frozen=True):
    valid: bool
    hold: str
    refusal: Refusal | None


_tried = msgspec.json.Decoder(_Tried)


def place_orders(
    orders: Sequence[NewOrder], *, wait: Wait = "accepted"
) -> Call[list[Placed | RejectedError]]:
    """Enter up to 50 orders at once; each has its result, or why it was declined, in its place."""
    body = {"orders": [order.body(named=True) for order in orders]}
    return post("/api/orders", _read_results, body, query={"wait": wait})


def validate_order(order: NewOrder) -> Call[Verdict]:
    """Say whether *order* would be taken now, and do nothing."""
    return post("/api/orders/validate", _read_verdict, order.body(named=False))


def _read_results(data: bytes) -> list[Placed | RejectedError]:
    return [
        item.data or rejected(item.msg, item.refusal or Refusal(), code=item.code)
        for item in _results.decode(data).results
    ]


def _read_verdict(data: bytes) -> Verdict:
    tried = _tried.decode(data)
    return Verdict(tried.valid, Decimal(tried.hold) if tried.hold else None, tried.refusal)
