"""Stopping on a signal: the first one asks for an orderly end, the second one ends at once.

Ending at once is safe: start-up is recovery, and whatever was answered is committed. So is an
orderly end that takes longer than its bound: it becomes an end at once.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Self

from outcry.runtime.logging import get_logger


SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Shutdown:
    """Tells a process when to stop. Enter it inside the running event loop."""

    def __init__(self, drain_ms_max: int, end: Callable[[int], object] = os._exit) -> None:
        """Bound an orderly end to *drain_ms_max*; *end* ends the process with an exit status."""
        self._drain_ms_max = drain_ms_max
        self._end = end
        self._requested = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._log = get_logger()

    @property
    def requested(self) -> bool:
        """Whether somebody asked for an end."""
        return self._requested.is_set()

    async def wait(self) -> None:
        """Return once an end is asked for."""
        await self._requested.wait()

    def request(self, reason: str) -> None:
        """Ask for an orderly end; the time it may take begins now. Repeats change nothing."""
        if self.requested:
            return
        self._requested.set()
        self._log.info("stopping", reason=reason, drain_ms_max=self._drain_ms_max)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._drain_ms_max / 1_000, self._overdue)

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._on_signal, number)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timer:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.remove_signal_handler(number)

    def _on_signal(self, number: signal.Signals) -> None:
        if self.requested:
            self._log.warning("ending at once", reason=f"second signal, {number.name}")
            self._end(128 + number)
        self.request(number.name)

    def _overdue(self) -> None:
        self._log.warning("ending at once", reason=f"not done after {self._drain_ms_max} ms")
        self._end(1)
