"""Servers that a test may kill, its own, and servers that all tests here share."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.integration.adapters.doomed import Doomed
from tests.support.servers import empty_database

from outcry.adapters.embedded import EmbeddedServers, Endpoints
from outcry.adapters.postgres import migrate
from outcry.runtime.config import Config


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "data"
    with EmbeddedServers(Config(data_dir=str(folder))) as endpoints:
        asyncio.run(migrate(endpoints.postgres_dsn))
    return folder


@pytest.fixture(scope="session")
def standing(_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """Run servers that nobody harms."""
    data = shutil.copytree(_made, tmp_path_factory.mktemp("standing") / "data")
    with EmbeddedServers(Config(data_dir=str(data))) as endpoints:
        yield endpoints


@pytest.fixture
async def database(standing: Endpoints) -> AsyncIterator[str]:
    """Return the DSN of a migrated database with nothing in it."""
    yield standing.postgres_dsn
    await empty_database(standing.postgres_dsn)


@pytest.fixture
def servers(_made: Path, tmp_path: Path) -> Iterator[Doomed]:
    """Run servers of this test alone, with a migrated database."""
    data = shutil.copytree(_made, tmp_path / "data")
    embedded = EmbeddedServers(Config(data_dir=str(data)))
    with embedded as endpoints:
        yield Doomed(embedded, endpoints)
