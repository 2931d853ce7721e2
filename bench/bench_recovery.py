"""Recovery: how long ledger and engine take to serve again with many open orders.

Numbers, matches and commits the orders with the real sequencer, kernel and PostgreSQL (fsync on),
saves a checkpoint and a kernel snapshot as history and store do, and then starts ledger and engine
from those, and from the log alone. Streams are in memory. Prints seconds and bytes per order.
"""

import argparse
import asyncio
import gc
import json
import os
import platform
import time
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from outcry import kernel as kernels
from outcry.adapters.clock import SystemClock
from outcry.adapters.embedded import EmbeddedServers
from outcry.adapters.files import FileSnapshots
from outcry.adapters.memory import MemoryBus, MemorySnapshots
from outcry.adapters.postgres import PostgresLedgerLog, migrate
from outcry.messages.entry import Commands
from outcry.messages.ledger_checkpoints import (
    CHECKPOINT_NAME,
    CHECKPOINT_VERSION,
    pack_checkpoint,
)
from outcry.messages.record_bodies import span
from outcry.messages.requests import (
    CreateEventOp,
    CreateUserOp,
    DepositOp,
    FundsOp,
    MarketSpec,
    PlaceRequest,
)
from outcry.ports.ledger_log import Row
from outcry.ports.snapshots import Snapshots
from outcry.runtime.config import Config
from outcry.runtime.fold import Fold
from outcry.runtime.ledger_recovery import mark_of
from outcry.runtime.level_recovery import kernel_snapshot_name
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.desk import FundsDesk
from outcry.services.asset.publishing import CommandPublishers
from outcry.services.asset.sequencer import Sequencer
from outcry.services.asset.service import AssetService
from outcry.services.match_engine.config import MatchEngineConfig
from outcry.services.match_engine.service import MatchEngine
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce
from outcry_wire.snapshot import RULES_VERSION


USERS = 5_000
MARKETS = 100
BATCH = 500
RICH = 10**12
OUT = Path(__file__).parent / "out" / "recovery.json"
CONFIG = AssetConfig(projection_lag_entries_max=1 << 60)


class Writer:
    """The ledger's decisions and the kernel's facts, committed entry by entry."""

    def __init__(self, log: PostgresLedgerLog, epoch: int, head: int) -> None:
        self._log = log
        self._epoch = epoch
        self.mark = b""
        self.sequencer = Sequencer(Fold(), CONFIG)
        self.sequencer.batch.n = head + 1
        self.kernel = kernels.load().Engine()
        self._desk = FundsDesk(self.sequencer, SystemClock())

    async def funds(self, *ops: FundsOp) -> None:
        """Carry out operations."""
        for op in ops:
            self._desk.take(op)
        await self._commit()

    async def place(self, orders: list[PlaceRequest]) -> None:
        """Number orders, let the kernel place them, apply its facts."""
        for order in orders:
            self.sequencer.take(order)
        await self._commit()

    async def _commit(self) -> None:
        commands = await self._append()
        if commands:
            facts = self.kernel.process(commands)
            self.sequencer.apply(0, *span(commands), facts)
            await self._append()

    async def _append(self) -> bytes:
        sealed = self.sequencer.batch.seal(self.sequencer.ledger)
        await self._log.append(self._epoch, sealed.n, sealed.at_us, sealed.body, sealed.spans)
        self.mark = mark_of(Row(sealed.n, self._epoch, sealed.at_us, sealed.body))
        self.sequencer.next_batch()
        items = sealed.entry.items if sealed.entry else []
        return b"".join(item.body for item in items if isinstance(item, Commands))


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    options = parser.parse_args()
    print(
        f"machine            {platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    with TemporaryDirectory() as folder, EmbeddedServers(Config(data_dir=folder)) as servers:
        figures = asyncio.run(bench(servers.postgres_dsn, Path(folder), options.orders))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1))


async def bench(dsn: str, folder: Path, count: int) -> dict[str, float]:
    """Make the exchange, then start it in each way."""
    await migrate(dsn)
    log = await PostgresLedgerLog.connect(dsn)
    opened = await log.open(time.time_ns() // 1_000)
    writer = Writer(log, opened.epoch, opened.head)
    await fill(writer, count)
    head = await log.head()
    await log.close()
    figures = {"orders": count, "entries": head, **await sizes(dsn, count)}
    snapshots = FileSnapshots(folder / "snapshots")
    figures |= save(writer, snapshots)
    del writer
    for name, source in (("checkpoint", snapshots), ("log", MemorySnapshots())):
        figures |= await ledger(name, dsn, source, count)
        figures |= await engine(name, dsn, source)
    show(figures)
    return figures


async def fill(writer: Writer, count: int) -> None:
    """Let many users place *count* orders in many markets; none of them meet."""
    for first in range(0, USERS, BATCH):
        users = range(first, first + BATCH)
        await writer.funds(*[CreateUserOp(0, f"u{user}", "", "") for user in users])
        ops = [DepositOp(0, 1_000 + user, 0, RICH, f"d{user}") for user in users]
        await writer.funds(*ops)
    specs = [MarketSpec(f"m{number}", "?") for number in range(MARKETS)]
    await writer.funds(CreateEventOp(0, "e", "e", "", "", "", "", "", 0, 0, specs))
    orders = (order(number) for number in range(count))
    began = time.perf_counter()
    while batch := list(islice(orders, BATCH)):
        await writer.place(batch)
    print(f"made               {count:,} open orders in {time.perf_counter() - began:.0f} s")
    assert len(writer.sequencer.ledger.orders) == count


def order(number: int) -> PlaceRequest:
    """Return a bid for either outcome below one half, so that none meets another."""
    outcome = number & 1
    own = 1_000 + number * 7 % 3_900
    return PlaceRequest(
        1_000 + number * 13 % USERS, 1 + number % MARKETS, outcome, Side.BUY, OrderKind.LIMIT,
        TimeInForce.GTC, bool(0), SelfTrade.CANCEL_TAKER, 10_000 - own if outcome else own,
        100 + number % 1_000, 0, 0, f"c{number}",
    )  # fmt: skip


async def sizes(dsn: str, count: int) -> dict[str, float]:
    """Return the bytes of the log per order: bodies, and the tables with their indexes."""
    connection = await asyncpg.connect(dsn)
    bodies = await connection.fetchval("select sum(octet_length(body)) from ledger_log")
    tables = await connection.fetchval(
        "select sum(pg_total_relation_size(relid)) from pg_statio_user_tables"
        " where relname like 'ledger_%'"
    )
    await connection.close()
    return {"log_bytes_per_order": int(bodies) / count, "disk_bytes_per_order": int(tables) / count}


def save(writer: Writer, snapshots: FileSnapshots) -> dict[str, float]:
    """Save both states; the packing is what history stands still for."""
    ledger = writer.sequencer.ledger
    began = time.perf_counter()
    body = pack_checkpoint(ledger, writer.mark)
    packed = time.perf_counter()
    snapshots.save(CHECKPOINT_NAME, 1, ledger.n, CHECKPOINT_VERSION, body, floor=0)
    saved = time.perf_counter()
    seq = writer.kernel.seq
    state = writer.kernel.snapshot()
    snapshots.save(kernel_snapshot_name(0), 1, seq, RULES_VERSION, state, floor=0)
    return {
        "checkpoint_mb": len(body) / 1e6,
        "pack_s": packed - began,
        "write_s": saved - packed,
        "kernel_mb": len(state) / 1e6,
    }


async def timed(name: str, start: Callable[[], Awaitable[None]]) -> dict[str, float]:
    """Return the seconds that *start* takes, by the wall and of our CPU.

    PostgreSQL's CPU is not in the latter: from a checkpoint it reads a few rows.
    """
    gc.collect()
    gc.freeze()
    began, cpu = time.perf_counter(), time.process_time()
    await start()
    return {
        f"{name}_s": time.perf_counter() - began,
        f"{name}_cpu_s": time.process_time() - cpu,
    }


async def ledger(name: str, dsn: str, snapshots: Snapshots, count: int) -> dict[str, float]:
    """Return how long the ledger takes to serve."""
    log = await PostgresLedgerLog.connect(dsn)
    service = AssetService(
        log, CommandPublishers(MemoryBus(), log, 1), SystemClock(), CONFIG, snapshots=snapshots
    )
    figures = await timed(f"ledger_{name}", service.start)
    assert len(service.ledger.orders) == count
    await service.stop()
    return figures


async def engine(name: str, dsn: str, snapshots: Snapshots) -> dict[str, float]:
    """Return how long the engine takes to match."""
    log = await PostgresLedgerLog.connect(dsn)
    service = MatchEngine(MatchEngineConfig(), bus=MemoryBus(), log=log, snapshots=snapshots)
    figures = await timed(f"engine_{name}", service.start)
    await service.stop()
    await log.close()
    return figures


def show(figures: dict[str, float]) -> None:
    """Print every figure."""
    for name, value in figures.items():
        print(f"{name:<24}{value:>14,.2f}")


if __name__ == "__main__":
    main()
