"""Rows in the binary format of COPY (PostgreSQL manual, COPY, "Binary Format"). Pure.

Compiled with the rules of the ledger where there is a compiler: see `outcry.runtime.rules_twin`.
The driver would do the same at five times the cost: it asks the codec of each column anew.
"""

from collections.abc import Sequence
from typing import Final

from outcry.runtime.big_endian import item_of, put_bytes, put_number


#: What comes before the first row: signature, no flags, no extension.
BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
#: What comes behind the last row.
END: Final = b"\xff\xff"
#: Width of a column that has no fixed one: of text or bytes.
VARYING: Final = 0


def pack_rows(rows: Sequence[tuple[object, ...]], widths: bytes) -> bytearray:
    """Return what COPY takes for *rows*, in which nothing is null.

    *widths* has the bytes of each column: 2, 4 or 8 of an integer, or `VARYING`. Raises
    `OverflowError` for a number that is too wide for its column.
    """
    count = len(widths)
    packed = bytearray(len(rows) * (2 + 4 * count + sum(widths)))
    buffer, width_of, at = packed, widths, 0
    for row in rows:
        at = put_number(buffer, at, count, 2)
        for column in range(count):
            item, width = item_of(row, column), width_of[column]
            if width == VARYING:
                data = item.encode() if isinstance(item, str) else item
                size = len(data)
                if size:
                    packed.extend(data)
                    buffer = packed
                at = put_bytes(buffer, put_number(buffer, at, size, 4), data)
            else:
                number = item
                beyond = number >> (8 * width - 1)
                if beyond not in {0, -1}:
                    raise OverflowError(f"{number} does not fit into {width} bytes")
                at = put_number(buffer, put_number(buffer, at, width, 4), number, width)
    return packed
