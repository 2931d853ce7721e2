"""What `/api` answers about profiles, seasons and invitations."""

from msgspec import Struct


class SimpleInfoView(Struct, frozen=True):
    """What everybody may see of a user."""

    name: str
    profile_image: str


class SeasonView(Struct, frozen=True):
    """A season; its days are ``[start, end)`` (seconds)."""

    season_id: int
    name: str
    start: int
    end: int


class SeasonMadeView(Struct, frozen=True):
    """A season that exists as of log entry ``n``."""

    season_id: int
    n: int
    repeated: bool


class PointsView(Struct, frozen=True):
    """How one stands in a season. ``rank`` is exact up to 200, "" for who did nothing."""

    season_id: int
    points: int
    rank: str
    #: The parts of the points: for trading, for coming by invitation, for inviting.
    trading_points: int
    invited_points: int
    inviting_points: int
    volume: str
    volume_rank: str


class LeaderView(Struct, frozen=True):
    """A user in a ranking."""

    rank: int
    uid: int
    name: str
    profile_image: str
    points: int
    volume: str


class LeadersView(Struct, frozen=True):
    """A page of a season's ranking, as it was last made."""

    season_id: int
    leaders: list[LeaderView]
    total: int
    has_more: bool


class InviteStatsView(Struct, frozen=True):
    """One's invitation, how many came by it, and what that has brought."""

    invite_code: str
    invited: int
    points: int


class InvitedView(Struct, frozen=True):
    """Somebody who came by one's invitation."""

    uid: int
    name: str
    profile_image: str
    created_at: int


class InvitationsView(Struct, frozen=True):
    """A page of those who came, newest first, true for log entry ``n``."""

    records: list[InvitedView]
    total: int
    has_more: bool
    n: int
