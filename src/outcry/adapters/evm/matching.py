"""Matching: fills of a settlement request as a call of the contract, and what such a call settled.

Behind the arguments, where the contract does not look, stand four bytes: which fills of the part
the call is about. So a transaction says by itself what it settles. Pure.

1 share is 10^6 atomic units of its token and 1 unit of collateral 10^6 of its, so a lot is 10^4
and a micro is 1; price in ticks x quantity in lots is micros: nothing is ever rounded.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.match_call import SELECTOR, Amounts, call_bytes
from outcry.domain.market import own_price
from outcry.domain.signed_order import SignedOrder
from outcry.messages.settlements import SettlementFill, SettlementParty, SettlementRequest
from outcry.ports.chain import FILLS_COUNT_MAX, Unsettleable


#: Atomic units of a token in a lot.
LOT_UNITS: Final = 10_000
#: A part's number within its trade has so many bits on the chain.
PART_BITS: Final = 8
_MARK_BYTES: Final = 4
_WORD_BYTES: Final = 32
_SELECTOR_BYTES: Final = 4

SETTLEMENT: Final = artefact("settlement").interface


class MatchCall(NamedTuple):
    """What is known of a call without anything else."""

    trade_id: int
    fills: tuple[int, ...]
    #: By which orders, amounts and fees it is known.
    content: bytes


class MatchSize(NamedTuple):
    """What the gas of a call depends on."""

    makers: int
    #: Whether complete sets are made or taken apart.
    pairs: bool


def number_on_chain(trade_id: int, fill: int) -> int:
    """Return the number that the contract knows the part of *fill* by."""
    return trade_id << PART_BITS | fill // FILLS_COUNT_MAX


def match_data(request: SettlementRequest, fills: Sequence[int]) -> bytes:
    """Return the call that settles *fills* of one part. Raises `Unsettleable`."""
    chosen = _chosen(request, fills)
    taker = _signed(0, chosen[0].taker)
    makers = [_signed(leg, fill.maker) for leg, fill in enumerate(chosen, 1)]
    amounts = [_amounts(fill) for fill in chosen]
    number = number_on_chain(request.trade_id, fills[0])
    mark = sum(1 << fill % FILLS_COUNT_MAX for fill in fills)
    return call_bytes(number, taker, makers, amounts) + mark.to_bytes(_MARK_BYTES, "big")


def match_size(request: SettlementRequest, fills: Sequence[int]) -> MatchSize:
    """Return what the gas of the call depends on."""
    chosen = _chosen(request, fills)
    pairs = any(fill.taker.outcome != fill.maker.outcome for fill in chosen)
    return MatchSize(len(chosen), pairs)


def read_match(data: bytes) -> MatchCall | None:
    """Return what a transaction with *data* settles; None when it is another call."""
    if data[:_SELECTOR_BYTES] != SELECTOR or len(data) < _SELECTOR_BYTES + _WORD_BYTES:
        return None
    number = int.from_bytes(data[_SELECTOR_BYTES : _SELECTOR_BYTES + _WORD_BYTES], "big")
    first = (number & (1 << PART_BITS) - 1) * FILLS_COUNT_MAX
    if (len(data) - _SELECTOR_BYTES) % _WORD_BYTES != _MARK_BYTES:
        return None
    mark = int.from_bytes(data[-_MARK_BYTES:], "big")
    fills = tuple(first + fill for fill in range(FILLS_COUNT_MAX) if mark >> fill & 1)
    return MatchCall(number >> PART_BITS, fills, content_of(data)) if fills else None


def content_of(data: bytes) -> bytes:
    """Return by what a call with *data* is known: a hash of all it says."""
    return blake2b(data, digest_size=_WORD_BYTES).digest()


def _chosen(request: SettlementRequest, fills: Sequence[int]) -> list[SettlementFill]:
    """Return the fills of these numbers, in the order of *fills*: legs 1, 2, …."""
    by_number = {fill.fill: fill for fill in request.fills}
    return [by_number[fill] for fill in fills]


def _signed(leg: int, party: SettlementParty) -> SignedOrder:
    """Return what a party signed."""
    if party.signed is None:
        raise Unsettleable(leg, f"order {party.order_id} was not signed: the chain cannot take it")
    return party.signed


def _amounts(fill: SettlementFill) -> Amounts:
    """Return quantity, the maker's collateral, and both fees."""
    cash = own_price(fill.maker.outcome, fill.price) * fill.qty
    return fill.qty * LOT_UNITS, cash, fill.taker.fee, fill.maker.fee
