"""What clients send to `/api` about profiles, seasons and invitations."""

from typing import Annotated, Final

from msgspec import Meta, json

from outcry.runtime.forms import STORABLE, OptionalId, Seconds
from outcry.services.api.forms import After, Body, Page, PageSize, Query, Uid


class UserQuery(Query, kw_only=True, frozen=True):
    """One user."""

    uid: Uid


class SeasonQuery(Query, kw_only=True, frozen=True):
    """One season; 0 is the present one."""

    season_id: OptionalId = 0


class LeadersQuery(SeasonQuery, kw_only=True, frozen=True):
    """A page of a season's ranking."""

    page: Page = 1
    page_size: PageSize = 20


class InvitationsQuery(Query, kw_only=True, frozen=True):
    """A page of one's own invitations."""

    page: Page = 1
    page_size: PageSize = 20
    after: After = 0


class ProfileBody(Body, kw_only=True, frozen=True):
    """What one shows of oneself; a text that is left out stays as it is."""

    name: Annotated[str, Meta(min_length=1, max_length=32, pattern=STORABLE)] | None = None
    bio: Annotated[str, Meta(min_length=1, max_length=128, pattern=STORABLE)] | None = None


class ImageBody(Body, kw_only=True, frozen=True):
    """Where one's picture is."""

    image_url: Annotated[
        str,
        Meta(max_length=512, pattern=r"^https?://[^\x00-\x20\ud800-\udfff]+$"),
        Meta(examples=["https://example.org/me.png"]),
    ]


class SeasonBody(Body, kw_only=True, frozen=True):
    """A season: the days from ``start`` to ``end``, which is left out; midnights (UTC)."""

    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=STORABLE)]
    start: Seconds
    end: Seconds


PROFILE_BODY: Final = json.Decoder(ProfileBody)
IMAGE_BODY: Final = json.Decoder(ImageBody)
SEASON_BODY: Final = json.Decoder(SeasonBody)
