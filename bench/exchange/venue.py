"""An exchange of this run's own: `outcry up` in a temporary folder, on free ports."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TypeVar

import asyncpg
import httpx

from outcry.adapters.embedded.postgres import PostgresServer
from outcry.app.record import Record, RecordFile
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.config import Config
from outcry.runtime.data_dir import DataDir
from outcry.runtime.secrets import master_key


START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 60
#: How long a process may take to say how it is, on however busy a machine.
ANSWER_SECONDS_MAX = 60
COMMAND = (sys.executable, "-c", "from outcry.app.cli import main; main()")
T = TypeVar("T")
SETTINGS = {
    "OUTCRY_HTTP_PORT": "0",
    "OUTCRY_FEEDS_PORT": "0",
    "OUTCRY_GATEWAY_PORT": "0",
    "OUTCRY_GRPC_PORT": "0",
    "OUTCRY_METRICS_CORE_PORT": "0",
    "OUTCRY_METRICS_MATCH_PORT": "0",
    "OUTCRY_METRICS_EDGE_PORT": "0",
    "OUTCRY_METRICS_HISTORY_PORT": "0",
    "OUTCRY_LIMITS_UNAPPLIED_ORDERS_COUNT_MAX": "50000",
}


class Venue:
    """A running exchange as a bench sees it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.environ = {**os.environ, **SETTINGS, "OUTCRY_DATA_DIR": str(data_dir)}
        #: One for all questions: making a client costs more than asking.
        self._http = httpx.Client(trust_env=False, timeout=ANSWER_SECONDS_MAX)
        self._process = subprocess.Popen(
            [*COMMAND, "up"], env=self.environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=(data_dir.parent / "log").open("wb"),
        )  # fmt: skip

    @property
    def record(self) -> Record:
        """What runs where."""
        record = RecordFile(self.data_dir).running()
        assert record is not None, "the exchange ended"
        return record

    @property
    def door_token(self) -> str:
        """What the ledger's gRPC door asks of a door."""
        return KeyRing(master_key(DataDir(self.data_dir).folder("secrets"))).service_token("door")

    def wait_until_ready(self) -> None:
        """Wait for /readyz; raises when the exchange ends before."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SystemExit((self.data_dir.parent / "log").read_text()[-4_000:])
            record = RecordFile(self.data_dir).running()
            if record and "http" in record.addresses and self._answers(record):
                return
            time.sleep(0.1)
        raise SystemExit(f"the exchange was not ready within {START_SECONDS_MAX} s")

    def metric(self, process: str, name: str) -> float:
        """Return one figure of a process's /metrics."""
        text = self._http.get(f"http://{self.record.addresses[process]}/metrics").text
        values = [line.split()[-1] for line in text.splitlines() if line.startswith(name)]
        return sum(map(float, values))

    def commits(self) -> tuple[float, float]:
        """Return the seconds that all commits of the log took, and how many there were."""
        name = "outcry_asset_commit_seconds"
        return self.metric("core", f"{name}_sum"), self.metric("core", f"{name}_count")

    def number(self, query: str) -> int:
        """Return the single number that *query* yields in the exchange's database."""

        async def ask() -> int:
            connection = await asyncpg.connect(self._dsn)
            try:
                number: int = await connection.fetchval(query)
            finally:
                await connection.close()
            return number

        return _apart(ask())

    def set_commit_delay(self, microseconds: int) -> None:
        """Have every commit sleep so long before it goes to disk."""
        for setting in (f"commit_delay = {microseconds}", "commit_siblings = 0"):
            _apart(self._execute(f"alter system set {setting}"))
        _apart(self._execute("select pg_reload_conf()"))

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time that each process has used."""
        ticks = os.sysconf("SC_CLK_TCK")
        used = {}
        for name, process in self.record.processes.items():
            used[name] = sum(_ticks(pid) for pid in _tree(process.pid)) / ticks
        return used

    def verify(self) -> bool:
        """Return whether `outcry verify` finds the books clean."""
        done = subprocess.run([*COMMAND, "verify"], env=self.environ, check=False)
        return done.returncode == 0

    def stop(self) -> None:
        """Stop it, gently first."""
        self._http.close()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def _dsn(self) -> str:
        config = Config(data_dir=str(self.data_dir)).postgres
        return PostgresServer(config, DataDir(self.data_dir), Event()).address()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _answers(self, record: Record) -> bool:
        try:
            ready = self._http.get(f"http://{record.addresses['http']}/readyz")
        except httpx.TransportError:
            return False
        return ready.status_code == httpx.codes.OK


@contextmanager
def venue() -> Iterator[Venue]:
    """Run an exchange for the length of the block."""
    with TemporaryDirectory(prefix="outcry-bench-") as folder:
        running = Venue(Path(folder) / "data")
        try:
            running.wait_until_ready()
            yield running
        finally:
            running.stop()


def _apart(work: Coroutine[object, object, T]) -> T:
    """Run *work* on a loop of its own, whatever loop this thread runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _tree(root: int) -> list[int]:
    """Return *root* and all its descendants."""
    found = [root]
    for pid in found:
        with suppress(OSError):  # it ended meanwhile
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, task.read_text().split())
    return found
