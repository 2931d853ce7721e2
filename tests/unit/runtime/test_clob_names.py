"""Names of orders and trades on the CLOB surface, there and back."""

import pytest

from outcry.domain.order import OrderStatus
from outcry.ports.chain import FILLS_COUNT_MAX
from outcry.runtime.clob.names import (
    PART_FILLS,
    TradePart,
    order_hash,
    order_number,
    order_status,
    order_type,
    part_of,
    trade_name,
    trade_named,
)
from outcry_wire.records import CancelReason, OrderKind, TimeInForce


def test_an_order_is_named_by_its_digest_or_its_number() -> None:
    """A signed order has its digest; another one its number, which is found again."""
    digest = "ab" * 32
    assert order_hash(7, digest) == f"0x{digest}"
    assert order_number(f"0x{digest}") == 0
    for given in ("", "my-order", "AB" * 32, "ab" * 31):
        assert order_hash(7, given) == "0x" + "7".rjust(64, "0")
    assert order_number(order_hash(7, "")) == 7
    assert order_number(order_hash(2**63 - 1, "")) == 2**63 - 1
    assert order_number("7") == 0


def test_a_trade_is_what_one_transaction_settles() -> None:
    """Twenty fills are one trade, as the chain's port has it; its name leads back to it."""
    assert PART_FILLS == FILLS_COUNT_MAX
    assert part_of(5, 19) == TradePart(5, 0)
    assert part_of(5, 20) == TradePart(5, 1)
    trade = TradePart(3 << 48 | 12, 2)
    assert trade_named(trade_name(trade)) == trade
    assert trade_name(TradePart(1, 0)) == "256"
    for name in ("", "x", "-1", "9" * 40, "٣"):
        assert trade_named(name) is None


@pytest.mark.parametrize(
    ("status", "reason", "told"),
    [
        (OrderStatus.OPEN, 0, "LIVE"),
        (OrderStatus.FILLED, 0, "MATCHED"),
        (OrderStatus.REJECTED, 0, "INVALID"),
        (OrderStatus.CANCELLED, CancelReason.USER, "CANCELED"),
        (OrderStatus.CANCELLED, CancelReason.EXPIRED, "CANCELED_EXPIRED_ORDER"),
        (OrderStatus.CANCELLED, CancelReason.CLOSED, "CANCELED_MARKET_RESOLVED"),
    ],
)
def test_statuses_in_the_words_of_the_surface(status: int, reason: int, told: str) -> None:
    """Each end of an order has the word that clients know."""
    assert order_status(status, reason) == told


def test_types_in_the_words_of_the_surface() -> None:
    """IOC is FAK there, and what has no limit is one unless it must fill as a whole."""
    assert order_type(TimeInForce.GTC, OrderKind.LIMIT) == "GTC"
    assert order_type(TimeInForce.IOC, OrderKind.LIMIT) == "FAK"
    assert order_type(TimeInForce.GTC, OrderKind.MARKET_QTY) == "FAK"
    assert order_type(TimeInForce.FOK, OrderKind.MARKET_MONEY) == "FOK"
