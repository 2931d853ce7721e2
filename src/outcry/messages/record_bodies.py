"""Bodies of records: read them one by one, tell their span of seqs, cut them by seq.

A body is what a stream entry or a log item holds: whole records, one after the other, in rising
seq (all facts of one command share theirs). The writer was always ours, so anything else is
`CorruptError`, not a reject.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from outcry.domain.errors import CorruptError
from outcry.messages.record_fields import made_of
from outcry_wire.records import HEADER, HEADER_SIZE, LAYOUTS, RecordType


Body = bytes | memoryview
RecordT = TypeVar("RecordT")
#: Codes of the fields that every record has before its instrument: type, flags and length.
_BEGIN: Final = "<BBH"


def _codes(layout_format: str) -> bytes:
    """Return the codes of the fields from the instrument on, one for each and each unused byte."""
    assert layout_format.startswith(_BEGIN)
    codes, count = "", ""
    for code in layout_format.removeprefix(_BEGIN):
        if code.isdigit():
            count += code
            continue
        codes += code * int(count or 1)
        count = ""
    return codes.encode()


#: By type of record: its size, and the codes of its fields from the instrument on.
_FORMS: Final = {kind: (layout.size, _codes(layout.format)) for kind, layout in LAYOUTS.items()}
_NO_FORM: Final = (0, b"")


def iter_records(body: Body) -> Iterator[tuple[int, ...]]:
    """Yield each record as its fields in layout order, the seven of the header first."""
    offset, end = 0, len(body)
    while offset < end:
        layout = LAYOUTS.get(body[offset])
        if layout is None or offset + layout.size > end:
            raise _damaged(body, offset)
        fields = layout.unpack_from(body, offset)
        if fields[2] != layout.size:
            raise _damaged(body, offset)
        yield fields
        offset += layout.size


def unpack_records(
    body: Body, kinds: Mapping[int, Callable[..., RecordT]], what: str, with_flags: bool
) -> list[RecordT]:
    """Return each record as its kind makes it of its fields from the instrument on.

    *with_flags*: the flags come before them. Raises `CorruptError` for what is not *what*.
    """
    found = []
    whole = bytes(body)
    data, offset, end = whole, 0, len(whole)
    while offset < end:
        kind = data[offset]
        size, codes = _FORMS.get(kind, _NO_FORM)
        if not size or offset + size > end:
            raise _damaged(whole, offset)
        make = kinds.get(kind)
        if make is None:
            raise CorruptError(f"record type {kind} is not {what}")
        if data[offset + 2] + (data[offset + 3] << 8) != size:
            raise _damaged(whole, offset)
        found.append(made_of(make, data, offset, codes, with_flags))
        offset += size
    return found


def _damaged(body: Body, offset: int) -> CorruptError:
    """Return what is wrong with the record at *offset*."""
    if len(body) - offset < HEADER_SIZE:
        return CorruptError(f"{len(body) - offset} bytes after the last whole record")
    record_type, _, length = HEADER.unpack_from(body, offset)[:3]
    if record_type not in LAYOUTS:
        return CorruptError(f"record type {record_type} at offset {offset}")
    return CorruptError(f"a {RecordType(record_type).name} of {length} bytes at offset {offset}")


def span(body: Body) -> tuple[int, int]:
    """Return ``(first, last)`` seq of the records in *body*, which is not empty."""
    first = last = -1
    offset = 0
    while offset < len(body):
        _, _, length, _, last, _, _ = HEADER.unpack_from(body, offset)
        if first < 0:
            first = last
        offset += length
    return first, last


def cut(body: bytes, after: int, upto: int | None = None) -> bytes:
    """Return the records of *body* with ``after < seq`` (and ``seq <= upto`` when given)."""
    offset = 0
    start = end = len(body)
    while offset < len(body):
        _, _, length, _, seq, _, _ = HEADER.unpack_from(body, offset)
        if seq > after:
            start = min(start, offset)
        if upto is not None and seq > upto:
            end = offset
            break
        offset += length
    return body[start:end] if start < end else b""
