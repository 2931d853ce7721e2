"""What the CLOB surface calls orders, trades and where they are: the same over HTTP and on sockets.

An order that was signed is named by its digest. One that came through another door has its number,
written like a digest. A trade there is what one transaction settles: at most `PART_FILLS` fills of
one taker, named by the number that the settlement contract knows it by.
"""

import re
from typing import Final, NamedTuple

from outcry.domain.order import OrderStatus
from outcry_wire.records import CancelReason, OrderKind, TimeInForce


#: Fills of one taker that are settled together; further ones are a trade of their own.
PART_FILLS: Final = 20
_PART_BITS: Final = 8
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_NUMBER_LIMIT: Final = 1 << 63

#: The book has matched it; its transaction has not passed its pre-flight yet.
WAITING: Final = "MATCHED_NOT_BROADCASTED"
MATCHED: Final = "MATCHED"
MINED: Final = "MINED"
CONFIRMED: Final = "CONFIRMED"
RETRYING: Final = "RETRYING"
FAILED: Final = "FAILED"

_REASONS: Final = {
    CancelReason.EXPIRED: "CANCELED_EXPIRED_ORDER",
    CancelReason.CLOSED: "CANCELED_MARKET_RESOLVED",
}
_TYPES: Final = {
    TimeInForce.GTC: "GTC",
    TimeInForce.GTD: "GTD",
    TimeInForce.FOK: "FOK",
    TimeInForce.IOC: "FAK",
}


class TradePart(NamedTuple):
    """A trade as the surface knows it."""

    trade_id: int
    part: int


def order_hash(order_id: int, client_order_id: str) -> str:
    """Return the name of an order: 0x and 64 digits."""
    return f"0x{client_order_id if is_digest(client_order_id) else f'{order_id:064x}'}"


def is_digest(client_order_id: str) -> bool:
    """Return whether an order is known by the digest of what was signed."""
    return _DIGEST.fullmatch(client_order_id) is not None


def order_number(name: str) -> int:
    """Return the number of an order that was not signed, 0 when *name* is a digest or none."""
    if _HASH.fullmatch(name) is None:
        return 0
    number = int(name, 16)
    return number if number < _NUMBER_LIMIT else 0


def part_of(trade_id: int, fill: int) -> TradePart:
    """Return the trade that a fill is of."""
    return TradePart(trade_id, fill // PART_FILLS)


def trade_name(trade: TradePart) -> str:
    """Return the name of a trade: decimal digits."""
    return str(trade.trade_id << _PART_BITS | trade.part)


def trade_named(name: str) -> TradePart | None:
    """Return the trade of a name, None when it is none."""
    if not (name.isascii() and name.isdigit()) or len(name) > len(str(_NUMBER_LIMIT << 8)):
        return None
    number = int(name)
    return TradePart(number >> _PART_BITS, number & ((1 << _PART_BITS) - 1))


def order_type(tif: int, kind: int) -> str:
    """Return the type of an order; one without a limit takes what there is."""
    return _TYPES[TimeInForce(tif)] if kind == OrderKind.LIMIT or tif == TimeInForce.FOK else "FAK"


def order_status(status: int, reason: int) -> str:
    """Return where an order is: LIVE, MATCHED, INVALID, or why it was cancelled."""
    if status == OrderStatus.CANCELLED:
        return _REASONS.get(CancelReason(reason), "CANCELED") if reason else "CANCELED"
    return {OrderStatus.FILLED: MATCHED, OrderStatus.REJECTED: "INVALID"}.get(
        OrderStatus(status), "LIVE"
    )
