"""One world per adapter and port: how a test reaches it, and what it may do to it.

The servers are the real ones, started once a run; every test finds an empty database and has a key
prefix of its own.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.contract.worlds import (
    BusWorld,
    FileSnapshotsWorld,
    LogWorld,
    MemoryBusWorld,
    MemoryLogWorld,
    MemorySnapshotsWorld,
    MemoryTablesWorld,
    PostgresLogWorld,
    PostgresTablesWorld,
    RedisBusWorld,
    SnapshotsWorld,
    TablesWorld,
)
from tests.support.servers import empty_database

from outcry.adapters.embedded import EmbeddedServers, Endpoints
from outcry.adapters.postgres import migrate
from outcry.runtime.config import Config


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Run PostgreSQL, migrated, and Valkey for the whole run."""
    folder = tmp_path_factory.mktemp("contract") / "data"
    with EmbeddedServers(Config(data_dir=str(folder))) as found:
        asyncio.run(migrate(found.postgres_dsn))
        yield found


@pytest.fixture
async def database(endpoints: Endpoints) -> AsyncIterator[str]:
    """Return the DSN of a migrated database with nothing in it."""
    yield endpoints.postgres_dsn
    await empty_database(endpoints.postgres_dsn)


@pytest.fixture(params=["memory", "redis"])
def redis_url(request: pytest.FixtureRequest) -> str | None:
    """Return where Valkey is, or None for memory."""
    if request.param == "memory":
        return None
    endpoints: Endpoints = request.getfixturevalue("endpoints")
    return endpoints.redis_url


@pytest.fixture
async def bus_world(redis_url: str | None) -> AsyncIterator[BusWorld]:
    """Return a bus of each adapter."""
    world: BusWorld = MemoryBusWorld()
    if redis_url is not None:
        world = RedisBusWorld(redis_url, f"contract_{next(_numbers)}")
    yield world
    await world.close()


@pytest.fixture(params=["memory", "postgres"])
def dsn(request: pytest.FixtureRequest) -> str | None:
    """Return where this test's database is, or None for memory."""
    if request.param == "memory":
        return None
    found: str = request.getfixturevalue("database")
    return found


@pytest.fixture
async def log_world(dsn: str | None) -> AsyncIterator[LogWorld]:
    """Return a ledger log of each adapter."""
    world: LogWorld = MemoryLogWorld() if dsn is None else PostgresLogWorld(dsn)
    yield world
    await world.close()


@pytest.fixture
async def tables_world(dsn: str | None) -> AsyncIterator[TablesWorld]:
    """Return a projection and its queries of each adapter."""
    world = MemoryTablesWorld() if dsn is None else await PostgresTablesWorld.connect(dsn)
    yield world
    await world.close()


@pytest.fixture(params=["memory", "files"])
def snapshots_world(request: pytest.FixtureRequest, tmp_path: Path) -> SnapshotsWorld:
    """Return snapshots of each adapter."""
    if request.param == "files":
        return FileSnapshotsWorld(tmp_path / "snapshots")
    return MemorySnapshotsWorld()
