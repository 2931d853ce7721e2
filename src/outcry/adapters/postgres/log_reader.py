"""LogReader: reads rows of the ledger log in chunks of bounded size and checks each."""

from collections.abc import AsyncIterator
from typing import Final

import asyncpg

from outcry.adapters.postgres.bodies import restored
from outcry.adapters.postgres.connection import unreachable_as
from outcry.adapters.postgres.parts import refuse_archived
from outcry.domain.errors import CorruptError
from outcry.messages.runs import Run, Runs
from outcry.ports.ledger_log import LogUnavailable, Row, Span


#: One chunk: so many rows, and no further row once so many bytes of bodies are in it.
CHUNK_ROWS_MAX: Final = 1_000
CHUNK_BYTES: Final = 4 * 1024 * 1024

#: Sizes are known without reading the bodies, so what does not fit is never loaded.
_CHUNK: Final = """
select n, epoch, at_us, body, crc from (
    select *, sum(octet_length(body)) over (order by n) - octet_length(body) as bytes_before
    from (
        select * from ledger_log where n > $1 and n <= $2 order by n limit $3
    ) candidates
) sized
where bytes_before < $4
order by n
"""

_HEAD: Final = "select coalesce(max(n), 0) from ledger_log"

#: Likewise, of the entries in which a shard goes on after a seq.
_HOLDERS_CHUNK: Final = """
select n, body, crc from (
    select n, body, crc,
        sum(octet_length(body)) over (order by n) - octet_length(body) as bytes_before
    from ledger_log
    where n in (
        select n from ledger_span
        where shard = $1 and kind = $2 and last_seq > $3 order by last_seq limit $4
    )
) sized
where bytes_before < $5
order by n
"""

#: The newest span of a kind stays when its entry is archived.
_ARCHIVED_ABOVE: Final = """
select count(*) from ledger_span
where shard = $1 and kind = $2 and last_seq > $3 and n <= (select max(last_n) from log_archive)
"""

#: Spans of entries that were archived are there no more, but for the newest of each kind.
_SPANS: Final = """
select n, shard, kind, first_seq, last_seq from ledger_span
where n > (select coalesce(max(last_n), 0) from log_archive) and n <= $1
order by n, shard, kind
"""


class LogReader:
    """Reads over connections of *pool*, holding none between two chunks."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def head(self) -> int:
        """Return the number of the newest entry, 0 when the log is empty."""
        return await self.value(_HEAD)

    async def value(self, query: str, *arguments: object) -> int:
        """Return the single number that *query* yields."""
        with unreachable_as(LogUnavailable):
            number: int = await self._pool.fetchval(query, *arguments)
        return number

    async def spans(self, upto: int) -> AsyncIterator[tuple[int, Span]]:
        """Yield the spans of entries; see `LedgerLog.spans`."""
        with unreachable_as(LogUnavailable):
            async with self._pool.acquire() as connection, connection.transaction(readonly=True):
                cursor = await connection.cursor(_SPANS, upto)
                while rows := await cursor.fetch(CHUNK_ROWS_MAX):
                    for n, *span in rows:
                        yield n, Span(*span)

    async def entries(self, after: int, upto: int | None) -> AsyncIterator[Row]:
        """Yield rows with ``after < n <= upto``; see `LedgerLog.entries`."""
        end = await self.head() if upto is None else upto
        while after < end:
            with unreachable_as(LogUnavailable):
                chunk = await self._pool.fetch(_CHUNK, after, end, CHUNK_ROWS_MAX, CHUNK_BYTES)
            if not chunk or chunk[0][0] != after + 1:
                await refuse_archived(self._pool, after)
            if not chunk:
                if (head := await self.head()) > after:
                    raise CorruptError(f"log entry {after + 1} is missing; the head is {head}")
                return
            for n, epoch, at_us, data, crc in chunk:
                if n != after + 1:
                    raise CorruptError(f"log entry {after + 1} is missing; after it comes {n}")
                yield Row(n, epoch, at_us, restored(n, data, crc))
                after = n

    async def runs(self, shard: int, kind: str, after: int) -> AsyncIterator[Run]:
        """Yield runs of one shard and kind above *after*; see `LedgerLog.commands`."""
        runs = Runs(shard, kind, after)
        while True:
            position = runs.position
            with unreachable_as(LogUnavailable):
                chunk = await self._pool.fetch(
                    _HOLDERS_CHUNK, shard, kind, position, CHUNK_ROWS_MAX, CHUNK_BYTES
                )
            if not chunk:
                if await self.value(_ARCHIVED_ABOVE, shard, kind, position):
                    await refuse_archived(self._pool, 0)
                return
            for n, data, crc in chunk:
                body = restored(n, data, crc)
                try:
                    found = list(runs.of(n, body))
                except CorruptError:
                    # Whichever entry it lay in: what was archived left no span to tell.
                    await refuse_archived(self._pool, 0)
                    raise
                for run in found:
                    yield run
            if runs.position == position:
                raise CorruptError(
                    f"log entry {chunk[0]['n']} does not hold seq {position + 1} of shard {shard}, "
                    "which its span promises"
                )
