"""Bus, log, tables and snapshots as one process reaches them: over a line that fails.

Behind each line stands the adapter in memory, which all processes share and which survives them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemoryProjection, MemorySnapshots
from outcry.app.sim.claim import Claim
from outcry.app.sim.lines import Line, Server
from outcry.app.sim.process import Process
from outcry.ports.bus import Bus, BusUnavailable, StreamEntry
from outcry.ports.clock import Clock
from outcry.ports.ledger_log import (
    CommitUnknown,
    LedgerLog,
    LogUnavailable,
    Opened,
    Row,
    Segment,
    Span,
)
from outcry.ports.projection import Projection, Rows, TablesUnavailable
from outcry.ports.scan import Scan
from outcry.ports.snapshots import Snapshot, Snapshots


#: What every stream ever showed: all of it must be what the log says under these numbers.
Shown = dict[str, list[StreamEntry]]


class SimBus(Bus):
    """The bus over a line."""

    def __init__(self, bus: MemoryBus, server: Server, process: Process, shown: Shown) -> None:
        """Note in *shown* whatever is appended."""
        self._bus = bus
        self._shown = shown
        self._line = Line(process, server, unavailable=BusUnavailable, unknown=BusUnavailable)

    async def append(self, stream: str, first: int, last: int, body: bytes) -> None:
        """Append one entry."""
        await self.append_many(stream, [StreamEntry(first, last, body)])

    async def append_many(
        self, stream: str, entries: Sequence[StreamEntry], *, begin: bool = True
    ) -> None:
        """Append entries; when the connection breaks, perhaps only some of them."""
        if not entries:
            return
        cut = list(entries)
        what = f"append {stream} {cut[0].first}..{cut[-1].last}"
        await self._line.tell(what, lambda: self._append(stream, cut, begin=begin))

    async def _append(self, stream: str, entries: list[StreamEntry], *, begin: bool) -> None:
        tail = await self._bus.tail(stream)
        await self._bus.append_many(stream, entries, begin=begin)
        new = [entry for entry in entries if tail is None or entry.last > tail]
        self._shown.setdefault(stream, []).extend(new)

    async def read(
        self, stream: str, after: int, *, count_max: int, wait_ms: int, generation: str
    ) -> list[StreamEntry]:
        """Read entries."""
        return await self._line.ask(
            lambda: self._bus.read(
                stream, after, count_max=count_max, wait_ms=wait_ms, generation=generation
            )
        )

    async def tail(self, stream: str) -> int | None:
        """Return the last number of the stream."""
        return await self._line.ask(lambda: self._bus.tail(stream))

    async def newest(self, stream: str) -> StreamEntry | None:
        """Return the newest entry."""
        return await self._line.ask(lambda: self._bus.newest(stream))

    async def trim(self, stream: str, below: int) -> None:
        """Forget entries."""
        await self._line.tell(f"trim {stream} {below}", lambda: self._bus.trim(stream, below))

    async def generation(self) -> str:
        """Return the generation key."""
        return await self._line.ask(self._bus.generation)

    async def set_generation(self, generation: str) -> None:  # noqa: ARG002 - a seed decides
        """Write a generation key that is new, but not random."""
        key = f"the one of line {self._line.server.trace.count}"
        await self._line.tell("new generation", lambda: self._bus.set_generation(key))

    async def wipe(self) -> None:
        """Forget everything."""
        await self._line.tell("wipe", self._bus.wipe)

    async def close(self) -> None:
        """Do nothing: the bus outlives its users."""


class SimLog(LedgerLog):
    """The ledger log over a line."""

    def __init__(
        self, log: MemoryLedgerLog, server: Server, process: Process, claim: Claim
    ) -> None:
        self._log = log
        self._claim = claim
        self._line = Line(process, server, unavailable=LogUnavailable, unknown=CommitUnknown)
        self._opening = Line(process, server, unavailable=LogUnavailable, unknown=LogUnavailable)

    async def claim(self, *, by_force: bool = False) -> bool:
        """Ask for the right to write."""
        process = self._line.process
        return await self._line.ask(lambda: self._claim.take(process, by_force=by_force))

    async def open(self, at_us: int) -> Opened:
        """Become the writer."""
        opened = await self._opening.tell("open", lambda: self._log.open(at_us))
        self._line.process.epoch = opened.epoch
        return opened

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append entry *n*."""
        what = f"commit {n} of epoch {epoch}, {len(body)} bytes"
        try:
            await self._line.tell(what, lambda: self._log.append(epoch, n, at_us, body, spans))
        except CommitUnknown:
            self._claim.release(self._line.process)  # it went with the connection
            raise

    async def head(self) -> int:
        """Return the number of the newest entry."""
        return await self._line.ask(self._log.head)

    async def entries(self, after: int, upto: int | None = None) -> AsyncIterator[Row]:
        """Yield rows, up to where the log stood when it was asked."""
        await self._line.travel()
        head, breaks_after = await self._log.head(), self._line.breaks_after()
        async for row in self._log.entries(after, head if upto is None else min(upto, head)):
            breaks_after -= 1
            if not breaks_after:
                raise LogUnavailable("the connection broke while rows were read")
            yield row
            self._line.process.check()

    async def wait(self, after: int, timeout_ms: int) -> int:
        """Return the head as soon as it is above *after*."""
        return await self._line.ask(lambda: self._log.wait(after, timeout_ms))

    def commands(self, shard: int, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield committed commands."""
        return self._runs(self._log.commands(shard, after))

    def facts(self, shard: int, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield committed facts."""
        return self._runs(self._log.facts(shard, after))

    async def _runs(
        self, runs: AsyncIterator[tuple[int, int, bytes]]
    ) -> AsyncIterator[tuple[int, int, bytes]]:
        await self._line.travel()
        async for run in runs:
            yield run
            self._line.process.check()

    def spans(self, upto: int) -> AsyncIterator[tuple[int, Span]]:
        """Yield the spans of entries."""
        return self._log.spans(upto)

    async def timeline(self) -> int:
        """Return the id of the newest timeline."""
        return await self._line.ask(self._log.timeline)

    async def start_timeline(self, reason: str, at_us: int) -> int:
        """Begin a new timeline."""
        return await self._line.ask(lambda: self._log.start_timeline(reason, at_us))

    async def applied(self, shard: int, at: int | None = None) -> int:
        """Return the seq up to which facts are committed."""
        return await self._line.ask(lambda: self._log.applied(shard, at))

    async def archived(self) -> Segment | None:
        """Return the newest archived segment."""
        return await self._line.ask(self._log.archived)

    async def forget(self, segment: Segment, at_us: int) -> None:
        """Let go of archived entries."""

        async def forget() -> None:
            newest = await self._log.archived()
            if newest is None or newest.last < segment.last:  # else it was said twice
                await self._log.forget(segment, at_us)

        await self._line.tell(f"forget {segment.first}..{segment.last}", forget)

    async def close(self) -> None:
        """Give back the right to write; the log outlives its users."""
        self._claim.release(self._line.process)


class SimTables(Projection):
    """The tables over a line."""

    def __init__(self, tables: MemoryProjection, server: Server, process: Process) -> None:
        self._tables = tables
        self._line = Line(process, server, unavailable=TablesUnavailable, unknown=TablesUnavailable)

    async def position(self) -> int:
        """Return the last entry that is in the tables."""
        return await self._line.ask(self._tables.position)

    async def apply(self, n_first: int, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write rows and position."""
        what = f"write {n_first}..{n_last}"
        await self._line.tell(what, lambda: self._tables.apply(n_first, n_last, rows, at_us))

    async def clear(self) -> None:
        """Empty every table."""
        await self._line.tell("clear", self._tables.clear)

    def scan(self) -> AbstractAsyncContextManager[Scan]:
        """Give the tables of one moment."""
        return self._tables.scan()

    async def dump(self) -> tuple[int, Rows]:
        """Return the position and every row."""
        return await self._line.ask(self._tables.dump)

    async def close(self) -> None:
        """Do nothing: the tables outlive their users."""


class SimSnapshots(Snapshots):
    """Snapshots, of which a dead process saves none. They are slow where they are used."""

    def __init__(self, snapshots: MemorySnapshots, process: Process) -> None:
        self._snapshots = snapshots
        self._process = process

    def save(
        self,
        name: str,
        timeline: int,
        position: int,
        rules_version: int,
        body: bytes,
        *,
        floor: int,
    ) -> None:
        """Save *body*."""
        if not self._process.alive:
            raise OSError("killed before it was saved")
        self._snapshots.save(name, timeline, position, rules_version, body, floor=floor)

    def kept(self, name: str, timeline: int, rules_version: int) -> list[int]:
        """Return the positions of what is kept."""
        return self._snapshots.kept(name, timeline, rules_version)

    def newest(self, name: str, timeline: int, rules_version: int, at_most: int) -> Snapshot | None:
        """Return the newest valid snapshot not above *at_most*."""
        return self._snapshots.newest(name, timeline, rules_version, at_most)


class SimClock(Clock):
    """A wall clock that shows virtual time, and is a little wrong now and then."""

    manual = False

    def __init__(self, start_us: int, loop: asyncio.AbstractEventLoop) -> None:
        self._start_us = start_us
        self._loop = loop
        #: How wrong it is.
        self.skew_us = 0

    def now_us(self) -> int:
        """Return the time shown."""
        return self._start_us + int(self._loop.time() * 1_000_000) + self.skew_us

    def set(self, time_us: int) -> None:
        """Refuse, as a real clock does."""
        raise ValueError(f"nobody sets this clock to {time_us}")
