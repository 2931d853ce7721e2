"""`outcry backup` and `outcry restore`: everything that cannot be made again, in one file.

The file is a tar: the tables of the truth (log, spans, timelines, what is archived), the archive,
the secrets, the snapshots and checkpoints that were there before the log was copied, what settles
on a chain as it was after that, and a manifest with the digest of each. All other tables are
written anew from the log after a restore.
"""

import asyncio
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from outcry.adapters.embedded import EmbeddedServers
from outcry.adapters.postgres import migrate
from outcry.adapters.postgres.backup import TRUTH, dump, load, schema_names
from outcry.app.access import servers_of
from outcry.app.failures import UsageError
from outcry.app.record import running_pid
from outcry.app.stopping import OURS
from outcry.runtime.config import Config
from outcry.runtime.data_dir import DataDir


MANIFEST: Final = "backup.json"
#: Folders of the data folder that must not be newer than the log.
BEFORE_LOG: Final = ("secrets", "archive", "snapshots")
#: Those that must not be older: the log may have left an entry to the archive, or believe a block.
AFTER_LOG: Final = ("archive", "onchain", "chain")
#: Mode of the folders that `restore` makes.
OWNER_ONLY: Final = 0o700
FOLDERS: Final = tuple(dict.fromkeys((*BEFORE_LOG, *AFTER_LOG)))


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup is, and the digest of each of its files."""

    outcry: str
    #: Last log entry in it.
    head: int
    at_us: int
    migrations: list[str]
    #: SHA-256 by path.
    files: dict[str, str]


def backup(config: Config, out: Path) -> str:
    """Write the backup of the exchange to *out*; returns a sentence. It may run meanwhile."""
    if out.exists():
        raise UsageError(f"{out} is there already: name a file that is not")
    if not out.parent.is_dir():
        raise UsageError(f"there is no folder {out.parent}")
    with tempfile.TemporaryDirectory(prefix=".outcry-backup-", dir=out.parent) as name:
        folder = Path(name)
        for part in BEFORE_LOG:
            _copy(Path(config.data_dir) / part, folder / part)
        head = asyncio.run(_dump(config, folder))
        for part in AFTER_LOG:
            _copy(Path(config.data_dir) / part, folder / part)
        manifest = Manifest(
            version("openoutcry"),
            head,
            time.time_ns() // 1_000,
            schema_names(),
            {str(path.relative_to(folder)): _digest(path) for path in _files(folder)},
        )
        (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        _pack(folder, out)
    size = out.stat().st_size / 1_048_576
    return f"The log up to entry {head}, secrets and archive are in {out} ({size:.1f} MiB)."


def restore(config: Config, file: Path) -> str:
    """Make the exchange of a backup in an empty data folder; returns a sentence."""
    data = Path(config.data_dir)
    if running_pid(config.data_dir) is not None or _things(data):
        raise UsageError(f"{data} holds an exchange: restore into another folder, or reset it")
    if not file.is_file():
        raise UsageError(f"there is no backup {file}")
    DataDir(data)
    with tempfile.TemporaryDirectory(prefix=".outcry-restore-", dir=data) as name:
        folder = Path(name)
        manifest = _unpack(file, folder)
        try:
            for part in FOLDERS:
                if (folder / part).is_dir():
                    (folder / part).chmod(OWNER_ONLY)
                    (folder / part).replace(data / part)
            _load(config, folder, manifest.head)
        except BaseException:
            for path in _things(data):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            raise
    return (
        f"The log up to entry {manifest.head} is in {data}. `outcry up` writes the tables anew; "
        "`outcry verify` proves them."
    )


async def _dump(config: Config, folder: Path) -> int:
    async with servers_of(config) as endpoints:
        await migrate(endpoints.postgres_dsn)
        return await dump(endpoints.postgres_dsn, folder)


def _load(config: Config, folder: Path, head: int) -> None:
    with EmbeddedServers(config) as endpoints:
        asyncio.run(migrate(endpoints.postgres_dsn))
        asyncio.run(load(endpoints.postgres_dsn, folder, head))


def _things(data: Path) -> list[Path]:
    return sorted(path for pattern in OURS for path in data.glob(pattern))


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _pack(folder: Path, out: Path) -> None:
    """Write the tar whole and synced or not at all, for its owner only: it holds secrets."""
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                for path in (folder / MANIFEST, *_files(folder)):
                    if path != folder / MANIFEST or not tar.getnames():
                        tar.add(path, str(path.relative_to(folder)))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def _unpack(file: Path, folder: Path) -> Manifest:
    """Return the manifest of what is now in *folder*, every file proved by its digest."""
    try:
        with tarfile.open(file) as tar:
            tar.extractall(folder, filter="data")
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (tarfile.TarError, OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{file} is no backup, or a damaged one: {error}") from error
    found = {str(path.relative_to(folder)) for path in _files(folder)} - {MANIFEST}
    wrong = found ^ manifest.files.keys()
    wrong |= {name for name in found - wrong if _digest(folder / name) != manifest.files[name]}
    if wrong or not set(TRUTH) <= found:
        raise UsageError(f"{file} is damaged: {', '.join(sorted(wrong)) or 'a table is missing'}")
    if manifest.migrations != schema_names():
        raise UsageError(
            f"{file} was made by version {manifest.outcry} with another schema: restore it with "
            "that version, then start this one"
        )
    return manifest
