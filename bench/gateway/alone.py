"""What a message of the pipeline costs the engine without sockets: the bound of that row.

Prints processor time for each message as JSON: matching alone, and matching between the bytes of a
client and its answers. The work is that of client.c, in batches of 512.
"""

import json
import os
import sys
import time

from outcry import kernel
from outcry_wire.records import ADD_INSTRUMENT, CANCEL_ORDER, PLACE_ORDER, RecordType
from outcry_wire.snapshot import RULES_VERSION
from outcry_wire.tcp import frame


LAG, BATCH, BATCHES = 256, 512, 400


def place(seq: int, order_id: int, account: int) -> bytes:
    """Return a new order that rests."""
    head = (RecordType.PLACE_ORDER, 0, PLACE_ORDER.size, 1, seq, 0, account)
    price, qty = 100 * (1 + order_id % 40), 1 + order_id % 9
    return PLACE_ORDER.pack(*head, order_id, 0, 0, 0, 0, 0, 0, 0, price, qty, 0, 0)


def cancel(seq: int, order_id: int, account: int) -> bytes:
    """Return a cancel."""
    head = (RecordType.CANCEL_ORDER, 0, CANCEL_ORDER.size, 1, seq, 0, account)
    return CANCEL_ORDER.pack(*head, order_id)


def batches(account: int, seq: int) -> list[bytes]:
    """Return orders that rest, then batches that place as many as they cancel."""
    made = [b"".join(place(seq + turn, turn, account) for turn in range(1, LAG + 1))]
    for number in range(BATCHES):
        first, base = LAG + number * LAG, seq + LAG + number * BATCH
        made.append(
            b"".join(place(base + turn, first + turn, account) for turn in range(1, LAG + 1))
            + b"".join(
                cancel(base + LAG + turn, first - LAG + turn, account) for turn in range(1, LAG + 1)
            )
        )
    return made


def instrument() -> bytes:
    """Return the command that adds the market."""
    head = (RecordType.ADD_INSTRUMENT, 0, ADD_INSTRUMENT.size, 1, 1, 0, 0)
    return ADD_INSTRUMENT.pack(*head, 0, 0, 100, 100, 9_900, 1, 1_000_000, 1_000_000, RULES_VERSION)


def matching() -> float:
    """Return nanoseconds for each message of the kernel alone."""
    engine = kernel.load().Engine()
    engine.process(instrument())
    first, *others = batches(11, 1)
    engine.process(first)
    began = time.process_time_ns()
    for batch in others:
        engine.process(batch)
    return (time.process_time_ns() - began) / (BATCHES * BATCH)


def sessions() -> float:
    """Return nanoseconds for each message between bytes of a client and its answers."""
    desk = kernel.load_sessions().SessionEngine(kernel.load().Engine())
    source = bytearray(1 << 18)
    desk.bind(source)
    desk.carry_out(instrument())
    place_of_session = desk.open(11, 11)
    spent = 0
    for batch in batches(0, 0):
        framed = frame(batch)
        source[: len(framed)] = framed
        began = time.process_time_ns()
        desk.take(place_of_session, 0, len(framed), 1)
        spent += time.process_time_ns() - began
    return spent / (BATCHES * BATCH + LAG)


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    print(json.dumps({"matching alone": matching(), "sessions and matching": sessions()}))
