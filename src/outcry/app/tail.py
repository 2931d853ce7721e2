"""`outcry tail`: what is in the ledger log or on a stream, and what comes."""

from collections.abc import AsyncIterator
from typing import Final

from outcry.adapters.embedded import Endpoints
from outcry.adapters.postgres import PostgresLedgerLog
from outcry.adapters.redis import RedisBus
from outcry.app.failures import UsageError
from outcry.app.lines import log_lines, stream_lines
from outcry.messages import streams
from outcry.ports.bus import READ_COUNT_MAX, Bus, Reset, Trimmed
from outcry.ports.ledger_log import LedgerLog


WAIT_MS: Final = 1_000
LOG: Final = "log"


def stream_named(name: str, shards_count: int) -> str:
    """Return the stream that *name* means: ``facts`` is that of shard 0; raises `UsageError`."""
    kinds = {kind.name: kind for kind in streams.STREAMS}
    base, _, shard = name.partition(":")
    kind = kinds.get(base)
    if kind is None:
        raise UsageError(f"there is no stream {name!r}; there are log, {', '.join(kinds)}")
    if kind.numbered_by != "seq":
        return base
    if shard and (not shard.isascii() or not shard.isdigit() or int(shard) >= shards_count):
        raise UsageError(f"there is no shard {shard}; shards.count is {shards_count}")
    return f"{base}:{int(shard or 0)}"


async def tail(
    endpoints: Endpoints, stream: str, *, count: int, follow: bool
) -> AsyncIterator[str]:
    """Yield the lines of the last *count* numbers of *stream*, or of the log, then what comes."""
    if stream == LOG:
        log = await PostgresLedgerLog.connect(endpoints.postgres_dsn)
        try:
            async for line in _log(log, count=count, follow=follow):
                yield line
        finally:
            await log.close()
    else:
        bus = RedisBus(endpoints.redis_url)
        try:
            async for line in _stream(bus, stream, count=count, follow=follow):
                yield line
        finally:
            await bus.close()


async def _log(log: LedgerLog, *, count: int, follow: bool) -> AsyncIterator[str]:
    head = await log.head()
    after = max(0, head - count)
    while True:
        async for row in log.entries(after, head):
            for line in log_lines(row):
                yield line
        after = head
        if not follow:
            return
        head = await log.wait(after, WAIT_MS)


async def _stream(bus: Bus, stream: str, *, count: int, follow: bool) -> AsyncIterator[str]:
    upto = await bus.tail(stream) or 0
    after = max(0, upto - count)
    generation = await bus.generation()
    while follow or after < upto:
        try:
            entries = await bus.read(
                stream, after, count_max=READ_COUNT_MAX, wait_ms=WAIT_MS, generation=generation
            )
        except Trimmed as trimmed:
            after = trimmed.first - 1
            continue
        except Reset as reset:
            generation, after = reset.generation, 0
            yield "-- the streams were wiped"
            continue
        for entry in entries:
            for line in stream_lines(stream, entry):
                yield line
            after = entry.last
