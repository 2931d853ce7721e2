"""An order as its maker signed it: all that a chain needs in order to settle it.

The signature exists nowhere else, so it stands in the ledger log beside the accepted order, and is
kept until the order is closed and every one of its fills has a verdict.
"""

from typing import Final

from msgspec import Struct


#: Generations of signed orders.
VERSIONS: Final = (1, 2)
#: A signature is not longer: that of a wallet which is a contract wraps the order's type.
SIGNATURE_BYTES_MAX: Final = 320


class SignedOrder(Struct, frozen=True, array_like=True, gc=False):
    """What was signed, field by field, and the signature.

    Numbers that may exceed 64 bits are big-endian bytes without leading zeros. ``maker_amount`` and
    ``taker_amount`` are atomic units of collateral or token; addresses have 20 bytes, words 32.
    """

    #: 1 or 2.
    version: int
    salt: bytes
    maker: bytes
    signer: bytes
    token_id: bytes
    maker_amount: int
    taker_amount: int
    #: An `outcry_wire.records.Side`.
    side: int
    #: 0 own key, 1 proxy, 2 safe, 3 ERC-1271.
    signature_type: int
    #: Generation 1: taker, expiration, nonce, feeRateBps; 2: timestamp, metadata, builder.
    extra: tuple[bytes, ...]
    signature: bytes


#: Bytes of a word, of an address, and the most fields in `SignedOrder.extra`.
WORD_BYTES: Final = 32
ADDRESS_BYTES: Final = 20
EXTRA_COUNT_MAX: Final = 4
#: Place of the fee rate in `SignedOrder.extra` of the first generation.
FEE_RATE: Final = 3


def problem(order: SignedOrder) -> str:
    """Return what makes *order* larger than any signed order is, or none at all; "" if nothing."""
    if order.version not in VERSIONS:
        return f"version {order.version}, not 1 or 2"
    if len(order.signature) > SIGNATURE_BYTES_MAX:
        return f"a signature of {len(order.signature)} bytes, at most {SIGNATURE_BYTES_MAX}"
    if any(len(address) != ADDRESS_BYTES for address in (order.maker, order.signer)):
        return f"an address that has not {ADDRESS_BYTES} bytes"
    words = (order.salt, order.token_id, *order.extra)
    if len(order.extra) > EXTRA_COUNT_MAX or any(len(word) > WORD_BYTES for word in words):
        return f"more than {EXTRA_COUNT_MAX} further fields, or one above {WORD_BYTES} bytes"
    return ""


def fee_rate_bps(order: SignedOrder) -> int:
    """Return the most, in 1/10,000 of its cost, that an order of the first generation may pay."""
    return int.from_bytes(order.extra[FEE_RATE]) if len(order.extra) > FEE_RATE else 0
