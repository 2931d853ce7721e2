"""Requests about the sessions of clients that number their commands."""

from msgspec import Struct


class OpenSession(Struct, frozen=True, array_like=True, tag="open_session", gc=False):
    """A connection of a session logs on: from now on commands of older ones are refused.

    With ``gate``, the name of the gateway that asks, its orders go with the connection. Its
    commands end with the API key that opened it.
    """

    account: int
    session: int
    key_id: int
    generation: int
    gate: str = ""


class CloseSession(Struct, frozen=True, array_like=True, tag="close_session", gc=False):
    """Connection ``opened`` of a session is gone: what it sent and is still on its way is refused.

    Answered by `SessionGranted`; when a newer connection has the session nothing is changed.
    """

    account: int
    session: int
    opened: int


class CancelUnattended(Struct, frozen=True, array_like=True, tag="cancel_unattended", gc=False):
    """Cancel what goes with connections of a gateway that has just started: it has none.

    At most ``count_max`` orders; `CancelAccepted` names them. None named: none are left.
    """

    gate: str
    count_max: int


class SessionGranted(Struct, frozen=True, array_like=True, tag="session", gc=False):
    """The connection is number ``opened`` of its session, whose last command was ``last_seq``."""

    n: int
    opened: int
    last_seq: int


SessionRequest = OpenSession | CloseSession | CancelUnattended
