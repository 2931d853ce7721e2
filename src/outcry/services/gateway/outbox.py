"""Of the frames that a session was told last, those that it wants once more."""

from collections.abc import Iterator

from outcry_wire.tcp import FRAME_HEAD, frame, records_in


_SEQ_AT = 8


def frames_since(kept: bytes, number: int) -> Iterator[bytes]:
    """Yield each frame that has messages from *number* on, without what is before."""
    at = 0
    while at < len(kept):
        begin = at + FRAME_HEAD.size
        end = begin + FRAME_HEAD.unpack_from(kept, at)[0]
        following = _number(kept, end + FRAME_HEAD.size) if end < len(kept) else number + 1
        if _number(kept, begin) >= number:
            yield kept[at:end]
        elif following > number:
            records = records_in(kept[begin:end])
            wanted = [record for record in records if _number(record, 0) >= number]
            if wanted:
                yield frame(b"".join(wanted))
        at = end


def _number(octets: bytes, at: int) -> int:
    return int.from_bytes(octets[at + _SEQ_AT : at + _SEQ_AT + 8], "little")
