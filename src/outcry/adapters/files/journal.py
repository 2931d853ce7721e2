"""An append-only journal in files, one for each generation."""

import fcntl
import os
import re
from pathlib import Path
from typing import Final

from outcry.domain.errors import CorruptError, OutcryError


_NAME: Final = re.compile(r"journal-(\d{10})\.log")
#: Bytes that are gathered before the system gets them, unless somebody asks first.
_GATHER_BYTES: Final = 1 << 20


class JournalTaken(OutcryError):
    """A journal has one writer."""


class FileJournal:
    """A journal of one engine in one folder, which it locks. Raises OSError as files do."""

    def __init__(self, folder: Path) -> None:
        """Open the folder; raises `JournalTaken` while another process has it."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise JournalTaken(f"another engine writes the journal in {folder}") from None
        self._folder = folder
        self._buffer = bytearray()
        self._file = -1
        self._size = 0

    @property
    def waiting(self) -> int:
        """Bytes that were appended and not written yet."""
        return len(self._buffer)

    @property
    def size(self) -> int:
        """Bytes of the present generation, those that wait included."""
        return self._size + len(self._buffer)

    def append(self, data: bytes) -> None:
        """Add bytes to what waits."""
        self._buffer += data
        if len(self._buffer) >= _GATHER_BYTES:
            self.write()

    def write(self) -> None:
        """Hand what waits to the system."""
        view = memoryview(self._buffer)
        done = 0
        while done < len(view):
            done += os.write(self._file, view[done:])
        self._size += done
        view.release()
        self._buffer.clear()

    def sync(self) -> None:
        """Return when what was written is on the disk."""
        os.fdatasync(self._file)

    def begin(self, generation: int) -> None:
        """Go on in a file for *generation*, behind what it has already."""
        if self._file >= 0:
            self.write()
            self.sync()
            os.close(self._file)
        path = self._path(generation)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(self._file).st_size
        self._sync_folder()

    def cut(self, generation: int, length: int) -> None:
        """Drop what is behind *length* bytes: an entry that was being written when all ended."""
        os.truncate(self._path(generation), length)

    def forget(self, below: int) -> None:
        """Delete the files of generations below *below*."""
        for generation in self.generations():
            if generation < below:
                self._path(generation).unlink()
        self._sync_folder()

    def generations(self) -> list[int]:
        """Return the generations that have a file, rising."""
        names = (_NAME.fullmatch(path.name) for path in self._folder.iterdir())
        return sorted(int(match[1]) for match in names if match)

    def read(self, generation: int) -> bytes:
        """Return the bytes of a generation; raises `CorruptError` if its file is missing."""
        try:
            return self._path(generation).read_bytes()
        except FileNotFoundError:
            raise CorruptError(f"{self._path(generation)} is missing") from None

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        if self._file >= 0:
            self.write()
            self.sync()
            os.close(self._file)
            self._file = -1
        os.close(self._lock)

    def _path(self, generation: int) -> Path:
        return self._folder / f"journal-{generation:010d}.log"

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
