"""The archive of the log as files in one folder, one for each segment.

Layout, little-endian: magic, first and last entry, length of the content, digest of the segment
before (zeros for the first), SHA-256 of all of that and the content, content. The content is
compressed by Zstandard; inside, each row is ``n``, epoch, time, length and CRC-32, then its body.
"""

import hashlib
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import Final

import zstandard

from outcry.domain.errors import CorruptError
from outcry.ports.ledger_log import Row, Segment
from outcry.ports.log_archive import LogArchive


_MAGIC: Final = b"OUTCRYA\n"
_HEADER: Final = Struct("<8sqqq32s")
_ROW: Final = Struct("<qqqqq")
_DIGEST_BYTES: Final = 32
_compressor: Final = zstandard.ZstdCompressor(level=6)
_FIRST: Final = bytes(_DIGEST_BYTES)
_SUFFIX: Final = ".entries"
_DIGITS: Final = 19
_FILE: Final = re.compile(rf"log-(\d{{{_DIGITS}}})-(\d{{{_DIGITS}}}){re.escape(_SUFFIX)}")


class FileArchive(LogArchive):
    """The segments in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use *folder*, which is made when something is saved."""
        self._folder = folder

    def segments(self) -> list[Segment]:
        """Return what is there; see `LogArchive`."""
        found: list[Segment] = []
        before = _FIRST
        for first, last, path in self._files():
            ours, previous, digest = _head(path)
            if ours != (first, last):
                raise CorruptError(f"{path}: its name and its header do not agree")
            if previous != before or first != (found[-1].last if found else 0) + 1:
                raise CorruptError(f"{path}: does not follow the segment before it")
            found.append(Segment(first, last, digest.hex()))
            before = digest
        return found

    def save(self, rows: Sequence[Row]) -> Segment:
        """Add *rows*; see `LogArchive`. Raises OSError."""
        known = self.segments()
        first, last = rows[0].n, rows[-1].n
        after = known[-1].last if known else 0
        if [row.n for row in rows] != list(range(after + 1, last + 1)):
            raise ValueError(f"entries {first}..{last} do not follow entry {after} of the archive")
        before = bytes.fromhex(known[-1].sha256) if known else _FIRST
        content = _compressor.compress(b"".join(_packed(row) for row in rows))
        header = _HEADER.pack(_MAGIC, first, last, len(content), before)
        digest = hashlib.sha256(header + content).digest()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(first, last)
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.writelines((header, digest, content))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync(self._folder)
        return Segment(first, last, digest.hex())

    def rows(self, after: int, upto: int) -> Iterator[list[Row]]:
        """Yield rows segment by segment; see `LogArchive`."""
        for segment in self.segments():
            if segment.last > after and segment.first <= upto:
                path = self._path(segment.first, segment.last)
                yield [row for row in _read(path, segment) if after < row.n <= upto]

    def _files(self) -> list[tuple[int, int, Path]]:
        if not self._folder.is_dir():
            return []
        found = []
        for path in self._folder.iterdir():
            match = _FILE.fullmatch(path.name)
            if match is not None:
                found.append((int(match[1]), int(match[2]), path))
        return sorted(found)

    def _path(self, first: int, last: int) -> Path:
        return self._folder / f"log-{first:0{_DIGITS}d}-{last:0{_DIGITS}d}{_SUFFIX}"


def _packed(row: Row) -> bytes:
    return _ROW.pack(row.n, row.epoch, row.at_us, len(row.body), zlib.crc32(row.body)) + row.body


def _head(path: Path) -> tuple[tuple[int, int], bytes, bytes]:
    """Return the entries, the digest before and the digest that a file claims."""
    with path.open("rb") as file:
        head = file.read(_HEADER.size + _DIGEST_BYTES)
    if len(head) < _HEADER.size + _DIGEST_BYTES or not head.startswith(_MAGIC):
        raise CorruptError(f"{path}: is no segment of the log")
    _, first, last, _, previous = _HEADER.unpack_from(head)
    return (first, last), previous, head[_HEADER.size :]


def _read(path: Path, segment: Segment) -> Iterator[Row]:
    """Yield the rows of a file; raises `CorruptError` when a byte is not what was saved."""
    whole = path.read_bytes()
    header, content = whole[: _HEADER.size], whole[_HEADER.size + _DIGEST_BYTES :]
    if hashlib.sha256(header + content).hexdigest() != segment.sha256:
        raise CorruptError(f"{path}: its checksum is wrong; restore it from a copy")
    packed = zstandard.ZstdDecompressor().decompress(content)
    offset = 0
    for expected in range(segment.first, segment.last + 1):
        n, epoch, at_us, length, crc = _ROW.unpack_from(packed, offset)
        offset += _ROW.size
        body = packed[offset : offset + length]
        offset += length
        if n != expected or zlib.crc32(body) != crc:
            raise CorruptError(f"{path}: entry {expected} is not what was saved")
        yield Row(n, epoch, at_us, body)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
