"""A real exchange: `outcry up` in a folder of its own, on free ports, spoken to from outside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from tests.support.ports import free_port

from outcry.app.credentials import new_token
from outcry.app.pids import ProcessId, alive, send
from outcry.app.record import Record, RecordFile
from outcry.runtime.config import load


COMMAND: Final = (sys.executable, "-c", "from outcry.app.cli import main; main()")
#: A bound for machines that do ten other things; on an idle one everything takes seconds.
WAIT_SECONDS_MAX: Final = 240
POLL_SECONDS: Final = 0.02
#: Longer than the exchange waits with an answer.
CLIENT_SECONDS: Final = 90
#: What an exchange listens on, and so each in ports of its own.
LISTENING: Final = (
    *("HTTP", "FEEDS", "GATEWAY", "GRPC"),
    *("METRICS_CORE", "METRICS_MATCH", "METRICS_EDGE", "METRICS_HISTORY"),
)
#: The servers are small, and on a busy machine answers may wait for what they are to show.
SETTINGS: Final = {
    "OUTCRY_POSTGRES_SHARED_BUFFERS_MIB": "16",
    "OUTCRY_REDIS_MEMORY_MIB_MAX": "64",
    "OUTCRY_LIMITS_READ_WAIT_MS_MAX": "60000",
    "OUTCRY_LIMITS_RESULT_WAIT_MS_MAX": "60000",
}

Json = dict[str, Any]


class Exchange:
    """One data folder and the exchange that runs on it, if one does."""

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.mkdir(exist_ok=True)
        self.data_dir = folder / "data"
        self._output = folder / "output.txt"
        self._logs = folder / "logs.txt"
        # The same ports at every start, so that clients find it again.
        ports = {f"OUTCRY_{name}_PORT": str(free_port()) for name in LISTENING}
        self._settings = {**SETTINGS, **ports, **settings}
        self._file = RecordFile(self.data_dir)
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[Client] = []

    # --- commands -------------------------------------------------------------------------------

    def environ(self) -> dict[str, str]:
        """Return the environment of a command, with nothing of ours but these settings."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("OUTCRY_")}
        return {**kept, **self._settings, "OUTCRY_DATA_DIR": str(self.data_dir)}

    def command(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run `outcry` with *arguments* to its end, giving it *text* to read."""
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self.environ(),
            input=text,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS_MAX,
            check=False,
        )

    def verify(self) -> str:
        """Return what `outcry verify` says; fails unless it is clean."""
        done = self.command("verify")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    # --- life -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start `outcry up` and wait until it says that it is ready."""
        self.launch()
        wait_until(lambda: "Ready after" in self.output(), self._still_running)

    def launch(self, *arguments: str) -> None:
        """Start `outcry up`, or another command that runs an exchange."""
        with self._output.open("wb") as output, self._logs.open("ab") as logs:
            self._process = subprocess.Popen(
                [*COMMAND, *(arguments or ("up",))],
                env=self.environ(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=logs,
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the supervisor."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """Return the exit code of `outcry up`."""
        assert self._process is not None
        return self._process.wait(WAIT_SECONDS_MAX)

    def stop(self) -> int:
        """Stop it as Ctrl-C would; returns the exit code."""
        self.signal(signal.SIGINT)
        return self.wait()

    def end(self) -> None:
        """Make sure that nothing is left, whatever happened."""
        for client in self._clients:
            client.http.close()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def output(self) -> str:
        """Return what it told the person who started it."""
        return self._output.read_text("utf-8")

    def logs(self) -> str:
        """Return the logs of all its runs."""
        return self._logs.read_text("utf-8")

    def told(self) -> str:
        """Return what helps to understand a failure."""
        return f"{self.output()}\n{self.logs()[-8_000:]}" if self._process else "never started"

    def _still_running(self) -> str:
        """Return "" while it runs, else why it does not."""
        assert self._process is not None
        if self._process.poll() is None:
            return ""
        return f"it ended with {self._process.returncode}:\n{self.told()}"

    # --- processes ------------------------------------------------------------------------------

    def record(self) -> Record:
        """Return what it recorded about itself."""
        record = self._file.read()
        assert record is not None, "nothing is recorded"
        return record

    def processes(self) -> dict[str, ProcessId]:
        """Return every process of it by name, the supervisor included."""
        record = self.record()
        return {"supervisor": record.supervisor, **record.processes}

    def kill(self, name: str) -> None:
        """Kill one process at once, and return when it is gone."""
        process = self.processes()[name]
        assert send(process, signal.SIGKILL), f"{name} does not run"
        wait_until(lambda: not alive(process))

    def wait_replaced(self, name: str, before: ProcessId) -> None:
        """Return when another process runs as *name*."""
        wait_until(lambda: self.processes()[name] != before, self._still_running)

    def wait_ready(self) -> None:
        """Return when every process says that it is ready."""
        addresses = self.record().addresses
        for name in ("core", "match", "history", "edge", "http"):
            url = f"http://{addresses[name]}/readyz"
            wait_until(lambda url=url: _ok(url), self._still_running)  # type: ignore[misc]

    # --- clients --------------------------------------------------------------------------------

    def token(self, user: str, *, admin: bool = False) -> str:
        """Return a token for a trader, or for an operator."""
        config = load(environ=self.environ())
        return new_token(config, user, admin=admin, ttl="1h")

    def client(self, token: str = "") -> "Client":
        """Return a client of the HTTP door."""
        made = Client(f"http://{self.record().addresses['http']}", token)
        self._clients.append(made)
        return made


class Client:
    """Somebody with a token."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(
            base_url=url, headers=headers, timeout=CLIENT_SECONDS, trust_env=False
        )

    def get(self, path: str, **query: Any) -> Any:
        """Return the data of an answer that must be good."""
        return _data(self.http.get(path, params=query))

    def post(self, path: str, body: Json | None = None, **query: Any) -> Any:
        """Return the data of an answer that must be good."""
        return _data(self.http.post(path, json=body or {}, params=query))

    def refused(self, path: str, body: Json) -> Json:
        """Return the data of an answer that must be a reject."""
        answer = self.http.post(path, json=body).json()
        assert answer["code"] != 0, answer
        data: Json = answer["data"]
        return data


@contextmanager
def exchange(folder: Path, **settings: str) -> Iterator[Exchange]:
    """Give an exchange in *folder* that is not started yet; nothing of it outlives the block."""
    made = Exchange(folder, **settings)
    try:
        yield made
    except BaseException:
        sys.stdout.write(made.told())
        raise
    finally:
        made.end()


def wait_until(done: Callable[[], bool], broken: Callable[[], str] = str) -> None:
    """Return when *done* says so; fails when *broken* has something to say, or after a bound."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not done():
        why = broken()
        assert not why, why
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS_MAX} s"
        time.sleep(POLL_SECONDS)


def _ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _data(answer: httpx.Response) -> Any:
    body = msgspec.json.decode(answer.content)
    assert answer.status_code == httpx.codes.OK, f"{answer.request.url}: {body}"
    assert body["code"] == 0, f"{answer.request.url}: {body}"
    return body["data"]
