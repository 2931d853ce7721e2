"""The data folder: where everything lives that must outlive a process, and who may use it now.

::

    exchange.lock   held by the one running exchange; says its pid
    secrets/        master key, development key, passwords
    postgres/       the cluster of our own PostgreSQL
    redis/          the append-only file of our own Valkey
    snapshots/      kernel snapshots and ledger checkpoints
    onchain/        signed transactions, and the journal of the simulated chain
    chain/          the deployment, its keys, and the state of a development chain
    archive/        the oldest entries of the log, once `outcry archive` was used
    log/            what our own servers say
    run/            sockets

The lock goes with the process that holds it, however that ends.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from outcry.domain.errors import OutcryError


class DataDirError(OutcryError):
    """The data folder cannot be used; the message is a sentence for the operator."""


class DataDir:
    """One data folder. Making it creates the folder, for its owner only."""

    def __init__(self, path: str | Path) -> None:
        """Create what is missing at *path*; raises `DataDirError`."""
        place = Path(path).absolute()
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DataDirError(f"{place}: cannot be made: {error.strerror}") from error
        self.path = place.resolve()

    def folder(self, name: str) -> Path:
        """Return the folder *name* inside, made for its owner only if it was missing."""
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def running_pid(self) -> int | None:
        """Return the pid of the exchange that uses this folder, or None."""
        try:
            with (self.path / "exchange.lock").open("r+") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(file.read() or 0) or None
        except FileNotFoundError:
            pass
        return None


class DataDirLock:
    """The right to run an exchange on a data folder, for as long as the ``with`` block."""

    def __init__(self, data_dir: DataDir) -> None:
        """Nothing is locked yet."""
        self._data_dir = data_dir
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock and leave our pid in it; raises `DataDirError` if somebody has it."""
        path = self._data_dir.path / "exchange.lock"
        # Not inheritable: a server that outlives us for a moment must not hold the lock for us.
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(file, 20, 0).decode() or "another process"
            os.close(file)
            raise DataDirError(
                f"{self._data_dir.path} is in use by a running exchange (pid {holder}); "
                "stop it, or choose another data_dir"
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._file = file

    def release(self) -> None:
        """Give the lock back; does nothing without one."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()
