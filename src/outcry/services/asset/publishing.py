"""Publishing: committed commands go out on the streams; what a stream lost comes from the log.

The queue of a shard is bounded: beyond it new entries are dropped and the publisher is told to read
its stream's tail and take what is missing from the log. Losing the bus never slows a commit.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Mapping

import structlog

from outcry.messages import streams
from outcry.messages.entry import Commands, Entry
from outcry.messages.record_bodies import cut, span
from outcry.ports.bus import Bus, BusUnavailable, StreamEntry
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime.publish import Publisher


QUEUE_COUNT_MAX = 1_024

_log = structlog.get_logger(__name__)


class CommandPublishers:
    """The writers of every shard's commands stream, and of the bus's generation."""

    def __init__(self, bus: Bus, log: LedgerLog, shards_count: int) -> None:
        self._bus = bus
        self._shards = [_ShardPublisher(bus, log, shard) for shard in range(shards_count)]

    async def start(self, numbered: Mapping[int, int]) -> None:
        """Check that no stream is ahead of the log, which would be a lost history."""
        for publisher in self._shards:
            await publisher.start(numbered.get(publisher.shard, 0))
        await self.keep_generation()

    async def run(self) -> None:
        """Publish until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for publisher in self._shards:
                tasks.create_task(publisher.run())

    def offer(self, entry: Entry) -> None:
        """Take the commands of a committed entry; they go out in the background."""
        for item in entry.items:
            if isinstance(item, Commands):
                self._shards[item.shard].offer(StreamEntry(*span(item.body), item.body))

    async def keep_generation(self) -> None:
        """Give a bus that is new, or was wiped, a generation of its own."""
        try:
            if not await self._bus.generation():
                generation = secrets.token_hex(8)
                await self._bus.set_generation(generation)
                _log.warning("bus_generation", generation=generation)
                for publisher in self._shards:
                    publisher.doubt()
        except BusUnavailable as error:
            _log.debug("bus_unavailable", reason=str(error))


class _ShardPublisher:
    def __init__(self, bus: Bus, log: LedgerLog, shard: int) -> None:
        self.shard = shard
        self._log = log
        self._waiting: deque[StreamEntry] = deque()
        self._offered = asyncio.Event()
        self._publisher = Publisher(bus, streams.commands(shard), again=self._again, recut=cut)

    async def start(self, numbered: int) -> None:
        """Compare the newest entry on the stream with the log."""
        newest = await self._publisher.newest()
        if newest is not None:
            await self._publisher.check(newest)
        tail = newest.last if newest else 0
        _log.info("commands_stream", shard=self.shard, tail=tail, numbered=numbered)
        self._offered.set()

    def offer(self, entry: StreamEntry) -> None:
        if len(self._waiting) >= QUEUE_COUNT_MAX:
            self._waiting.clear()
            self.doubt()
        self._waiting.append(entry)
        self._offered.set()

    def doubt(self) -> None:
        self._publisher.doubt()
        self._offered.set()

    async def run(self) -> None:
        while True:
            await self._offered.wait()
            self._offered.clear()
            entries = list(self._waiting)
            self._waiting.clear()
            await self._publisher.publish(entries)

    async def _again(self, tail: int | None) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield what a stream that ends at *tail* lacks; a new one begins above what is applied."""
        after = await self._log.applied(self.shard) if tail is None else tail
        async for entry in self._log.commands(self.shard, after):
            yield entry
