"""An inbox in memory."""

import asyncio

from outcry.adapters.memory.waiters import Waiters
from outcry.ports.inbox import Inbox, Message, Place


class MemoryInbox(Inbox):
    """Messages that a test puts here, numbered in order."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._waiters = Waiters()

    def put(self, body: bytes) -> Place:
        """Add a message; returns its place."""
        place = (1, len(self._messages) + 1)
        self._messages.append(Message(place, body))
        self._waiters.wake()
        return place

    async def read(self, after: Place, count_max: int, wait_ms: int) -> list[Message]:
        """Return messages above *after*; see `Inbox`."""
        deadline = asyncio.get_running_loop().time() + wait_ms / 1_000
        while not (found := [one for one in self._messages if one.place > after]):
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                return []
            await self._waiters.sleep(remaining)
        return found[:count_max]

    async def close(self) -> None:
        """Do nothing: there is no connection."""
