"""Outputs of a log entry for the chain and for everybody who follows markets.

Both are made when the entry is sealed and stand in it, so that who publishes them needs no state;
on their streams they bear the entry's number ``n``.
"""

from typing import TypeVar

from msgspec import MsgspecError, Struct, msgpack

from outcry.domain.errors import CorruptError
from outcry.messages.signed_orders import SignedOrder


class SettlementParty(Struct, frozen=True, array_like=True, gc=False):
    """One side of a fill."""

    order_id: int
    account: int
    outcome: int
    side: int
    #: Micros that the fill costs this side, fixed at the match and charged as they are when it is
    #: confirmed; a maker's below 0 is a rebate, paid out of the taker's fee of the same fill.
    fee: int
    #: The order as it was signed; None where the market's chain needs no signatures.
    signed: SignedOrder | None = None


class SettlementFill(Struct, frozen=True, array_like=True, gc=False):
    """One maker; ``price`` in outcome-0 ticks, ``qty`` in lots, ``match`` an `MatchKind`."""

    fill: int
    match: int
    price: int
    qty: int
    taker: SettlementParty
    maker: SettlementParty


class SettlementRequest(Struct, frozen=True, array_like=True, gc=False):
    """All fills of one taker command, to be settled on the chain in one transaction."""

    trade_id: int
    market_id: int
    fills: list[SettlementFill]


class MarketNews(Struct, frozen=True, array_like=True, gc=False):
    """A market that was listed or made a move, as it stands after the entry. Payouts in ticks."""

    market_id: int
    event_id: int
    #: An `outcry.domain.market.MarketState`.
    state: int
    #: An `outcry.domain.market.SettlementMode`.
    settlement: int
    proposed: tuple[int, int]
    payout: tuple[int, int]
    final_at_us: int
    at_us: int


_T = TypeVar("_T")

_requests = msgpack.Decoder(list[SettlementRequest])
_news = msgpack.Decoder(list[MarketNews])


def unpack_requests(body: bytes) -> list[SettlementRequest]:
    """Return the requests in *body*; raises `CorruptError` when it holds anything else."""
    return _unpack(_requests, body)


def unpack_news(body: bytes) -> list[MarketNews]:
    """Return the news in *body*; raises `CorruptError` when it holds anything else."""
    return _unpack(_news, body)


def _unpack(decoder: msgpack.Decoder[list[_T]], body: bytes) -> list[_T]:
    try:
        return decoder.decode(body)
    except MsgspecError as error:
        raise CorruptError(f"an output of {len(body)} bytes does not decode: {error}") from error
