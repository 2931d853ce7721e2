"""Ledger records about the sessions of clients; see `outcry.domain.ledger.sessions`."""

from msgspec import Struct

from outcry.messages.record import Record


class SessionOpened(Record, frozen=True, tag="session_opened", array_like=True, gc=False):
    """Connection ``opened`` has a session: commands of older ones come too late.

    ``gate`` is the gateway with whose connection the session's orders go, "" when they stay.
    """

    account: int
    session: int
    opened: int
    gate: str
    key_id: int
    generation: int


class SessionTook(Struct, frozen=True, array_like=True, gc=False):
    """A session's highest command that an entry took, and the ranges it left out as refused."""

    account: int
    session: int
    last_seq: int
    refused: tuple[tuple[int, int], ...] = ()


class SessionsAdvanced(Record, frozen=True, tag="sessions_advanced", array_like=True, gc=False):
    """Commands of sessions were taken in this entry."""

    took: tuple[SessionTook, ...]


SessionRecord = SessionOpened | SessionsAdvanced
