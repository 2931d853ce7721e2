"""One process: starts its services in order, lets them run, stops them in reverse.

A service that fails ends the process at once, with one line that says what it means: start-up is
recovery, and whatever was answered is committed. On a signal everything that was begun is finished.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final, NoReturn

import structlog

from outcry.app.failures import FAILED, PortTaken, address_in_use, explain, first_leaf
from outcry.app.monitor import Monitor, Part
from outcry.runtime.shutdown import Shutdown


#: Makes the services of a process; what they stand on goes onto the stack, to be closed at the end.
Build = Callable[[AsyncExitStack], Awaitable[Sequence[Part]]]

#: Objects made since the last look of the garbage collector, before the next.
YOUNG_COUNT_MAX: Final = 50_000

_log = structlog.get_logger("outcry.host")


async def serve(build: Build, monitor: Monitor, drain_ms_max: int) -> None:
    """Build and run the services until a signal asks for the end.

    Ends the process itself when a service fails.
    """
    with Shutdown(drain_ms_max) as shutdown:
        work = asyncio.create_task(_work(build, monitor))
        await shutdown.wait()
        work.cancel()
        await asyncio.wait({work})


def end_process(error: BaseException) -> NoReturn:
    """Say why, then end at once: what is not committed was not answered."""
    leaf = first_leaf(error)
    failure = explain(leaf)
    if failure is None:
        _log.critical("process_failed", reason=repr(leaf), exc_info=leaf)
    else:
        kind = type(leaf).__name__
        _log.critical("process_failed", kind=kind, reason=failure.sentence, advice=failure.advice)
    sys.stderr.flush()
    os._exit(FAILED if failure is None else failure.code)


async def _work(build: Build, monitor: Monitor) -> None:
    async with AsyncExitStack() as stack:
        running = _Running(monitor)
        try:
            await monitor.start()
            stack.callback(monitor.stop)
            for part in await build(stack):
                await running.begin(part)
            monitor.complete()
            _settle_memory()
            _log.info("process_ready", services=[part.name for part in running.parts])
            await running.fail()
        except asyncio.CancelledError:
            await running.end()
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, going on is not an option
            # Now, and not after closing connections: those that still run would be waited for.
            end_process(error)


class _Running:
    """The services that were started, each with the task that runs it."""

    def __init__(self, monitor: Monitor) -> None:
        self.parts: list[Part] = []
        self._monitor = monitor
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self, part: Part) -> None:
        """Start *part* and let it run; raises what a service that runs already failed with."""
        start = asyncio.create_task(_start(part), name=f"start {part.name}")
        self.parts.append(part)
        self._monitor.add(part)
        try:
            await asyncio.wait({start, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            start.cancel()
            await asyncio.wait({start})
            raise
        self._raise_failure()
        start.result()
        self._tasks.append(asyncio.create_task(part.service.run(), name=part.name))

    async def fail(self) -> None:
        """Wait until a service fails, and raise that."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        self._raise_failure()

    async def end(self) -> None:
        """Stop what was started, the last first."""
        tasks = [*self._tasks, *(None for _ in self.parts[len(self._tasks) :])]
        for part, task in reversed(list(zip(self.parts, tasks, strict=True))):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})
                _note_failure(part, task)
            try:
                await part.service.stop()
            except Exception as error:  # noqa: BLE001 - the others must be stopped all the same
                _log.warning("stop_failed", part=part.name, reason=repr(error))

    def _raise_failure(self) -> None:
        for task in self._tasks:
            if task.done():
                task.result()
                raise AssertionError(f"{task.get_name()} ended without being told to")


async def _start(part: Part) -> None:
    try:
        await part.service.start()
    except OSError as error:
        if part.listens is None or not address_in_use(error):
            raise
        raise PortTaken(*part.listens) from error


def _note_failure(part: Part, task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.warning("run_failed_while_stopping", part=part.name, reason=repr(first_leaf(error)))


def _settle_memory() -> None:
    """What start-up made stays, and what work makes hardly ever forms cycles.

    So the collector looks at neither often: each look goes through every live order.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_COUNT_MAX, 20, 50)
