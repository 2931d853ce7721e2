"""A file of frames: appended whole and synced, read until the first that is not whole.

Frame: length u32, CRC-32 of the body u32, both little-endian, then the body.
"""

import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from struct import Struct
from typing import Final


_HEADER: Final = Struct("<II")
#: A longer frame is damage.
FRAME_BYTES_MAX: Final = 16 * 1024 * 1024


class FramedFile:
    """One file with one writer."""

    def __init__(self, path: Path) -> None:
        """Use the file at *path*, which need not exist yet."""
        self._path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self) -> list[bytes]:
        """Return every whole frame, and cut off an end that is not: its writer never returned."""
        if not self._path.exists():
            return []
        content = self._path.read_bytes()
        frames: list[bytes] = []
        end = 0
        while len(content) - end >= _HEADER.size:
            length, crc = _HEADER.unpack_from(content, end)
            body = content[end + _HEADER.size : end + _HEADER.size + length]
            if length > FRAME_BYTES_MAX or len(body) < length or zlib.crc32(body) != crc:
                break
            frames.append(body)
            end += _HEADER.size + length
        if end < len(content):
            with self._path.open("r+b") as file:
                file.truncate(end)
                os.fsync(file.fileno())
        return frames

    def append(self, frames: Iterable[bytes]) -> None:
        """Add *frames*; they are on disk when this returns. Raises OSError."""
        with self._path.open("ab") as file:
            file.write(_packed(frames))
            file.flush()
            os.fsync(file.fileno())

    def rewrite(self, frames: Iterable[bytes]) -> None:
        """Make *frames* the whole content, at once or not at all. Raises OSError."""
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(_packed(frames))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _packed(frames: Iterable[bytes]) -> bytes:
    return b"".join(_HEADER.pack(len(body), zlib.crc32(body)) + body for body in frames)
