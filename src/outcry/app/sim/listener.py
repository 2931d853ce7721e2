"""A listener: somebody outside who follows all private events, as the private feed does."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from outcry.domain.errors import InvariantError
from outcry.messages.entry import unpack_entry
from outcry.messages.streams import USER_EVENTS
from outcry.messages.user_events import UserBatch, pack_batches, unpack_batches
from outcry.ports.bus import Bus
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.runtime.follow import Follower


class Listener:
    """Hears every event once and in order, from the stream or, where that is broken, from the log.

    Each user's batches must name the one before; a hole is an `InvariantError`.
    """

    name = "listener"

    def __init__(self, bus: Bus, log: LedgerLog) -> None:
        self._log = log
        self._follower = Follower(bus, USER_EVENTS, position=0, refill=self._committed_after)
        self._last_n: dict[int, int] = {}
        #: What was heard, by entry.
        self.heard: dict[int, list[UserBatch]] = {}
        self.position = 0

    async def start(self) -> None:
        """Begin before everything."""

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            entries = await self._follower.read()
            for entry in entries:
                self._take(entry.last, unpack_batches(entry.body))
            if not entries:
                await self._look_into_log()

    async def stop(self) -> None:
        """Nothing is unfinished."""

    def status(self) -> Mapping[str, int]:
        """Return how far it heard."""
        return {"ready": 1, "position": self.position}

    def _take(self, n: int, batches: list[UserBatch]) -> None:
        if n <= self.position:
            return
        self.position = n
        if batches:
            self.heard[n] = batches
        for batch in batches:
            if batch.prev_n != self._last_n.get(batch.user_id, 0):
                raise InvariantError(
                    f"user {batch.user_id}: entry {n} follows {batch.prev_n}, not"
                    f" {self._last_n.get(batch.user_id, 0)}"
                )
            self._last_n[batch.user_id] = n

    async def _look_into_log(self) -> None:
        try:
            async for _, n, body in self._committed_after(self.position):
                self._take(n, unpack_batches(body))
        except LogUnavailable:
            await asyncio.sleep(0)
        self._follower.seek(self.position)

    async def _committed_after(self, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        last = after
        async for row in self._log.entries(after):
            events = unpack_entry(row.body).events if row.body else []
            yield last + 1, row.n, pack_batches(events)
            last = row.n
