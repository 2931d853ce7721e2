"""Connections to PostgreSQL: how they are opened, set up, and what losing one looks like."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import asyncpg

from outcry.domain.errors import OutcryError


#: What says that the server is not there, not ready or not itself, rather than that we erred.
UNREACHABLE: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # how the driver sees a server that dies between two messages
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.SerializationError,  # a standby had to take away what a statement was reading
    # Not the server that we were told of, or not with this name and password.
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)

#: How long a server may take to start, and how often we knock meanwhile.
PATIENCE_MS: Final = 30_000
KNOCK_MS: Final = 50

#: How long a server may take to say goodbye before we just leave.
CLOSE_MS: Final = 5_000

#: Every session: plans are made once and never with machine code, times are UTC.
_ALWAYS: Final = {
    "application_name": "outcry",
    "jit": "off",
    "timezone": "UTC",
}

#: For statements over arrays and staged rows. The planner guesses their size once, on small tables,
#: and a sequential or hash plan made then grows with the table for ever: it looks like a slow disk.
BY_INDEX: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


async def connect(
    dsn: str, settings: Mapping[str, str], *, patience_ms: int = PATIENCE_MS
) -> asyncpg.Connection:
    """Return a connection to *dsn*, waiting up to *patience_ms* for a server that is starting."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_ms / 1_000
    while True:
        try:
            return await asyncpg.connect(
                dsn, timeout=patience_ms / 1_000, server_settings={**_ALWAYS, **settings}
            )
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
            if loop.time() >= deadline:
                raise
        await asyncio.sleep(KNOCK_MS / 1_000)


async def open_pool(
    dsn: str, settings: Mapping[str, str], *, size_max: int, timeout_ms: int
) -> asyncpg.Pool:
    """Return a pool of up to *size_max* connections to a server that is there.

    A statement may take *timeout_ms*; connections that were lost are replaced when next needed.
    """
    await close(await connect(dsn, settings))
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size_max,
        command_timeout=timeout_ms / 1_000,
        server_settings={**_ALWAYS, **settings},
        reset=_keep,
    )


async def _keep(_connection: object) -> None:
    """Reset nothing of a connection that goes back to its pool.

    Ours leave no state behind, and asking the server to clear it costs as much as a query.
    """


async def close(opened: asyncpg.Connection | asyncpg.Pool) -> None:
    """Let go of a connection or a pool, without ceremony when the server does not answer."""
    try:
        async with asyncio.timeout(CLOSE_MS / 1_000):
            await opened.close()
    except UNREACHABLE:
        opened.terminate()


@contextmanager
def unreachable_as(failure: type[OutcryError]) -> Iterator[None]:
    """Raise *failure* for whatever says that the server cannot be reached."""
    try:
        yield
    except UNREACHABLE as error:
        raise failure(f"PostgreSQL: {error or type(error).__name__}") from error
