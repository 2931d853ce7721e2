"""A process of a simulated exchange: services that live, stand still and die together.

A killed process has no effect any more from that very step on: its lines to bus, log, tables and
clients are cut, then its tasks are cancelled, and whatever they still do meets nothing but cut
lines. What it had sent before may arrive all the same.
"""

import asyncio
from asyncio import Handle
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from typing import Any, Final

from outcry.app.failures import first_leaf
from outcry.app.sim.loop import OWNER, SimTask, VirtualLoop
from outcry.domain.errors import OutcryError
from outcry.ports.asset import AssetUnavailable
from outcry.ports.bus import BusUnavailable, Gap
from outcry.ports.chain import ChainUnavailable
from outcry.ports.ledger_log import CommitUnknown, LogUnavailable, Stale
from outcry.ports.projection import OutOfPosition, TablesUnavailable
from outcry.runtime.follow import Resync
from outcry.runtime.publish import Unreachable
from outcry.runtime.service import Service


#: What may end a process: it starts again and goes on. Anything else is a finding.
RESTARTABLE: Final[tuple[type[OutcryError], ...]] = (
    AssetUnavailable,
    BusUnavailable,
    ChainUnavailable,
    CommitUnknown,
    Gap,
    LogUnavailable,
    OutOfPosition,
    Resync,
    Stale,
    TablesUnavailable,
    Unreachable,
)
#: Finished tasks are forgotten when there are this many more than there were.
TASKS_SLACK: Final = 64

Build = Callable[["Process"], Sequence[Service]]


class Process:
    """One life of one process."""

    def __init__(self, loop: VirtualLoop, name: str, build: Build) -> None:
        """Be a process that runs the services which *build* makes."""
        self.name = name
        self.alive = True
        self.paused = False
        self.stopping = False
        self.parked: list[Handle] = []
        self.services: Sequence[Service] = ()
        #: Services that have started, by name.
        self.serving: dict[str, Service] = {}
        self.error: BaseException | None = None
        #: Of the ledger it writes, if it does.
        self.epoch = 0
        self._loop = loop
        self._build = build
        self._context: Context = loop.outside.copy()
        self._context.run(OWNER.set, self)
        self._tasks: dict[SimTask, None] = {}
        self._tasks_sweep = TASKS_SLACK
        self.life = self.spawn(self._live())

    def spawn(self, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin *coro* in the process's name."""
        return self._loop.create_task(coro, context=self._context)

    def adopt(self, task: SimTask) -> None:
        """Take note of a task, so that it dies with the process."""
        self._tasks[task] = None
        if len(self._tasks) > self._tasks_sweep:
            self._tasks = {one: None for one in self._tasks if not one.done()}
            self._tasks_sweep = len(self._tasks) + TASKS_SLACK

    def check(self) -> None:
        """Raise `CancelledError` when the process is dead: it reaches nobody any more."""
        if not self.alive:
            raise asyncio.CancelledError

    def kill(self) -> None:
        """End it at once, wherever it is."""
        self.alive = False
        self.serving = {}
        self.go_on()
        for task in self._tasks:
            task.cancel()

    def stand_still(self) -> None:
        """Run nothing of it until `go_on`, as after SIGSTOP."""
        self.paused = True

    def go_on(self) -> None:
        """Run it again."""
        self.paused = False
        parked, self.parked = self.parked, []
        self._loop.unpark(parked)

    def stop(self) -> None:
        """Ask for an orderly end, as SIGTERM does."""
        if self.alive and not self.stopping:
            self.stopping = True
            self.life.cancel()

    async def _live(self) -> None:
        self.services = self._build(self)
        runs: list[asyncio.Task[None]] = []
        try:
            for service in self.services:
                await self._begin(service, runs)
            await asyncio.wait(runs, return_when=asyncio.FIRST_COMPLETED)
            _raise_failure(runs)
        except asyncio.CancelledError:
            if self.alive:
                await self._end(runs)
        except Exception as error:  # noqa: BLE001 - whoever watches the process judges it
            self.error = first_leaf(error)

    async def _begin(self, service: Service, runs: list[asyncio.Task[None]]) -> None:
        start = asyncio.create_task(service.start())
        try:
            await asyncio.wait({start, *runs}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            start.cancel()
            raise
        _raise_failure(runs)
        start.result()
        self.serving[service.name] = service
        runs.append(asyncio.create_task(service.run()))

    async def _end(self, runs: list[asyncio.Task[None]]) -> None:
        """Stop what was started, the last first."""
        for service, task in reversed(list(zip(self.services, runs, strict=False))):
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled() and task.exception() is not None:
                self.error = self.error or first_leaf(task.exception() or AssertionError())
            await service.stop()
            self.serving.pop(service.name, None)


def _raise_failure(runs: list[asyncio.Task[None]]) -> None:
    for task in runs:
        if task.done():
            task.result()
            raise AssertionError("a service ended without being told to")
