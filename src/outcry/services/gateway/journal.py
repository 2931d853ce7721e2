"""What the engine remembers: everything it was told, in order.

The journal holds inputs, not outcomes: the engine is deterministic, so the same inputs lead to the
same books, the same answers and the same numbers. Entry, little-endian: length of what follows
u32, crc32 of it u32, kind u8, 3 pad, place u32, time_us i64, content.
"""

import zlib
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple, Protocol

from outcry.domain.errors import OutcryError


_FRAME: Final = Struct("<II")
_HEAD: Final = Struct("<B3xIq")


class JournalLost(OutcryError):
    """The journal cannot be written: what was carried out may not be remembered."""


class Kind(IntEnum):
    """What an entry is about."""

    #: A session was opened. Content: account, session, group.
    OPEN = 1
    #: Whole frames of commands from a session, as they came.
    FRAMES = 2
    #: Cancel all that a session has in the books.
    CANCEL = 3
    #: Command records of the engine's own.
    COMMANDS = 4
    #: Time has passed.
    EXPIRE = 5
    #: Whether the orders of a session go with its connection. Content: a byte, 1 or 0.
    GOES = 6


class Entry(NamedTuple):
    """One input."""

    kind: Kind
    place: int
    time_us: int
    content: bytes


class Journal(Protocol):
    """Where entries are kept, in generations: each begins where a snapshot was taken."""

    @property
    def waiting(self) -> int:
        """Bytes that were appended and are not written yet."""

    @property
    def size(self) -> int:
        """Bytes of the present generation."""

    def append(self, data: bytes) -> None:
        """Add bytes; they are safe only after `write` and `sync`."""

    def write(self) -> None:
        """Hand what waits to the system. Raises OSError."""

    def sync(self) -> None:
        """Return when everything written is on the disk; may run beside `append` in a thread."""

    def begin(self, generation: int) -> None:
        """Let later entries go to a new generation."""

    def cut(self, generation: int, length: int) -> None:
        """Drop what is behind *length* bytes of a generation."""

    def forget(self, below: int) -> None:
        """Delete generations below a number."""

    def generations(self) -> list[int]:
        """Return those that are there, rising."""

    def read(self, generation: int) -> bytes:
        """Return all bytes of one."""

    def close(self) -> None:
        """Give up the files."""


def pack(entry: Entry) -> bytes:
    """Return an entry as it is kept."""
    body = _HEAD.pack(entry.kind, entry.place, entry.time_us) + entry.content
    return _FRAME.pack(len(body), zlib.crc32(body)) + body


def entries_in(data: bytes) -> Iterator[tuple[Entry, int]]:
    """Yield each whole entry and where it ends, up to one that is torn or damaged."""
    at, view = 0, memoryview(data)
    while at + _FRAME.size + _HEAD.size <= len(data):
        length, crc = _FRAME.unpack_from(data, at)
        start = at + _FRAME.size
        body = view[start : start + length]
        if length < _HEAD.size or len(body) < length or zlib.crc32(body) != crc:
            return
        kind, place, time_us = _HEAD.unpack_from(body)
        at = start + length
        yield Entry(Kind(kind), place, time_us, bytes(body[_HEAD.size :])), at
