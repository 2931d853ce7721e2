"""Orders as clients of the CLOB surface send them, both generations, and what they say. Pure."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field, json

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.signed_order import SIGNATURE_BYTES_MAX
from outcry.services.api.signatures import Terms
from outcry_wire.records import Side, TimeInForce


#: Orders of one request.
BATCH_COUNT_MAX: Final = 15
SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
TIMES_IN_FORCE: Final = {
    "GTC": TimeInForce.GTC,
    "GTD": TimeInForce.GTD,
    "FOK": TimeInForce.FOK,
    "FAK": TimeInForce.IOC,
}
NOBODY: Final = "0x" + "0" * 40
NO_WORD: Final = "0x" + "0" * 64

#: Numbers are text, but for some that clients send as they are; both are taken everywhere.
Number = Annotated[int, Meta(ge=0)] | Annotated[str, Meta(pattern=r"^[0-9]{1,78}$")]
Address = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{40}$")]
Word = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{64}$")]
Signature = Annotated[
    str,
    Meta(
        pattern=r"^0x([0-9a-fA-F]{2})+$",
        min_length=2 + 2 * 65,
        max_length=2 + 2 * SIGNATURE_BYTES_MAX,
    ),
]


class ClobOrder(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """A signed order. ``timestamp`` is of the second generation, ``nonce`` of the first."""

    salt: Number
    maker: Address
    signer: Address
    token_id: Number
    maker_amount: Number
    taker_amount: Number
    side: str
    signature: Signature
    signature_type: Annotated[int, Meta(ge=0, le=3)] = 0
    expiration: Number = "0"
    taker: Address = NOBODY
    nonce: Number | UnsetType = UNSET
    fee_rate_bps: Number | UnsetType = UNSET
    timestamp: Number | UnsetType = UNSET
    metadata: Word = NO_WORD
    builder: Word = NO_WORD


class OrderBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """An order, whose key sends it, and how it is to be carried out."""

    order: ClobOrder
    owner: str
    order_type: str = "GTC"
    post_only: bool | None = None
    defer_exec: bool | None = None


class CancelBody(Struct, frozen=True):
    """An order by its hash."""

    order_id: str = field(name="orderID")


class CancelMarketBody(Struct, frozen=True):
    """Orders of a market, or of one of its tokens; "" is any."""

    market: str | None = None
    asset_id: str | None = None


ORDER: Final = json.Decoder(OrderBody)
#: Each order still unread: one that is malformed does not spoil the others.
ORDERS: Final = json.Decoder(list[Raw])
CANCEL: Final = json.Decoder(CancelBody)
CANCELS: Final = json.Decoder(list[str])
CANCEL_MARKET: Final = json.Decoder(CancelMarketBody)


def terms_of(order: ClobOrder) -> Terms | Rejected:
    """Return an order as it was signed."""
    side = SIDES.get(order.side)
    if side is None:
        return Rejected(Reject.SIDE_INVALID, order.side[:80], "BUY or SELL")
    second = order.timestamp is not UNSET
    if not second and order.nonce is UNSET and order.fee_rate_bps is UNSET:
        wanted = "order.timestamp, or order.nonce and order.feeRateBps"
        return Rejected(Reject.FIELD_MISSING, expected=wanted)
    return Terms(
        version="2" if second else "1",
        salt=int(order.salt),
        maker=_bytes(order.maker),
        signer=_bytes(order.signer),
        token_id=int(order.token_id),
        maker_amount=int(order.maker_amount),
        taker_amount=int(order.taker_amount),
        side=side,
        signature_type=order.signature_type,
        signature=_bytes(order.signature),
        taker=_bytes(order.taker),
        expiration=0 if second else int(order.expiration),
        nonce=0 if second else _number(order.nonce),
        fee_rate_bps=0 if second else _number(order.fee_rate_bps),
        timestamp=_number(order.timestamp),
        metadata=_bytes(order.metadata),
        builder=_bytes(order.builder),
    )


def _number(value: int | str | UnsetType) -> int:
    return 0 if value is UNSET else int(value)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
