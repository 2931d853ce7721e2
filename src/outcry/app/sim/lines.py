"""Lines: how a process reaches a server, and what goes wrong on the way.

A request that changes something travels on its own: once sent it may arrive though its sender has
died, may be answered though it never was carried out in time, and may be carried out though the
answer says that nobody knows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from random import Random
from typing import Any, Final, TypeVar

from outcry.app.sim.loop import VirtualLoop
from outcry.app.sim.process import Process
from outcry.app.sim.trace import Trace
from outcry.domain.errors import OutcryError


T = TypeVar("T")

#: A usual way, and now and then a long one.
USUAL_SECONDS_MAX: Final = 0.002
LONG_SECONDS_MAX: Final = 0.8
LONG_SHARE: Final = 0.01
#: Of the messages, those that take no time at all.
DIRECT_SHARE: Final = 0.5
#: Answers before a line breaks, at most.
ANSWERS_MAX: Final = 20
#: How much more often it breaks where there are many of them.
LONG_ANSWERS: Final = 10
#: What a dead process had sent arrives with this probability.
ARRIVES_SHARE: Final = 0.6


class Server:
    """Something that processes stand on: the bus, the log, the tables."""

    def __init__(self, name: str, loop: VirtualLoop, chance: Random, trace: Trace,
                 failing: float) -> None:  # fmt: skip
        """Of all calls *failing* meet with trouble of their own."""
        self.name = name
        self.down = False
        self.failing = failing
        self.loop = loop
        self.chance = chance
        self.trace = trace

    def way(self) -> float:
        """Return how long a message travels."""
        chance = self.chance
        if chance.random() < DIRECT_SHARE:
            return 0.0
        most = LONG_SECONDS_MAX if chance.random() < LONG_SHARE else USUAL_SECONDS_MAX
        return chance.uniform(0, most)

    def fails(self) -> bool:
        """Decide whether this call meets with trouble."""
        return self.down or (self.failing > 0 and self.chance.random() < self.failing)


class Line:
    """The connection of one process to one server."""

    def __init__(self, process: Process, server: Server, *, unavailable: type[OutcryError],
                 unknown: type[OutcryError]) -> None:  # fmt: skip
        """Raise *unavailable* when nothing was done, *unknown* when nobody can say."""
        self.process = process
        self.server = server
        self._unavailable = unavailable
        self._unknown = unknown

    async def travel(self) -> None:
        """Let a message take its time; raises when the server cannot be reached."""
        self.process.check()
        seconds = self.server.way()
        if seconds:
            await asyncio.sleep(seconds)
        if self.server.fails():
            self._note("is away")
            raise self._unavailable(f"{self.server.name} is away")

    def breaks_after(self) -> int:
        """Return after how many answers to one question the line breaks; 0: it does not."""
        failing = self.server.failing * LONG_ANSWERS
        breaks = failing > 0 and self.server.chance.random() < failing
        return self.server.chance.randint(1, ANSWERS_MAX) if breaks else 0

    async def ask(self, do: Callable[[], Awaitable[T]]) -> T:
        """Ask a question."""
        await self.travel()
        answer = await do()
        self.process.check()
        return answer

    async def tell(self, what: str, do: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Have *do* carried out, which must not wait for anything."""
        self.process.check()
        reply: asyncio.Future[T] = self.server.loop.create_future()
        self.server.loop.later(self.server.way(), self._arrive, what, do, reply)
        answer = await reply
        self.process.check()
        return answer

    def _arrive(
        self, what: str, do: Callable[[], Coroutine[Any, Any, T]], reply: "asyncio.Future[T]"
    ) -> None:
        server, chance = self.server, self.server.chance
        if not self.process.alive and chance.random() >= ARRIVES_SHARE:
            self._note(f"{what}: lost with its sender")
            return
        if not server.fails():
            self._do(what, do, reply)
            return
        fate = "question lost" if server.down else chance.choice(FATES)
        self._note(f"{what}: {fate}")
        if fate in {"answer lost", "twice"}:
            self._do(what, do, reply if fate == "twice" else None)
        if fate in {"late", "twice"}:
            server.loop.later(chance.uniform(0, LONG_SECONDS_MAX), self._do, what, do, None)
        if fate != "twice":
            error = self._unknown(f"{server.name}: the connection is gone")
            server.loop.later(server.way(), _fail, reply, error)

    def _do(
        self,
        what: str,
        do: Callable[[], Coroutine[Any, Any, T]],
        reply: "asyncio.Future[T] | None",
    ) -> None:
        """Carry it out at the server, and send the answer back."""
        try:
            result = at_once(do())
        except OutcryError as error:
            self._note(f"{what}: {type(error).__name__}")
            if reply is not None:
                self.server.loop.later(self.server.way(), _fail, reply, error)
        else:
            self._note(what)
            if reply is not None:
                self.server.loop.later(self.server.way(), _answer, reply, result)

    def _note(self, what: str) -> None:
        self.server.trace.note(self.process.name, f"{self.server.name} {what}")


#: What may become of a request that changes something, when there is trouble.
FATES: Final = ("question lost", "answer lost", "late", "twice")


def at_once(coro: Coroutine[Any, Any, T]) -> T:
    """Return what *coro* returns; it must not wait for anything."""
    try:
        coro.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coro.close()
    raise AssertionError("a server in memory waited for something")


def _answer(reply: "asyncio.Future[T]", result: T) -> None:
    if not reply.done():
        reply.set_result(result)


def _fail(reply: "asyncio.Future[T]", error: Exception) -> None:
    if not reply.done():
        reply.set_exception(error)
