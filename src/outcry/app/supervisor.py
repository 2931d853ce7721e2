"""The supervisor: keeps the processes of an exchange running, and stops them in reverse order.

A process that ends without being told to is started again, after a pause that doubles up to a bound
while it keeps ending soon. One that says that only an operator can help, or that ends time and
again before it was ever ready, ends the exchange: going on without it would help nobody.

The processes are our children and die with us, however we end.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from msgspec import Struct
from structlog import get_logger

from outcry.app.failures import NEEDS_OPERATOR, WRONG
from outcry.app.pids import ProcessId, identify
from outcry.app.probe import until_ok
from outcry.app.record import Address
from outcry.domain.errors import OutcryError


PAUSE_MIN_S: Final = 0.1
PAUSE_MAX_S: Final = 5.0
#: A process that was ready for so long is a healthy one: the next pause is short again.
HEALTHY_S: Final = 30.0
#: How often in a row a process may end before it was ready.
FAILED_STARTS_MAX: Final = 8
#: What a process gets on top of its own bound before it is killed.
STOP_GRACE_S: Final = 5.0

_log = get_logger("outcry.supervisor")


class GaveUp(OutcryError):
    """A process cannot be kept running; the message says which and why."""

    def __init__(self, message: str, code: int) -> None:
        """Remember the exit code that says why."""
        super().__init__(message)
        self.code = code


class Plan(Struct, frozen=True):
    """How to run one process."""

    name: str
    arguments: Sequence[str]
    environ: Mapping[str, str]
    #: Where its monitor answers.
    monitor: Address


class Child:
    """One process, started as often as it takes."""

    def __init__(self, plan: Plan, started: Callable[[str, ProcessId], None]) -> None:
        """Nothing is started yet. *started* is told about every new process."""
        self._plan = plan
        self._started = started
        self._process: asyncio.subprocess.Process | None = None
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._failed_starts = 0
        self._pause_s = PAUSE_MIN_S

    @property
    def name(self) -> str:
        """The name of the process."""
        return self._plan.name

    @property
    def is_ready(self) -> bool:
        """Whether the process that runs now has said that it is ready."""
        return self._ready.is_set()

    async def ready(self) -> None:
        """Return once the process that runs now says that it is ready."""
        await self._ready.wait()

    async def run(self) -> None:
        """Keep the process running until `stop` ends it; raises `GaveUp`."""
        while True:
            code, lived_s = await self._live()
            if self._stopping.is_set():
                return
            await self._recover(code, lived_s)

    async def stop(self, seconds: float) -> None:
        """Ask the process to finish; kill it after *seconds*."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        _signal(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(seconds + STOP_GRACE_S):
                await process.wait()
        except TimeoutError:
            _log.warning(
                "process_killed", process=self.name, reason=f"still there after {seconds} s"
            )
            _signal(process, signal.SIGKILL)
            await process.wait()

    async def _live(self) -> tuple[int, float]:
        """Run the process once; returns its exit code and how long it was ready."""
        loop = asyncio.get_running_loop()
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._plan.arguments,
            env=self._plan.environ,
            stdin=asyncio.subprocess.DEVNULL,
            # Ctrl-C is for us; they are told to stop one after the other.
            start_new_session=True,
        )
        if (identity := identify(process.pid)) is not None:
            self._started(self.name, identity)
        watch = asyncio.create_task(self._wait_until_ready())
        try:
            code = await process.wait()
        finally:
            watch.cancel()
        await asyncio.wait({watch})
        self._ready.clear()
        return code, 0.0 if watch.cancelled() else loop.time() - watch.result()

    async def _wait_until_ready(self) -> float:
        await until_ok(self._plan.monitor, "/readyz")
        self._ready.set()
        return asyncio.get_running_loop().time()

    async def _recover(self, code: int, lived_s: float) -> None:
        """Pause before the next start, or give up."""
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._failed_starts = 0 if lived_s else self._failed_starts + 1
        if code == NEEDS_OPERATOR or (code == WRONG and not lived_s):
            raise GaveUp(f"{self.name} cannot go on; its last lines say why", code)
        if self._failed_starts >= FAILED_STARTS_MAX:
            raise GaveUp(f"{self.name} ended {self._failed_starts} times before it was ready", 1)
        if lived_s >= HEALTHY_S:
            self._pause_s = PAUSE_MIN_S
        _log.warning("process_died", process=self.name, how=how, again_in_s=self._pause_s)
        await asyncio.sleep(self._pause_s)
        self._pause_s = min(2 * self._pause_s, PAUSE_MAX_S)


class Supervisor:
    """All processes of one exchange, in the order in which they start."""

    def __init__(self, plans: Sequence[Plan], started: Callable[[str, ProcessId], None]) -> None:
        """Nothing is started yet."""
        self._children = [Child(plan, started) for plan in plans]
        self._runs: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start every process. They wait for one another where they must."""
        self._runs = [asyncio.create_task(child.run()) for child in self._children]

    async def ready(self) -> None:
        """Return once every process is ready."""
        await asyncio.gather(*(child.ready() for child in self._children))

    def unready(self) -> list[str]:
        """Return the names of the processes that are not ready."""
        return [child.name for child in self._children if not child.is_ready]

    async def failed(self) -> None:
        """Wait until a process cannot be kept running; raises `GaveUp`."""
        done, _ = await asyncio.wait(self._runs, return_when=asyncio.FIRST_COMPLETED)
        for run in done:
            run.result()

    async def stop(self, seconds: float) -> None:
        """Stop every process, the last one first; each has *seconds* to finish."""
        for child in reversed(self._children):
            await child.stop(seconds)
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)


async def first(*awaitables: Awaitable[object]) -> None:
    """Return, or raise, as soon as one of *awaitables* does; the others are cancelled."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


def worker_arguments(name: str, shard: int | None) -> list[str]:
    """Return the arguments of Python for a process of this exchange."""
    arguments = ["-m", "outcry.app.worker", name, str(os.getpid())]
    return arguments if shard is None else [*arguments, str(shard)]
