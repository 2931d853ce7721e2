"""Social: profiles, seasons, rankings and invitations."""

from collections.abc import Sequence
from typing import Final

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import MICROS_PER_SECOND, format_money
from outcry.messages.requests import Declined, Done, FundsOp, SetProfileOp, SetSeasonOp
from outcry.ports.asset import Asset
from outcry.ports.community import By, Community, Standing
from outcry.ports.projection import UserRow
from outcry.ports.rows import SeasonRow
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.forms import read_body
from outcry.runtime.identity import Principal
from outcry.services.api.catalogue import Catalogue
from outcry.services.api.lookups import Lookups
from outcry.services.api.render import seconds
from outcry.services.api.social_forms import (
    IMAGE_BODY,
    PROFILE_BODY,
    SEASON_BODY,
    InvitationsQuery,
    LeadersQuery,
)
from outcry.services.api.social_views import (
    InvitationsView,
    InvitedView,
    InviteStatsView,
    LeadersView,
    LeaderView,
    PointsView,
    SeasonMadeView,
    SeasonView,
    SimpleInfoView,
)
from outcry.services.api.views import DoneView, UserView


#: Ranks up to this one are told exactly.
EXACT_RANK_MAX: Final = 200

Refusal = Rejected | Declined


class Social:
    """What users show, whom they invited, and how they stand."""

    def __init__(
        self,
        asset: Asset,
        community: Community,
        lookups: Lookups,
        catalogue: Catalogue,
        keys: KeyRing,
    ) -> None:
        """Read from *community*; *keys* makes invitations."""
        self._asset = asset
        self._community = community
        self._lookups = lookups
        self._catalogue = catalogue
        self._keys = keys

    def inviter(self, code: str) -> int:
        """Return who invites by *code*, 0 when nobody does: a stale link keeps nobody out."""
        return self._keys.inviter(code)

    async def user(self, who: Principal) -> UserView | Rejected:
        """Return everything about the user who asks."""
        row = await self._catalogue.user(who.user_id, who.registered_n)
        if isinstance(row, Rejected):
            return row
        profile = await self._community.profile(row.user_id)
        return UserView(
            id=row.user_id,
            privy_id=row.external_id,
            privy_evm_address=row.address,
            privy_email="",
            name=(profile.name if profile else "") or row.name,
            bio=profile.bio if profile else "",
            profile_image=profile.image if profile else "",
            invite_code=self._keys.invite_code(row.user_id),
        )

    async def simple_info(self, user_id: int) -> SimpleInfoView | Rejected:
        """Return what everybody may see of a user."""
        row = await self._catalogue.user(user_id)
        if isinstance(row, Rejected):
            return row
        profile = await self._community.profile(user_id)
        if profile is None:
            return SimpleInfoView(row.name, "")
        return SimpleInfoView(profile.name or row.name, profile.image)

    async def set_profile(self, who: Principal, body: bytes) -> DoneView | Refusal:
        """Change name and bio."""
        form = read_body(PROFILE_BODY, body)
        if isinstance(form, Rejected):
            return form
        if form.name is None and form.bio is None:
            return Rejected(Reject.FIELD_MISSING, expected="name or bio")
        op = SetProfileOp(who.user_id, who.user_id, form.name or "", form.bio or "", "")
        return _done(await self._ask(op))

    async def set_image(self, who: Principal, body: bytes) -> DoneView | Refusal:
        """Change the picture."""
        form = read_body(IMAGE_BODY, body)
        if isinstance(form, Rejected):
            return form
        return _done(
            await self._ask(SetProfileOp(who.user_id, who.user_id, "", "", form.image_url))
        )

    async def set_season(self, actor: int, body: bytes) -> SeasonMadeView | Refusal:
        """Create a season or move it."""
        form = read_body(SEASON_BODY, body)
        if isinstance(form, Rejected):
            return form
        start_us, end_us = form.start * MICROS_PER_SECOND, form.end * MICROS_PER_SECOND
        done = await self._ask(SetSeasonOp(actor, form.name, start_us, end_us))
        if isinstance(done, Declined):
            return done
        return SeasonMadeView(done.id, done.n, done.repeated)

    async def seasons(self) -> list[SeasonView]:
        """Return every season."""
        return [_season_view(row) for row in await self._community.seasons()]

    async def season(self, season_id: int) -> SeasonView | Rejected:
        """Return a season, or (0) the present one."""
        found = await self._season(season_id)
        return found if isinstance(found, Rejected) else _season_view(found)

    async def points(self, user_id: int, season_id: int) -> PointsView | Rejected:
        """Return how the user stands in a season, or (0) in the present one."""
        season = await self._season(season_id)
        if isinstance(season, Rejected):
            return season
        standing = await self._community.standing(season.season_id, user_id)
        return _points_view(season.season_id, standing)

    async def all_points(self, user_id: int) -> list[PointsView]:
        """Return how the user stands in every season in which they did something."""
        rows = await self._community.standings(user_id)
        return [_points_view(row.season_id, row) for row in rows]

    async def leaders(self, form: LeadersQuery, by: By) -> LeadersView | Rejected:
        """Return a page of a season's ranking."""
        season = await self._season(form.season_id)
        if isinstance(season, Rejected):
            return season
        page = await self._community.leaders(season.season_id, by, form.page, form.page_size)
        shown = await self._shown([row.user_id for row in page.rows])
        views = [
            LeaderView(
                rank=row.points_rank if by == "points" else row.volume_rank,
                uid=row.user_id,
                name=shown[row.user_id].name,
                profile_image=shown[row.user_id].profile_image,
                points=row.points,
                volume=format_money(row.volume),
            )
            for row in page.rows
        ]
        more = form.page * form.page_size < page.total
        return LeadersView(season.season_id, views, page.total, more)

    async def invite_stats(self, user_id: int) -> InviteStatsView:
        """Return the user's invitation, how many came by it, and what that brought."""
        page = await self._community.invited(user_id, 1, 1)
        standings = await self._community.standings(user_id)
        points = sum(row.inviting for row in standings)
        return InviteStatsView(self._keys.invite_code(user_id), page.total, points)

    async def invitations(self, user_id: int, form: InvitationsQuery) -> InvitationsView:
        """Return a page of those who came by the user's invitation."""
        await self._lookups.include(form.after)
        page = await self._community.invited(user_id, form.page, form.page_size)
        shown = await self._shown([row.user_id for row in page.rows])
        views = [
            InvitedView(
                row.user_id,
                shown[row.user_id].name,
                shown[row.user_id].profile_image,
                seconds(row.created_at_us),
            )
            for row in page.rows
        ]
        return InvitationsView(views, page.total, form.page * form.page_size < page.total, page.n)

    async def _shown(self, user_ids: Sequence[int]) -> dict[int, SimpleInfoView]:
        profiles = await self._community.profiles(user_ids)
        shown = {}
        for user_id in user_ids:
            row = await self._lookups.user(user_id)
            profile = profiles.get(user_id)
            name = (profile.name if profile else "") or _name(row)
            shown[user_id] = SimpleInfoView(name, profile.image if profile else "")
        return shown

    async def _season(self, season_id: int) -> SeasonRow | Rejected:
        """Return the season, or (0) the last one that has begun."""
        rows = await self._community.seasons()
        if season_id:
            found = next((row for row in rows if row.season_id == season_id), None)
        else:
            now_us = await self._community.time_us()
            found = next((row for row in reversed(rows) if row.start_us <= now_us), None)
        got = str(season_id) if season_id else "no season has begun"
        return found or Rejected(Reject.SEASON_UNKNOWN, got)

    async def _ask(self, op: FundsOp) -> Done | Declined:
        result = await self._asset.funds(op)
        if isinstance(result, Done):
            self._lookups.note(result.n)
            # Whoever changed something sees it at once.
            await self._lookups.include(result.n)
        return result


def _name(row: UserRow | None) -> str:
    return row.name if row else ""


def _done(result: Done | Declined) -> DoneView | Declined:
    return result if isinstance(result, Declined) else DoneView(result.n, result.repeated)


def _season_view(row: SeasonRow) -> SeasonView:
    return SeasonView(row.season_id, row.name, seconds(row.start_us), seconds(row.end_us))


def _points_view(season_id: int, row: Standing | None) -> PointsView:
    if row is None:
        return PointsView(season_id, 0, "", 0, 0, 0, format_money(0), "")
    return PointsView(
        season_id=season_id,
        points=row.points,
        rank=rank_text(row.points_rank),
        trading_points=row.trading,
        invited_points=row.invited,
        inviting_points=row.inviting,
        volume=format_money(row.volume),
        volume_rank=rank_text(row.volume_rank),
    )


def rank_text(rank: int) -> str:
    """Return a rank, exact up to `EXACT_RANK_MAX`."""
    return str(rank) if rank <= EXACT_RANK_MAX else f">{EXACT_RANK_MAX}"
