"""Access to the database and the streams of an exchange, whether it runs or not."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from outcry.adapters.embedded import EmbeddedServers, Endpoints
from outcry.adapters.files import FileArchive
from outcry.adapters.postgres import PostgresLedgerLog
from outcry.app.failures import UsageError
from outcry.app.record import running_pid
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime import logging
from outcry.runtime.archived_log import ArchivedLog
from outcry.runtime.config import Config


def require_exchange(config: Config) -> None:
    """Raise `UsageError` when there is no exchange whose data could be looked at."""
    if config.postgres.dsn or (Path(config.data_dir) / "postgres").is_dir():
        return
    raise UsageError(
        f"there is no exchange in {config.data_dir}: `outcry up` makes one, "
        "--data-dir names another"
    )


def archive_folder(config: Config) -> Path:
    """Return where the archive of the log is, or will be."""
    return Path(config.data_dir) / "archive"


async def open_log(config: Config, dsn: str) -> LedgerLog:
    """Return the whole ledger log: what is in *dsn*, and before that the archive."""
    return ArchivedLog(await PostgresLedgerLog.connect(dsn), FileArchive(archive_folder(config)))


@asynccontextmanager
async def servers_of(config: Config) -> AsyncGenerator[Endpoints]:
    """Give the servers of the exchange: those that run, or our own, for as long as this lasts."""
    require_exchange(config)
    # What the servers do meanwhile is not what was asked for.
    logging.configure(replace(config.log, level="warning"), "outcry")
    configured = bool(config.postgres.dsn and config.redis.url)
    servers = EmbeddedServers(config)
    if configured or running_pid(config.data_dir) is not None:
        yield servers.endpoints()
        return
    try:
        yield await asyncio.to_thread(servers.start)
    finally:
        await asyncio.to_thread(servers.stop)
