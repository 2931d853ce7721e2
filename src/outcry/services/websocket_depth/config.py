"""What the public feed may cost."""

from msgspec import Struct

from outcry.runtime.config import Limits
from outcry.runtime.ws_session import SessionLimits


class DepthFeedConfig(Struct, frozen=True):
    """Limits of the public feed."""

    #: Changes of a market go out at most once in this time, joined.
    interval_seconds: float = 0.1
    #: Markets that one connection may follow.
    subscriptions_max: int = 200
    #: Markets whose recent changes are kept, for whoever comes back; of those that are followed
    #: they are kept in any case.
    channels_kept_max: int = 1_000
    #: Trades of a market that are kept for those who missed some.
    trades_kept_max: int = 200
    #: Messages sent before other work of the process gets its turn.
    sends_in_a_row_max: int = 200
    #: How long a market that has a book is waited for until the tables have it too.
    market_seconds: float = 5.0
    #: Tokens that one connection of the CLOB surface may follow.
    assets_max: int = 400
    #: After fills, whole books of a market go out to clients of CLOBs at most once in this time.
    book_seconds: float = 1.0
    #: How long a client of CLOBs may have no room for more before it must leave.
    slow_seconds: float = 5.0
    session: SessionLimits = SessionLimits()


def from_limits(limits: Limits) -> DepthFeedConfig:
    """Return the limits that an operator chose."""
    return DepthFeedConfig(
        interval_seconds=limits.feed_interval_ms / 1_000,
        subscriptions_max=limits.feed_subscriptions_count_max,
        assets_max=2 * limits.feed_subscriptions_count_max,
        session=SessionLimits.of(limits),
    )
