"""Answers that wait for the disk: one sync for all that came while the last one ran."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from outcry.services.gateway.journal import Journal, JournalLost


class Writer(Protocol):
    """Whoever is told something."""

    def write_soon(self, data: bytes) -> None:
        """Send frames with what else comes in this turn of the loop."""


class GroupCommit:
    """Holds what sessions are told until what led to it is on the disk."""

    def __init__(self, journal: Journal, fail: Callable[[Exception], None]) -> None:
        """Call *fail* if the journal cannot be written: then nobody may be answered any more."""
        self._journal = journal
        self._fail = fail
        self._held: list[tuple[Writer, bytes]] = []
        self._held_bytes = 0
        self._is_running = False
        self._is_lost = False
        self._pool = ThreadPoolExecutor(1, "journal")
        self._idle = asyncio.Event()
        self._idle.set()
        self.after: list[Callable[[], None]] = []

    def hold(self, writer: Writer, data: bytes) -> None:
        """Send *data* once everything that was remembered until now is on the disk."""
        self._held.append((writer, data))
        self._held_bytes += len(data)
        self.wake()

    def wake(self) -> None:
        """Begin a sync at the end of this turn of the loop, unless one runs."""
        if not self._is_running and not self._is_lost:
            self._is_running = True
            self._idle.clear()
            asyncio.get_running_loop().call_soon(self._begin)

    @property
    def waiting(self) -> int:
        """Bytes of the journal that are not written yet, or of answers that wait."""
        return max(self._journal.waiting, self._held_bytes)

    async def settle(self) -> None:
        """Return when nothing waits any more."""
        self.wake()
        await self._idle.wait()

    def close(self) -> None:
        """Let the thread go."""
        self._pool.shutdown()

    def _begin(self) -> None:
        held, self._held, self._held_bytes = self._held, [], 0
        try:
            self._journal.write()
        except OSError as error:
            self._lose(error)
            return
        work = asyncio.get_running_loop().run_in_executor(self._pool, self._journal.sync)
        work.add_done_callback(lambda done: self._done(held, done))

    def _done(self, held: list[tuple[Writer, bytes]], work: "asyncio.Future[None]") -> None:
        error = work.exception()
        if error is not None:
            self._lose(error)
            return
        for writer, data in held:
            writer.write_soon(data)
        for call in self.after:
            call()
        if self._held or self._journal.waiting:
            self._begin()
        else:
            self._is_running = False
            self._idle.set()

    def _lose(self, error: BaseException) -> None:
        self._is_lost = True
        self._idle.set()
        self._fail(JournalLost(f"the journal cannot be written: {error}"))
