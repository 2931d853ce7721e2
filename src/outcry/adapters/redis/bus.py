"""Bus on Redis Streams: an entry's id is its last number, and one script decides every append.

Nothing about a stream is remembered here between two calls, so a server that was wiped or thrown
back is taken as it is. The generation is read after the entries, in the same round trip: entries of
another generation are never handed out.

An entry that was altered is not handed out either. A bus may lose everything and alter nothing, so
one that altered something is made to lose it all: whoever wrote it publishes it again.
"""

import asyncio
import re
import zlib
from collections.abc import Sequence
from typing import Any, Final

import structlog

from outcry.adapters.redis.link import Link
from outcry.adapters.redis.scripts import APPEND, TRIM
from outcry.ports.bus import READ_COUNT_MAX, Bus, Gap, Reset, StreamEntry, Trimmed


_log = structlog.get_logger("outcry.bus")

#: Bytes of bodies that one stream holds, whoever has yet to read them.
STREAM_BYTES_MAX: Final = 128 * 1024 * 1024
#: The bound is looked after each time this part of it was appended.
_LOOK_EVERY: Final = 16
_WIPE_COUNT: Final = 500
#: No glob character, and no colon: a prefix is never the beginning of another's keys.
_PREFIX: Final = re.compile(r"[A-Za-z0-9_.-]+")


class SharedRead:
    """A read that waits, and how many wait for it."""

    def __init__(self, task: asyncio.Task[list[StreamEntry]]) -> None:
        self.task = task
        self.waiting = 0


class RedisBus(Bus):
    """Streams of one exchange under ``{prefix}:`` on the server at *url*."""

    def __init__(
        self, url: str, *, prefix: str = "outcry", stream_bytes_max: int = STREAM_BYTES_MAX
    ) -> None:
        if not _PREFIX.fullmatch(prefix):
            raise ValueError(f"prefix {prefix!r}; it may have letters, digits, _, . and -")
        self._link = Link(url)
        self._prefix = prefix
        self._generation_key = f"{prefix}:generation"
        self._keep_bytes = stream_bytes_max - stream_bytes_max // _LOOK_EVERY
        self._look_after = stream_bytes_max // _LOOK_EVERY
        #: Bytes appended to each stream since its bound was looked after.
        self._unlooked: dict[str, int] = {}
        #: Reads that wait, by all that was asked.
        self._reads: dict[tuple[str, int, int, int, str], SharedRead] = {}

    async def append(self, stream: str, first: int, last: int, body: bytes) -> None:
        """Append one entry; see `Bus`."""
        await self.append_many(stream, [StreamEntry(first, last, body)])

    async def append_many(
        self, stream: str, entries: Sequence[StreamEntry], *, begin: bool = True
    ) -> None:
        """Append entries in order; see `Bus`."""
        if not entries:
            return
        arguments: list[str | int | bytes] = [int(begin), self._keep(stream, entries)]
        for first, last, body in entries:
            arguments += (first, last, zlib.crc32(body), body)
        gap = await self._link.run(APPEND, self._key(stream), *arguments)
        if gap is not None:
            tail, first = gap
            raise Gap(stream, int(tail), int(first))

    async def read(
        self, stream: str, after: int, *, count_max: int, wait_ms: int, generation: str
    ) -> list[StreamEntry]:
        """Return entries above *after*; see `Bus`.

        Who waits for the same as others of this process waits with them: one read serves all.
        """
        key = (stream, after, count_max, wait_ms, generation)
        if wait_ms <= 0:
            return await self._read(*key)
        shared = self._reads.get(key)
        if shared is None:
            shared = self._reads[key] = SharedRead(asyncio.create_task(self._read(*key)))
            shared.task.add_done_callback(lambda _: self._forget(key, shared))
        shared.waiting += 1
        try:
            return list(await asyncio.shield(shared.task))
        finally:
            shared.waiting -= 1
            if not shared.waiting and not shared.task.done():
                self._forget(key, shared)
                shared.task.cancel()

    async def _read(
        self, stream: str, after: int, count_max: int, wait_ms: int, generation: str
    ) -> list[StreamEntry]:
        read: list[str | int] = ["XREAD", "COUNT", min(count_max, READ_COUNT_MAX)]
        if wait_ms > 0:
            read += ["BLOCK", wait_ms]
        read += ["STREAMS", self._key(stream), f"{after}-0"]
        found, generation_found = await self._link.call_all(
            [read, ("GET", self._generation_key)], block_ms=wait_ms
        )
        if _text(generation_found) != generation:
            raise Reset(_text(generation_found))
        entries = await self._checked(stream, found[0][1] if found else [])
        if entries is None:
            raise Reset("")
        if entries and entries[0].first > after + 1:
            raise Trimmed(stream, entries[0].first)
        return entries

    async def tail(self, stream: str) -> int | None:
        """Return the last number of the stream, None when it is empty."""
        newest = await self.newest(stream)
        return None if newest is None else newest.last

    async def newest(self, stream: str) -> StreamEntry | None:
        """Return the newest entry, None when the stream is empty."""
        found = await self._link.call("XREVRANGE", self._key(stream), "+", "-", "COUNT", 1)
        entries = await self._checked(stream, found or [])
        return entries[0] if entries else None

    async def trim(self, stream: str, below: int) -> None:
        """Forget entries whose ``last`` is below *below*, but not the newest."""
        if below > 0:
            await self._link.run(TRIM, self._key(stream), below)

    async def generation(self) -> str:
        """Return the generation, "" when there is none."""
        return _text(await self._link.call("GET", self._generation_key))

    async def set_generation(self, generation: str) -> None:
        """Write the generation."""
        await self._link.call("SET", self._generation_key, generation)

    async def wipe(self) -> None:
        """Forget every stream and the generation, of this prefix only."""
        await self._link.call("UNLINK", self._generation_key)
        cursor = b"0"
        while True:
            cursor, keys = await self._link.call(
                "SCAN", cursor, "MATCH", f"{self._prefix}:*", "COUNT", _WIPE_COUNT
            )
            if keys:
                await self._link.call("UNLINK", *keys)
            if cursor == b"0":
                return

    async def close(self) -> None:
        """Let go of connections."""
        await self._link.close()

    async def _checked(self, stream: str, found: Sequence[Any]) -> list[StreamEntry] | None:
        """Return the entries in a reply; None, and everything wiped, when one was altered."""
        entries = [_entry(raw) for raw in found]
        for entry, crc in entries:
            if zlib.crc32(entry.body) != crc:
                _log.error(
                    "bus_wiped",
                    reason=f"{stream} {entry.first}..{entry.last} fails its checksum",
                    advice="Everything is published again. If it comes again, test the memory and"
                    " the disk of the Redis server.",
                )
                await self.wipe()
                return None
        return [entry for entry, _ in entries]

    def _forget(self, key: tuple[str, int, int, int, str], shared: SharedRead) -> None:
        if self._reads.get(key) is shared:
            del self._reads[key]

    def _key(self, stream: str) -> str:
        return f"{self._prefix}:{stream}"

    def _keep(self, stream: str, entries: Sequence[StreamEntry]) -> int:
        """Return how many bytes the stream keeps when it is time to look, else 0."""
        unlooked = self._unlooked.get(stream, self._look_after)
        unlooked += sum(len(entry.body) for entry in entries)
        look = unlooked >= self._look_after
        self._unlooked[stream] = 0 if look else unlooked
        return self._keep_bytes if look else 0


def _text(reply: bytes | None) -> str:
    return "" if reply is None else reply.decode()


def _entry(raw: Any) -> tuple[StreamEntry, int]:  # noqa: ANN401 - a codec: a raw reply
    """Return an entry and the checksum that it was appended with."""
    entry_id, (_, first, _, crc, _, _, _, body) = raw
    return StreamEntry(int(first), int(entry_id.partition(b"-")[0]), body), int(crc)
