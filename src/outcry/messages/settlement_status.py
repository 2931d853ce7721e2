"""How far settlements are: what the chain's side says between the match and the verdict.

Comfort, never truth: nothing is decided by it, it may be lost, come twice, or be taken back. What
became of a fill is in the log. On its stream an entry is numbered by who writes it, from 1.
"""

from enum import IntEnum

from msgspec import MsgspecError, Struct, msgpack

from outcry.domain.errors import CorruptError


class SettlementStage(IntEnum):
    """Where a part of a trade is. What is in none of these waits, or has its verdict."""

    #: Signed and about to be sent, or sent: the hash is known, and changes if it is replaced.
    SENT = 1
    #: In a block that has not its confirmations yet.
    MINED = 2
    #: It was in a block that is gone: it will be sent again.
    RETRYING = 3


class StagedFill(Struct, frozen=True, array_like=True, gc=False):
    """A fill that a status is about, and who will want to know."""

    fill: int
    taker_account: int
    maker_account: int


class SettlementStatus(Struct, frozen=True, array_like=True, gc=False):
    """Where one transaction stands. ``block`` is 0 unless it is mined."""

    trade_id: int
    market_id: int
    #: A `SettlementStage`.
    stage: int
    tx_hash: str
    block: int
    fills: list[StagedFill]


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(list[SettlementStatus])


def pack_statuses(statuses: list[SettlementStatus]) -> bytes:
    """Return the body of an entry of the stream."""
    return _encoder.encode(statuses)


def unpack_statuses(body: bytes) -> list[SettlementStatus]:
    """Return the statuses in *body*; raises `CorruptError` when it holds anything else."""
    try:
        return _decoder.decode(body)
    except MsgspecError as error:
        raise CorruptError(f"statuses of {len(body)} bytes do not decode: {error}") from error
