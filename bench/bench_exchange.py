"""The exchange end to end: a real `outcry up` with fsync, loaded through its gRPC door.

Prints the rate of durable answers for 10 s, the rate that the tables keep up with, single orders,
and latencies to the durable answer and to the settled result at a quarter, half and four fifths of
that rate, from the scheduled send time; then again with 2 ms added to each commit. The load
generator shares the machine; its CPU is stated. The commit of an empty transaction is measured
beside it, and `outcry verify` must be clean, else the bench fails.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from exchange.load import Load
from exchange.phases import OPEN_BATCH, Delays, Rate, flood, singles, steady
from exchange.venue import Venue, venue

from outcry.adapters.embedded import EmbeddedServers
from outcry.adapters.grpc.asset import GrpcAsset
from outcry.runtime.config import Config


BURST_SECONDS = 10
#: Parts of the sustained rate at which latency is measured.
PARTS = (0.25, 0.5, 0.8)
SLOW_DISK_US = 2_000
SLOW_RATE = 10_000
OUT = Path(__file__).parent / "out" / "exchange.json"
GOALS = {
    "burst": "goal 50,000 for 10 s",
    "sustained": "goal 25,000",
    "answer": "goal 1.5 / 5",
    "settled": "goal 3 / 8",
}


def main() -> int:
    """Run the bench; 1 when the books are not clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="length of the long window")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(
        f"machine            {platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    commit = asyncio.run(empty_commit())
    print(f"empty commit       {commit:.2f} ms")
    with venue() as running:
        figures = asyncio.run(bench(running, options.seconds, options.seed))
        clean = running.verify()
    print(f"verify             {'clean' if clean else 'NOT CLEAN'}")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"empty_commit_ms": commit, **figures}, indent=1))
    return 0 if clean else 1


async def bench(running: Venue, seconds: int, seed: int) -> dict[str, object]:
    """Measure everything, and print each figure as it comes."""
    asset = GrpcAsset(str(running.record.addresses["grpc"]), running.door_token)
    load = Load(asset, seed)
    await load.prepare()
    burst = await flood(load, running, BURST_SECONDS)
    print(f"durable answers    {burst.per_second:,.0f} requests/s ({GOALS['burst']})")
    long = await flood(load, running, seconds)
    show(long, seconds)
    single = await singles(load, BURST_SECONDS)
    print(f"single orders      {single:,.0f} requests/s, a call each, 64 at a time")
    delays = await latencies(load, long.sustained_per_second, seconds / 4)
    running.set_commit_delay(SLOW_DISK_US)
    print(f"with {SLOW_DISK_US / 1_000:.0f} ms added to each commit")
    rate = min(SLOW_RATE, long.sustained_per_second / 2)
    slow = {name: asdict(found) for name, found in (await at(load, rate, seconds / 4)).items()}
    await asset.close()
    print(f"answers            {', '.join(f'{k}: {v:,}' for k, v in load.answers.most_common())}")
    return {
        "burst": asdict(burst),
        "long": asdict(long),
        "single": single,
        "delays": delays,
        "slow": slow,
        "answers": load.answers,
    }


def show(long: Rate, seconds: int) -> None:
    """Print what the long window showed."""
    print(
        f"with tables        {long.sustained_per_second:,.0f} requests/s over {seconds} s "
        f"({GOALS['sustained']}); answers {long.per_second:,.0f}"
    )
    spent = "  ".join(f"{name} {us:.0f}" for name, us in long.cpu_us.items())
    print(f"CPU per request    {spent}  = {sum(long.cpu_us.values()):.0f} us")
    print(f"log                {long.log_bytes:.0f} bytes of disk per request")


async def latencies(load: Load, sustained: float, seconds: float) -> dict[str, object]:
    """Measure latency at each part of the sustained rate."""
    found: dict[str, object] = {}
    for part in PARTS:
        print(f"at {part:.0%} of it, in batches of {OPEN_BATCH}")
        measured = await at(load, sustained * part, seconds)
        found[f"{part:.0%}"] = {name: asdict(delays) for name, delays in measured.items()}
    return found


async def at(load: Load, rate: float, seconds: float) -> dict[str, Delays]:
    """Measure latency to the durable answer and to the settled result at *rate*."""
    found = {}
    for name, wait_result in (("answer", False), ("settled", True)):
        found[name] = await steady(load, seconds, rate, wait_result=wait_result)
        print(f"  {name:<8} {rate:7,.0f}/s  {found[name]} ({GOALS[name]})")
        await asyncio.sleep(1)
    return found


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


if __name__ == "__main__":
    sys.exit(main())
