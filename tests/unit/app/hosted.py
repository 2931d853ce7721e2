"""A process for the host's tests: ``hosted.py PORT HOW`` runs two services that say what they do.

HOW is ``well``, or what the second service does: ``fails at start``, ``fails later``, ``bug``.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from outcry.app.host import serve
from outcry.app.monitor import Monitor, Part
from outcry.app.record import Address
from outcry.domain.errors import InvariantError
from outcry.runtime.config import Log
from outcry.runtime.logging import configure


class Telling:
    """A service that prints each step of its life, and fails as it is told."""

    def __init__(self, name: str, how: str) -> None:
        self.name = name
        self._how = how

    async def start(self) -> None:
        """Start, or fail."""
        self._say("start")
        if self._how == "fails at start":
            raise InvariantError("the books do not balance")

    async def run(self) -> None:
        """Run, or fail after a moment."""
        self._say("run")
        await asyncio.sleep(0.05)
        if self._how == "fails later":
            raise InvariantError("the books do not balance")
        if self._how == "bug":
            raise KeyError("seq")
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Stop."""
        self._say("stop")

    def status(self) -> Mapping[str, int]:
        return {"ready": 1}

    def _say(self, step: str) -> None:
        sys.stdout.write(f"{step} {self.name}\n")
        sys.stdout.flush()


async def build(stack: AsyncExitStack) -> Sequence[Part]:
    """Return both services; the connections they stand on are closed last."""
    stack.callback(sys.stdout.write, "closed\n")
    how = sys.argv[2]
    return [Part(Telling("first", "well")), Part(Telling("second", how))]


if __name__ == "__main__":
    configure(Log(format="json"), "hosted")
    place = Address("127.0.0.1", int(sys.argv[1]))
    asyncio.run(serve(build, Monitor("hosted", "metrics.core_port", place), 5_000))
