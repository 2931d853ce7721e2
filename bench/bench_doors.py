"""The doors of a real exchange: orders over HTTP, alone and in batches, and both feeds.

Each figure stands beside what is left when the exchange is taken away, in the same run: the same
framework answering a constant, and bare picows sending as many bytes as often. Load generators
share the machine. Read ratios, not rates.
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop
from doors.feed import HOST, Growth, allow_files, followers, heard, helper, quiet
from doors.http_load import Rate, load, request
from doors.own_events import own_events
from doors.people import USERS, People
from doors.stalled import stalled
from exchange.venue import Venue, venue

from outcry.runtime.ports import free_port


CONNECTIONS = 64
BATCH = 50
WARM_COUNT = 20
OUT = Path(__file__).parent / "out" / "doors.json"
#: The bench asks as fast as it can: no rate of one account stands in the way.
UNLIMITED = {
    "OUTCRY_LIMITS_ACCOUNT_REQUESTS_PER_SECOND_MAX": "10000000",
    "OUTCRY_LIMITS_ADDRESS_REQUESTS_PER_SECOND_MAX": "10000000",
    "OUTCRY_LIMITS_ACCOUNT_ORDERS_COUNT_MAX": "10000000",
    "OUTCRY_LIMITS_FEED_CONNECTIONS_COUNT_MAX": "50000",
    # On a busy machine tables are late at the start, and nothing is declined for that.
    "OUTCRY_LIMITS_READ_WAIT_MS_MAX": "60000",
}

Json = dict[str, Any]


def makers(people: People, seed: int, batch: int = 0) -> list[Callable[[], bytes]]:
    """Return what makes the requests of each connection, prepared so that they cost nothing."""
    made = []
    for number in range(CONNECTIONS):
        dice = random.Random(seed * 1_000 + number)
        bodies = []
        for _ in range(64):
            orders = [people.order(dice) for _ in range(batch or 1)]
            body: Json = {"orders": orders} if batch else orders[0]
            path = "/api/orders" if batch else "/api/place_order"
            token = people.tokens[number % USERS]
            bodies.append(request(str(people.address), path, token, json.dumps(body).encode()))
        made.append(itertools.cycle(bodies).__next__)
    return made


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="length of each window")
    parser.add_argument(
        "--followers", type=int, nargs="*", default=[1_000, 5_000, 10_000], metavar="N",
        help="how many follow the public feed, one run for each",
    )  # fmt: skip
    options = parser.parse_args()
    enough = allow_files(max(options.followers, default=0))
    for count in [count for count in options.followers if count > enough]:
        print(f"feed {count:>6,}        left out: a process may open files for {enough:,} here")
        options.followers.remove(count)
    os.environ.update(UNLIMITED)
    print(
        f"machine            {platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    figures: Json = {}
    with venue() as running:
        people = People(running)
        # The feed first: memory that a flood of orders has left would hide what connections take.
        figures |= public_figures(people, running, options.followers, options.seconds)
        figures["orders"] = http_figures(people, options.seconds)
        half = figures["orders"]["single"]["per_second"] / 2
        figures["own_events"] = own_figures(people, running, half, options.seconds)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=2))
    return 0


def http_figures(people: People, seconds: float) -> Json:
    """Return the rates of single orders and of batches, beside a constant."""
    port = people.address.port
    single = asyncio.run(load(HOST, port, makers(people, 1), seconds))
    say("single orders", single)
    many = asyncio.run(load(HOST, port, makers(people, 2, BATCH), seconds))
    say(f"batches of {BATCH}", many, BATCH)
    with helper(free_port(HOST), "constant.py") as constant_server:
        constant = asyncio.run(load(HOST, constant_server.port, makers(people, 3), seconds))
    say("the same, constant", constant)
    print(f"single : constant  {single.per_second / constant.per_second:.2f}")
    return {"single": single._asdict(), "batch": many._asdict(), "constant": constant._asdict()}


def own_figures(people: People, running: Venue, per_second: float, seconds: float) -> Json:
    """Return the delays of private events at a fixed rate of single orders, and CPU per order."""
    quiet(running)
    before = sum(running.cpu_seconds().values()), time.process_time()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told = runner.run(own_events(people, running, per_second, seconds))
    print(
        f"own events         at {told.per_second:,.0f} orders/s (half), p50 / p99 from when each "
        f"was due: taken {told.accepted_p50_ms:.1f} / {told.accepted_p99_ms:.1f} ms, settled "
        f"{told.settled_p50_ms:.1f} / {told.settled_p99_ms:.1f} ms; {told.declined} declined, "
        f"{told.untold} untold"
    )
    orders = told.per_second * seconds
    exchange_us = 1e6 * (sum(running.cpu_seconds().values()) - before[0]) / orders
    bench_us = 1e6 * (time.process_time() - before[1]) / orders
    print(f"CPU per order      exchange {exchange_us:.0f} us, this bench {bench_us:.0f} us")
    return {**told._asdict(), "exchange_us": exchange_us, "bench_us": bench_us}


def public_figures(people: People, running: Venue, counts: list[int], seconds: float) -> Json:
    """Return what followers of the public feed heard, for each count, and beside one who stalls."""
    if not counts:
        return {}
    growth = warm(people, running)
    feed = {
        count: feed_figures(people, running, count, seconds, growth) for count in sorted(counts)
    }
    beside = stalled_figures(people, running, min(counts), seconds, growth)
    return {"feed": feed, "stalled": beside}


def warm(people: People, running: Venue) -> Growth:
    """Let a few follow, so that what the first of all costs is not counted for each."""
    pid = running.record.processes["edge"].pid
    heard(people, running, WARM_COUNT, 1, Growth(pid))
    return Growth(pid)


def feed_figures(
    people: People, running: Venue, count: int, seconds: float, growth: Growth
) -> Json:
    """Return what *count* followers heard of us, and of bare picows that says as much."""
    ours = heard(people, running, count, seconds, growth)
    length = str(int(ours["length"]) or 200)
    with helper(free_port(HOST), "broadcast.py", length) as broadcast:
        bare = followers(broadcast.port, count, 0, seconds, Growth(broadcast.pid))
    for name, figures in ((f"feed {count:>6,}", ours), ("bare picows", bare)):
        print(
            f"{name:<18} {figures['per_second']:>9,.0f} messages/s, p50 / p99 "
            f"{figures['p50_ms']:.0f} / {figures['p99_ms']:.0f} ms, "
            f"{figures['bytes_each'] / 1_024:.1f} KiB each"
        )
    return {"ours": ours, "bare": bare}


def stalled_figures(
    people: People, running: Venue, count: int, seconds: float, growth: Growth
) -> Json:
    """Return what *count* followers heard without and with one beside them that does not read."""
    without = heard(people, running, count, seconds, growth)
    with stalled(running, 1):
        beside = heard(people, running, count, seconds, growth)
    print(
        f"one stalled reader p50 / p99 of the {count:,} others {beside['p50_ms']:.0f} / "
        f"{beside['p99_ms']:.0f} ms; without it {without['p50_ms']:.0f} / {without['p99_ms']:.0f}"
    )
    return {"without": without, "beside": beside}


def say(name: str, rate: Rate, each: int = 1) -> None:
    """Print one line."""
    print(
        f"{name:<18} {rate.per_second * each:>9,.0f}/s, p50 / p99 {rate.p50_ms:.1f} / "
        f"{rate.p99_ms:.1f} ms, {rate.refused} declined"
    )


if __name__ == "__main__":
    sys.exit(main())
