"""The ledger on its own: processor time per request of what core and history do with it.

The load of the exchange's bench (70 % places, a third of which trade, 30 % cancels) goes through
the real sequencer and kernel in batches of 200; what the core would commit is then folded and made
into rows as history does. Nothing is sent, written or awaited. Compiled and interpreted rules take
turns, each in a process of its own; the kernel is as it is. Times are of the thread's processor
time, the best of the rounds.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from exchange.load import Load

from outcry import kernel as kernels
from outcry.adapters.clock import SystemClock
from outcry.adapters.grpc.asset import GrpcAsset
from outcry.domain.ledger.retention import forget
from outcry.messages.entry import Commands, unpack_folded
from outcry.messages.record_bodies import span
from outcry.messages.requests import FundsOp, FundsResult, OrderRequest, OrderResult
from outcry.runtime import rules, rules_twin
from outcry.runtime.fold import Fold
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.desk import FundsDesk
from outcry.services.asset.sequencer import Sequencer
from outcry.services.history.catalog import Catalog
from outcry.services.history.rows import Batch, records_of


BATCH, WARM_UP, ROWS = 200, 20_000, 6_000
STEP_US = 5_000
STAGES = ("take", "apply", "laws", "seal", "unpack", "fold", "add", "rows")
OUT = Path(__file__).parent / "out" / "ledger.json"


class Core:
    """What `Load` takes for an exchange: numbers, matches, applies and seals, and keeps entries."""

    def __init__(self) -> None:
        config = AssetConfig(projection_lag_entries_max=1 << 60)
        self.sequencer = Sequencer(Fold(), config)
        self.sequencer.batch.n = 1
        self.entries: list[tuple[int, bytes]] = []
        self.spent: Counter[str] = Counter()
        self._kernel = kernels.load().Engine()
        self._desk = FundsDesk(self.sequencer, SystemClock())

    async def funds(self, op: FundsOp, *, key_id: int = 0) -> FundsResult:
        """Carry out one operation."""
        ticket = self._desk.take(op, key_id)
        self._commit()
        return cast("FundsResult", ticket.result)

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Number a batch, and apply what the kernel makes of it."""
        assert not wait_result
        with spending(self.spent, "take"):
            self.sequencer.advance(self.sequencer.time_us + STEP_US)
            tickets = [self.sequencer.take(request) for request in requests]
        self._commit()
        return cast("list[OrderResult]", [ticket.result for ticket in tickets])

    def _commit(self) -> None:
        commands = self.seal()
        if commands:
            facts = self._kernel.process(commands)
            with spending(self.spent, "apply"):
                self.sequencer.apply(0, *span(commands), facts)

    def seal(self) -> bytes:
        """End the open entry; returns its commands."""
        sequencer = self.sequencer
        with spending(self.spent, "laws"):
            rules.check_entry(sequencer.ledger, sequencer.batch.effects)
        with spending(self.spent, "seal"):
            sealed = sequencer.batch.seal(sequencer.ledger)
        if sealed.entry is None:
            sequencer.reopen_batch()
            return b""
        forget(sequencer.ledger)
        self.entries.append((sealed.n, sealed.body))
        sequencer.next_batch()
        return b"".join(item.body for item in sealed.entry.items if isinstance(item, Commands))


@contextmanager
def spending(spent: Counter[str], stage: str) -> Iterator[None]:
    """Count the processor time of a block."""
    began = time.thread_time_ns()
    yield
    spent[stage] += time.thread_time_ns() - began


async def measure(count: int) -> dict[str, float]:
    """Return the microseconds of each stage per request."""
    core = Core()
    load = Load(cast("GrpcAsset", core), 1)
    await load.prepare()
    await send(load, WARM_UP)
    core.seal()
    core.spent.clear()
    begun = len(core.entries)
    await send(load, count)
    core.seal()
    spent = core.spent + history(core.entries, begun)
    return {stage: spent[stage] / count / 1_000 for stage in STAGES}


async def send(load: Load, count: int) -> None:
    """Send so many requests."""
    for _ in range(count // BATCH):
        await load.send(load.batch(BATCH), wait_result=False)


def history(entries: Sequence[tuple[int, bytes]], begun: int) -> Counter[str]:
    """Do with *entries* what history does; returns what those from *begun* on cost."""
    fold, catalog, batch = Fold(), Catalog(), Batch(entries[0][0])
    spent: Counter[str] = Counter()
    for at, (n, body) in enumerate(entries):
        if at == begun:
            spent.clear()
        with spending(spent, "unpack"):
            entry = unpack_folded(body)
        with spending(spent, "fold"):
            effects = fold.apply_entry(n, entry)
        with spending(spent, "add"):
            for record in records_of(entry):
                catalog.take(record)
            batch.add(n, entry, effects)
        if batch.size > ROWS:
            with spending(spent, "rows"):
                batch.rows(fold.ledger, catalog)
            batch = Batch(n + 1)
    return spent


def main() -> None:
    """Run the bench, or with ``--once`` one round of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        print(json.dumps([rules_twin.build_info(), asyncio.run(measure(options.requests))]))
        return
    print(
        f"machine            {platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    best: dict[str, dict[str, float]] = {}
    for _ in range(options.rounds):
        for pure in ("", "1"):
            name, found = once(options.requests, pure)
            known = best.setdefault(name, found)
            best[name] = {stage: min(known[stage], found[stage]) for stage in STAGES}
    for name, found in best.items():
        told = "  ".join(f"{stage} {us:.2f}" for stage, us in found.items())
        print(f"{name.partition(' ')[0]:<18} {told}  = {sum(found.values()):.1f} us")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(best, indent=1))


def once(count: int, pure: str) -> tuple[str, dict[str, float]]:
    """Run one round in a process of its own."""
    command = [sys.executable, __file__, "--once", "--requests", str(count)]
    environ = os.environ | {"OUTCRY_PURE": pure}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    name, found = json.loads(done.stdout)
    return name, found


if __name__ == "__main__":
    main()
