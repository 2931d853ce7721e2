"""The limits of the engine. None of them alters what the books do: those are commands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every bound has a name. Bytes, milliseconds, counts."""

    connections_max: int = 12_000
    #: Until a LOGON must have come.
    logon_ms_max: int = 5_000
    #: Silence after which we say that we are here, and a third of what we bear; see LOGON.
    heartbeat_ms: int = 10_000
    heartbeat_ms_max: int = 60_000
    #: Commands a second of one session; 0 is no bound. What is above it waits in the socket.
    rate_max: int = 0
    #: Numbered messages kept for each session, to be sent again.
    resend_bytes_max: int = 256 * 1024
    #: What a connection may leave unread before we stop reading from it, and before it is closed.
    unread_bytes_high: int = 256 * 1024
    unread_bytes_max: int = 4 * 1024 * 1024
    #: Levels of each side that the public feed shows, and the time between two looks at the books.
    depth_max: int = 20
    feed_ms: int = 10
    #: Subscriptions of one connection.
    subscriptions_max: int = 1_000
    #: Journal that waits for the disk before no more commands are read.
    waiting_bytes_max: int = 16 * 1024 * 1024
    #: Journal behind the newest snapshot after which another one is taken.
    snapshot_journal_bytes: int = 256 * 1024 * 1024
    #: Between two lines of figures in the log.
    figures_ms: int = 10_000
