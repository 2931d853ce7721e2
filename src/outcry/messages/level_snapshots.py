"""Snapshots of public books: what `LevelBooks` holds, to start a reader or writer of depth from.

Two forms are read. The public one holds levels, last prices and update ids. A kernel snapshot
(`outcry_wire.snapshot`) holds orders: their levels follow, last prices and update ids do not, so
prices begin unknown and every book counts as changed at the snapshot's seq.
"""

import struct
from typing import Final

from msgspec import MsgspecError, Struct, msgpack

from outcry.domain.errors import CorruptError
from outcry.domain.levels import LevelBook, LevelBooks
from outcry.domain.market import is_bid
from outcry_wire.snapshot import (
    SNAPSHOT_HEADER,
    SNAPSHOT_INSTRUMENT,
    SNAPSHOT_MAGIC,
    SNAPSHOT_ORDER,
)


#: Schema of the public form; stored beside it as the snapshot's rules version.
LEVELS_VERSION: Final = 1


class _Book(Struct, frozen=True, array_like=True, gc=False):
    market_id: int
    state: int
    update_id: int
    at_us: int
    last_price: int
    bids: dict[int, int]
    asks: dict[int, int]


class _Books(Struct, frozen=True, array_like=True, gc=False):
    seq: int
    books: list[_Book]


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(_Books)


def pack_levels(levels: LevelBooks) -> bytes:
    """Return *levels* as bytes. Changes not yet taken are not part of it."""
    books = [
        _Book(b.market_id, b.state, b.update_id, b.at_us, b.last_price, b.bids, b.asks)
        for b in levels.books.values()
    ]
    return _encoder.encode(_Books(levels.seq, books))


def unpack_levels(body: bytes) -> LevelBooks:
    """Return the books in *body*; raises `CorruptError` when it holds none."""
    try:
        stored = _decoder.decode(body)
    except MsgspecError as error:
        raise CorruptError(f"{len(body)} bytes are no snapshot of levels: {error}") from error
    return LevelBooks(stored.seq, map(_unpack_book, stored.books))


def _unpack_book(stored: _Book) -> LevelBook:
    book = LevelBook(stored.market_id)
    book.state = stored.state
    book.update_id = stored.update_id
    book.at_us = stored.at_us
    book.last_price = stored.last_price
    book.bids = stored.bids
    book.asks = stored.asks
    return book


def levels_of_kernel(body: bytes) -> LevelBooks:
    """Return the public books of a kernel snapshot; raises `CorruptError` when it is none."""
    try:
        return _levels_of_kernel(memoryview(body))
    except (struct.error, KeyError) as error:
        raise CorruptError(f"{len(body)} bytes are no kernel snapshot: {error!r}") from error


def _levels_of_kernel(body: memoryview) -> LevelBooks:
    magic, _, seq, time_us, _, _, instruments, _ = SNAPSHOT_HEADER.unpack_from(body)
    if magic != SNAPSHOT_MAGIC:
        raise CorruptError(f"a kernel snapshot begins with {SNAPSHOT_MAGIC!r}, not {magic!r}")
    start = SNAPSHOT_HEADER.size
    end = start + instruments * SNAPSHOT_INSTRUMENT.size
    levels = LevelBooks(seq)
    for market_id, _, state, *_ in SNAPSHOT_INSTRUMENT.iter_unpack(body[start:end]):
        book = levels.books[market_id] = LevelBook(market_id)
        book.state, book.update_id, book.at_us = state, seq, time_us
    for (
        _,
        _,
        _,
        price,
        remaining,
        _,
        _,
        _,
        market_id,
        outcome,
        side,
        _,
    ) in SNAPSHOT_ORDER.iter_unpack(body[end:]):
        lots = levels.books[market_id].side(bid=is_bid(outcome, side))
        lots[price] = lots.get(price, 0) + remaining
    return levels
