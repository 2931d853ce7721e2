"""The bytes of a call of `matchOrders`. Pure.

What general ABI encoding would say, for this one shape: a call is made for every trade, some
twenty numbers for each order, and the general way took longer than everything else we do for it.
Source: the contract ABI of Solidity; offsets count from the start of the tuple they stand in.
"""

from collections.abc import Sequence
from typing import Final

from outcry.adapters.evm.artefacts import artefact
from outcry.domain.signed_order import ADDRESS_BYTES, EXTRA_COUNT_MAX, WORD_BYTES, SignedOrder


SELECTOR: Final = artefact("settlement").interface.selector("matchOrders")
#: Of one fill: quantity, the maker's collateral, and the fees of taker and maker.
Amounts = tuple[int, int, int, int]


def _word(number: int) -> bytes:
    return number.to_bytes(WORD_BYTES, "big", signed=number < 0)


#: An order's signature stands behind its nine fields, its further ones, and this offset.
_SIGNATURE_AT: Final = (9 + EXTRA_COUNT_MAX + 1) * WORD_BYTES
_SIGNATURE_OFFSET: Final = _word(_SIGNATURE_AT)
#: The taker's order stands behind the call's number and three offsets.
_TAKER_AT: Final = 4 * WORD_BYTES
_TAKER_OFFSET: Final = _word(_TAKER_AT)
_SMALL: Final = [_word(number) for number in range(256)]
_ADDRESS_PAD: Final = bytes(WORD_BYTES - ADDRESS_BYTES)


def call_bytes(
    number: int, taker: SignedOrder, makers: Sequence[SignedOrder], amounts: Sequence[Amounts]
) -> bytes:
    """Return the call that settles *amounts* between *taker* and each of *makers*."""
    first, others = _order(taker), [_order(maker) for maker in makers]
    makers_at = _TAKER_AT + len(first)
    place, offsets = len(others) * WORD_BYTES, list[bytes]()
    for other in others:
        offsets.append(_word(place))
        place += len(other)
    fills_at = makers_at + WORD_BYTES + place
    fills = [_word(amount) for fill in amounts for amount in fill]
    head = (SELECTOR, _word(number), _TAKER_OFFSET, _word(makers_at), _word(fills_at))
    return b"".join(
        (*head, first, _SMALL[len(others)], *offsets, *others, _SMALL[len(amounts)], *fills)
    )


def _order(signed: SignedOrder) -> bytes:
    """Return an order as the contract takes it."""
    extra = [one.rjust(WORD_BYTES, b"\0") for one in signed.extra]
    missing = EXTRA_COUNT_MAX - len(extra)
    order = b"".join(
        (
            _SMALL[signed.version],
            _SMALL[signed.side],
            _SMALL[signed.signature_type],
            signed.salt.rjust(WORD_BYTES, b"\0"),
            _ADDRESS_PAD,
            signed.maker,
            _ADDRESS_PAD,
            signed.signer,
            signed.token_id.rjust(WORD_BYTES, b"\0"),
            _word(signed.maker_amount),
            _word(signed.taker_amount),
            *extra,
            bytes(missing * WORD_BYTES),
            _SIGNATURE_OFFSET,
        )
    )
    assert len(order) == _SIGNATURE_AT, "a signed order's fields have the sizes that entry checked"
    signature = signed.signature
    pad = bytes(-len(signature) % WORD_BYTES)
    return b"".join((order, _word(len(signature)), signature, pad))
