"""Data folders with a cluster that is made once: making one takes longer than most tests here."""

import shutil
from pathlib import Path

import pytest

from outcry.adapters.embedded import EmbeddedServers
from outcry.runtime.config import Config


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "data"
    with EmbeddedServers(Config(data_dir=str(folder))):
        pass
    return folder


@pytest.fixture
def data(_made: Path, tmp_path: Path) -> Path:
    """Return a data folder of this test alone, as the last clean stop of an exchange left it."""
    return shutil.copytree(_made, tmp_path / "data")
