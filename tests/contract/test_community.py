"""The laws of the community, for every adapter: profiles, invitations, standings."""

from collections.abc import AsyncIterator

import pytest
from tests.contract.rows import NO_ROWS, PROFILE, SEASON, TURNOVER, USER
from tests.contract.worlds import MemoryTablesWorld, TablesWorld

from outcry.adapters.memory import MemoryCommunity
from outcry.adapters.postgres import PostgresCommunity
from outcry.ports.community import Community, Standing
from outcry.ports.projection import Rows


DAY = 86_400_000_000
UNIT = 1_000_000


@pytest.fixture
async def community(tables_world: TablesWorld, dsn: str | None) -> AsyncIterator[Community]:
    """Return the community over the tables of each adapter."""
    if isinstance(tables_world, MemoryTablesWorld):
        yield MemoryCommunity(tables_world.tables)
    else:
        assert dsn is not None
        made = await PostgresCommunity.connect(dsn)
        yield made
        await made.close()


async def apply(world: TablesWorld, rows: Rows, at_us: int = 0) -> None:
    """Write *rows* as the next entry."""
    n = await world.projection.position() + 1
    await world.projection.apply(n, n, rows, at_us)


async def test_nobody_is_there_at_first(community: Community) -> None:
    """Every read of empty tables has an answer."""
    assert await community.profile(1) is None
    assert await community.profiles([1, 2]) == {}
    assert [await community.seasons(), await community.standings(1)] == [[], []]
    assert await community.unfinished() == []
    assert await community.standing(1, 1) is None
    for page in (await community.invited(1, 1, 10), await community.leaders(1, "points", 1, 10)):
        assert (page.rows, page.total) == ([], 0)


async def test_a_profile_keeps_what_is_not_said_again(
    tables_world: TablesWorld, community: Community
) -> None:
    """Texts of later rows replace earlier ones, empty ones leave them; users stay apart."""
    await apply(tables_world, NO_ROWS._replace(profiles=[PROFILE]))
    later = [PROFILE._replace(name="", bio="New."), PROFILE._replace(user_id=2, bio="", image="")]
    for row in later:
        await apply(tables_world, NO_ROWS._replace(profiles=[row._replace(name="")]))

    ada = PROFILE._replace(bio="New.")
    assert await community.profile(1) == ada
    assert await community.profiles([1, 2, 3]) == {1: ada, 2: (2, "", "", "")}


async def test_invitations_newest_first(tables_world: TablesWorld, community: Community) -> None:
    """Pages of whom one invited, and nobody else."""
    users = [
        USER._replace(user_id=i, account=1_000 + i, external_id=f"u{i}", invited_by=by)
        for i, by in enumerate((0, 1, 1, 2, 1), 1)
    ]
    await apply(tables_world, NO_ROWS._replace(users=users))

    page = await community.invited(1, 1, 2)
    assert ([row.user_id for row in page.rows], page.total, page.n) == ([5, 3], 3, 1)
    assert [row.user_id for row in (await community.invited(1, 2, 2)).rows] == [2]
    assert (await community.invited(0, 1, 10)).total == 0


async def season(world: TablesWorld) -> None:
    """Write four users, two of them invited, and what they traded inside and outside a season."""
    invited = {2: 1, 3: 1}
    users = [
        USER._replace(
            user_id=i, account=1_000 + i, external_id=f"u{i}", invited_by=invited.get(i, 0),
            created_at_us=DAY + i if i != 3 else 0,
        )
        for i in range(1, 5)
    ]  # fmt: skip
    days = [
        TURNOVER._replace(user_id=1, day_us=DAY, volume=10 * UNIT + 999_999),
        TURNOVER._replace(user_id=1, day_us=2 * DAY, volume=30 * UNIT),
        TURNOVER._replace(user_id=1, day_us=3 * DAY, volume=1_000 * UNIT),
        TURNOVER._replace(user_id=3, day_us=2 * DAY, volume=90 * UNIT),
        TURNOVER._replace(user_id=3, day_us=0, volume=500 * UNIT),
    ]
    seasons = [SEASON._replace(start_us=DAY, end_us=3 * DAY)]
    rows = NO_ROWS._replace(users=users, turnovers=days, seasons=seasons)
    await apply(world, rows, 2 * DAY + 5)


EXPECTED = [
    Standing(1, 2, 100, 0, 100, 0, 0, 1, 3),
    Standing(1, 1, 90, 40, 0, 50, 40 * UNIT + 999_999, 2, 2),
    Standing(1, 3, 90, 90, 0, 0, 90 * UNIT, 3, 1),
]


async def test_points_are_counted_from_the_tables(
    tables_world: TablesWorld, community: Community
) -> None:
    """Whole units traded on the season's days, 100 for coming and 50 for inviting in them."""
    await season(tables_world)
    await community.score(1)

    by_points = await community.leaders(1, "points", 1, 10)
    assert (by_points.rows, by_points.total) == (EXPECTED, 3)
    by_volume = await community.leaders(1, "volume", 1, 2)
    assert [row.user_id for row in by_volume.rows] == [3, 1]
    assert await community.standing(1, 3) == EXPECTED[2]
    assert await community.standing(1, 4) is None
    assert await community.standings(1) == [EXPECTED[1]]


async def test_the_job_may_run_again(tables_world: TablesWorld, community: Community) -> None:
    """A second run changes nothing; after a rebuild of the tables neither does a third."""
    await season(tables_world)
    for _ in range(2):
        await community.score(1)
        assert (await community.leaders(1, "points", 1, 10)).rows == EXPECTED
    await tables_world.projection.clear()
    await season(tables_world)
    await community.score(1)
    assert (await community.leaders(1, "points", 1, 10)).rows == EXPECTED


async def test_a_season_is_final_after_its_end_until_it_is_moved(
    tables_world: TablesWorld, community: Community
) -> None:
    """It is ranked while it lasts and once more afterwards; one to come is not ranked."""
    await season(tables_world)
    future = SEASON._replace(season_id=2, name="Later", start_us=9 * DAY, end_us=10 * DAY)
    await apply(tables_world, NO_ROWS._replace(seasons=[future]))
    assert [row.season_id for row in await community.seasons()] == [1, 2]
    assert await community.time_us() == 2 * DAY + 5

    await community.score(1)
    assert await community.unfinished() == [1]
    await apply(tables_world, NO_ROWS, 3 * DAY)
    assert await community.unfinished() == [1]
    await community.score(1)
    assert await community.unfinished() == []
    moved = SEASON._replace(start_us=DAY, end_us=2 * DAY)
    await apply(tables_world, NO_ROWS._replace(seasons=[moved]))
    assert await community.unfinished() == [1]
