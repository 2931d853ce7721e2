"""The event loop of the engine: asyncio's own, whose selector serves connections while it waits.

Timers, signals, threads and every slow thing stay with the loop. Its selector is also the one place
where descriptors are registered, those of served connections included.
"""

import asyncio
import math
from collections.abc import Callable
from selectors import DefaultSelector, SelectorKey
from types import ModuleType
from typing import Any, Protocol

from outcry import kernel
from outcry.services.gateway import pump as interpreted_pump
from outcry.services.gateway.wires import READY_MAX


Ready = list[tuple[SelectorKey, int]]


def pump_module() -> ModuleType:
    """Return the module with `Pump` that belongs to the kernel of this process."""
    unit = kernel.load()
    return interpreted_pump if unit is kernel.interpreted() else unit


class Line(Protocol):
    """A connection, as the pump calls it where it cannot go on without Python."""

    def readable(self) -> None:
        """Read: it is not served."""

    def writable(self) -> None:
        """Send what waits."""

    def take_over(self, start: int, stop: int) -> bytes:
        """Carry out ``source[start:stop]``; return what is left of a frame that is not complete."""

    def end_invalid(self) -> None:
        """End: what came is no frame."""

    def lost(self) -> None:
        """End at once: the other side has gone."""

    def spend(self, count: int) -> None:
        """Take note of *count* commands."""

    def put(self, data: bytes) -> None:
        """Send behind what waits."""

    def put_soon(self, data: bytes) -> None:
        """Send behind what waits, with what else comes."""

    def keep(self, data: bytes) -> None:
        """Send later what the system did not take."""


class Poller(DefaultSelector):
    """A selector that serves connections; what it finds for the loop is what it returns."""

    def __init__(self) -> None:
        super().__init__()
        #: Told what a call of the pump into Python raised.
        self.fail: Callable[[Exception], None] = _raise
        poll = self.fileno() if hasattr(self, "fileno") else -1
        self.pump: Any = pump_module().Pump(poll, self._failed)

    def add(self, number: int, line: Line) -> None:
        """Let the pump call *line* for what happens to a descriptor that will be registered."""
        self.pump.add(number, line)

    def _failed(self, error: Exception) -> None:
        self.fail(error)

    def select(self, timeout: float | None = None) -> Ready:
        """Serve connections until the loop has something to do, or for *timeout* seconds."""
        timeout_ms = -1 if timeout is None else max(0, math.ceil(timeout * 1e3))
        found = self.pump.wait(timeout_ms)
        if found is None:
            ready = super().select(timeout)[:READY_MAX]
            found = self.pump.take([(key.fd, events) for key, events in ready])
        return self._ready(found)

    def _ready(self, found: list[tuple[int, int]]) -> Ready:
        ready = []
        keys = self.get_map()
        for number, events in found:
            key = keys.get(number)
            if key is not None and events & key.events:
                ready.append((key, events & key.events))
        return ready


def _raise(error: Exception) -> None:
    raise error


class EngineLoop(asyncio.SelectorEventLoop):
    """A loop that serves connections while it waits."""

    def __init__(self) -> None:
        self.poller = Poller()
        super().__init__(self.poller)
        self.poller.fail = self._fail

    def _fail(self, error: Exception) -> None:
        self.call_exception_handler({"message": "a connection failed", "exception": error})
