"""Feed noise to a kernel with bounds checks compiled in: ``make asan-kernel``.

Batches are large enough for looking ahead, over books that hold orders enough for it, and are bound
to buffers without a byte to spare, so that one read too far is seen. Damaged records, records of
random content and bytes that are nothing at all are mixed with sound ones. The sanitizer ends the
process at the first access that is wrong; otherwise the invariants must hold at the end.
"""

# ruff: noqa: T201 - a command prints

import argparse
import importlib.util
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import ModuleType

from tests.model.kernel.streams import Stream

from outcry_wire.records import (
    ADD_INSTRUMENT,
    CANCEL_ORDER,
    PLACE_ORDER,
    InstrumentKind,
    RecordType,
)
from outcry_wire.snapshot import RULES_VERSION


#: Orders that rest before the noise begins: more than the pool with which looking ahead starts.
RESTING = 40_000
BOOKS = 50
BATCH = 400


def load(folder: Path) -> ModuleType:
    """Import the kernel that was built into *folder*."""
    (file,) = folder.glob("outcry/kernel/compiled/engine*.so")
    spec = importlib.util.spec_from_file_location("outcry.kernel.compiled.engine", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def opening() -> bytes:
    """Return commands that open books and let orders rest in them."""
    head = (RecordType.ADD_INSTRUMENT, 0, ADD_INSTRUMENT.size)
    settings = (InstrumentKind.MARKET, 0, 1, 1, 9999, 1, 10**9, 2**40, RULES_VERSION)
    records = [ADD_INSTRUMENT.pack(*head, 1000 + k, 0, 0, 0, *settings) for k in range(BOOKS)]
    for order_id in range(1, RESTING + 1):
        side = order_id & 1
        price = 1 + order_id * 7 % 4998 + 5000 * side
        about = (PLACE_ORDER.size, 1000 + order_id % BOOKS, 0, 0, order_id % 500)
        terms = (2**40 + order_id, 0, 0, side, 0, 0, 0, 0, price, 5, 0, 0)
        records.append(PLACE_ORDER.pack(RecordType.PLACE_ORDER, 0, *about, *terms))
    return b"".join(records)


def noise(random: Random, stream: Stream, records: int) -> bytes:
    """Return about that many records, most of them sound, some damaged."""
    parts = stream.take(records // 2)
    for _ in range(records // 4):
        order_id = 2**40 + random.randrange(1, RESTING + 1)
        about = (CANCEL_ORDER.size, 1000 + random.randrange(BOOKS), 0, 0, order_id % 500)
        parts.append(CANCEL_ORDER.pack(RecordType.CANCEL_ORDER, 0, *about, order_id))
        content = random.randbytes(PLACE_ORDER.size - 4)
        parts.append(bytes((RecordType.PLACE_ORDER, 0, PLACE_ORDER.size, 0)) + content)
    random.shuffle(parts)
    data = bytearray(b"".join(parts))
    for _ in range(random.randrange(4)):
        data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data[: len(data) - random.choice((0, 0, 8, 40))])


def main(arguments: Sequence[str] | None = None) -> int:
    """Feed the noise; return the exit status."""
    parser = argparse.ArgumentParser(prog="noise_run", description="Feed noise to a kernel.")
    parser.add_argument("folder", type=Path, help="where setup.py built it")
    parser.add_argument("--records", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    chosen = parser.parse_args(arguments)
    random, stream = (
        Random(chosen.seed),
        Stream(chosen.seed, spoil_every=30, resting_max=2 * RESTING),
    )
    engine = load(chosen.folder).Engine()
    engine.process(opening())
    started, done, facts = time.monotonic(), 0, 0
    while done < chosen.records:
        data = noise(random, stream, BATCH)
        engine.bind(data, bytearray(random.choice((256, 4096, 1 << 18, 1 << 18))))
        count = len(data) & ~7
        offset = 0
        while offset < count:
            facts += engine.process_bound(offset, count - offset)
            offset += engine.consumed or 8
            while waiting := engine.process_bound(0, 0):
                facts += waiting
        engine.unbind()
        done += BATCH
    engine.check()
    spent = time.monotonic() - started
    print(
        f"{done:,} records, {facts:,} bytes of facts, {engine.order_count:,} orders, {spent:.0f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
