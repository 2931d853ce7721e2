"""LedgerLog in PostgreSQL: one statement per append, its fence inside the statement.

The primary key ``n`` decides between two writers even when their statements overlap; the epoch
keeps out a writer that lost its place and does not know. One connection appends and nothing else;
readers have their own. `wait` costs the writer nothing: see `outcry.adapters.postgres.watch`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final, Self

import asyncpg

from outcry.adapters.postgres.bodies import checksum, stored
from outcry.adapters.postgres.connection import (
    BY_INDEX,
    UNREACHABLE,
    close,
    connect,
    open_pool,
    unreachable_as,
)
from outcry.adapters.postgres.log_reader import LogReader
from outcry.adapters.postgres.parts import Parts, forget, newest_archived
from outcry.adapters.postgres.watch import Watch
from outcry.domain.errors import InvariantError
from outcry.messages.runs import COMMANDS, FACTS, Run
from outcry.ports.ledger_log import (
    CommitUnknown,
    LedgerLog,
    LogUnavailable,
    Opened,
    Row,
    Segment,
    Span,
    Stale,
)


#: How long an append may take before its outcome counts as unknown.
APPEND_TIMEOUT_MS: Final = 30_000
#: How long a read of one chunk may take.
READ_TIMEOUT_MS: Final = 60_000
#: Connections for reading.
READERS_MAX: Final = 4
#: How often `open` tries again because the writer before it was just appending.
OPEN_ATTEMPTS_MAX: Final = 1_000

_WRITER: Final = {**BY_INDEX, "synchronous_commit": "on"}
_READER: Final = {**BY_INDEX, "default_transaction_read_only": "on"}

_FENCE: Final = """
insert into ledger_log (n, epoch, at_us, body, crc)
select coalesce(max(h.n), 0) + 1, coalesce(max(h.epoch), 0) + 1, $1, '', 0
from (select n, epoch from ledger_log order by n desc limit 1) h
returning n, epoch
"""

#: The entry before is of our epoch and this one is not there (else the primary key says so): then
#: the one before is the head, and no newer epoch has been opened.
_APPEND: Final = """
with entry as (
    insert into ledger_log (n, epoch, at_us, body, crc)
    select $1, $2, $3, $4, $5
    where exists (select from ledger_log where n = $1::bigint - 1 and epoch = $2)
    returning n
), spans as (
    insert into ledger_span (shard, kind, first_seq, last_seq, n)
    select s.shard, s.kind, s.first_seq, s.last_seq, entry.n
    from entry, unnest($6::integer[], $7::text[], $8::bigint[], $9::bigint[])
        as s (shard, kind, first_seq, last_seq)
)
select n from entry
"""

#: The session lock of the writer, and how often one who takes it by force asks for it.
CLAIM_KEY: Final = 0x6F75_7463_7278
CLAIM_ATTEMPTS_MAX: Final = 40
CLAIM_PAUSE_MS: Final = 25

_END_HOLDERS: Final = """
select pg_terminate_backend(pid) from pg_locks
where locktype = 'advisory' and objsubid = 1 and granted and pid <> pg_backend_pid()
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32 | objid::bigint) = $1
"""

_APPLIED: Final = """
select coalesce(max(last_seq), 0) from ledger_span where shard = $1 and kind = $2
"""
#: From the newest back: the spans above an entry are few, and there is no index by entry.
_APPLIED_AT: Final = """
select coalesce((
    select last_seq from ledger_span
    where shard = $1 and kind = $2 and n <= $3 order by last_seq desc limit 1
), 0)
"""

#: Settings under which a commit that was acknowledged could still be lost.
_UNSAFE: Final = """
select name, setting from pg_settings
where name in ('fsync', 'full_page_writes') and setting = 'off'
"""
#: Standbys that stream while nobody waits for them: failing over to one loses answered orders.
#: (Only what replays is a standby, and only what copies the whole server: not an archive of the
#: write-ahead log, not a subscriber of some tables.)
_UNAWAITED_STANDBYS: Final = """
select r.application_name
from pg_stat_replication r join pg_stat_activity a using (pid)
where r.state = 'streaming' and r.replay_lsn is not null and a.datid is null
    and current_setting('synchronous_standby_names') = ''
"""


class PostgresLedgerLog(LedgerLog):
    """The log of one exchange. Make it with `connect`."""

    def __init__(self, dsn: str, pool: asyncpg.Pool, append_timeout_ms: int) -> None:
        self._dsn = dsn
        self._pool = pool
        self._append_timeout = append_timeout_ms / 1_000
        self._reader = LogReader(pool)
        self._watch = Watch(self._reader.head)
        self._parts = Parts(dsn)
        self._writer: asyncpg.Connection | None = None

    @classmethod
    async def connect(
        cls,
        dsn: str,
        *,
        append_timeout_ms: int = APPEND_TIMEOUT_MS,
        readers_max: int = READERS_MAX,
    ) -> Self:
        """Return the log in *dsn*, for reading; `open` makes it writable."""
        with unreachable_as(LogUnavailable):
            pool = await open_pool(dsn, _READER, size_max=readers_max, timeout_ms=READ_TIMEOUT_MS)
        return cls(dsn, pool, append_timeout_ms)

    async def claim(self, *, by_force: bool = False) -> bool:
        """Take the session lock of the writer, if it is free; see `LedgerLog`."""
        with unreachable_as(LogUnavailable):
            writer = await self._writing()
            if by_force:
                await writer.execute(_END_HOLDERS, CLAIM_KEY)
            for _ in range(CLAIM_ATTEMPTS_MAX if by_force else 1):
                if await writer.fetchval("select pg_try_advisory_lock($1)", CLAIM_KEY):
                    return True
                await asyncio.sleep(CLAIM_PAUSE_MS / 1_000)
        return False

    async def open(self, at_us: int) -> Opened:
        """Append the fence, then return head and epoch; see `LedgerLog`."""
        with unreachable_as(LogUnavailable):
            writer = await self._writing()
            await self._parts.prepare(await self._reader.head() + 1)
            await _refuse_unsafe(writer)
            for _ in range(OPEN_ATTEMPTS_MAX):
                try:
                    opened = Opened(*await writer.fetchrow(_FENCE, at_us))
                except asyncpg.UniqueViolationError:
                    continue  # the writer before us was appending: fence behind that entry
                self._watch.saw(opened.head)
                return opened
        raise LogUnavailable(f"another writer was faster {OPEN_ATTEMPTS_MAX} times")

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append entry *n*; see `LedgerLog`.

        After `CommitUnknown`, or when cancelled, this object appends nothing any more.
        """
        writer, self._writer = self._writer, None
        if writer is None:
            raise CommitUnknown(f"entry {n}: the log is not open, or an append before is undecided")
        shards, kinds, firsts, lasts = zip(*spans, strict=True) if spans else ((), (), (), ())
        try:
            written = await writer.fetchval(
                _APPEND, n, epoch, at_us, stored(body), checksum(body),
                shards, kinds, firsts, lasts,
                timeout=self._append_timeout,
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            self._writer = writer
            if not error.constraint_name.startswith("ledger_log_"):
                raise InvariantError(f"entry {n}: {error.detail}") from error
            written = None
        except (*UNREACHABLE, asyncpg.PostgresError) as error:
            writer.terminate()
            raise CommitUnknown(f"entry {n}: {error or type(error).__name__}") from error
        except asyncio.CancelledError:
            writer.terminate()
            raise
        self._writer = writer
        if written is None:
            raise Stale(f"entry {n} of epoch {epoch} does not follow the head of the log")
        self._watch.saw(n)
        self._parts.wrote(n)

    async def head(self) -> int:
        """Return the number of the newest entry, 0 when the log is empty."""
        return await self._reader.head()

    def entries(self, after: int, upto: int | None = None) -> AsyncIterator[Row]:
        """Yield rows above *after*; see `LedgerLog`."""
        return self._reader.entries(after, upto)

    async def wait(self, after: int, timeout_ms: int) -> int:
        """Return the head once it is above *after*, or when the time is up."""
        return await self._watch.until(after + 1, timeout_ms)

    def commands(self, shard: int, after: int) -> AsyncIterator[Run]:
        """Yield runs of commands above *after*; see `LedgerLog`."""
        return self._reader.runs(shard, COMMANDS, after)

    def facts(self, shard: int, after: int) -> AsyncIterator[Run]:
        """Yield runs of facts above *after*; see `LedgerLog`."""
        return self._reader.runs(shard, FACTS, after)

    def spans(self, upto: int) -> AsyncIterator[tuple[int, Span]]:
        """Yield the spans of entries; see `LedgerLog`."""
        return self._reader.spans(upto)

    async def timeline(self) -> int:
        """Return the id of the newest timeline."""
        return await self._reader.value("select max(id) from timeline")

    async def start_timeline(self, reason: str, at_us: int) -> int:
        """Begin a new timeline at the head; returns its id."""
        with unreachable_as(LogUnavailable):
            connection = await connect(self._dsn, _WRITER)
            try:
                timeline: int = await connection.fetchval(
                    "insert into timeline (id, started_n, reason, at_us) "
                    "select max(id) + 1, (select coalesce(max(n), 0) from ledger_log), $1, $2 "
                    "from timeline returning id",
                    reason,
                    at_us,
                )
            finally:
                await close(connection)
        return timeline

    async def applied(self, shard: int, at: int | None = None) -> int:
        """Return the seq up to which facts of *shard* are committed; see `LedgerLog`."""
        if at is None:
            return await self._reader.value(_APPLIED, shard, FACTS)
        return await self._reader.value(_APPLIED_AT, shard, FACTS, at)

    async def archived(self) -> Segment | None:
        """Return the newest archived segment; see `LedgerLog`."""
        return await newest_archived(self._pool)

    async def forget(self, segment: Segment, at_us: int) -> None:
        """Let go of archived entries; see `LedgerLog`."""
        await forget(self._dsn, segment, at_us)

    async def close(self) -> None:
        """Let go of connections."""
        await self._parts.close()
        await self._watch.close()
        await self._drop_writer()
        await close(self._pool)

    async def _writing(self) -> asyncpg.Connection:
        """Return the connection that writes, a new one when there is none that lives."""
        if self._writer is None or self._writer.is_closed():
            self._writer = await connect(self._dsn, _WRITER)
        return self._writer

    async def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            await close(writer)


async def _refuse_unsafe(writer: asyncpg.Connection) -> None:
    for name, setting in await writer.fetch(_UNSAFE):
        raise LogUnavailable(
            f"PostgreSQL runs with {name} = {setting}: a crash could lose answered orders"
        )
    for (standby,) in await writer.fetch(_UNAWAITED_STANDBYS):
        raise LogUnavailable(
            f"standby {standby!r} is asynchronous: name it in synchronous_standby_names, else "
            "failing over to it loses answered orders"
        )
