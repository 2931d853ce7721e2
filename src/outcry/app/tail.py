"""`outcry tail`: what is in the ledger log or on a stream, and what comes."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from outcry.adapters.embedded import Endpoints
from outcry.adapters.redis import RedisBus
from outcry.app.access import open_log
from outcry.app.failures import UsageError
from outcry.app.lines import log_lines, stream_lines
from outcry.messages import streams
from outcry.ports.bus import READ_COUNT_MAX, Bus, Reset, Trimmed
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime.config import Config


WAIT_MS: Final = 1_000
LOG: Final = "log"
#: How much further back than the number of lines is looked: most entries of a quiet exchange say
#: only that time passes.
NUMBERS_PER_LINE: Final = 200


class View(NamedTuple):
    """What somebody wants to see."""

    #: ``log`` or the full name of a stream.
    source: str
    #: Lines of the past.
    lines: int
    follow: bool
    ticks: bool


def source_named(name: str, shards_count: int) -> str:
    """Return what *name* means: ``facts`` is the stream of shard 0; raises `UsageError`."""
    if name == LOG:
        return LOG
    kinds = {kind.name: kind for kind in streams.STREAMS}
    base, colon, shard = name.partition(":")
    kind = kinds.get(base)
    if kind is None:
        raise UsageError(f"there is no stream {name!r}; there are log, {', '.join(kinds)}")
    if kind.numbered_by != "seq":
        return base
    if colon and not (shard.isascii() and shard.isdigit() and int(shard) < shards_count):
        raise UsageError(f"{name}: there are shards 0 to {shards_count - 1} (shards.count)")
    return f"{base}:{int(shard or 0)}"


async def tail(config: Config, endpoints: Endpoints, view: View) -> AsyncIterator[str]:
    """Yield the last lines of a stream, or of the log, then what comes."""
    if view.source == LOG:
        log = await open_log(config, endpoints.postgres_dsn)
        try:
            async for line in _log(log, view):
                yield line
        finally:
            await log.close()
    else:
        bus = RedisBus(endpoints.redis_url)
        try:
            async for line in _stream(bus, view):
                yield line
        finally:
            await bus.close()


async def _log(log: LedgerLog, view: View) -> AsyncIterator[str]:
    head = await log.head()
    past: deque[str] = deque(maxlen=view.lines)
    async for row in log.entries(max(0, head - view.lines * NUMBERS_PER_LINE), head):
        past.extend(log_lines(row, ticks=view.ticks))
    for line in past:
        yield line
    while view.follow:
        after, head = head, await log.wait(head, WAIT_MS)
        async for row in log.entries(after, head):
            for line in log_lines(row, ticks=view.ticks):
                yield line


async def _stream(bus: Bus, view: View) -> AsyncIterator[str]:
    reader = _Reader(bus, view.source, await bus.generation())
    upto = await bus.tail(view.source) or 0
    reader.after = max(0, upto - view.lines * NUMBERS_PER_LINE)
    past: deque[str] = deque(maxlen=view.lines)
    while reader.after < upto:
        past.extend([line async for line in reader.lines(ticks=view.ticks)])
    for line in past:
        yield line
    while view.follow:
        async for line in reader.lines(ticks=view.ticks):
            yield line


class _Reader:
    """Reads a stream; what was trimmed or wiped is skipped."""

    def __init__(self, bus: Bus, stream: str, generation: str) -> None:
        self._bus = bus
        self._stream = stream
        self._generation = generation
        self.after = 0

    async def lines(self, *, ticks: bool) -> AsyncIterator[str]:
        """Yield the lines of the next entries, after waiting for a bounded time."""
        try:
            entries = await self._bus.read(
                self._stream,
                self.after,
                count_max=READ_COUNT_MAX,
                wait_ms=WAIT_MS,
                generation=self._generation,
            )
        except Trimmed as trimmed:
            self.after = trimmed.first - 1
            return
        except Reset as reset:
            self._generation, self.after = reset.generation, 0
            yield "-- the streams were wiped"
            return
        for entry in entries:
            for line in stream_lines(self._stream, entry, ticks=ticks):
                yield line
            self.after = entry.last
