"""Numbers and bytes as networks have them, put into a buffer. The C form is in big_endian.pxd.

Each function puts something at *at* and returns the place behind it; the caller has made room.
"""

from typing import Any


def put_number(buffer: bytearray, at: int, number: int, width: int) -> int:
    """Put *number* as *width* bytes: 2, 4 or 8. Only its lowest ones are looked at."""
    end = at + width
    buffer[at:end] = (number & ((1 << 8 * width) - 1)).to_bytes(width, "big")
    return end


def put_bytes(buffer: bytearray, at: int, data: bytes) -> int:
    """Put *data* as it is."""
    end = at + len(data)
    buffer[at:end] = data
    return end


def item_of(row: tuple[object, ...], place: int) -> Any:  # noqa: ANN401 - what it is, the column says
    """Return what stands at *place*, which the row has."""
    return row[place]
