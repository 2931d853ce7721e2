"""One server process: started behind the guard, watched, stopped within a bound."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from outcry.adapters.embedded.failure import EmbeddedError, tail
from outcry.adapters.embedded.identity import Identity, guarded


POLL_SECONDS = 0.01
#: A server that replays a long log is alive and not ready; killing it would only begin anew.
START_SECONDS_MAX = 600
#: What a leftover gets before it is asked more firmly, and before it is killed.
LEFTOVER_SECONDS_MAX = 10
LOG_BYTES_MAX = 8 * 1024 * 1024

#: How to stop: a signal and the seconds it is given.
Steps = Sequence[tuple[signal.Signals, float]]


class ServerProcess:
    """A server that runs, or ran. Its output goes to *log*."""

    def __init__(
        self, command: list[str], identity: Identity, death_signal: signal.Signals, log: Path
    ) -> None:
        """Start *command*. The calling thread must live as long as the server shall."""
        self._log = log
        _keep_short(log)
        environ = {name: text for name, text in os.environ.items() if not name.startswith("PG")}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                guarded(command, identity, death_signal),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                env=environ | {"LC_ALL": "C", "TZ": "UTC"},
                # Ctrl-C is for the exchange, which stops its servers last.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def wait(self, name: str, ready: Callable[[], bool], given_up: threading.Event) -> None:
        """Return once it is *ready*; raises `EmbeddedError` if it ends first or takes too long."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while not ready():
            if not self.alive():
                code = self._process.returncode
                raise EmbeddedError(f"{name} ended with {code} at start:\n{tail(self._log)}")
            if given_up.is_set():
                raise EmbeddedError(f"{name} was told to stop before it was ready")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{name} is not ready after {START_SECONDS_MAX} seconds")
            time.sleep(POLL_SECONDS)

    def finish(self, name: str, given_up: threading.Event) -> None:
        """Return once it has ended well; raises `EmbeddedError` if it has not."""
        try:
            self.wait(name, lambda: self._process.poll() == 0, given_up)
        except EmbeddedError:
            self._process.kill()
            self._process.wait()
            raise

    def stop(self, steps: Steps) -> None:
        """Stop it, asking ever more firmly; the last resort is SIGKILL."""
        for number, seconds in steps:
            if not self.alive():
                return
            self._process.send_signal(number)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        if self.alive():
            self._process.kill()
            self._process.wait()


def wait_for_leftovers(folder: Path, programs: frozenset[str], given_up: threading.Event) -> None:
    """Return once no process of *programs* works in *folder* any more.

    After ``kill -9`` of an exchange, or of a server, the processes it leaves need a moment to end.
    Two servers on the same files would destroy them, so whoever stays is ended. Needs Linux; on
    other systems the server itself refuses to start beside another one.
    """
    begin = time.monotonic()
    while leftovers := list(_working_in(folder, programs)):
        seconds = time.monotonic() - begin
        if seconds > 2 * LEFTOVER_SECONDS_MAX or given_up.is_set():
            raise EmbeddedError(f"process {leftovers[0]} still uses {folder} and does not end")
        if seconds > LEFTOVER_SECONDS_MAX:
            for pid in leftovers:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)


def _working_in(folder: Path, programs: frozenset[str]) -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program = (process / "exe").readlink().name.removesuffix(" (deleted)")
            place = (process / "cwd").readlink()
        except OSError:
            continue  # it has just ended, or belongs to somebody else
        if program in programs and place == folder:
            yield int(process.name)


def _keep_short(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))
