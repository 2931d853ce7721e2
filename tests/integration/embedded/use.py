"""What the tests do with servers: write, read, look for their processes."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import msgspec
import redis

from outcry.adapters.embedded import Endpoints


PARENT = Path(__file__).with_name("parent.py")
SERVERS = frozenset({"postgres", "initdb", "valkey-server", "redis-server"})
WAIT_SECONDS_MAX = 120


def sql(endpoints: Endpoints, *statements: str) -> object:
    """Run *statements* in one connection; return the first value of the last one."""

    async def run() -> object:
        connection = await asyncpg.connect(endpoints.postgres_dsn)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


@contextmanager
def streams(endpoints: Endpoints) -> Iterator["redis.Redis"]:
    """Connect to Valkey."""
    with redis.Redis.from_url(endpoints.redis_url) as client:
        yield client


def processes(folder: Path, programs: frozenset[str] = SERVERS) -> list[int]:
    """Return those of *programs* that work below *folder*, the oldest first."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program = (process / "exe").readlink().name
            place = (process / "cwd").readlink()
            started = int((process / "stat").read_text().rpartition(")")[2].split()[19])
        except OSError:
            continue  # it has just ended
        if program in programs and place.is_relative_to(folder.resolve()):
            found.append((started, int(process.name)))
    return [pid for _, pid in sorted(found)]


def process_of(folder: Path, program: str) -> int:
    """Return the server *program* that works below *folder*, not one of its helpers."""
    return processes(folder, frozenset({program}))[0]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Return once *condition* holds."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, f"still waiting after {WAIT_SECONDS_MAX} s: {what}"
        time.sleep(0.005)


def endpoints_of(process: "subprocess.Popen[str]") -> Endpoints:
    """Return where the servers of *process*, a `parent`, are; it has started them then."""
    assert process.stdout is not None
    return msgspec.json.decode(process.stdout.readline(), type=Endpoints)


@contextmanager
def parent(folder: Path, *before: str) -> Iterator["subprocess.Popen[str]"]:
    """Run parent.py on *folder*, behind the words *before*; it is gone afterwards."""
    with subprocess.Popen(
        [*before, sys.executable, str(PARENT), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
