"""What the private feed may cost. Nothing here changes what is true, only who is told how fast."""

from msgspec import Struct

from outcry.runtime.config import Limits
from outcry.runtime.ws_session import SessionLimits


class UserFeedConfig(Struct, frozen=True):
    """Limits of the private feed."""

    #: How long a new connection may take to show its credentials.
    auth_seconds: float = 5.0
    #: Connections of one user at the same time.
    sessions_per_user_max: int = 16
    #: How often the API key of a connection is looked at again: it may have been revoked.
    recheck_seconds: float = 30.0
    #: Events of all users that are kept in memory for those who connect or come back.
    ring_events_max: int = 50_000
    #: Log entries read for one connection when the ring is too short; beyond it, try again later.
    log_entries_max: int = 100_000
    #: Connections that may read tables or log at the same time; the others wait their turn.
    catch_ups_max: int = 8
    #: Open orders in a snapshot; a longer list says that it was cut.
    snapshot_orders_max: int = 10_000
    #: Orders, and positions, in one message of a snapshot.
    snapshot_part_max: int = 500
    #: How long a client whose connection is full may take to make room, before it must leave.
    drain_seconds: float = 5.0
    #: How long a market that the tables do not have yet is waited for.
    market_seconds: float = 5.0
    #: Markets that one connection of the CLOB surface may name.
    markets_max: int = 200
    session: SessionLimits = SessionLimits()


def from_limits(limits: Limits) -> UserFeedConfig:
    """Return the limits that an operator chose."""
    return UserFeedConfig(
        auth_seconds=limits.logon_ms_max / 1_000,
        markets_max=limits.feed_subscriptions_count_max,
        snapshot_orders_max=limits.account_orders_count_max,
        session=SessionLimits.of(limits),
    )
