"""Numbers and bytes as networks have them, put into a buffer. The C form is in big_endian.pxd.

Each function puts something at *at* and returns the place behind it; the caller has made room.
"""

from struct import Struct
from typing import Any, Final


_SEVEN: Final = Struct(">7q")


def put_number(buffer: bytearray, at: int, number: int, width: int) -> int:
    """Put *number* as *width* bytes, 2, 4 or 8, into which it fits."""
    end = at + width
    buffer[at:end] = number.to_bytes(width, "big", signed=True)
    return end


def put_bytes(buffer: bytearray, at: int, data: bytes) -> int:
    """Put *data* as it is."""
    end = at + len(data)
    buffer[at:end] = data
    return end


def put_seven(buffer: bytearray, at: int, *numbers: int) -> int:
    """Put seven numbers of eight bytes each."""
    _SEVEN.pack_into(buffer, at, *numbers)
    return at + _SEVEN.size


def item_of(row: tuple[object, ...], place: int) -> Any:  # noqa: ANN401 - what it is, the column says
    """Return what stands at *place*, which the row has."""
    return row[place]
