"""Turns a workload file into the command records that the kernel is fed, and checks its fills.

A workload file has the format of `workload`. NEW becomes PLACE_ORDER, CANCEL becomes CANCEL_ORDER,
REDUCE becomes REDUCE_ORDER, REPLACE becomes CANCEL_ORDER and PLACE_ORDER with the same id, so that
every engine does the same work. `ladder` and `multi` play on markets with a grid of 10 ticks
(prices 10..9990), `futures` on a plain instrument without bounds.
"""

import mmap
from array import array
from dataclasses import dataclass
from pathlib import Path
from struct import Struct

from outcry_wire.records import (
    ADD_INSTRUMENT,
    CANCEL_ORDER,
    PLACE_ORDER,
    REDUCE_ORDER,
    InstrumentKind,
    RecordType,
    TimeInForce,
)
from outcry_wire.snapshot import RULES_VERSION


HEADER = Struct("<8sIIQqqQQQQQQQQ")
HEADER_SIZE = 128
RECORD = Struct("<BBBBIQqII")
NEW, CANCEL, REDUCE, REPLACE = range(4)
GRID = 10
MASK = (1 << 64) - 1


@dataclass
class Workload:
    """A workload as a stream of command records."""

    name: str
    operations: int
    instruments: int
    is_market: bool
    fills: int
    fill_hash: int
    order_id_max: int
    #: Records that add the instruments; not part of what is timed.
    setup: bytes
    stream: bytes
    #: Where each operation begins in the stream, in bytes, and the length of the stream.
    starts: "array[int]"

    @property
    def last_seq(self) -> int:
        """Number of the last command."""
        at = len(self.stream) - PLACE_ORDER.size
        if self.stream[at : at + 4] != bytes((RecordType.PLACE_ORDER, 0, PLACE_ORDER.size, 0)):
            at = len(self.stream) - CANCEL_ORDER.size
        return int.from_bytes(self.stream[at + 8 : at + 16], "little")

    @property
    def grid(self) -> int:
        """What a price of the file is multiplied by."""
        return GRID if self.is_market else 1


def load(path: Path, limit: int | None = None) -> Workload:
    """Read the workload file at *path*, or its first *limit* operations."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        header = HEADER.unpack_from(data)
        magic, size, instruments, count, _, price_max, fills = header[:7]
        if magic != b"LOBW0001" or size != RECORD.size:
            raise ValueError(f"{path} is not a workload file")
        count = min(count, limit or count)
        is_market = price_max * GRID < 10_000
        stream, starts = _records(data, count, GRID if is_market else 1)
    return Workload(
        name=path.stem,
        operations=count,
        instruments=instruments,
        is_market=is_market,
        fills=fills,
        fill_hash=header[9],
        order_id_max=header[10],
        setup=_setup(instruments, is_market=is_market),
        stream=stream,
        starts=starts,
    )


def _setup(instruments: int, *, is_market: bool) -> bytes:
    bounds = (GRID, 1, 9999) if is_market else (1, 0, 0)
    kind = InstrumentKind.MARKET if is_market else InstrumentKind.PLAIN
    head = (RecordType.ADD_INSTRUMENT, 0, ADD_INSTRUMENT.size)
    return b"".join(
        ADD_INSTRUMENT.pack(
            *(*head, number, 0, 0, 0), *(kind, 0, *bounds, 1, 10**9, 2**40, RULES_VERSION)
        )
        for number in range(1, instruments + 1)
    )


def _records(data: mmap.mmap, count: int, grid: int) -> "tuple[bytes, array[int]]":
    buffer = bytearray(count * (PLACE_ORDER.size + CANCEL_ORDER.size))
    starts = array("q", bytes(8 * (count + 1)))
    accounts: dict[int, int] = {}
    at = seq = 0
    rows = RECORD.iter_unpack(memoryview(data)[HEADER_SIZE : HEADER_SIZE + count * RECORD.size])
    for number, (op, side, tif, _, instrument, order_id, price, qty, account) in enumerate(rows):
        starts[number] = at
        book = instrument + 1
        if op == NEW:
            accounts[order_id] = account
        owner = accounts.get(order_id, 0)
        if op in (CANCEL, REPLACE):
            seq += 1
            head = (RecordType.CANCEL_ORDER, 0, CANCEL_ORDER.size, book, seq, seq, owner)
            CANCEL_ORDER.pack_into(buffer, at, *head, order_id)
            at += CANCEL_ORDER.size
        if op in (NEW, REPLACE):
            seq += 1
            head = (RecordType.PLACE_ORDER, 0, PLACE_ORDER.size, book, seq, seq, owner)
            force = TimeInForce.IOC if tif else TimeInForce.GTC
            price_ticks = min(max(price, 1), 999) * grid if grid > 1 else price
            PLACE_ORDER.pack_into(
                *(buffer, at, *head, order_id, 0, 0, side, 0, force, 0, 0, price_ticks, qty, 0, 0)
            )
            at += PLACE_ORDER.size
        elif op == REDUCE:
            seq += 1
            head = (RecordType.REDUCE_ORDER, 0, REDUCE_ORDER.size, book, seq, seq, owner)
            REDUCE_ORDER.pack_into(buffer, at, *head, order_id, qty)
            at += REDUCE_ORDER.size
    starts[count] = at
    return bytes(memoryview(buffer)[:at]), starts


def fill_hash(facts: memoryview, grid: int, state: int = 0xCBF29CE484222325) -> tuple[int, int]:
    """Return how many fills *facts* tell, and the hash of the file format over them."""
    words = facts.cast("q")
    at = fills = 0
    end = len(words)
    while at < end:
        head = words[at]
        if head & 255 == RecordType.TRADED:
            price, qty, taker, maker = (words[at + place] for place in (5, 6, 7, 10))
            mixed = maker * 0x9E3779B97F4A7C15 + taker * 0xC2B2AE3D27D4EB4F
            mixed += price // grid * 0x165667B19E3779F9 + qty
            state = ((state ^ (mixed & MASK)) * 0x100000001B3) & MASK
            fills += 1
        at += (head >> 19) & 8191
    return fills, state
