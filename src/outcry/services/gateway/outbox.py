"""Numbered messages, kept for a while so that a client who lost its connection gets them again."""

from collections import deque
from collections.abc import Iterator

from outcry_wire.tcp import FRAME_HEAD, frame, records_in


_SEQ_AT = FRAME_HEAD.size + 8


def first_number(frames: bytes) -> int:
    """Return the number of the first message in some frames."""
    return int.from_bytes(frames[_SEQ_AT : _SEQ_AT + 8], "little")


class Outbox:
    """What one session was told last, up to a number of bytes."""

    __slots__ = ("_bytes", "_kept", "_limit")

    def __init__(self, limit: int) -> None:
        self._kept: deque[bytes] = deque()
        self._bytes = 0
        self._limit = limit

    def keep(self, frames: bytes) -> None:
        """Keep whole frames of numbered messages, and forget old ones for them."""
        self._kept.append(frames)
        self._bytes += len(frames)
        while self._bytes > self._limit and len(self._kept) > 1:
            self._bytes -= len(self._kept.popleft())

    def oldest(self) -> int:
        """Return the first number that is kept, 0 if nothing is."""
        return first_number(self._kept[0]) if self._kept else 0

    def since(self, number: int) -> Iterator[bytes]:
        """Yield frames with every kept message from *number* on."""
        for frames, later in zip(self._kept, [*list(self._kept)[1:], None], strict=True):
            if later is not None and first_number(later) <= number:
                continue
            if first_number(frames) >= number:
                yield frames
            else:
                yield from _tail(frames, number)


def _tail(frames: bytes, number: int) -> Iterator[bytes]:
    """Yield the records from *number* on, each frame without what is before."""
    at = 0
    while at < len(frames):
        (length,) = FRAME_HEAD.unpack_from(frames, at)
        at += FRAME_HEAD.size
        wanted = [
            record
            for record in records_in(frames[at : at + length])
            if int.from_bytes(record[8:16], "little") >= number
        ]
        if wanted:
            yield frame(b"".join(wanted))
        at += length
