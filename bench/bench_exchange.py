"""The exchange end to end: a real `outcry up` with fsync, loaded through its gRPC door.

Prints the rate of durable answers for 10 s, the rate that the tables keep up with, single orders,
and latencies to the durable answer and to the settled result at a quarter, half and four fifths of
that rate, from the scheduled send time; then again with 2 ms added to each commit. The load
generator shares the machine; its CPU is stated, and what a batch costs each process. The commit of
an empty transaction is measured beside it, and `outcry verify` must be clean, else the bench fails.

``--only latency`` measures latencies alone, at ``--rates`` or at parts of what a short flood shows.
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
import uvloop
from exchange.load import Load
from exchange.phases import OPEN_BATCH, Delays, Rate, flood, singles, steady
from exchange.venue import Venue, venue

from outcry.adapters.embedded import EmbeddedServers
from outcry.adapters.grpc.asset import GrpcAsset
from outcry.runtime.config import Config


BURST_SECONDS = 10
PHASES = ("burst", "tables", "single", "latency", "slow")
#: How long the flood takes that finds the rates when only latencies are asked for.
SHORT_SECONDS = 10
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
    parser.add_argument("--only", choices=PHASES, nargs="+", default=PHASES, help="phases to run")
    parser.add_argument(
        "--rates", type=float, nargs="+", default=(), help="requests/s at which latency is measured"
    )
    options = parser.parse_args()
    print(
        f"machine            {platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    commit = asyncio.run(empty_commit())
    print(f"empty commit       {commit:.2f} ms")
    with venue() as running:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures = runner.run(bench(running, options))
        clean = running.verify()
    print(f"verify             {'clean' if clean else 'NOT CLEAN'}")
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"empty_commit_ms": commit, **figures}, indent=1))
    return 0 if clean else 1


async def bench(venue: Venue, options: argparse.Namespace) -> dict[str, object]:
    """Measure what *options* ask for."""
    asset = GrpcAsset(str(venue.record.addresses["grpc"]), venue.door_token)
    try:
        return await Bench(venue, Load(asset, options.seed), options).run()
    finally:
        await asset.close()


class Bench:
    """One run against one exchange."""

    def __init__(self, venue: Venue, load: Load, options: argparse.Namespace) -> None:
        """Measure what *options* ask for."""
        self._venue = venue
        self._options = options
        self._seconds: int = options.seconds
        self._load = load
        self._sustained = 0.0

    async def run(self) -> dict[str, object]:
        """Measure everything that is asked for, and print each figure as it comes."""
        await self._load.prepare()
        phases = {
            "burst": self._burst,
            "tables": self._tables,
            "single": self._single,
            "latency": self._latency,
            "slow": self._slow,
        }
        found = {name: await phases[name]() for name in PHASES if name in self._options.only}
        answers = self._load.answers
        print(f"answers            {', '.join(f'{k}: {v:,}' for k, v in answers.most_common())}")
        return {**found, "answers": answers}

    async def _burst(self) -> object:
        burst = await flood(self._load, self._venue, BURST_SECONDS)
        print(f"durable answers    {burst.per_second:,.0f} requests/s ({GOALS['burst']})")
        return asdict(burst)

    async def _tables(self) -> object:
        long = await flood(self._load, self._venue, self._seconds)
        self._sustained = long.sustained_per_second
        show(long, self._seconds)
        return asdict(long)

    async def _single(self) -> object:
        single = await singles(self._load, BURST_SECONDS)
        print(f"single orders      {single:,.0f} requests/s, a call each, 64 at a time")
        return single

    async def _latency(self) -> object:
        rates = self._options.rates or [await self._rate() * part for part in PARTS]
        return {f"{rate:.0f}/s": await self._at(rate) for rate in rates}

    async def _slow(self) -> object:
        rate = min(SLOW_RATE, await self._rate() / 2)
        self._venue.set_commit_delay(SLOW_DISK_US)
        print(f"with {SLOW_DISK_US / 1_000:.0f} ms added to each commit")
        return await self._at(rate)

    async def _rate(self) -> float:
        """Return the rate with tables, from a short flood when the long one is not asked for."""
        if not self._sustained:
            short = await flood(self._load, self._venue, SHORT_SECONDS)
            self._sustained = short.sustained_per_second
            print(f"with tables        {self._sustained:,.0f} requests/s over {SHORT_SECONDS} s")
        return self._sustained

    async def _at(self, rate: float) -> dict[str, object]:
        """Measure latency to the durable answer and to the settled result at *rate*."""
        found: dict[str, object] = {}
        for name, wait_result in (("answer", False), ("settled", True)):
            delays = await steady(
                self._load, self._venue, self._seconds / 4, rate, wait_result=wait_result
            )
            print(f"  {name:<8} {rate:7,.0f}/s  {delays} ({GOALS[name]})")
            print(f"           {costs(delays)}")
            found[name] = asdict(delays)
            await asyncio.sleep(1)
        return found


def show(long: Rate, seconds: int) -> None:
    """Print what the long window showed."""
    print(
        f"with tables        {long.sustained_per_second:,.0f} requests/s over {seconds} s "
        f"({GOALS['sustained']}); answers {long.per_second:,.0f}"
    )
    spent = "  ".join(f"{name} {us:.0f}" for name, us in long.cpu_us.items())
    print(f"CPU per request    {spent}  = {sum(long.cpu_us.values()):.0f} us")
    print(f"log                {long.log_bytes:.0f} bytes of disk per request")


def costs(delays: Delays) -> str:
    """Return what a batch cost."""
    spent = "  ".join(f"{name} {us:,.0f}" for name, us in delays.cpu_us.items())
    return (
        f"a batch of {OPEN_BATCH}: {spent}  = {sum(delays.cpu_us.values()):,.0f} us of CPU; "
        f"{delays.commits:.2f} commits of {delays.commit_ms:.2f} ms"
    )


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
