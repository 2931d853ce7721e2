"""Services in processes apart, a PostgreSQL and a Valkey, all struck and all started again."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import redis
from tests.integration.chaos.inspection import inspect
from tests.integration.chaos.listening import Ear
from tests.integration.chaos.trading import Load, more_orders, orders_of, traders
from tests.support.apart import HOST, Apart
from tests.support.exchange import SETTINGS
from tests.support.ports import free_port

from outcry.adapters.embedded import EmbeddedServers
from outcry.app.failures import FAILED
from outcry.runtime.config import load


SERVERS: Final = ("postgresql", "valkey")
#: Kinds of blows, with their weights.
KINDS: Final = {"kill": 10, "stand still": 3, "kill two": 2, "wipe": 1}
STILL_SECONDS_MAX: Final = 4.0
LOOK_SECONDS: Final = 0.05
CLIENT_SECONDS: Final = 5.0
#: How a service may end: killed, or with a failure after which it is started again.
ENDS: Final = frozenset({0, FAILED, -signal.SIGKILL})


class Struck:
    """A distributed exchange with somebody who starts again whatever dies."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        """Nothing runs yet; a process for each of *names*, services or groups, will."""
        self._names = names
        environ = {**SETTINGS, "OUTCRY_DATA_DIR": str(folder / "servers")}
        self.servers = EmbeddedServers(load(environ=environ))
        self._folder = folder
        self._feeds_port = free_port(HOST)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._over = threading.Event()
        self._turn = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._timers: list[threading.Timer] = []
        self.loads: list[Load] = []
        self.ears: list[Ear] = []
        self.restarts = 0
        self.failure = ""

    # --- life -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything, then let people trade and listen."""
        self.endpoints = self.servers.start()
        self.apart = Apart(self._folder, self.endpoints)
        for name in self._names:
            self._start(name)
        api, event = ("api", "event") if "api" in self._names else ("edge", "edge")
        for door in (api, event):
            self.apart.wait_ready(door)
        self._keeper.start()
        operator = self.apart.client(event, "operator", admin=True)
        self.loads = traders(operator, lambda name: self.apart.client(api, name))
        for one in self.loads:
            one.client.http.timeout = CLIENT_SECONDS
            self.ears.append(Ear(f"ws://{HOST}:{self._feeds_port}", self.apart.token(one.name)))
            one.start()

    def end(self) -> None:
        """Stop everybody and everything."""
        self._over.set()
        for timer in self._timers:
            timer.cancel()
        for one in self.loads:
            one.stop()
        for ear in self.ears:
            ear.stop()
        if self._keeper.is_alive():
            self._keeper.join()
        for process in self._running.values():
            process.kill()
            process.wait()
        if self._running:
            self.apart.stop()
        self.servers.stop()

    def told(self) -> str:
        """Return what helps to understand a failure."""
        return self.apart.told() if self._running else "never started"

    def _start(self, name: str) -> None:
        listens = name in {"edge", "websocket_user"}
        feeds = {"OUTCRY_FEEDS_PORT": str(self._feeds_port)} if listens else {}
        self._running[name] = self.apart.start(name, **feeds)

    def _keep(self) -> None:
        """Start again whatever has died, until the end."""
        while not self._over.wait(LOOK_SECONDS):
            with self._turn:
                if self.servers.dead():
                    self.restarts += len(self.servers.restart_dead())
                for name, process in self._running.items():
                    if process.poll() is not None:
                        self._again(name, process.returncode)

    def _again(self, name: str, code: int) -> None:
        if code not in ENDS:
            self.failure = f"{name} ended with {code}:\n{self.apart.log(name)[-3_000:]}"
            self._over.set()
            return
        self.restarts += 1
        self._start(name)

    # --- blows ----------------------------------------------------------------------------------

    def strike(self, chance: random.Random, kind: str = "", target: str = "") -> str:
        """Do something terrible; returns what it was."""
        kind = kind or chance.choices(list(KINDS), list(KINDS.values()))[0]
        if kind == "wipe":
            return f"wipe{self._wipe()}"
        targets = (*self._names, *SERVERS)
        names = [target] if target else chance.sample(targets, 2 if kind == "kill two" else 1)
        seconds = chance.uniform(0.2, STILL_SECONDS_MAX)
        for name in names:
            if kind == "stand still":
                self._signal(name, signal.SIGSTOP)
                self._later(seconds, lambda name=name: self._signal(name, signal.SIGCONT))  # type: ignore[misc]
            else:
                self._signal(name, signal.SIGKILL)
        return f"{kind} {' and '.join(names)}"

    def _signal(self, name: str, number: signal.Signals) -> None:
        """Signal a process; of a server every process, for PostgreSQL has many."""
        with self._turn:
            process = self._running.get(name)
            pid = process.pid if process else self.servers.pids().get(name)
        if pid is None:
            return
        for one in (pid, *_children(pid)) if number != signal.SIGKILL else (pid,):
            with suppress(ProcessLookupError):
                os.kill(one, number)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, work)
        self._timers.append(timer)
        timer.start()

    def _wipe(self) -> str:
        try:
            with redis.Redis.from_url(self.endpoints.redis_url, socket_timeout=1) as streams:
                streams.flushall()
        except redis.RedisError:
            return " (nobody there)"
        return ""

    # --- looking --------------------------------------------------------------------------------

    def recover(self, blow: str) -> str:
        """Return when everybody is answered again and all of it is true; says what was seen."""
        more_orders(self.loads, blow, lambda: self.failure)
        for one in self.loads:
            one.pause()
        try:
            answered = {name: order for one in self.loads for name, order in one.answered.items()}
            seen = {fill for ear in self.ears for fill in list(ear.fills)}
            findings, told = inspect(self.endpoints.postgres_dsn, answered, seen)
        finally:
            for one in self.loads:
                one.resume()
        assert not findings, f"after {blow}: {findings}"
        return told

    def compare_tables(self) -> None:
        """The tables, as a client reads them, have exactly what was answered."""
        for one in self.loads:
            one.pause()
            try:
                assert orders_of(one) == one.answered
            finally:
                one.resume()  # else nobody could stop it


@contextmanager
def struck(folder: Path, names: Sequence[str]) -> Iterator[Struck]:
    """Give a distributed exchange of *names* that runs; nothing of it outlives the block."""
    made = Struck(folder, names)
    try:
        made.start()
        yield made
    except BaseException:
        sys.stdout.write(made.told())
        raise
    finally:
        made.end()


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def pause(chance: random.Random, seconds_max: float) -> None:
    """Let something happen."""
    time.sleep(chance.uniform(0, seconds_max))
