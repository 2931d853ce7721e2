"""Official clients, unmodified, and one exchange for all of their tests."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.conformance.venue import Place
from tests.support.exchange import exchange


HERE: Final = Path(__file__).parent
#: What is fetched once and kept: it takes longer than all tests.
KEPT: Final = HERE / ".kept"
UNIFIED: Final = "polymarket-client==0.14.0"
FETCH_SECONDS: Final = 300


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a running exchange."""
    with exchange(tmp_path_factory.mktemp("conformance")) as running:
        running.start()
        running.wait_ready()
        addresses = running.record().addresses
        operator = running.client(running.token("root", admin=True))
        yield Place(running, f"http://{addresses['http']}", f"ws://{addresses['feeds']}", operator)
        running.stop()


@pytest.fixture(scope="session")
def unified_python() -> Path:
    """Give an interpreter that has the unified client: it wants other versions than the rest."""
    folder = KEPT / "unified"
    python = folder / "bin" / "python"
    done = folder / UNIFIED
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        _fetch([str(python), "-m", "pip", "install", "--quiet", UNIFIED], HERE)
        done.touch()
    return python


@pytest.fixture(scope="session")
def node() -> str:
    """Give Node with the clients of TypeScript installed, exactly those of the lock."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("Node and npm are not installed")
    folder = HERE / "ts"
    lock, done = folder / "package-lock.json", folder / "node_modules" / ".of-lock"
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        _fetch([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        done.write_bytes(lock.read_bytes())
    return found


def _fetch(command: list[str], folder: Path) -> None:
    """Run a package manager; what cannot be had skips its tests, and says why."""
    done = subprocess.run(
        command, cwd=folder, env=os.environ, capture_output=True, text=True,
        timeout=FETCH_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        tail = (done.stderr or done.stdout).strip().splitlines()[-1:]
        pytest.skip(f"{' '.join(command[:3])} failed on {sys.platform}: {' '.join(tail)[:200]}")
