"""Inbox: a stream that somebody outside writes and we only read. None of our own streams is one.

Laws, for every adapter:

* Every message has a *place*, two numbers; places rise, and a later message has a higher one.
* `read` returns messages above a place, oldest first; reading again returns the same ones.
* What was taken in is for the reader to remember; nothing is acknowledged and nothing removed.
"""

from typing import Final, NamedTuple, Protocol

from outcry.domain.errors import OutcryError


#: Messages that one read returns at most.
READ_COUNT_MAX: Final = 1_000

Place = tuple[int, int]
#: Before the first message.
BEGINNING: Final[Place] = (0, 0)


class InboxUnavailable(OutcryError):
    """The stream cannot be reached at present."""


class Message(NamedTuple):
    """One message and where it stands."""

    place: Place
    body: bytes


class Inbox(Protocol):
    """A stream from outside."""

    async def read(self, after: Place, count_max: int, wait_ms: int) -> list[Message]:
        """Return up to *count_max* messages above *after*.

        Waits up to *wait_ms* for the first one, then returns none. Raises `InboxUnavailable`.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
