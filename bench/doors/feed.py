"""The public feed with many followers: what they hear, how late, and what each costs in memory."""

import json
import random
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, cast

import httpx
from doors.people import People, bearer
from exchange.venue import Venue


HERE: Final = Path(__file__).parent
HOST: Final = "127.0.0.1"
START_SECONDS_MAX: Final = 60
LEAVE_SECONDS_MAX: Final = 60
QUIET_SECONDS_MAX: Final = 120
ORDER_SECONDS: Final = 0.02
#: Files that a process has open besides its followers.
OTHER_FILES: Final = 500

Json = dict[str, Any]


class Helper(NamedTuple):
    """A server of ours beside the exchange."""

    port: int
    pid: int


@contextmanager
def helper(port: int, script: str, *rest: str) -> Iterator[Helper]:
    """Run a server of this folder on *port* for the length of the block."""
    process = subprocess.Popen([sys.executable, str(HERE / script), str(port), *rest])
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                socket.create_connection((HOST, port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, f"{script} does not listen"
                time.sleep(0.1)
        yield Helper(port, process.pid)
    finally:
        process.terminate()
        process.wait()


def allow_files(followers: int) -> int:
    """Let processes open files for so many followers, as far as that is allowed.

    Returns for how many followers it is enough; what is started later inherits it.
    """
    want = followers + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= want:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, want), hard))
        return followers
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (want, want))
    except (OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return hard - OTHER_FILES
    return followers


def quiet(running: Venue) -> None:
    """Wait until the tables have caught up with what came before."""
    deadline = time.monotonic() + QUIET_SECONDS_MAX
    while running.metric("history", "outcry_history_lag_entries") > 1:
        assert time.monotonic() < deadline, "the tables do not catch up"
        time.sleep(0.5)


def resident_bytes(pid: int) -> int:
    """Return the memory that a process has in use."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1_024
    raise AssertionError(f"process {pid} ended")


class Growth:
    """How much memory a process has taken since it had no follower yet."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = resident_bytes(pid)

    def now(self) -> int:
        """Return the bytes; what earlier followers left to be used again counts."""
        return resident_bytes(self._pid) - self._before


def followers(port: int, count: int, market: int, seconds: float, growth: Growth) -> Json:
    """Return what *count* followers in a process of their own heard.

    ``bytes_each`` is the memory of the server for each, once all have what they asked for; what the
    kernel keeps for their sockets is not in it.
    """
    command = [sys.executable, str(HERE / "followers.py"), str(port), str(count), str(market)]
    with subprocess.Popen([*command, str(seconds)], stdout=subprocess.PIPE, text=True) as process:
        lines = cast("IO[str]", process.stdout)
        assert lines.readline() == "connected\n", "the followers did not come"
        grown = growth.now()
        figures: Json = json.loads(lines.read())
    assert process.returncode == 0
    return {**figures, "bytes_each": grown / count}


@contextmanager
def moving(people: People) -> Iterator[None]:
    """Have a few orders a second change the book for the length of the block."""
    over = threading.Event()

    def enter() -> None:
        dice = random.Random(0)
        with httpx.Client(base_url=f"http://{people.address}", trust_env=False) as http:
            while not over.wait(ORDER_SECONDS):
                order = people.order(dice)
                http.post("/api/place_order", json=order, headers=bearer(people.tokens[0]))

    thread = threading.Thread(target=enter)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def heard(people: People, running: Venue, count: int, seconds: float, growth: Growth) -> Json:
    """Return what followers of the exchange heard while the book moved."""
    port = running.record.addresses["feeds"].port
    already = int(running.metric("edge", "outcry_websocket_depth_sessions"))
    with moving(people):
        figures = followers(port, count, 1, seconds, growth)
    deadline = time.monotonic() + LEAVE_SECONDS_MAX
    while running.metric("edge", "outcry_websocket_depth_sessions") > already:
        assert time.monotonic() < deadline, "followers left and were not forgotten"
        time.sleep(0.2)
    return figures
