"""The parts of `ledger_log`: each holds a run of entries, is made ahead and let go of as a whole.

Part *k* holds the entries from ``k * PART_ENTRIES`` on. The writer keeps one part ready beyond the
one it writes into: half a part's time is left when the next is made, beside the appends, by a
connection of its own and without a lock that an append would wait for.
"""

import asyncio
from typing import Final

import asyncpg
import structlog

from outcry.adapters.postgres.connection import close, connect, unreachable_as
from outcry.domain.errors import OutcryError
from outcry.ports.ledger_log import Archived, LogUnavailable, Segment


PART_ENTRIES: Final = 1_000_000
#: How long dropping a part may hold up the writer.
LOCK_TIMEOUT_MS: Final = 200
#: Any number that nobody else locks in the same database.
_LOCK_KEY: Final = 0x6F75_7463_7279_70

_UPTO: Final = """
select coalesce(max((regexp_match(
    pg_get_expr(c.relpartbound, c.oid), 'TO \\(''(\\d+)''\\)'))[1]::bigint), 0)
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'ledger_log'::regclass
"""
_WHOLE_BELOW: Final = """
select c.relname::text
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'ledger_log'::regclass
    and (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''(\\d+)''\\)'))[1]::bigint <= $1
"""
_NEWEST_ARCHIVED: Final = """
select first_n, last_n, sha256 from log_archive order by last_n desc limit 1
"""
_FORGET_SPANS: Final = """
delete from ledger_span s where n <= $1 and last_seq < (
    select max(last_seq) from ledger_span t where t.shard = s.shard and t.kind = s.kind
)
"""

_log = structlog.get_logger("outcry.log")


class Parts:
    """The parts of one database's log, as its writer sees to them."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._upto = 0
        self._making: asyncio.Task[None] | None = None

    async def prepare(self, n: int) -> None:
        """Make sure that entry *n*, and a part's worth after it, have a place."""
        connection = await connect(self._dsn, {})
        try:
            async with connection.transaction():
                await connection.execute("select pg_advisory_xact_lock($1)", _LOCK_KEY)
                self._upto = await connection.fetchval(_UPTO)
                while self._upto < n + PART_ENTRIES:
                    await _make(connection, self._upto)
                    self._upto += PART_ENTRIES
        finally:
            await close(connection)

    def wrote(self, n: int) -> None:
        """Entry *n* was appended: begin to make the next part when it is time."""
        if n + PART_ENTRIES // 2 < self._upto or (self._making and not self._making.done()):
            return
        self._making = asyncio.create_task(self._prepare_again(n))

    async def close(self) -> None:
        """Make no further part."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)

    async def _prepare_again(self, n: int) -> None:
        try:
            with unreachable_as(LogUnavailable):
                await self.prepare(n)
        except (OutcryError, asyncpg.PostgresError) as error:
            _log.warning(
                "part_not_made", after=self._upto, reason=str(error)
            )  # the next entry asks


async def _make(connection: asyncpg.Connection, first: int) -> None:
    """Make the part that begins at *first*, then attach it: only that waits for anybody."""
    name = f"ledger_log_{first // PART_ENTRIES}"
    bounds = f"from ({first}) to ({first + PART_ENTRIES})"
    await connection.execute(
        f"create table {name} (like ledger_log including constraints including storage);"
        f"alter table ledger_log attach partition {name} for values {bounds}"
    )


async def newest_archived(pool: asyncpg.Pool) -> Segment | None:
    """Return the newest segment that the archive has taken over, None when there is none."""
    with unreachable_as(LogUnavailable):
        row = await pool.fetchrow(_NEWEST_ARCHIVED)
    return Segment(*row) if row is not None else None


async def refuse_archived(pool: asyncpg.Pool, after: int) -> None:
    """Raise `Archived` when the entry after *after* is one that the archive has taken over."""
    newest = await newest_archived(pool)
    if newest is not None and after < newest.last:
        raise Archived(newest)


async def _drop_whole(connection: asyncpg.Connection, last: int) -> None:
    """Drop the parts below *last*, unless somebody reads the log for long: then another time.

    Appends wait behind whoever waits for this lock, so it is not waited for.
    """
    try:
        async with connection.transaction():
            await connection.execute(f"set local lock_timeout = {LOCK_TIMEOUT_MS}")
            for (part,) in await connection.fetch(_WHOLE_BELOW, last + 1):
                await connection.execute(f"drop table {part}")
    except asyncpg.LockNotAvailableError:
        _log.warning("part_not_dropped", below=last)


async def forget(dsn: str, segment: Segment, at_us: int) -> None:
    """Note that the archive has *segment*, and let go of its entries, in one transaction."""
    with unreachable_as(LogUnavailable):
        connection = await connect(dsn, {"synchronous_commit": "on"})
        try:
            async with connection.transaction():
                await connection.execute("select pg_advisory_xact_lock($1)", _LOCK_KEY)
                known = await connection.fetchrow(_NEWEST_ARCHIVED)
                head = await connection.fetchval("select coalesce(max(n), 0) from ledger_log")
                if segment.first != (known[1] if known else 0) + 1 or segment.last >= head:
                    raise ValueError(f"{segment} does not follow what was archived, or is the head")
                await connection.execute(
                    "insert into log_archive (first_n, last_n, sha256, at_us) values ($1,$2,$3,$4)",
                    *segment,
                    at_us,
                )
                await connection.execute("delete from ledger_log where n <= $1", segment.last)
                await connection.execute(_FORGET_SPANS, segment.last)
                # Last, for it locks the whole log until the commit.
                await _drop_whole(connection, segment.last)
        finally:
            await close(connection)
