"""What operators write as arguments, and how answers are laid out. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from outcry.app.failures import UsageError


UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds_of(text: str) -> int:
    """Return the seconds in ``90s``, ``15m``, ``12h`` or ``3d``; "" and "0" are 0."""
    if text in ("", "0"):
        return 0
    match = re.fullmatch(r"([1-9][0-9]{0,7})([smhd])", text, re.ASCII)
    if not match:
        raise UsageError(f"{text!r} is no length of time; write 90s, 15m, 12h or 3d")
    return int(match[1]) * UNIT_SECONDS[match[2]]


def time_of(text: str) -> int:
    """Return a date or time in UTC (``2027-06-01``, ``2027-06-01T12:00``) in seconds; "" is 0."""
    if not text:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no date or time; write 2027-06-01 or 2027-06-01T12:00"
        ) from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def pair_of(text: str, what: str) -> tuple[str, str]:
    """Return both sides of ``a=b``; *what* names them for a person."""
    left, equals, right = text.partition("=")
    if not (left and equals and right):
        raise UsageError(f"{text!r} is no {what}")
    return left, right


def payout_of(text: str) -> tuple[str, str] | None:
    """Return the payout in ``0.5,0.5``, None when *text* has no comma and so is none."""
    first, comma, second = text.partition(",")
    return (first.strip(), second.strip()) if comma else None


def moment(seconds: int) -> str:
    """Return seconds since 1970 as text, "" for 0."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}" if seconds else ""


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> str:
    """Return *rows* below *headings* in columns, or *empty* when there are none."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return empty
    lines = [list(headings), *cells]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Return names and values below one another; what is empty is left out."""
    shown = [(name, str(value)) for name, value in pairs if str(value)]
    width = max((len(name) for name, _ in shown), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in shown)
