"""Sessions of clients: which of their numbered commands were taken, so that none is taken twice.

A client numbers the commands of a session 1, 2, 3, … and may send them again. What was taken is
kept here with the entry that took it: the highest number, and the ranges below it that were
refused. Of a session's connections one has it: commands of another one come too late.
"""

from typing import Final

from msgspec import Struct, field


#: Sessions of an account have numbers below this.
SESSION_LIMIT: Final = 10_000
#: Ranges of refused commands that are remembered of a session, the newest ones.
REFUSED_MAX: Final = 256

#: A session: its account, and the number that the client gave it.
SessionKey = tuple[int, int]


class Session(Struct, array_like=True):
    """What the ledger knows of one session."""

    #: The connection that has it, by a number that no other one had.
    opened: int = 0
    #: The gateway with whose connection its orders go; "" when they stay.
    gate: str = ""
    #: The API key that opened it, and its generation then.
    key: tuple[int, int] = (0, 0)
    #: The highest command that was taken, and the log entry that took it.
    last_seq: int = 0
    n: int = 0
    #: First and last of each range of commands below ``last_seq`` that were refused.
    refused: list[tuple[int, int]] = field(default_factory=list)


def left_out(session: Session, seq: int) -> tuple[tuple[int, int], ...]:
    """Return what taking command *seq*, which is a new one, leaves out: one range, or none."""
    return ((session.last_seq + 1, seq - 1),) if seq > session.last_seq + 1 else ()


def advance(session: Session, seq: int, refused: tuple[tuple[int, int], ...], n: int) -> None:
    """Entry *n* took commands up to *seq* but for the ranges *refused*."""
    session.last_seq, session.n = seq, n
    session.refused += refused
    del session.refused[:-REFUSED_MAX]


def was_refused(session: Session, seq: int) -> bool:
    """Return whether command *seq*, which is no new one, was refused when it came first."""
    return any(first <= seq <= last for first, last in session.refused)
