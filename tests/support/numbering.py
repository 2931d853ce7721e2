"""The ledger's side of a shard, reduced to numbers: who numbers, commits, publishes and applies.

It keeps the laws of the asset service and the processor without their money, so that any stream of
records can be sent through the services around the engine. An oracle carries out every command once
as it is numbered; facts that come back must be the oracle's, bit for bit.
"""

import asyncio
from collections.abc import AsyncIterator

from outcry.kernel.naive import NaiveEngine
from outcry.messages import streams
from outcry.messages.entry import ENTRY_VERSION, Commands, Entry, Facts, Item, pack_entry
from outcry.messages.record_bodies import cut, span
from outcry.ports.bus import Bus, StreamEntry
from outcry.ports.ledger_log import LedgerLog, Span
from outcry.runtime.follow import Follower, Resync
from outcry.runtime.publish import Publisher


class Numbering:
    """Numbers and applies for one shard."""

    def __init__(self, bus: Bus, log: LedgerLog, shard: int = 0) -> None:
        self.bus = bus
        self.log = log
        self.shard = shard
        self.oracle = NaiveEngine()
        #: All facts there must ever be.
        self.facts = bytearray()
        self.numbered = 0
        self.applied = 0
        self._epoch = self._n = 0
        self._committing = asyncio.Lock()
        self._generations = 0
        self._publisher = Publisher(bus, streams.commands(shard), again=self._again, recut=cut)
        self._follower = Follower(bus, streams.facts(shard), position=0, recut=cut)

    async def open(self) -> None:
        """Become the writer of the log."""
        opened = await self.log.open(0)
        self._n, self._epoch = opened.head, opened.epoch
        await self.keep_generation()

    async def keep_generation(self) -> None:
        """Give a wiped bus a new generation."""
        if not await self.bus.generation():
            self._generations += 1
            await self.bus.set_generation(f"g{self._generations}")
            self._publisher.doubt()

    async def number(self, records: list[bytes], *, publish: bool = True) -> None:
        """Commit *records* as the next commands; without *publish* the stream misses them."""
        body = b"".join(records)
        self.facts += self.oracle.process(body)
        first, last = span(body)
        await self._commit(Commands(self.shard, body, []), Span(self.shard, "c", first, last))
        self.numbered = last
        if publish:
            await self.publish()

    async def publish(self) -> None:
        """Bring the commands stream up to the log."""
        self._publisher.doubt()
        await self._publisher.publish()

    async def apply(self, entries_max: int = 1_000) -> None:
        """Commit facts that are on the stream; they must be the oracle's."""
        self._follower.seek(self.applied)
        try:
            entries = await self._follower.read(0)
        except Resync:
            return
        if not entries:
            return
        body = b"".join(entry.body for entry in entries[:entries_max])
        first, last = span(body)
        assert first == self.applied + 1
        assert body == cut(bytes(self.facts), self.applied, last)
        await self.commit_facts(last)

    async def commit_facts(self, upto: int, *, body: bytes | None = None) -> None:
        """Commit facts up to *upto* without a stream: the oracle's, or *body* as a wrong one."""
        body = body or cut(bytes(self.facts), self.applied, upto)
        span_ = Span(self.shard, "f", self.applied + 1, upto)
        await self._commit(Facts(self.shard, body), span_)
        self.applied = upto

    async def committed_facts(self) -> bytes:
        """Return every fact in the log."""
        return b"".join([body async for _, _, body in self.log.facts(self.shard, 0)])

    async def _commit(self, item: Item, span_: Span) -> None:
        entry = Entry(ENTRY_VERSION, 0, [item], [])
        async with self._committing:
            self._n += 1
            await self.log.append(self._epoch, self._n, 0, pack_entry(entry), [span_])

    async def _again(self, tail: int | None) -> AsyncIterator[StreamEntry]:
        after = self.applied if tail is None else tail
        async for first, last, body in self.log.commands(self.shard, after):
            yield StreamEntry(first, last, body)
