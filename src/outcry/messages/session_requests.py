"""Requests about the sessions of clients that number their commands."""

from msgspec import Struct


class OpenSession(Struct, frozen=True, array_like=True, tag="open_session", gc=False):
    """From now on only commands of connection ``opened`` of a session are taken; others are late.

    Who asks chooses ``opened``, a number that nobody had before: asked again, this changes nothing.
    With ``after`` it happens only while that connection has the session. With ``gate``, the name of
    the gateway that asks, its orders go with the connection. Its commands end with the API key.
    """

    account: int
    session: int
    opened: int
    key_id: int
    generation: int
    gate: str = ""
    after: int = 0


class CancelUnattended(Struct, frozen=True, array_like=True, tag="cancel_unattended", gc=False):
    """Cancel what goes with connections of a gateway that has just started: it has none.

    At most ``count_max`` orders; `CancelAccepted` names them. None named: none are left.
    """

    gate: str
    count_max: int


class SessionGranted(Struct, frozen=True, array_like=True, tag="session", gc=False):
    """The connection has the session, whose last command that was taken is ``last_seq``."""

    n: int
    last_seq: int


SessionRequest = OpenSession | CancelUnattended
