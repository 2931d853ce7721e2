"""The exchange end to end: a real `outcry up`, loaded through its gRPC door.

Prints the rate of durable answers, the rate that the tables keep up with, and latencies to the
durable answer and to the settled result at half load, from the scheduled send time. fsync is on.
The load generator shares the machine; its CPU is stated. The commit of an empty transaction is
measured beside it, and `outcry verify` must be clean, else the bench fails.
"""

import argparse
import asyncio
import json
import platform
import resource
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from exchange.load import Load
from exchange.venue import Venue, venue

from outcry.adapters.embedded import EmbeddedServers
from outcry.adapters.grpc.asset import GrpcAsset
from outcry.runtime.config import Config


BATCH, CALLS = 100, 24
HALF_BATCH = 16
CATCH_UP_SECONDS_MAX = 600
OUT = Path(__file__).parent / "out" / "exchange.json"


def main() -> int:
    """Run the bench; 1 when the books are not clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="length of each window")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with venue() as running:
        figures, clean = asyncio.run(bench(running, options.seconds, options.seed))
    figures["verify"] = "clean" if clean else "not clean"
    show(figures)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1))
    return 0 if clean else 1


async def bench(running: Venue, seconds: int, seed: int) -> tuple[dict[str, object], bool]:
    """Measure everything; returns the figures and whether the books are clean."""
    asset = GrpcAsset(str(running.record.addresses["grpc"]), running.door_token)
    load = Load(asset, seed)
    await load.prepare()
    figures: dict[str, object] = {
        "machine": f"{platform.processor() or platform.machine()}, Python "
                   f"{platform.python_version()}",
        "empty_commit_ms": await empty_commit(),
        "windows_s": seconds,
    }  # fmt: skip
    before, own, began = running.cpu_seconds(), _own_cpu(), time.monotonic()
    counted = await closed_loop(load, seconds)
    lasted = time.monotonic() - began
    figures["burst_per_s"] = counted / lasted
    figures["sustained_per_s"] = counted / (lasted + await caught_up(running))
    after = running.cpu_seconds()
    figures["cpu_us_per_request"] = {
        **{name: (after[name] - before.get(name, 0)) / counted * 1e6 for name in after},
        "load generator": (_own_cpu() - own) / counted * 1e6,
    }
    half = max(100.0, float(str(figures["sustained_per_s"])) / 2)
    for name, wait_result in (("answer", False), ("settled", True)):
        figures[f"{name}_ms_at_half"] = await open_loop(
            load, seconds, half, wait_result=wait_result
        )
    figures["half_per_s"] = half
    figures["declined"] = load.declined
    await caught_up(running)
    await asset.close()
    return figures, running.verify()


async def closed_loop(load: Load, seconds: int) -> int:
    """Keep `CALLS` batches of `BATCH` on their way; returns how many requests were answered."""
    until, before = time.monotonic() + seconds, load.answered

    async def keep_on() -> None:
        while time.monotonic() < until:
            await load.send(load.batch(BATCH), wait_result=False)

    await asyncio.gather(*(keep_on() for _ in range(CALLS)))
    return load.answered - before


async def open_loop(
    load: Load, seconds: int, per_second: float, *, wait_result: bool
) -> dict[str, float]:
    """Send at a fixed rate; returns percentiles in ms from the scheduled time of each batch."""
    taken: list[float] = []
    pause = HALF_BATCH / per_second
    calls: set[asyncio.Task[None]] = set()
    start = time.monotonic()

    async def one(scheduled: float) -> None:
        at = await load.send(load.batch(HALF_BATCH), wait_result=wait_result)
        taken.append((at - scheduled) * 1_000)

    for number in range(int(seconds / pause)):
        scheduled = start + number * pause
        await asyncio.sleep(max(0.0, scheduled - time.monotonic()))
        call = asyncio.create_task(one(scheduled))
        calls.add(call)
        call.add_done_callback(calls.discard)
    await asyncio.gather(*calls)
    cuts = statistics.quantiles(taken, n=1_000)
    return {"p50": cuts[499], "p99": cuts[989], "max": max(taken)}


async def caught_up(running: Venue) -> float:
    """Wait until the tables include the head of the log; returns the seconds it took."""
    began = time.monotonic()
    while time.monotonic() - began < CATCH_UP_SECONDS_MAX:
        head = running.metric("core", "outcry_asset_log_head")
        if running.metric("history", "outcry_history_position") >= head - 2:
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    raise SystemExit("the tables did not catch up")


async def empty_commit() -> float:
    """Return the median ms of committing one tiny row on a server of the same kind."""
    with (
        TemporaryDirectory(prefix="outcry-bench-") as folder,
        EmbeddedServers(Config(data_dir=folder)) as endpoints,
    ):
        connection = await asyncpg.connect(endpoints.postgres_dsn)
        await connection.execute("create table empty_commit (n bigint)")
        taken = []
        for number in range(500):
            began = time.monotonic()
            await connection.execute("insert into empty_commit values ($1)", number)
            taken.append((time.monotonic() - began) * 1_000)
        await connection.close()
    return statistics.median(taken)


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def show(figures: dict[str, object]) -> None:
    """Print the table, with the goal beside each figure."""
    answer, settled = figures["answer_ms_at_half"], figures["settled_ms_at_half"]
    assert isinstance(answer, dict)
    assert isinstance(settled, dict)
    cpu = figures["cpu_us_per_request"]
    assert isinstance(cpu, dict)
    print(f"machine            {figures['machine']}")
    print(f"empty commit       {figures['empty_commit_ms']:.2f} ms")
    print(f"durable answers    {figures['burst_per_s']:,.0f} requests/s (goal 50,000 for 10 s)")
    print(f"with tables        {figures['sustained_per_s']:,.0f} requests/s (goal 25,000)")
    print(f"at half load       {figures['half_per_s']:,.0f} requests/s in batches of {HALF_BATCH}")
    print(f"  durable answer   p50 {answer['p50']:.1f}  p99 {answer['p99']:.1f} ms (goal 1.5 / 5)")
    print(f"  settled result   p50 {settled['p50']:.1f}  p99 {settled['p99']:.1f} ms (goal 3 / 8)")
    print("CPU per request    " + "  ".join(f"{k} {v:.0f}" for k, v in cpu.items()) + " us")
    print(f"declined           {figures['declined']}")
    print(f"verify             {figures['verify']}")


if __name__ == "__main__":
    sys.exit(main())
