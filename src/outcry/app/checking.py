"""`outcry verify` and `outcry recover`: what looks into the whole log of an exchange."""

import sys
import time
from typing import Final

from outcry.adapters.postgres import PostgresLedgerLog, PostgresProjection, migrate
from outcry.adapters.redis import RedisBus
from outcry.app.access import require_exchange, servers_of
from outcry.app.failures import UsageError
from outcry.app.record import running_pid
from outcry.app.verify.report import Report
from outcry.app.verify.run import verify
from outcry.runtime.config import Config


MICROS_PER_SECOND: Final = 1_000_000
REASON: Final = "outcry recover --accept-loss"


async def check(config: Config) -> Report:
    """Return what `verify` found about the exchange of *config*."""
    async with servers_of(config) as endpoints:
        log = await PostgresLedgerLog.connect(endpoints.postgres_dsn)
        tables = await PostgresProjection.connect(endpoints.postgres_dsn)
        try:
            return await verify(log, tables, progress=_progress)
        finally:
            _progress_over()
            await tables.close()
            await log.close()


async def recover(config: Config) -> str:
    """Start a new timeline; returns a sentence about it. Nothing may run meanwhile."""
    require_exchange(config)
    pid = running_pid(config.data_dir)
    if pid is not None:
        raise UsageError(f"the exchange in {config.data_dir} runs (pid {pid}); `outcry stop` first")
    async with servers_of(config) as endpoints:
        await migrate(endpoints.postgres_dsn)
        log = await PostgresLedgerLog.connect(endpoints.postgres_dsn)
        bus = RedisBus(endpoints.redis_url)
        try:
            # First, so that no reader of the old streams can believe to be on the new timeline.
            await bus.wipe()
            timeline = await log.start_timeline(REASON, time.time_ns() * MICROS_PER_SECOND // 10**9)
            head = await log.head()
        finally:
            await bus.close()
            await log.close()
    return f"Timeline {timeline} begins after log entry {head}. `outcry up` goes on from there."


def _progress(entry: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rentry {entry} of {of}")
        sys.stderr.flush()


def _progress_over() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
