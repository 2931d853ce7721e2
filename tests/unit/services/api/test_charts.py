"""Charts over a whole exchange: candles, prices, trades and worths as a client sees them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.http_asking import limit
from tests.support.http_door import Door, http_door


HOUR = 3_600_000_000


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


async def traded(door: Door) -> dict[str, Any]:
    """Let Ann and Bob trade twice in an event, an hour apart; returns the event."""
    event = await door.event()
    await door.user("ann", "100")
    await door.user("bob", "100")
    ann, bob = door.as_user("ann"), door.as_user("bob")
    for price, other in (("0.6", "0.4"), ("0.7", "0.3")):
        await door.post("/api/place_order", limit(event, 0, "buy", price, "10"), ann)
        await door.post("/api/place_order", limit(event, 1, "buy", other, "10"), bob)
        door.venue.clock.set(door.venue.clock.now_us() + HOUR)
        await door.user(f"after {price}")
    await door.settled()
    return event


async def test_candles_and_prices_of_each_outcome(door: Door) -> None:
    """The second outcome sees the same trades at complementary prices, high and low exchanged."""
    await traded(door)

    yes = await door.get("/api/candles", market_id=1, interval="1d")
    no = await door.get("/api/candles", market_id=1, interval="1d", outcome=1)
    candle = {
        "open": "0.6000", "high": "0.7000", "low": "0.6000", "close": "0.7000",
        "quantity": "20.00", "volume": "13.000000", "trades": 2,
    }  # fmt: skip
    assert yes["candles"] == [{"time": yes["candles"][0]["time"], **candle}]
    assert yes["candles"][0]["time"] % 86_400 == 0
    (other,) = no["candles"]
    seen = [other[name] for name in ("open", "high", "low", "close", "volume")]
    assert seen == ["0.4000", "0.4000", "0.3000", "0.3000", "7.000000"]
    prices = await door.get("/api/price_history", market_id=1, interval="1h")
    assert [point["price"] for point in prices["history"]] == ["0.6000", "0.7000"]
    begin = prices["history"][1]["time"]
    later = await door.get("/api/price_history", market_id=1, interval="1h", start=begin)
    assert later["history"] == prices["history"][1:]
    earlier = await door.get("/api/price_history", market_id=1, interval="1h", end=begin)
    assert earlier["history"] == prices["history"][:1]


async def test_trades_page_by_page(door: Door) -> None:
    """The last trade first, told from the taker's side; the next page goes on before it."""
    event = await traded(door)

    page = await door.get("/api/trades", market_id=1, limit=1)
    (trade,) = page["trades"]
    assert page["has_more"]
    assert (trade["side"], trade["price"], trade["quantity"], trade["match"]) == (
        "buy", "0.3000", "10.00", "mint",
    )  # fmt: skip
    assert trade["token_id"] == event["markets"][0]["outcome_1_token_id"]
    before = {"before": trade["trade_id"], "before_fill": trade["fill"]}
    rest = await door.get("/api/trades", market_id=1, limit=5, **before)
    assert [item["price"] for item in rest["trades"]] == ["0.4000"]
    assert not rest["has_more"]


async def test_volume_of_a_day_and_worth_over_time(door: Door) -> None:
    """24 h volume is in events and markets; worth has a line for each hour with tokens."""
    event = await traded(door)

    detail = await door.get("/api/event_detail", event_id=event["event_id"])
    (listed,) = (await door.get("/api/events"))["events"]
    assert detail["volume_24h"] == listed["volume_24h"] == "20.000000"
    assert detail["markets"][0]["volume_24h"] == "20.000000"
    ann = (await door.get("/api/user_data", door.as_user("ann")))["id"]
    worth = await door.get("/api/portfolio_history", uid=ann)
    assert [(line["cash"], line["tokens"], line["value"]) for line in worth["history"]] == [
        ("94.000000", "6.000000", "100.000000"),
        ("87.000000", "14.000000", "101.000000"),
    ]


async def test_charts_refuse_what_does_not_exist(door: Door) -> None:
    """An unknown market, interval or user is a reject with its number, not an empty chart."""
    await door.event()
    for path, query, status in (
        ("/api/candles", {"market_id": 9}, 404),
        ("/api/candles", {"market_id": 1, "event_id": 9}, 404),
        ("/api/candles", {"market_id": 1, "interval": "2h"}, 400),
        ("/api/candles", {"market_id": 1, "limit": 1_001}, 400),
        ("/api/trades", {"market_id": 9}, 404),
        ("/api/portfolio_history", {"uid": 99}, 404),
    ):
        answer = await door.client.get(path, params=query)  # type: ignore[arg-type]
        assert answer.status_code == status, answer.text
        assert answer.json()["data"]["reject"]
