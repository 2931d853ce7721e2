"""Book updates: what the depth stream carries, one entry for one run of seqs of a shard.

Levels are absolute totals *after* the entry's last seq, so a reader whose book is anywhere between
``first - 1`` and ``last`` is right after taking it. ``update_id`` is the seq that last changed the
market's public book, ``prev_update_id`` the one before this entry: equal numbers close the chain.
0 means that there was no book before: whatever a reader has of it is replaced.
"""

from msgspec import Struct, msgpack

from outcry.domain.ids import trade_id
from outcry.domain.levels import Change


class Level(Struct, frozen=True, array_like=True, gc=False):
    """A price level: lots in the book at a price in outcome-0 ticks; 0 lots: the level is gone."""

    bid: bool
    price: int
    qty: int


class PublicTrade(Struct, frozen=True, array_like=True, gc=False):
    """One fill as the public sees it; ``price`` in outcome-0 ticks."""

    trade_id: int
    fill: int
    price: int
    qty: int
    match: int
    taker_outcome: int
    taker_side: int
    at_us: int


class BookUpdate(Struct, frozen=True, array_like=True, gc=False):
    """What changed in one market's book."""

    market_id: int
    prev_update_id: int
    update_id: int
    at_us: int
    state: int
    levels: list[Level]
    trades: list[PublicTrade]


class DepthEntry(Struct, frozen=True, array_like=True, gc=False):
    """The body of one depth-stream entry; markets that did not change are not in it."""

    updates: list[BookUpdate]


def update_of(shard: int, change: Change) -> BookUpdate:
    """Return *change* of a market of *shard* as the depth stream says it."""
    return BookUpdate(
        change.market_id,
        change.prev_update_id,
        change.update_id,
        change.at_us,
        change.state,
        [Level(*level) for level in change.levels],
        # A fill and a public trade have the same fields but for the first.
        [PublicTrade(trade_id(shard, fill.seq), *fill[1:]) for fill in change.fills],
    )


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(DepthEntry)


def pack_depth(entry: DepthEntry) -> bytes:
    """Return *entry* as bytes."""
    return _encoder.encode(entry)


def unpack_depth(body: bytes) -> DepthEntry:
    """Return the entry in *body*; raises `msgspec.MsgspecError` when it is none."""
    return _decoder.decode(body)
