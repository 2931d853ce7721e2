"""What one commit, one projected row and one stream entry cost, on servers of this run's own.

Every figure of the log is also given as a ratio to an empty commit of the same minute: machines
differ and neighbours are noisy. CPU is that of the PostgreSQL backend and of this process.
"""

import asyncio
import json
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar, get_type_hints

import asyncpg

from outcry.adapters.embedded import EmbeddedServers, Endpoints
from outcry.adapters.postgres import PostgresLedgerLog, PostgresProjection, migrate
from outcry.adapters.redis import RedisBus
from outcry.ports.bus import StreamEntry
from outcry.ports.ledger_log import Span
from outcry.ports.projection import (
    BalanceRow,
    MarketRow,
    OrderRow,
    PositionRow,
    Rows,
    TradeRow,
)
from outcry.ports.rows import JournalRow, pack_leg
from outcry.runtime.config import Config


RowT = TypeVar("RowT")

COMMITS = 1_500
ROUNDS = 5
BATCHES = 20
REQUESTS_PER_BATCH = 2_000


OUT = Path(__file__).parent / "out" / "adapters.json"
figures: dict[str, dict[str, float]] = {}


class Cost(NamedTuple):
    """Medians in microseconds."""

    p50: float
    p99: float
    server: float
    client: float

    def __str__(self) -> str:
        return (
            f"p50 {self.p50:6.0f} us  p99 {self.p99:6.0f} us  "
            f"PostgreSQL {self.server:4.0f} us  Python {self.client:4.0f} us"
        )


def blank(row: Callable[..., RowT]) -> RowT:
    """Return a row of zeros and empty texts."""
    return row(*("" if kind is str else 0 for kind in get_type_hints(row).values()))


ORDER, TRADE, JOURNAL = blank(OrderRow), blank(TradeRow), blank(JournalRow)
LEG = pack_leg(0, 0, 0, 0, 0, 0, 0)
MARKET, POSITION = blank(MarketRow), blank(PositionRow)


def cpu_us(pid: int) -> float:
    """Return the CPU time that a process has used."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1_000


async def measured(pid: int, count: int, work: Callable[[int], Awaitable[object]]) -> Cost:
    """Do *work* *count* times."""
    server, client = cpu_us(pid), time.process_time()
    times = []
    for number in range(count):
        begin = time.perf_counter()
        await work(number)
        times.append((time.perf_counter() - begin) * 1e6)
    times.sort()
    return Cost(
        times[count // 2],
        times[count * 99 // 100],
        (cpu_us(pid) - server) / count,
        (time.process_time() - client) * 1e6 / count,
    )


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[tuple[asyncpg.Connection, int]]:
    """Return a connection and the process behind it."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection, await connection.fetchval("select pg_backend_pid()")
    finally:
        await connection.close()


async def bench_log(dsn: str) -> None:
    """Append entries of several sizes, in turn with empty commits."""
    log = await PostgresLedgerLog.connect(dsn)
    opened = await log.open(0)
    assert log._writer is not None  # noqa: SLF001 - its process is what is measured
    pid = await log._writer.fetchval("select pg_backend_pid()")  # noqa: SLF001 - likewise
    head = opened.head

    def appending(size: int, spans: int) -> Callable[[int], Awaitable[None]]:
        async def append(_: int) -> None:
            nonlocal head
            head += 1
            kinds = "cf"[:spans]
            body = random.randbytes(size // 2) + bytes(size - size // 2)
            await log.append(
                opened.epoch, head, 0, body, [Span(0, kind, head, head) for kind in kinds]
            )

        return append

    async with connected(dsn) as (connection, bare_pid):
        await connection.execute("create table bare (n bigint)")
        shapes = {"empty entry": (0, 0), "500 B, 2 spans": (500, 2), "50 kB, 2 spans": (50_000, 2)}
        costs: dict[str, list[Cost]] = {name: [] for name in ("empty commit", *shapes)}
        for _ in range(ROUNDS):
            costs["empty commit"].append(
                await measured(
                    bare_pid,
                    COMMITS // ROUNDS,
                    lambda n: connection.execute("insert into bare values ($1)", n),
                )
            )
            for name, (size, spans) in shapes.items():
                costs[name].append(await measured(pid, COMMITS // ROUNDS, appending(size, spans)))
    base = sorted(cost.p50 for cost in costs["empty commit"])[ROUNDS // 2]
    for name, found in costs.items():
        cost = sorted(found)[ROUNDS // 2]
        ratio = cost.p50 / base
        figures[f"log, {name}"] = {**cost._asdict(), "to an empty commit": ratio}
        print(f"log  {name:16} {cost}  {ratio:4.2f} x an empty commit")
    await log.close()


def orders(number: int, dice: random.Random) -> list[OrderRow]:
    """Return the orders that a batch places, behind earlier ones that it ends."""
    places = REQUESTS_PER_BATCH * 7 // 10
    first = number * places + 1
    earlier = range(max(1, first - 30_000), max(2, first))
    ended = sorted(dice.sample(earlier, min(first - 1, REQUESTS_PER_BATCH * 6 // 10)))
    return [
        *(ORDER._replace(order_id=i, status=2, placed_n=0) for i in ended),
        *(
            ORDER._replace(
                order_id=i, account=1000 + dice.randrange(2_000), status=1, placed_n=number + 1
            )
            for i in range(first, first + places)
        ),
    ]


def batch(number: int, dice: random.Random) -> Rows:
    """Return the netted rows of a batch of places and cancels with 900 fills."""
    fills = [(1000 + dice.randrange(2_000), dice.randrange(200) + 1) for _ in range(900)]
    keys = {(account, asset) for account, market in fills for asset in (0, market * 2)}
    return Rows(
        users=[],
        keys=[],
        events=[],
        markets=[MARKET._replace(market_id=m, volume=number) for m in range(1, 201)],
        balances=[BalanceRow(account, asset, number, 0) for account, asset in keys],
        positions=[
            POSITION._replace(account=account, market_id=market, fees=number)
            for account, market in set(fills)
        ],
        orders=orders(number, dice),
        trades=[
            TRADE._replace(trade_id=number * 1_000 + i, taker_account=account, n=number + 1)
            for i, (account, _) in enumerate(fills)
        ],
        journal=[
            JOURNAL._replace(account=account, n=number + 1, legs=LEG * 8)
            for account in {account for account, _ in fills}
        ],
        activity=[],
        audit=[],
        candles=[],
        turnovers=[],
        portfolios=[],
        accounts=[],
        profiles=[],
        seasons=[],
        limits=[],
    )


async def bench_projection(dsn: str) -> None:
    """Project batches of 2,000 requests."""
    projection = await PostgresProjection.connect(dsn)
    dice = random.Random(1)
    pid = await projection._connection.fetchval("select pg_backend_pid()")  # noqa: SLF001 - measured
    batches = [batch(number, dice) for number in range(BATCHES)]
    count = sum(len(kind) for rows in batches for kind in rows) / BATCHES

    async def apply(number: int) -> None:
        await projection.apply(number + 1, number + 1, batches[number])

    begin = time.perf_counter()
    cost = await measured(pid, BATCHES, apply)
    seconds = (time.perf_counter() - begin) / BATCHES
    server, client = cost.server / REQUESTS_PER_BATCH, cost.client / REQUESTS_PER_BATCH
    figures["projection"] = {
        "rows/s": count / seconds,
        "requests/s": REQUESTS_PER_BATCH / seconds,
        "PostgreSQL us": server,
        "Python us": client,
    }
    print(
        f"rows {count / seconds:,.0f} rows/s = {REQUESTS_PER_BATCH / seconds:,.0f} requests/s "
        "(goal 25,000); a "
        f"request is {count / REQUESTS_PER_BATCH:.1f} rows, PostgreSQL {server:.1f} us, "
        f"Python {client:.1f} us"
    )
    await projection.close()


async def bench_bus(url: str) -> None:
    """Append and read entries of 300 bytes, one by one and in batches of 100."""
    bus = RedisBus(url)
    tail = 0
    for size in (1, 100):
        begin, count = time.perf_counter(), 0
        while time.perf_counter() - begin < 1:
            entries = [StreamEntry(n, n, bytes(300)) for n in range(tail + 1, tail + size + 1)]
            await bus.append_many("bench", entries)
            tail, count = tail + size, count + size
        rate = count / (time.perf_counter() - begin)
        figures[f"bus, append by {size}"] = {"entries/s": rate}
        print(f"bus  append by {size:3}: {rate:,.0f} entries/s")
    begin, position = time.perf_counter(), 0
    while position < tail:
        found = await bus.read("bench", position, count_max=1_000, wait_ms=0, generation="")
        position = found[-1].last
    rate = tail / (time.perf_counter() - begin)
    figures["bus, read"] = {"entries/s": rate}
    print(f"bus  read: {rate:,.0f} entries/s")
    await bus.close()


async def bench(endpoints: Endpoints) -> None:
    """Run everything."""
    await migrate(endpoints.postgres_dsn)
    await bench_log(endpoints.postgres_dsn)
    await bench_projection(endpoints.postgres_dsn)
    await bench_bus(endpoints.redis_url)


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedServers(Config(data_dir=folder)) as found_endpoints,
    ):
        asyncio.run(bench(found_endpoints))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=1))
