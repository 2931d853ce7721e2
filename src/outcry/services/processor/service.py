"""The processor: facts → `asset.apply`; ledger log → user events and other outputs.

The first loop keeps no position of its own: it is what the ledger has applied. The second loop's
positions are the tails of the streams it writes. Both can therefore stop anywhere and go on.

A ledger in this process takes facts into memory the moment they are offered, so the next ones do
not wait until those before are committed: they would miss the commit that begins just then.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from outcry.messages import streams
from outcry.messages.record_bodies import cut
from outcry.ports.asset import Asset, AssetUnavailable, OutOfSequence
from outcry.ports.bus import Bus, StreamEntry
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime.follow import Backoff, Follower, Resync
from outcry.services.processor.outputs import OUTPUTS, OutputStream, committed


#: Facts that one `apply` carries, softly: a command's facts are never divided.
APPLY_BYTES_MAX: Final = 4 * 1024 * 1024
#: Calls of `apply` that may wait for their commit, where calls cannot overtake one another.
OWN_APPLIES_MAX: Final = 8
#: Log entries that one publication carries.
PUBLISH_COUNT_MAX: Final = 256
LOG_WAIT_MS: Final = 1_000
PAUSE_S: Final = 0.05

_log = structlog.get_logger(__name__)


class Processor:
    """Carries facts to the ledger and publishes what users may know."""

    name = "processor"

    def __init__(
        self,
        bus: Bus,
        log: LedgerLog,
        asset: Asset,
        shards: Sequence[int],
        *,
        applies_max: int = 1,
    ) -> None:
        """Have *applies_max* calls under way: more than one only to a ledger in this process."""
        self._bus = bus
        self._log = log
        self._asset = asset
        self._shards = shards
        self._applies_max = applies_max
        self._outputs = [OutputStream(bus, log, output) for output in OUTPUTS]
        self._applied = dict.fromkeys(shards, 0)
        self._ready = False

    async def start(self) -> None:
        """Find where the streams stand; refuse one that is ahead of the log."""
        for output in self._outputs:
            await output.start()
        self._ready = True

    async def run(self) -> None:
        """Carry and publish until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for shard in self._shards:
                tasks.create_task(self._carry(shard))
            tasks.create_task(self._publish())

    async def stop(self) -> None:
        """Nothing is kept that would have to be finished."""
        self._ready = False

    def status(self) -> Mapping[str, int]:
        """Return where both loops stand."""
        return {
            "ready": int(self._ready),
            "published_n": self._position,
            "applied": sum(self._applied.values()),
        }

    async def _carry(self, shard: int) -> None:
        """Bring the facts of one shard to the ledger, in order, whole commands at a time."""
        applied = await self._where(shard)
        follower = Follower(self._bus, streams.facts(shard), position=applied, recut=cut)
        under_way: deque[asyncio.Task[None]] = deque()
        try:
            while True:
                try:
                    for entry in _joined(await follower.read()):
                        under_way.append(asyncio.create_task(self._apply(shard, entry)))
                        await _fewer(under_way, self._applies_max)
                except (OutOfSequence, Resync, AssetUnavailable) as reason:
                    _log.warning("facts_again", shard=shard, reason=str(reason))
                    await asyncio.gather(*under_way, return_exceptions=True)
                    under_way.clear()
                    await asyncio.sleep(PAUSE_S)
                    follower.seek(await self._where(shard))
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _apply(self, shard: int, entry: StreamEntry) -> None:
        applied = await self._asset.apply(shard, *entry)
        self._applied[shard] = max(applied, self._applied[shard])

    async def _where(self, shard: int) -> int:
        """Return what the ledger has applied, once it can be asked."""
        backoff = Backoff()
        while True:
            try:
                return await self._asset.applied(shard)
            except AssetUnavailable as reason:
                _log.warning("ledger_unavailable", shard=shard, reason=str(reason))
                await backoff.pause()

    async def _publish(self) -> None:
        """Publish the outputs of every committed entry, under its number."""
        while True:
            after = self._position
            head = await self._log.wait(after, LOG_WAIT_MS)
            upto = min(head, after + PUBLISH_COUNT_MAX)
            rows = await committed(self._log, after, upto) if upto > after else []
            for output in self._outputs:
                await output.publish(rows, upto)

    @property
    def _position(self) -> int:
        """The entry up to which every stream is written."""
        return min(output.position for output in self._outputs)


async def _fewer(under_way: deque[asyncio.Task[None]], count: int) -> None:
    """Wait until fewer than *count* are under way; raises what one of those that ended raised."""
    while under_way and (len(under_way) >= count or under_way[0].done()):
        await under_way[0]
        under_way.popleft()


def _joined(entries: list[StreamEntry]) -> list[StreamEntry]:
    """Return *entries* with neighbours joined up to `APPLY_BYTES_MAX`: one commit carries more."""
    joined: list[StreamEntry] = []
    bodies: list[bytes] = []
    size = first = last = 0
    for entry in entries:
        if bodies and (size + len(entry.body) > APPLY_BYTES_MAX or entry.first != last + 1):
            joined.append(StreamEntry(first, last, b"".join(bodies)))
            bodies, size = [], 0
        if not bodies:
            first = entry.first
        bodies.append(entry.body)
        size += len(entry.body)
        last = entry.last
    if bodies:
        joined.append(StreamEntry(first, last, b"".join(bodies)))
    return joined
