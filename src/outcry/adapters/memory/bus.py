"""Bus in memory: each stream a deque. Loses nothing unless told to."""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice

from outcry.adapters.memory.waiters import Waiters
from outcry.ports.bus import READ_COUNT_MAX, Bus, Gap, Reset, StreamEntry, Trimmed


#: Bytes of bodies that one stream holds before it forgets its oldest entries.
STREAM_BYTES_MAX = 128 * 1024 * 1024


class _Stream:
    def __init__(self) -> None:
        self.entries: deque[StreamEntry] = deque()
        self.body_bytes = 0
        self.waiters = Waiters()

    def tail(self) -> int | None:
        return self.entries[-1].last if self.entries else None

    def push(self, entry: StreamEntry) -> None:
        self.entries.append(entry)
        self.body_bytes += len(entry.body)

    def forget_oldest(self) -> None:
        self.body_bytes -= len(self.entries.popleft().body)

    def lose_above(self, tail: int) -> None:
        while self.entries and self.entries[-1].last > tail:
            self.body_bytes -= len(self.entries.pop().body)


class MemoryBus(Bus):
    """Streams of one exchange, shared by all services of one event loop."""

    def __init__(self, *, stream_bytes_max: int = STREAM_BYTES_MAX) -> None:
        self._streams: dict[str, _Stream] = {}
        self._stream_bytes_max = stream_bytes_max
        self._generation = ""

    async def append(self, stream: str, first: int, last: int, body: bytes) -> None:
        """Append one entry; see `Bus`."""
        await self.append_many(stream, [StreamEntry(first, last, body)])

    async def append_many(
        self, stream: str, entries: Sequence[StreamEntry], *, begin: bool = True
    ) -> None:
        """Append entries in order; see `Bus`."""
        target = self._stream(stream)
        try:
            for entry in entries:
                self._append(stream, target, entry, begin=begin)
        finally:
            target.waiters.wake()

    def _append(self, name: str, stream: _Stream, entry: StreamEntry, *, begin: bool) -> None:
        tail = stream.tail()
        if tail is None:
            if not begin:
                raise Gap(name, 0, entry.first)
        elif entry.last <= tail:
            return
        elif entry.first != tail + 1:
            raise Gap(name, tail, entry.first)
        stream.push(entry)
        while stream.body_bytes > self._stream_bytes_max and len(stream.entries) > 1:
            stream.forget_oldest()

    async def read(
        self, stream: str, after: int, *, count_max: int, wait_ms: int, generation: str
    ) -> list[StreamEntry]:
        """Return entries above *after*; see `Bus`."""
        source = self._stream(stream)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_ms / 1_000
        while True:
            if generation != self._generation:
                raise Reset(self._generation)
            found = list(
                islice(
                    (entry for entry in source.entries if entry.last > after),
                    min(count_max, READ_COUNT_MAX),
                )
            )
            if found and found[0].first > after + 1:
                raise Trimmed(stream, found[0].first)
            remaining = deadline - loop.time()
            if found or remaining <= 0:
                return found
            await source.waiters.sleep(remaining)

    async def tail(self, stream: str) -> int | None:
        """Return the last number of the stream, None when it is empty."""
        return self._stream(stream).tail()

    async def newest(self, stream: str) -> StreamEntry | None:
        """Return the newest entry, None when the stream is empty."""
        entries = self._stream(stream).entries
        return entries[-1] if entries else None

    async def trim(self, stream: str, below: int) -> None:
        """Forget entries whose ``last`` is below *below*, but not the newest."""
        target = self._stream(stream)
        while len(target.entries) > 1 and target.entries[0].last < below:
            target.forget_oldest()

    async def generation(self) -> str:
        """Return the generation, "" when there is none."""
        return self._generation

    async def set_generation(self, generation: str) -> None:
        """Write the generation."""
        self._generation = generation

    async def wipe(self) -> None:
        """Forget everything, as `Bus` allows at any time."""
        self._generation = ""
        for stream in self._streams.values():
            stream.lose_above(0)

    def throw_back(self, stream: str, tail: int) -> None:
        """Lose the entries above *tail*, as a server does that is killed before it wrote them."""
        self._stream(stream).lose_above(tail)

    async def close(self) -> None:
        """Do nothing: the streams outlive the services that use them."""

    def _stream(self, name: str) -> _Stream:
        if name not in self._streams:
            self._streams[name] = _Stream()
        return self._streams[name]
