"""Routes about profiles, seasons, rankings and invitations."""

from litestar import Router, get, post
from litestar.params import RawBody

from outcry.runtime.envelope import Envelope, accept, success
from outcry.runtime.identity import ADMIN, READ, TRADE
from outcry.services.api.forms import NoQuery, UserDataQuery
from outcry.services.api.http.asking import address, admin, holder, parameters, visitor
from outcry.services.api.http.parts import Asked, parts
from outcry.services.api.social_forms import (
    ImageBody,
    InvitationsQuery,
    LeadersQuery,
    ProfileBody,
    SeasonBody,
    SeasonQuery,
    UserQuery,
)
from outcry.services.api.social_views import (
    InvitationsView,
    InviteStatsView,
    LeadersView,
    PointsView,
    SeasonMadeView,
    SeasonView,
    SimpleInfoView,
)
from outcry.services.api.views import DoneView, UserView


@get("/user_data", opt={"query": UserDataQuery, "scope": "token"})
async def user_data(request: Asked) -> Envelope[UserView]:
    """Who one is. The first call registers the holder of the token; an API key will not do."""
    form = parameters(request, UserDataQuery)
    social = parts(request).social
    inviter = social.inviter(form.invite_code)
    who = accept(await parts(request).gate.newcomer(request.headers, address(request), inviter))
    return success(accept(await social.user(who)))


@get("/simple_info", opt={"query": UserQuery})
async def simple_info(request: Asked) -> Envelope[SimpleInfoView]:
    """What everybody may see of a user."""
    form = visitor(request, UserQuery)
    return success(accept(await parts(request).social.simple_info(form.uid)))


@post("/user_profile", status_code=200, opt={"query": NoQuery, "body": ProfileBody, "scope": TRADE})
async def user_profile(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Change one's name and bio."""
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    return success(accept(await parts(request).social.set_profile(who, body)))


@post("/user_image", status_code=200, opt={"query": NoQuery, "body": ImageBody, "scope": TRADE})
async def user_image(request: Asked, body: RawBody) -> Envelope[DoneView]:
    """Change one's picture; it stays where it is, its address is kept."""
    who = await holder(request, TRADE)
    parameters(request, NoQuery)
    return success(accept(await parts(request).social.set_image(who, body)))


@get("/seasons", opt={"query": NoQuery})
async def seasons(request: Asked) -> Envelope[list[SeasonView]]:
    """Every season, by when it begins."""
    visitor(request, NoQuery)
    return success(await parts(request).social.seasons())


@get("/season_current", opt={"query": NoQuery})
async def season_current(request: Asked) -> Envelope[SeasonView]:
    """The season that began last."""
    visitor(request, NoQuery)
    return success(accept(await parts(request).social.season(0)))


@get("/points", opt={"query": SeasonQuery, "scope": READ})
async def points(request: Asked) -> Envelope[PointsView]:
    """How one stands in a season: points, their parts, and the rank."""
    who = await holder(request, READ)
    form = parameters(request, SeasonQuery)
    return success(accept(await parts(request).social.points(who.user_id, form.season_id)))


@get("/user_points_volumes", opt={"query": NoQuery, "scope": READ})
async def user_points_volumes(request: Asked) -> Envelope[list[PointsView]]:
    """How one stands in every season in which one did something."""
    who = await holder(request, READ)
    parameters(request, NoQuery)
    return success(await parts(request).social.all_points(who.user_id))


@get("/leaderboard_points", opt={"query": LeadersQuery})
async def leaderboard_points(request: Asked) -> Envelope[LeadersView]:
    """The users of a season by points."""
    form = visitor(request, LeadersQuery)
    return success(accept(await parts(request).social.leaders(form, "points")))


@get("/leaderboard_volume", opt={"query": LeadersQuery})
async def leaderboard_volume(request: Asked) -> Envelope[LeadersView]:
    """The users of a season by what they traded."""
    form = visitor(request, LeadersQuery)
    return success(accept(await parts(request).social.leaders(form, "volume")))


@get("/invite_stats", opt={"query": NoQuery, "scope": READ})
async def invite_stats(request: Asked) -> Envelope[InviteStatsView]:
    """One's invitation, how many came by it, and what that has brought."""
    who = await holder(request, READ)
    parameters(request, NoQuery)
    return success(await parts(request).social.invite_stats(who.user_id))


@get("/invite_records", opt={"query": InvitationsQuery, "scope": READ})
async def invite_records(request: Asked) -> Envelope[InvitationsView]:
    """Those who came by one's invitation, newest first."""
    who = await holder(request, READ)
    form = parameters(request, InvitationsQuery)
    return success(await parts(request).social.invitations(who.user_id, form))


@post("/admin/seasons", status_code=200, opt={"body": SeasonBody, "scope": ADMIN}, tags=["admin"])
async def set_season(request: Asked, body: RawBody) -> Envelope[SeasonMadeView]:
    """Create a season, or move the one of this name."""
    who = await admin(request)
    return success(accept(await parts(request).social.set_season(who.user_id, body)))


def social_routes() -> Router:
    """Return the routes of this module."""
    return Router(
        "/api",
        tags=["people"],
        route_handlers=[
            user_data,
            simple_info,
            user_profile,
            user_image,
            seasons,
            season_current,
            points,
            user_points_volumes,
            leaderboard_points,
            leaderboard_volume,
            invite_stats,
            invite_records,
            set_season,
        ],
    )
