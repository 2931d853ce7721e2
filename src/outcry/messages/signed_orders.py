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
