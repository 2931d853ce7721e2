"""Runs the engine: listens, looks after time, snapshots and figures, and stops in order."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from outcry.ports.snapshots import Snapshots
from outcry.runtime.logging import get_logger
from outcry.services.gateway import recovery
from outcry.services.gateway.feed import KernelBooks
from outcry.services.gateway.journal import Journal, JournalLost
from outcry.services.gateway.line import now_us
from outcry.services.gateway.poller import EngineLoop
from outcry.services.gateway.service import EngineService
from outcry.services.gateway.tcp import Connection
from outcry_wire.rejects import Reject


_SWEEP_SECONDS = 1.0
#: Connections that may wait to be accepted.
_BACKLOG = 4_096
#: Connections accepted in one turn of the loop.
_ACCEPTS_MAX = 64


class EngineServer:
    """One engine on one port, until it is asked to stop or cannot go on."""

    def __init__(
        self,
        engine: EngineService,
        journal: Journal | None = None,
        snapshots: Snapshots | None = None,
        generation: int = 1,
    ) -> None:
        """Serve *engine*, which has recovered up to *generation* of its journal."""
        self.engine = engine
        self.generation = generation
        self._journal = journal
        self._snapshots = snapshots
        self._listener: socket.socket | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._log = get_logger()
        self._figures = Figures(engine)
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError if that cannot be."""
        loop = asyncio.get_running_loop()
        if not isinstance(loop, EngineLoop):
            raise TypeError("the engine needs an EngineLoop, which serves connections")
        loop.set_exception_handler(self._on_error)
        engine = self.engine
        engine.attach(loop.poller)
        engine.feed.attach(KernelBooks(engine.room.engine, engine.room.desk))
        self._listener = socket.create_server((host, port), backlog=_BACKLOG)
        self._listener.settimeout(0)
        self.port = self._listener.getsockname()[1]
        loop.add_reader(self._listener, self._accept)
        every = self._every
        self._tasks = [
            asyncio.create_task(every(_SWEEP_SECONDS, self._sweep)),
            asyncio.create_task(every(engine.limits.feed_ms / 1_000, self._publish)),
            asyncio.create_task(every(engine.limits.figures_ms / 1_000, self._figures.log)),
        ]

    def _accept(self) -> None:
        assert self._listener is not None
        for _ in range(_ACCEPTS_MAX):
            try:
                sock, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no more files: let others leave first
                self._log.warning("cannot accept", reason=str(error))
                loop = asyncio.get_running_loop()
                loop.remove_reader(self._listener)
                loop.call_later(_SWEEP_SECONDS, loop.add_reader, self._listener, self._accept)
                return
            Connection(self.engine, sock).greet()

    async def wait(self) -> None:
        """Return when the engine cannot go on; raises what stopped it."""
        await self.engine.failed.wait()
        assert self.engine.failure is not None
        raise self.engine.failure

    async def stop(self) -> None:
        """Say goodbye to everybody, remember everything, save a snapshot."""
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        engine = self.engine
        if engine.failure is None:
            await engine.settle()
        for connection in [*engine.connections]:
            connection.end(Reject.SHUTTING_DOWN)
        for _ in range(100):
            if not engine.connections:
                break
            await asyncio.sleep(0.01)
        if engine.failure is None:
            await engine.settle()
            await self._save()
        engine.close()
        if self._journal is not None and engine.failure is None:
            self._journal.close()
        self._figures.log()

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None] | None]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                done = work()
                if done is not None:
                    await done
            except (OSError, JournalLost) as error:
                self.engine.fail(error)

    async def _sweep(self) -> None:
        engine, journal = self.engine, self._journal
        engine.sweep()
        if journal is None:
            return
        if engine.waits:
            await engine.settle()
        else:
            journal.write()
            await asyncio.to_thread(journal.sync)
        if journal.size > engine.limits.snapshot_journal_bytes:
            await self._save()

    def _publish(self) -> None:
        self.engine.feed.publish(now_us())

    async def _save(self) -> None:
        journal, snapshots = self._journal, self._snapshots
        if journal is None or snapshots is None or not journal.size:
            return
        await self.engine.settle()
        self.generation += 1
        body = recovery.begin_generation(self.engine.room, journal, self.generation)
        await asyncio.to_thread(recovery.save, journal, snapshots, self.generation, body)
        self._log.info("snapshot", generation=self.generation, bytes=len(body))

    def _on_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, JournalLost):
            self.engine.fail(error)
        else:
            loop.default_exception_handler(context)


class Figures:
    """One line of figures now and then."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self._log = get_logger()
        self._seq = 0
        self._since_us = now_us()

    def log(self) -> None:
        """Write the line."""
        engine, time_us = self._engine, now_us()
        seq = engine.room.engine.seq
        seconds = max(time_us - self._since_us, 1) / 1e6
        self._log.info(
            "figures",
            connections=len(engine.connections),
            sessions=len(engine.room.places),
            commands=seq,
            commands_per_second=round((seq - self._seq) / seconds),
            resting_orders=engine.room.engine.order_count,
            ended=dict(engine.endings),
        )
        self._seq, self._since_us = seq, time_us
