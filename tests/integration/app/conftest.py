"""Exchanges whose services run apart, beside servers of their own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.apart import Apart
from tests.support.exchange import SETTINGS

from outcry.adapters.embedded import EmbeddedServers, Endpoints
from outcry.runtime.config import load


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Endpoints]:
    """Give a PostgreSQL and a Valkey that belong to no exchange."""
    environ = {**SETTINGS, "OUTCRY_DATA_DIR": str(tmp_path / "servers")}
    with EmbeddedServers(load(environ=environ)) as endpoints:
        yield endpoints


@pytest.fixture
def apart(tmp_path: Path, servers: Endpoints) -> Iterator[Apart]:
    """Give services that are not started yet; they end whatever happens."""
    made = Apart(tmp_path, servers)
    try:
        yield made
    finally:
        sys.stdout.write(made.told())  # shown beside a failure only
        made.stop()
