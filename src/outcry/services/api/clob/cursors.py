"""Cursors of pages: opaque base64 of a number. Pure.

``MA==`` (0) begins, ``LTE=`` (-1) says that nothing follows; clients loop until they read it.
"""

from base64 import b64decode, b64encode
from binascii import Error
from typing import Final

from outcry.domain.rejects import Reject, Rejected


FIRST: Final = "MA=="
END: Final = "LTE="
#: Characters of a cursor; 2**63 has fewer.
LENGTH_MAX: Final = 32
#: The same of a cursor of two numbers.
PAIR_LENGTH_MAX: Final = 60
_END_NUMBER: Final = -1
_NUMBER_MAX: Final = 2**63 - 1


def cursor_of(number: int) -> str:
    """Return the cursor that says *number*."""
    return b64encode(str(number).encode()).decode()


def read_cursor(text: str) -> int | Rejected | None:
    """Return what a cursor says: 0 when there is none, None for the end."""
    if text in ("", FIRST):
        return 0
    if text == END:
        return None
    try:
        number = int(b64decode(text[: LENGTH_MAX + 1], validate=True).decode("ascii"))
    except (Error, ValueError):
        number = _END_NUMBER
    if not 0 <= number <= _NUMBER_MAX or len(text) > LENGTH_MAX:
        return Rejected(Reject.FIELD_INVALID, text[:LENGTH_MAX], "next_cursor: as a page told it")
    return number


def pair_cursor(first: int, second: int) -> str:
    """Return the cursor that says two numbers."""
    return b64encode(f"{first}-{second}".encode()).decode()


def read_pair(text: str) -> tuple[int, int] | Rejected | tuple[()] | None:
    """Return what a cursor of two numbers says: nothing when there is none, None for the end."""
    if text in ("", FIRST):
        return ()
    if text == END:
        return None
    try:
        first, _, second = b64decode(text[:PAIR_LENGTH_MAX], validate=True).decode().partition("-")
        numbers = int(first), int(second)
    except (Error, ValueError):
        numbers = -1, -1
    if len(text) > PAIR_LENGTH_MAX or not all(0 <= number <= _NUMBER_MAX for number in numbers):
        return Rejected(Reject.FIELD_INVALID, text[:80], "next_cursor: as a page told it")
    return numbers
