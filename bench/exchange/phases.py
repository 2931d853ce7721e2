"""The phases of the bench: as much as it takes, at a fixed rate, one order at a time."""

import asyncio
import resource
import statistics
import time
from dataclasses import dataclass

from exchange.load import Load
from exchange.pacing import ticks
from exchange.venue import Venue


#: The closed loop: so many calls on their way, each with so many requests.
CALLS, BATCH = 24, 100
#: Requests in a batch of the open loop.
OPEN_BATCH = 16
#: Single orders on their way at once.
SINGLES = 64
CATCH_UP_SECONDS_MAX = 600


@dataclass
class Rate:
    """How many requests a closed loop got answered, and what they cost."""

    requests: int
    per_second: float
    #: With the time that the tables took to catch up afterwards.
    sustained_per_second: float
    #: CPU microseconds per request by process, the load generator's among them.
    cpu_us: dict[str, float]
    log_bytes: float


@dataclass
class Delays:
    """Milliseconds from the scheduled send time."""

    per_second: float
    p50: float
    p99: float
    longest: float
    #: CPU microseconds per batch by process, the load generator's among them.
    cpu_us: dict[str, float]
    #: Mean milliseconds of a commit, and commits per batch.
    commit_ms: float
    commits: float

    def __str__(self) -> str:
        return f"p50 {self.p50:6.1f}  p99 {self.p99:6.1f}  max {self.longest:6.0f} ms"


async def flood(load: Load, venue: Venue, seconds: float) -> Rate:
    """Keep `CALLS` batches on their way for *seconds*, then wait for the tables."""
    until, before = time.monotonic() + seconds, load.answered
    written, used, own, began = log_bytes(venue), venue.cpu_seconds(), _own_cpu(), time.monotonic()

    async def keep_on() -> None:
        while time.monotonic() < until:
            await load.send(load.batch(BATCH), wait_result=False)

    await asyncio.gather(*(keep_on() for _ in range(CALLS)))
    lasted, count = time.monotonic() - began, load.answered - before
    own = _own_cpu() - own
    behind = await caught_up(venue)
    now = venue.cpu_seconds()
    spent = {name: (now[name] - used.get(name, 0)) / count * 1e6 for name in now}
    return Rate(
        count,
        count / lasted,
        count / (lasted + behind),
        {**spent, "load generator": own / count * 1e6},
        (log_bytes(venue) - written) / count,
    )


async def singles(load: Load, seconds: float) -> float:
    """Keep `SINGLES` calls of one request each on their way; returns requests per second."""
    until, before, began = time.monotonic() + seconds, load.answered, time.monotonic()

    async def keep_on() -> None:
        while time.monotonic() < until:
            await load.send(load.batch(1), wait_result=False)

    await asyncio.gather(*(keep_on() for _ in range(SINGLES)))
    return (load.answered - before) / (time.monotonic() - began)


async def steady(
    load: Load, venue: Venue, seconds: float, per_second: float, *, wait_result: bool
) -> Delays:
    """Send at a fixed rate, whatever comes back when: nothing is hidden by waiting."""
    used, own, (spent_s, commits) = venue.cpu_seconds(), _own_cpu(), venue.commits()
    taken = await _at_rate(load, seconds, per_second, wait_result=wait_result)
    count = len(taken)
    spent = {name: cpu - used.get(name, 0) for name, cpu in venue.cpu_seconds().items()}
    spent["load generator"] = _own_cpu() - own
    spent_s, commits = (
        now - then for now, then in zip(venue.commits(), (spent_s, commits), strict=True)
    )
    cuts = statistics.quantiles(taken, n=1_000)
    return Delays(
        per_second, cuts[499], cuts[989], max(taken),
        {name: cpu / count * 1e6 for name, cpu in spent.items()},
        spent_s / commits * 1e3, commits / count,
    )  # fmt: skip


async def _at_rate(
    load: Load, seconds: float, per_second: float, *, wait_result: bool
) -> list[float]:
    """Return how many ms each batch took, from the moment at which it was to be sent."""
    taken: list[float] = []
    pause = OPEN_BATCH / per_second
    calls: set[asyncio.Task[None]] = set()

    async def one(scheduled: float) -> None:
        at = await load.send(load.batch(OPEN_BATCH), wait_result=wait_result)
        taken.append((at - scheduled) * 1_000)

    async for scheduled in ticks(time.monotonic() + pause, pause, int(seconds / pause)):
        call = asyncio.create_task(one(scheduled))
        calls.add(call)
        call.add_done_callback(calls.discard)
    await asyncio.gather(*calls)
    return taken


async def caught_up(venue: Venue) -> float:
    """Wait until the tables include the head of the log; returns the seconds it took."""
    began = time.monotonic()
    while time.monotonic() - began < CATCH_UP_SECONDS_MAX:
        head = venue.metric("core", "outcry_asset_log_head")
        if venue.metric("history", "outcry_history_position") >= head - 2:
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    raise SystemExit("the tables did not catch up")


def log_bytes(venue: Venue) -> int:
    """Return the bytes that the parts of the log take on disk, their indexes included."""
    return venue.number(
        "select sum(pg_total_relation_size(inhrelid))::bigint from pg_inherits "
        "where inhparent = 'ledger_log'::regclass"
    )


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
