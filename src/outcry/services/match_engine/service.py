"""The match engine: commands of one shard into the kernel, its facts onto the stream.

* It starts from a snapshot that the ledger covers, replays committed commands and holds its facts
  against the log's, bit for bit. What it makes above `applied` is published, or was already.
* Commands come from the stream and, when that does not continue, from the log; none is missing,
  none comes twice. A stream entry holds the facts of whole commands.
* Facts above `applied` stand nowhere but here, so they are kept until the ledger has applied them:
  whatever the stream loses is published again.

It has no clock, writes nothing that lasts and decides nothing: the kernel does.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial

import structlog

from outcry import kernel as kernels
from outcry.messages import streams
from outcry.messages.record_bodies import cut
from outcry.ports.bus import Bus, StreamEntry
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.snapshots import Snapshots
from outcry.runtime.closing import closing
from outcry.runtime.follow import Backoff, Follower, FollowLimits
from outcry.runtime.publish import Publisher, Retention
from outcry.runtime.replay import (
    Kernel,
    calls,
    carry_out,
    entries_of,
    log_build,
    replay_committed,
    restore_kernel,
)
from outcry.services.match_engine.config import MatchEngineConfig
from outcry.services.match_engine.ring import FactsRing


_log = structlog.get_logger("outcry.match_engine")


class MatchEngine:
    """The service ``match_engine`` of one shard."""

    name = "match_engine"

    def __init__(
        self,
        config: MatchEngineConfig,
        *,
        bus: Bus,
        log: LedgerLog,
        snapshots: Snapshots,
        kernel_class: type[Kernel] | None = None,
    ) -> None:
        """Match with *kernel_class*, by default the kernel that this machine runs fastest."""
        self._config = config
        self._shard = config.shard
        self._ledger_log = log
        self._snapshots = snapshots
        self._kernel_class: type[Kernel] = kernel_class or kernels.load().Engine
        self._kernel: Kernel = self._kernel_class()
        self._ring = FactsRing()
        self._applied = 0
        self._asked_at = 0.0
        self._disturbances = 0
        self._ready = False
        self._publisher = Publisher(
            bus,
            streams.facts(self._shard),
            again=self._again,
            recut=cut,
            retention=Retention(config.stream_bytes_max, lambda: self._applied),
        )
        self._follower = Follower(
            bus,
            streams.commands(self._shard),
            position=0,
            refill=partial(log.commands, self._shard),
            recut=cut,
            limits=FollowLimits(wait_ms=config.wait_ms),
        )

    @property
    def kernel(self) -> Kernel:
        """The kernel, for reading."""
        return self._kernel

    async def start(self) -> None:
        """Restore, replay, compare, and publish what the ledger has not applied.

        Afterwards the kernel stands at the log's last command.
        """
        log_build("match_engine", self._shard, self._kernel_class)
        newest = await self._publisher.newest()
        timeline = await self._ledger_log.timeline()
        self._applied = await self._ledger_log.applied(self._shard)
        self._kernel = await restore_kernel(
            self._kernel_class, self._snapshots, self._shard, timeline, self._applied
        )
        begun_at = self._kernel.seq
        await replay_committed(self._kernel, self._ledger_log, self._shard, self._applied)
        async with closing(self._ledger_log.commands(self._shard, self._kernel.seq)) as runs:
            async for _, _, body in runs:
                await self._carry_out(body)
        if newest is not None:
            await self._publisher.check(newest)
        self._follower.seek(self._kernel.seq)
        await self._publisher.publish()
        self._ready = True
        _log.info(
            "engine_ready",
            shard=self._shard,
            snapshot=begun_at,
            applied=self._applied,
            seq=self._kernel.seq,
            orders=self._kernel.order_count,
        )

    async def run(self) -> None:
        """Follow the commands until cancelled."""
        while True:
            await self.step()

    async def step(self) -> None:
        """Do one turn of `run`: carry out what came, publish, see to what the stream lost."""
        taken = await self._follower.read()
        if taken:
            made = await self._carry_out(b"".join(entry.body for entry in taken))
            await self._publisher.publish(made)
        if self._follower.disturbances != self._disturbances:
            self._disturbances = self._follower.disturbances
            self._publisher.doubt()
            await self._publisher.publish()
        await self._forget_applied()
        await self._wait_for_ledger()

    async def stop(self) -> None:
        """Serve no more. Nothing is unfinished: what was made can be made again."""
        self._ready = False

    def status(self) -> Mapping[str, int]:
        """Return figures for metrics and readiness."""
        figures = {
            "ready": int(self._ready),
            "seq": self._kernel.seq,
            "applied": self._applied,
            "orders": self._kernel.order_count,
            "ring_bytes": self._ring.size_bytes,
        }
        figures.update((f"commands_{k}", v) for k, v in self._follower.status().items())
        figures.update((f"facts_{k}", v) for k, v in self._publisher.status().items())
        return figures

    async def _carry_out(self, body: bytes) -> list[StreamEntry]:
        """Carry out *body* and keep the facts; returns them as stream entries."""
        made: list[StreamEntry] = []
        for part in calls(body, self._kernel.seq):
            first = self._kernel.seq + 1
            facts = carry_out(self._kernel, part)
            entries = list(entries_of(facts, first, self._kernel.seq))
            self._ring.extend(entries)
            made += entries
            await asyncio.sleep(0)
        return made

    async def _again(self, tail: int | None) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield all facts above *tail*: those applied from the log, the others from the ring.

        On an empty stream the ring's come first: the log has what stands before.
        """
        after = tail
        ring_first = self._ring.first
        if tail is not None and (ring_first is None or tail + 1 < ring_first):
            async with closing(self._ledger_log.facts(self._shard, tail)) as runs:
                async for first, last, body in runs:
                    yield first, last, body
                    after = last
        for entry in self._ring.after(-1 if after is None else after):
            yield entry

    async def _forget_applied(self) -> None:
        """Ask now and then how far the ledger is, and forget what it has."""
        now = asyncio.get_running_loop().time()
        if now - self._asked_at < self._config.applied_interval_ms / 1_000:
            return
        self._asked_at = now
        try:
            applied = await self._ledger_log.applied(self._shard)
        except LogUnavailable as error:
            _log.warning("log_unavailable", shard=self._shard, reason=str(error))
            return
        self._applied = applied
        self._ring.forget(applied)

    async def _wait_for_ledger(self) -> None:
        """Take no more commands while too many facts wait to be applied."""
        backoff = Backoff()
        # Half of what the stream may hold: facts that are not applied are never trimmed there.
        allowed = min(self._config.ring_bytes_max, self._config.stream_bytes_max // 2)
        while self._ring.size_bytes > allowed:
            await backoff.pause()
            self._asked_at = float("-inf")
            await self._forget_applied()
            self._publisher.doubt()
            await self._publisher.publish()
