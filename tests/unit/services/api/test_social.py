"""Profiles, seasons and invitations over a whole exchange, and what a user once had."""

from collections.abc import AsyncIterator

import pytest
from tests.support.http_asking import limit
from tests.support.http_door import Door, http_door

from outcry.services.api.social import rank_text


DAY = 86_400


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


async def test_a_profile_is_shown_to_everybody(door: Door) -> None:
    """Name, bio and picture are changed one by one and seen at once, by others too."""
    ann = door.as_user("ann")
    uid = await door.user("ann")
    assert await door.get("/api/simple_info", uid=uid) == {"name": "", "profile_image": ""}
    await door.post("/api/user_profile", {"name": "Ann", "bio": "Clouds."}, ann)
    await door.post("/api/user_image", {"image_url": "https://example.org/a.png"}, ann)
    await door.post("/api/user_profile", {"name": "Anna"}, ann)

    me = await door.get("/api/user_data", ann)
    assert (me["name"], me["bio"], me["profile_image"]) == (
        "Anna", "Clouds.", "https://example.org/a.png",
    )  # fmt: skip
    shown = {"name": "Anna", "profile_image": "https://example.org/a.png"}
    assert await door.get("/api/simple_info", uid=uid) == shown


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/user_profile", {}),
        ("/api/user_profile", {"name": ""}),
        ("/api/user_profile", {"name": "x" * 33}),
        ("/api/user_profile", {"bio": "x" * 129}),
        ("/api/user_image", {"image_url": "javascript:alert(1)"}),
        ("/api/user_image", {"image_url": "https://example.org/a b"}),
    ],
)
async def test_a_profile_has_bounds(door: Door, path: str, body: dict[str, str]) -> None:
    """Empty, long and dangerous texts are refused and change nothing."""
    await door.user("ann")
    answer = await door.client.post(path, json=body, headers=door.as_user("ann"))
    assert answer.status_code == 400, answer.text
    assert (await door.get("/api/user_data", door.as_user("ann")))["name"] == ""


async def test_invitations_count_once_for_newcomers(door: Door) -> None:
    """Who comes by a code counts for its owner; who was here, or makes a code up, does not."""
    await door.user("ann")
    await door.user("bob")
    code = (await door.get("/api/user_data", door.as_user("ann")))["invite_code"]
    await door.get("/api/user_data", door.as_user("bob"), invite_code=code)
    cyd = await door.get("/api/user_data", door.as_user("cyd"), invite_code=code)
    await door.get("/api/user_data", door.as_user("dan"), invite_code=code[:-1] + "2")
    await door.get("/api/user_data", door.as_user("eve"), invite_code="7-aaaaaa")
    await door.settled()

    stats = await door.get("/api/invite_stats", door.as_user("ann"))
    assert stats == {"invite_code": code, "invited": 1, "points": 0}
    records = await door.get("/api/invite_records", door.as_user("ann"))
    assert [item["uid"] for item in records["records"]] == [cyd["id"]]
    assert (records["total"], records["has_more"]) == (1, False)


async def test_a_season_from_its_creation_to_its_end(door: Door) -> None:
    """Points for trading and inviting, ranks, and a present season that changes with time."""
    admin = door.as_admin()
    event = await door.event()
    ann, bob = await door.user("ann", "100"), await door.user("bob", "100")
    code = (await door.get("/api/user_data", door.as_user("ann")))["invite_code"]
    await door.get("/api/user_data", door.as_user("cyd"), invite_code=code)
    for query in ({}, {"season_id": "1"}):
        answer = await door.client.get("/api/points", headers=door.as_user("ann"), params=query)
        assert (answer.status_code, answer.json()["code"]) == (404, 2009)
    today = door.venue.clock.now_us() // 1_000_000 // DAY * DAY
    first = {"name": "First", "start": today, "end": today + 2 * DAY}
    made = await door.post("/api/admin/seasons", first, admin)
    assert (await door.post("/api/admin/seasons", first, admin))["repeated"]
    second = {"name": "Second", "start": today + 2 * DAY, "end": today + 4 * DAY}
    await door.post("/api/admin/seasons", second, admin)
    crooked = await door.client.post(
        "/api/admin/seasons", json={**first, "end": today + 5}, headers=admin
    )
    assert crooked.status_code == 400

    await door.post("/api/place_order", limit(event, 0, "buy", "0.6", "10"), door.as_user("ann"))
    await door.post("/api/place_order", limit(event, 1, "buy", "0.4", "10"), door.as_user("bob"))
    await door.scored()
    points = await door.get("/api/points", door.as_user("ann"))
    assert (points["season_id"], points["points"], points["rank"]) == (made["season_id"], 56, "2")
    assert (points["trading_points"], points["inviting_points"], points["volume"]) == (
        6, 50, "6.000000",
    )  # fmt: skip
    board = await door.get("/api/leaderboard_points", page_size=2)
    assert [line["points"] for line in board["leaders"]] == [100, 56]
    assert (board["total"], board["has_more"]) == (3, True)
    volumes = await door.get("/api/leaderboard_volume", season_id=1)
    assert [(line["uid"], line["volume"]) for line in volumes["leaders"][:2]] == [
        (ann, "6.000000"), (bob, "4.000000"),
    ]  # fmt: skip
    assert (await door.get("/api/invite_stats", door.as_user("ann")))["points"] == 50

    door.venue.clock.set((today + 2 * DAY) * 1_000_000 + 5)
    await door.user("dan")
    await door.scored()
    assert (await door.get("/api/season_current"))["name"] == "Second"
    assert [season["name"] for season in await door.get("/api/seasons")] == ["First", "Second"]
    assert (await door.get("/api/points", door.as_user("ann")))["rank"] == ""
    every = await door.get("/api/user_points_volumes", door.as_user("ann"))
    assert [(line["season_id"], line["points"]) for line in every] == [(1, 56)]


def test_ranks_beyond_the_bound_are_not_told() -> None:
    """Up to 200 exactly, then only that they are beyond."""
    assert [rank_text(rank) for rank in (1, 200, 201, 9_999)] == ["1", "200", ">200", ">200"]


async def test_what_a_user_has_and_once_had(door: Door) -> None:
    """Worth of open positions, turnover, and closed ones with their average, profit and payout."""
    event = await door.event()
    uid = await door.user("ann", "100")
    await door.user("bob", "100")
    ann, bob, admin = door.as_user("ann"), door.as_user("bob"), door.as_admin()
    after = 0
    for price, other in (("0.6", "0.4"), ("0.8", "0.2")):
        await door.post("/api/place_order", limit(event, 0, "buy", price, "10"), ann)
        done = await door.post("/api/place_order", limit(event, 1, "buy", other, "10"), bob)
        after = done["n"] + 2
    assert await door.get("/api/traded_volume", uid=uid, after=after) == "14.000000"
    assert await door.get("/api/portfolio_value", uid=uid) == "102.000000"
    assert (await door.get("/api/closed_positions", uid=uid))["positions"] == []

    await door.post("/api/admin/markets/1/close", {}, admin)
    await door.post("/api/admin/markets/1/resolve", {"payout": ["1", "0"]}, admin)
    redeemed = await door.post("/api/redeem", {"market_id": 1}, ann)
    page = await door.get("/api/closed_positions", uid=uid, after=redeemed["n"])
    (line,) = page["positions"]
    assert {name: line[name] for name in ("avg_price", "quantity", "value", "payout", "win")} == {
        "avg_price": "0.700000", "quantity": "20.00", "value": "20.000000",
        "payout": "20.000000", "win": True,
    }  # fmt: skip
    assert (line["profit_value"], line["profit_percentage"]) == ("6.000000", "42.85")
    assert (line["current_price"], line["redeem_timestamp"] > 0) == ("1.0000", True)
    two = await door.client.get(
        "/api/closed_positions", params={"uid": uid, "value": "true", "quantity": "true"}
    )
    assert two.status_code == 400
