"""An event loop in virtual time: nothing waits, and a seed decides who runs next.

Time stands still while anything can run, then jumps to the next timer. It has no selector: nothing
from outside ever happens. Work for threads is done in the loop, some time later. Tasks hash by
serial number, so that sets of them have the same order in every run.
"""

# ruff: noqa: ANN401 - the signatures are those of asyncio

import asyncio
import heapq
import itertools
from asyncio import Handle, TimerHandle
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, Final, Protocol


#: How long work takes that would be done in a thread, at most.
THREAD_SECONDS_MAX: Final = 0.02


class Owner(Protocol):
    """Whom a step belongs to; see `outcry.app.sim.process.Process`."""

    paused: bool
    parked: list[Handle]

    def adopt(self, task: "SimTask") -> None:
        """Take note of a task that was begun in the owner's name."""
        ...


#: In whose name something runs; None is the world outside.
OWNER: Final[ContextVar[Owner | None]] = ContextVar("owner", default=None)


class Exhausted(Exception):
    """More steps than a world may take, or none that will ever happen."""


class SimTask(asyncio.Task[Any]):
    """A task with a serial number."""

    def __init__(
        self, coro: Coroutine[Any, Any, Any], serial: int, loop: "VirtualLoop", **options: Any
    ) -> None:
        self._serial = serial
        super().__init__(coro, loop=loop, **options)

    def __hash__(self) -> int:
        return self._serial


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop of one world."""

    _ready: deque[Handle]

    def __init__(self, chance: Random, *, shuffled: bool, steps_max: int) -> None:
        """With *shuffled* any step that can be next may be; else they queue, as in real loops."""
        super().__init__()
        self.steps = 0
        self.on_step: Callable[[], None] | None = None
        #: The context of what belongs to no process.
        self.outside: Context = copy_context()
        self._chance = chance
        self._shuffled = shuffled
        self._steps_max = steps_max
        self._now = 0.0
        self._serials = itertools.count(1)
        #: Timers by time; those of one time in the order in which they were set.
        self._timers: list[tuple[float, int, TimerHandle]] = []
        self.set_task_factory(self._make_task)
        #: What a callback raised: a fault of the simulator. Tasks have whoever waits for them.
        self.faults: list[BaseException] = []
        self.set_exception_handler(self._on_exception)

    def time(self) -> float:
        """Return virtual seconds since the world began."""
        return self._now

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any,
        context: Context | None = None,
    ) -> TimerHandle:  # fmt: skip
        """Call *callback* at virtual time *when*."""
        timer = TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._serials), timer))
        return timer

    def later(self, seconds: float, what: Callable[..., object], *arguments: object) -> None:
        """Call *what* after *seconds*, in nobody's name."""
        self.call_later(seconds, what, *arguments, context=self.outside)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Call *func* in the loop, some time later."""
        assert executor is None, "threads of the loop's own only"
        future = self.create_future()
        self.call_later(self._chance.uniform(0, THREAD_SECONDS_MAX), _call, future, func, args)
        return future

    def allow(self, steps: int) -> None:
        """Let *steps* more be taken, whatever was taken before."""
        self._steps_max = self.steps + steps

    def unpark(self, handles: list[Handle]) -> None:
        """Let steps go on that waited for their process."""
        self._ready.extend(handles)

    def _make_task(self, _loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> SimTask:
        task = SimTask(coro, next(self._serials), self, **options)
        owner = (options.get("context") or copy_context()).get(OWNER)
        if owner is not None:
            owner.adopt(task)
        return task

    def _on_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if "handle" in context:
            self.faults.append(context["exception"])

    def _run_once(self) -> None:
        """Take one step."""
        if self.steps >= self._steps_max:
            raise Exhausted(f"not at rest after {self._steps_max} steps")
        self._wake()
        handle = self._choose()
        if handle.cancelled():
            return
        owner = handle._context.get(OWNER)  # type: ignore[attr-defined]  # noqa: SLF001
        if owner is not None and owner.paused:
            owner.parked.append(handle)
            return
        self.steps += 1
        handle._run()  # noqa: SLF001 - a loop runs its handles
        if self.faults:
            raise self.faults.pop()
        if self.on_step is not None:
            self.on_step()

    def _wake(self) -> None:
        """Move timers that are due to what can run; when nothing can, let time jump."""
        timers, ready = self._timers, self._ready
        while timers and (not ready or timers[0][0] <= self._now):
            when, _, timer = heapq.heappop(timers)
            if not timer.cancelled():
                self._now = max(self._now, when)
                ready.append(timer)
        if not self._ready:
            raise Exhausted("nothing will ever happen again")

    def _choose(self) -> Handle:
        ready = self._ready
        if self._shuffled and len(ready) > 1:
            ready.rotate(-self._chance.randrange(len(ready)))
        return ready.popleft()

    def _write_to_self(self) -> None:
        """There is no thread to wake."""


def _call(future: asyncio.Future[Any], func: Callable[..., Any], args: tuple[Any, ...]) -> None:
    try:
        result = func(*args)
    except Exception as error:  # noqa: BLE001 - whoever waits for it must know
        if not future.cancelled():
            future.set_exception(error)
    else:
        if not future.cancelled():
            future.set_result(result)
