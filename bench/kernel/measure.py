"""Measures one engine: throughput by batch size, single calls, pauses, memory, snapshots.

Everything is CPU time of the process, so that other work on the machine disturbs less; what is
compared is measured in turns, in one run.
"""

import ctypes
import gc
import os
import time
from array import array
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from kernel.commands import Workload

from outcry_wire.records import (
    ADD_INSTRUMENT,
    CANCEL_ALL,
    CANCEL_ORDER,
    PLACE_ORDER,
    InstrumentKind,
    RecordType,
    TimeInForce,
)
from outcry_wire.snapshot import RULES_VERSION


BATCH = 1024
TARGET = 1 << 21
clock = time.process_time


def replay(engine_module: ModuleType, work: Workload, batch: int = BATCH) -> float:
    """Return the CPU seconds in which a fresh engine carries out the workload."""
    engine = engine_module.Engine()
    engine.process(work.setup)
    engine.bind(work.stream, bytearray(TARGET))
    starts, count = work.starts, work.operations
    cuts = [*(starts[k] for k in range(0, count, batch)), starts[count]]
    run = engine.process_bound
    start = clock()
    for first, last in pairwise(cuts):
        run(first, last - first)
    spent = clock() - start
    assert engine.seq == work.last_seq, "the target was too small for a batch"
    return spent


def facts_of(engine_module: ModuleType, work: Workload, path: Path) -> int:
    """Write all facts of the workload to *path*; return how many orders rest at the end."""
    engine = engine_module.Engine()
    engine.process(work.setup)
    with path.open("wb") as file:
        for first in range(0, work.operations, 50_000):
            last = min(first + 50_000, work.operations)
            file.write(engine.process(work.stream[work.starts[first] : work.starts[last]]))
    engine.check()
    return int(engine.order_count)


def single_calls(engine_module: ModuleType, work: Workload) -> dict[str, Any]:
    """Return ns per call with one operation, and percentiles of single operations."""
    engine = engine_module.Engine()
    engine.process(work.setup)
    engine.bind(work.stream, bytearray(TARGET))
    starts = list(work.starts[: min(work.operations, 400_000) + 1])
    sizes = [last - first for first, last in pairwise(starts)]
    run, half = engine.process_bound, len(sizes) // 2
    start = clock()
    for _first, _size in zip(starts[:half], sizes[:half], strict=False):
        pass
    loop = (clock() - start) / half
    start = clock()
    for first, size in zip(starts[:half], sizes[:half], strict=False):
        run(first, size)
    bound = (clock() - start) / half
    spent = array("q")
    now = time.perf_counter_ns
    for first, size in zip(starts[half:], sizes[half:], strict=False):
        begun = now()
        run(first, size)
        spent.append(now() - begun)
    ordered = sorted(spent)
    places = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    figures = {name: ordered[int(len(ordered) * share)] for name, share in places.items()}
    other = engine_module.Engine()
    other.process(work.setup)
    records = [work.stream[a:b] for a, b in pairwise(starts[:half])]
    start = clock()
    for record in records:
        other.process(record)
    whole = (clock() - start) / len(records)
    single = {
        name: (spent - loop) * 1e9 for name, spent in (("process_bound", bound), ("process", whole))
    }
    single["loop, taken off"] = loop * 1e9
    return single | figures | {"max": ordered[-1]}


def place(order_id: int, side: int, price: int, qty: int, account: int = 1, tif: int = 0) -> bytes:
    """Return a limit order on instrument 1."""
    head = (RecordType.PLACE_ORDER, 0, PLACE_ORDER.size, 1, order_id, order_id, account)
    return PLACE_ORDER.pack(*head, order_id, 0, 0, side, 0, tif, 0, 0, price, qty, 0, 0)


def market() -> bytes:
    """Return the record that adds instrument 1, a market on a grid of one tick."""
    head = (RecordType.ADD_INSTRUMENT, 0, ADD_INSTRUMENT.size, 1, 0, 0, 0)
    settings = (InstrumentKind.MARKET, 0, 1, 1, 9999, 1, 10**9, 2**40, RULES_VERSION)
    return ADD_INSTRUMENT.pack(*head, *settings)


def pauses(engine_module: ModuleType) -> dict[str, float]:
    """Return microseconds of the longest single commands, the least of five each."""
    taker = place(10**6, 0, 9999, 10**6, account=2, tif=TimeInForce.IOC)
    everything = CANCEL_ALL.pack(RecordType.CANCEL_ALL, 0, CANCEL_ALL.size, 1, 10**6, 10**6, 1)
    cases = {
        "sweep of 100 levels": ([place(k, 1, 4999 + k, 1) for k in range(1, 101)], taker),
        "5,000 fills": ([place(k, 1, 5000, 1) for k in range(1, 5001)], taker),
        "cancel-all of 10,000": (
            [place(k, 1, 1 + k % 9999, 1) for k in range(1, 10_001)],
            everything,
        ),
    }
    longest = {}
    for name, (orders, command) in cases.items():
        times = []
        for _ in range(5):
            engine = engine_module.Engine()
            engine.process(market() + b"".join(orders))
            start = clock()
            engine.process(command)
            times.append(clock() - start)
        longest[name] = min(times) * 1e6
    return longest


def million(engine_module: ModuleType, count: int = 1_000_000) -> dict[str, float]:
    """Return bytes per resting order, and seconds to write and to restore a snapshot of them."""
    gc.collect()
    engine = engine_module.Engine()
    engine.process(market())
    before = resident()
    for first in range(1, count + 1, 10_000):
        orders = (
            place(k, k & 1, 1 + k * 7 % 4998 + 5000 * (k & 1), 5, k % 50_000)
            for k in range(first, first + 10_000)
        )
        engine.process(b"".join(orders))
    per_order = (resident() - before) / engine.order_count
    start = clock()
    snapshot = engine.snapshot()
    written = clock() - start
    start = clock()
    restored = engine_module.Engine.restore(snapshot)
    read = clock() - start
    assert restored.order_count == engine.order_count == count
    return {"bytes_per_order": per_order, "snapshot_s": written, "restore_s": read}


def resident() -> int:
    """Return the resident bytes of this process."""
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def allocated() -> int:
    """Return the bytes that malloc has given out, and those of all that is mapped."""

    class Info(ctypes.Structure):
        names = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks")
        _fields_ = [(name, ctypes.c_size_t) for name in (*names, "fordblks", "keepcost")]

    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = Info
    info = libc.mallinfo2()
    with Path("/proc/self/statm").open() as file:
        mapped = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return int(info.uordblks) + mapped


def steady_state(engine_module: ModuleType, work: Workload) -> int:
    """Return by how many bytes what is allocated changes in the second half of a workload."""
    engine = engine_module.Engine()
    engine.process(work.setup)
    engine.bind(work.stream, bytearray(TARGET))
    starts, half = work.starts, work.operations // 2
    for k in range(0, half, BATCH):
        engine.process_bound(starts[k], starts[min(k + BATCH, half)] - starts[k])
    before = allocated()
    for k in range(half, work.operations, BATCH):
        last = min(k + BATCH, work.operations)
        engine.process_bound(starts[k], starts[last] - starts[k])
    return allocated() - before


def soak(
    engine_module: ModuleType, ids: int, live: int = 100_000, pairs: int = 10_000
) -> dict[str, float]:
    """Let orders with rising ids come and go, *live* at a time, until *ids* have been used."""
    engine = engine_module.Engine()
    engine.process(market())
    head = (RecordType.CANCEL_ORDER, 0, CANCEL_ORDER.size, 1, 0, 0, 1)
    pair = [place(1, 0, 1 + k % 4999, 5) + CANCEL_ORDER.pack(*head, 1) for k in range(pairs)]
    words = array("q", b"".join(pair))
    width = len(words) // pairs
    engine.bind(words, bytearray(TARGET))
    # Many ids at once are one long number: rising by one each, and all together by a multiple.
    ones = int.from_bytes((1).to_bytes(8, "little") * pairs, "little")
    rising = int.from_bytes(array("q", range(pairs)).tobytes(), "little")
    early, most, start = 0, 0, clock()
    for base in range(1, ids + 1, pairs):
        new = (rising + base * ones).to_bytes(8 * pairs, "little")
        words[4::width] = array("q", new)
        if base > live:
            new = (rising + (base - live) * ones).to_bytes(8 * pairs, "little")
            words[width - 1 :: width] = array("q", new)
        else:
            words[width - 1 :: width] = array("q", bytes(8 * pairs))  # no order has id 0
        engine.process_bound(0, 8 * len(words))
        assert engine.consumed == 8 * len(words)
        most = max(most, resident())
        if base <= 10 * live:
            early = most
    engine.check()
    spent = clock() - start
    figures = {"ids": ids, "live": engine.order_count, "ns_per_id": spent * 1e9 / ids}
    return figures | {"resident_first_million": early, "resident_most": most}


def first(work: Workload, operations: int) -> Workload:
    """Return the first *operations* of a workload."""
    fields = vars(work) | {"stream": work.stream[: work.starts[operations]]}
    cut = {"operations": operations, "starts": work.starts[: operations + 1]}
    return Workload(**fields | cut)
