"""A bus that can be unreachable, and that counts how often it was asked meanwhile."""

from collections.abc import Sequence

from outcry.adapters.memory import MemoryBus
from outcry.ports.bus import BusUnavailable, StreamEntry


class FlakyBus(MemoryBus):
    """`MemoryBus` behind a connection that fails while ``down`` is above 0, once for each."""

    def __init__(self) -> None:
        super().__init__()
        #: Calls that still fail.
        self.down = 0
        #: Entries that the next `append_many` takes before the connection breaks; None: all.
        self.breaks_after: int | None = None

    def _call(self) -> None:
        if self.down > 0:
            self.down -= 1
            raise BusUnavailable("nobody answers")

    async def append_many(
        self, stream: str, entries: Sequence[StreamEntry], *, begin: bool = True
    ) -> None:
        """Append, unless the connection fails first or half way."""
        self._call()
        if self.breaks_after is not None:
            count, self.breaks_after = self.breaks_after, None
            await super().append_many(stream, entries[:count], begin=begin)
            raise BusUnavailable("the answer was lost")
        await super().append_many(stream, entries, begin=begin)

    async def read(
        self, stream: str, after: int, *, count_max: int, wait_ms: int, generation: str
    ) -> list[StreamEntry]:
        """Read, unless the connection fails."""
        self._call()
        return await super().read(
            stream, after, count_max=count_max, wait_ms=wait_ms, generation=generation
        )

    async def tail(self, stream: str) -> int | None:
        """Return the tail, unless the connection fails."""
        self._call()
        return await super().tail(stream)

    async def newest(self, stream: str) -> StreamEntry | None:
        """Return the newest entry, unless the connection fails."""
        self._call()
        return await super().newest(stream)
