"""Snapshots as files in one folder, each whole and checked or not there.

A file is written beside its place, synced and renamed, and the folder is synced, before `save`
returns. Nothing but `save` deletes, and it deletes only of the kind it just saved (same name,
timeline and rules version): what other code or another timeline left stays until an operator
removes it.

Layout, little-endian: magic, timeline, position, rules version, length of the body, SHA-256 of all
of that with name and body, body.
"""

import hashlib
import os
import re
from pathlib import Path
from struct import Struct
from typing import Final, NamedTuple

from outcry.domain.errors import CorruptError
from outcry.ports.snapshots import KEEP_COUNT, Snapshot, Snapshots
from outcry.runtime.logging import get_logger


_MAGIC: Final = b"OUTCRY1\n"
_HEADER: Final = Struct("<8sqqqq")
_DIGEST_BYTES: Final = hashlib.sha256().digest_size
_SUFFIX: Final = ".snapshot"
_DRAFT_SUFFIX: Final = ".draft"
_NAME: Final = re.compile(r"[a-z0-9_-]+")
#: Enough for any position of 63 bits, so that files sort by position.
_POSITION_DIGITS: Final = 19
_FILE: Final = re.compile(
    r"(?P<name>[a-z0-9_-]+)-(?P<timeline>\d+)-(?P<rules>\d+)-"
    rf"(?P<position>\d{{{_POSITION_DIGITS}}}){re.escape(_SUFFIX)}"
)


class _File(NamedTuple):
    position: int
    timeline: int
    rules_version: int
    path: Path


class FileSnapshots(Snapshots):
    """Snapshots of one exchange; a name has one writer."""

    def __init__(self, folder: Path, *, keep: int = KEEP_COUNT) -> None:
        self._folder = folder
        self._keep = keep
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def save(
        self,
        name: str,
        timeline: int,
        position: int,
        rules_version: int,
        body: bytes,
        *,
        floor: int,
    ) -> None:
        """Save *body*, then forget what is old; see `Snapshots`. Raises OSError."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a snapshot: it is not of a-z, 0-9, _ and -")
        stem = f"{name}-{timeline}-{rules_version}-{position:0{_POSITION_DIGITS}d}"
        path = self._folder / f"{stem}{_SUFFIX}"
        header = _HEADER.pack(_MAGIC, timeline, position, rules_version, len(body))
        self._write_whole(path, header, _digest(header, name, body), body)
        self._forget_old(name, timeline, rules_version, floor)

    def kept(self, name: str, timeline: int, rules_version: int) -> list[int]:
        """Return the positions of what is kept; see `Snapshots`."""
        return [file.position for file in self._kin(name, timeline, rules_version)]

    def newest(self, name: str, timeline: int, rules_version: int, at_most: int) -> Snapshot | None:
        """Return the newest valid snapshot not above *at_most*; see `Snapshots`.

        When there is none although there are files, the reasons are logged.
        """
        skipped: list[str] = []
        for file in self._files(name):
            if file.position > at_most:
                continue
            if (file.timeline, file.rules_version) != (timeline, rules_version):
                skipped.append(
                    f"{file.path.name}: not of timeline {timeline}, rules {rules_version}"
                )
                continue
            try:
                body = _read(file, name)
            except (CorruptError, OSError) as error:
                skipped.append(f"{file.path.name}: {error}")
                continue
            return Snapshot(name, timeline, file.position, rules_version, body, tuple(skipped))
        if skipped:
            get_logger().warning("no usable snapshot", name=name, skipped=skipped)
        return None

    def _files(self, name: str) -> list[_File]:
        """Return the files of *name*, newest first."""
        found = []
        for path in self._folder.iterdir():
            match = _FILE.fullmatch(path.name)
            if match is not None and match["name"] == name:
                position, timeline, rules = (
                    int(match[field]) for field in ("position", "timeline", "rules")
                )
                found.append(_File(position, timeline, rules, path))
        return sorted(found, reverse=True)

    def _kin(self, name: str, timeline: int, rules_version: int) -> list[_File]:
        kind = (timeline, rules_version)
        return [f for f in self._files(name) if (f.timeline, f.rules_version) == kind]

    def _write_whole(self, path: Path, *parts: bytes) -> None:
        draft = path.with_suffix(_DRAFT_SUFFIX)
        try:
            with draft.open("wb") as file:
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def _forget_old(self, name: str, timeline: int, rules_version: int, floor: int) -> None:
        kin = self._kin(name, timeline, rules_version)
        whole = [file for file in kin if _looks_whole(file)]
        wanted = {*whole[: self._keep], *[file for file in whole if file.position <= floor][:1]}
        for file in kin:
            if file not in wanted:
                file.path.unlink()
        position = "[0-9]" * _POSITION_DIGITS
        for draft in self._folder.glob(
            f"{name}-{timeline}-{rules_version}-{position}{_DRAFT_SUFFIX}"
        ):
            draft.unlink()
        self._sync_folder()

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _digest(header: bytes, name: str, body: bytes) -> bytes:
    digest = hashlib.sha256(header)
    digest.update(name.encode())
    digest.update(body)
    return digest.digest()


def _read(file: _File, name: str) -> bytes:
    """Return the body; raises `CorruptError` when a byte of the file is not what was saved."""
    content = file.path.read_bytes()
    start = _HEADER.size + _DIGEST_BYTES
    if len(content) < start:
        raise CorruptError(f"{len(content)} bytes are not even a header")
    header, body = content[: _HEADER.size], content[start:]
    magic, timeline, position, rules_version, length = _HEADER.unpack(header)
    if magic != _MAGIC:
        raise CorruptError("not a snapshot of this kind")
    if (position, timeline, rules_version) != file[:3]:
        raise CorruptError(f"its name and its header ({position}) do not agree")
    if len(body) != length:
        raise CorruptError(f"{len(body)} bytes of {length}")
    if content[_HEADER.size : start] != _digest(header, name, body):
        raise CorruptError("its checksum is wrong")
    return body


def _looks_whole(file: _File) -> bool:
    """Return whether header and size agree: enough to be counted among those that are kept."""
    with file.path.open("rb") as content:
        header = content.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return False
    magic, *_, length = _HEADER.unpack(header)
    size = _HEADER.size + _DIGEST_BYTES + length
    return bool(magic == _MAGIC and file.path.stat().st_size == size)
