"""Depth: facts of one shard folded into price levels, their changes published for everybody.

* It starts from a snapshot and committed facts and follows the facts stream; what is above
  `applied` may be shown, for the same commands give the same facts whatever happens.
* An entry says how the levels stand after its last seq, and the entries follow one another without
  a hole, also over restarts: it goes on where the stream ends. When it cannot say what changed
  since then, it says once how every book stands as a whole (``prev_update_id`` 0).
* Levels are saved only when the ledger has applied all that is in them.

It knows no owners and no orders.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial

import structlog

from outcry.domain.levels import LevelBooks
from outcry.messages import streams
from outcry.messages.book_updates import update_of
from outcry.messages.record_bodies import cut, iter_records
from outcry.ports.bus import Bus, StreamEntry
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.snapshots import Snapshots
from outcry.runtime.closing import closing
from outcry.runtime.follow import Backoff, Follower
from outcry.runtime.level_recovery import fold_committed, restore_levels
from outcry.runtime.publish import Ahead, Publisher, Retention, Unreachable
from outcry.services.depth.config import DepthConfig
from outcry.services.depth.entries import DepthRing, pack_updates, whole_books
from outcry.services.depth.saver import LevelsSaver


_log = structlog.get_logger("outcry.depth")


class Depth:
    """The service ``depth`` of one shard."""

    name = "depth"

    def __init__(
        self, config: DepthConfig, *, bus: Bus, log: LedgerLog, snapshots: Snapshots
    ) -> None:
        self._config = config
        self._shard = config.shard
        self._ledger_log = log
        self._snapshots = snapshots
        self._levels = LevelBooks()
        #: The seq at which the next entry begins; facts below it change levels without a word.
        self._next = 1
        #: The next entry says how every book stands, not what changed.
        self._whole = False
        self._ring = DepthRing(config.ring_bytes_max)
        self._saver = LevelsSaver(config, log, snapshots)
        self._published_at = 0.0
        self._disturbances = 0
        self._recoveries = 0
        self._ready = False
        stream = streams.depth(self._shard)
        self._publisher = Publisher(
            bus, stream, again=self._again, retention=Retention(config.stream_bytes_max)
        )
        self._follower = Follower(
            bus,
            streams.facts(self._shard),
            position=0,
            refill=partial(log.facts, self._shard),
            recut=cut,
        )

    @property
    def levels(self) -> LevelBooks:
        """The levels, for reading."""
        return self._levels

    async def start(self) -> None:
        """Recover; afterwards the levels are those of the committed facts."""
        await self._saver.start()
        await self.recover()
        self._ready = True

    async def run(self) -> None:
        """Follow the facts and publish until cancelled."""
        backoff = Backoff()
        while True:
            try:
                await self.step()
                backoff.reset()
            except Unreachable as reason:
                _log.warning("depth_recovers", shard=self._shard, reason=str(reason))
                await backoff.pause()
                await self.recover()

    async def stop(self) -> None:
        """Serve no more. Nothing is unfinished: what was not published will be."""
        self._ready = False

    def status(self) -> Mapping[str, int]:
        """Return figures for metrics and readiness."""
        sizes = [len(book.bids) + len(book.asks) for book in self._levels.books.values()]
        figures = {
            "ready": int(self._ready),
            "seq": self._levels.seq,
            "markets": len(sizes),
            "levels": sum(sizes),
            "largest_book_levels": max(sizes, default=0),
            "recoveries": self._recoveries,
            "saved_seq": self._saver.saved_seq,
        }
        figures.update((f"facts_{k}", v) for k, v in self._follower.status().items())
        figures.update((f"depth_{k}", v) for k, v in self._publisher.status().items())
        return figures

    async def step(self) -> None:
        """Do one turn of `run`: take what came, publish and save when it is time.

        Raises `Unreachable` when the stream cannot be continued without recovering.
        """
        for entry in await self._follower.read(self._wait_ms()):
            self._take(entry)
            await self._publish_when_due()
            await asyncio.sleep(0)
        if self._follower.disturbances != self._disturbances:
            self._disturbances = self._follower.disturbances
            self._publisher.doubt()
            await self._publisher.publish()
        await self._publish_when_due()

    async def _publish_when_due(self) -> None:
        if self._levels.seq >= self._next and not self._pause_s():
            await self._publish()
            await self._saver.offer(self._levels)

    def _pause_s(self) -> float:
        """Return how long the next entry still has to wait."""
        waited = asyncio.get_running_loop().time() - self._published_at
        return max(0.0, self._config.interval_ms / 1_000 - waited)

    def _wait_ms(self) -> int:
        if self._levels.seq < self._next:
            return self._config.wait_ms
        return int(self._pause_s() * 1_000) + 1

    def _take(self, entry: StreamEntry) -> None:
        """Fold one entry; changes below `_next` are published already and not told again."""
        body = entry.body
        if entry.first < self._next <= entry.last:
            self._fold(cut(body, 0, self._next - 1))
            body = cut(body, self._next - 1)
        self._fold(body)

    def _fold(self, body: bytes) -> None:
        for fact in iter_records(body):
            self._levels.apply(fact)
        if self._levels.seq < self._next:
            self._levels.take_changes()

    async def _publish(self) -> None:
        """Publish one entry from `_next` to where the levels stand."""
        updates = [update_of(self._shard, change) for change in self._levels.take_changes()]
        if self._whole:
            updates = whole_books(self._levels, updates)
        entry = StreamEntry(self._next, self._levels.seq, pack_updates(updates))
        self._ring.add(entry)
        self._next = entry.last + 1
        self._whole = False
        self._published_at = asyncio.get_running_loop().time()
        await self._publisher.publish([entry])

    async def _again(self, tail: int | None) -> AsyncIterator[StreamEntry]:
        """Yield published entries above *tail*, as far back as they are kept."""
        for entry in self._ring.after(tail):
            yield entry

    async def recover(self) -> None:
        """Take levels from snapshot and log so that the next entry continues the stream."""
        self._recoveries += 1
        self._ring.clear()
        newest = await self._publisher.newest()
        applied = await self._ledger_log.applied(self._shard)
        tail = applied if newest is None else newest.last
        await self._check_numbered(tail, applied)
        levels = await self._restore(min(tail, applied)) or await self._restore(applied)
        self._levels = levels or LevelBooks()
        await fold_committed(self._levels, self._ledger_log, self._shard, min(tail, applied))
        self._levels.take_changes()
        self._next = tail + 1
        self._whole = self._levels.seq > tail
        self._follower.seek(self._levels.seq)
        _log.info("depth_recovered", shard=self._shard, seq=self._levels.seq, tail=tail)

    async def _restore(self, at_most: int) -> LevelBooks | None:
        timeline = self._saver.timeline
        return await restore_levels(self._snapshots, self._shard, timeline, at_most)

    async def _check_numbered(self, tail: int, applied: int) -> None:
        """Raise `Ahead` when the stream shows commands that the log does not have."""
        numbered = applied
        async with closing(self._ledger_log.commands(self._shard, applied)) as runs:
            async for _, last, _ in runs:
                numbered = last
        if tail > numbered:
            raise Ahead(streams.depth(self._shard), tail, numbered)
