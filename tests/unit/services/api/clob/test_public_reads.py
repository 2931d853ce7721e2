"""Public reads of the CLOB surface over a whole exchange, as its clients ask them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from py_clob_client.utilities import generate_orderbook_summary_hash, parse_raw_orderbook_summary
from tests.support.http_asking import limit
from tests.support.http_door import Door, http_door

from outcry.services.api.clob.cursors import END, cursor_of
from outcry.services.api.clob.price_history import Window, length_of, window_of
from outcry.services.api.clob.public_forms import TOKENS_COUNT_MAX, HistoryQuery


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


async def read(door: Door, path: str, **query: Any) -> Any:
    """Return the answer to a GET that must be good."""
    answer = await door.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(door: Door, path: str, body: Any) -> Any:
    """Return the answer to a POST that must be good."""
    answer = await door.client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(door: Door, path: str, **query: Any) -> tuple[int, str]:
    """Return status and text of a GET that must be declined."""
    answer = await door.client.get(path, params=query)
    return answer.status_code, answer.json()["error"]


async def quoted(door: Door, **market: Any) -> tuple[str, str]:
    """List a market with bids at 0.4 and 0.45 and an ask at 0.6; returns its tokens."""
    event = await door.event(tick_size="0.01", **market)
    await door.user("ann", "1000")
    ann = door.as_user("ann")
    for outcome, price, size in ((0, "0.40", "10"), (0, "0.45", "20.5"), (1, "0.40", "7")):
        await door.post("/api/place_order", limit(event, outcome, "buy", price, size), ann)
    await door.settled()
    await door.books_show(1)
    (row,) = event["markets"]
    return row["outcome_0_token_id"], row["outcome_1_token_id"]


async def trade(door: Door) -> None:
    """Let Bob buy five shares of outcome 1 from the best bid of outcome 0, at 0.55."""
    event = await door.get("/api/event_detail", event_id=1)
    await door.user("bob", "1000")
    order = limit(event, 1, "buy", "0.55", "5")
    await door.post("/api/place_order", order, door.as_user("bob"))
    await door.settled()


async def test_books_and_prices_of_both_tokens(door: Door) -> None:
    """Best last, ten keys, a hash that the client reckons; the other token is the complement."""
    yes, no = await quoted(door)

    book = await read(door, "/book", token_id=yes)
    assert list(book) == [
        "market", "asset_id", "timestamp", "hash", "bids", "asks", "min_order_size", "tick_size",
        "neg_risk", "last_trade_price",
    ]  # fmt: skip
    assert book["bids"] == [{"price": "0.4", "size": "10"}, {"price": "0.45", "size": "20.5"}]
    assert book["asks"] == [{"price": "0.6", "size": "7"}]
    assert (book["tick_size"], book["min_order_size"], book["neg_risk"]) == ("0.01", "0.01", False)
    assert generate_orderbook_summary_hash(parse_raw_orderbook_summary(book)) == book["hash"]
    (mine, other) = await post(
        door, "/books", [{"token_id": yes}, {"token_id": "1"}, {"token_id": no}]
    )
    assert mine == book
    assert other["asks"] == [{"price": "0.6", "size": "10"}, {"price": "0.55", "size": "20.5"}]
    assert other["bids"] == [{"price": "0.4", "size": "7"}]

    assert await read(door, "/midpoint", token_id=yes) == {"mid": "0.525"}
    assert await read(door, "/spread", token_id=no) == {"spread": "0.15"}
    assert await read(door, "/price", token_id=yes, side="BUY") == {"price": "0.45"}
    assert await read(door, "/price", token_id=no, side="SELL") == {"price": "0.55"}
    items = [{"token_id": yes, "side": "BUY"}, {"token_id": no, "side": "SELL"}, {"token_id": no}]
    assert await post(door, "/prices", items) == {
        yes: {"BUY": "0.45"}, no: {"BUY": "0.4", "SELL": "0.55"},
    }  # fmt: skip
    assert await post(door, "/midpoints", items) == {yes: "0.525", no: "0.475"}
    assert await post(door, "/spreads", items) == {yes: "0.15", no: "0.15"}
    assert await read(door, "/tick-size", token_id=no) == {"minimum_tick_size": 0.01}
    assert await read(door, "/neg-risk", token_id=no) == {"neg_risk": False}
    assert await read(door, "/fee-rate", token_id=no) == {"base_fee": 0}


async def test_the_last_trade_is_seen_from_either_token(door: Door) -> None:
    """Who bought the one token sold the other; before the first trade there is no side."""
    yes, no = await quoted(door)
    assert await read(door, "/last-trade-price", token_id=yes) == {"price": "0.5", "side": ""}
    assert await post(door, "/last-trades-prices", [{"token_id": yes}]) == []

    await trade(door)

    assert await read(door, "/last-trade-price", token_id=no) == {"price": "0.55", "side": "BUY"}
    assert await post(door, "/last-trades-prices", [{"token_id": yes}, {"token_id": no}]) == [
        {"token_id": yes, "price": "0.45", "side": "SELL"},
        {"token_id": no, "price": "0.55", "side": "BUY"},
    ]
    history = (await read(door, "/prices-history", market=no, interval="max"))["history"]
    assert [point["p"] for point in history] == [0.55]
    both = await post(door, "/batch-prices-history", {"markets": [yes, "1"], "interval": "max"})
    assert list(both["history"]) == [yes]
    assert [point["p"] for point in both["history"][yes]] == [0.45]


async def test_a_token_that_nobody_knows(door: Door) -> None:
    """Every read of one token answers 404 in the words of the surface; a bad question is 400."""
    for path in ("/book", "/midpoint", "/spread", "/last-trade-price", "/tick-size", "/fee-rate"):
        status, text = await refused(door, path, token_id="12")
        assert (status, text) == (404, "No orderbook exists for the requested token id"), path
    assert (await refused(door, "/markets/0xab"))[:2] == (404, "market not found")
    assert (await refused(door, "/book"))[0] == 400
    assert (await refused(door, "/price", token_id="1", side="buy"))[0] == 400
    items = [{"token_id": "1"}] * (TOKENS_COUNT_MAX + 1)
    assert (await door.client.post("/books", json=items)).status_code == 400
    markets = ["1"] * 21
    body = {"markets": markets, "interval": "max"}
    assert (await door.client.post("/batch-prices-history", json=body)).status_code == 400


async def test_markets_by_condition_token_and_page(door: Door) -> None:
    """A market is found by condition and token; pages go on by cursor and end with ``LTE=``."""
    yes, no = await quoted(door)
    page = await read(door, "/markets")
    assert (page["limit"], page["count"], page["next_cursor"]) == (100, 1, END)
    (market,) = page["data"]
    condition = market["condition_id"]
    assert await read(door, f"/markets/{condition}") == market
    assert (market["minimum_tick_size"], market["minimum_order_size"]) == (0.01, 0.01)
    assert (market["accepting_orders"], market["closed"], market["tags"]) == (
        True, False, ["weather"],
    )  # fmt: skip
    assert market["tokens"] == [
        {"token_id": yes, "outcome": "Yes", "price": 0.525, "winner": False},
        {"token_id": no, "outcome": "No", "price": 0.475, "winner": False},
    ]
    assert await read(door, f"/markets-by-token/{no}") == {
        "condition_id": condition, "primary_token_id": yes, "secondary_token_id": no,
    }  # fmt: skip
    compact = await read(door, f"/clob-markets/{condition}")
    assert compact["t"] == [{"t": yes, "o": "Yes"}, {"t": no, "o": "No"}]
    assert (compact["mts"], compact["nr"], compact["ao"]) == (0.01, False, True)
    assert compact["fd"] == {"r": 0.0, "e": 0, "to": True}
    assert (await read(door, "/book", token_id=yes))["market"] == condition

    after = await read(door, "/markets", next_cursor=cursor_of(1))
    assert (after["data"], after["next_cursor"]) == ([], END)
    assert (await read(door, "/markets", next_cursor=END))["data"] == []
    assert (await refused(door, "/markets", next_cursor="nonsense"))[0] == 400


async def test_closed_markets_take_no_orders(door: Door) -> None:
    """A market that was closed and resolved says so, and is no longer among those that trade."""
    await quoted(door)
    (market,) = (await read(door, "/sampling-simplified-markets"))["data"]
    assert market["accepting_orders"]
    admin = door.as_admin()
    await door.post("/api/admin/markets/1/close", {"reason": "over"}, admin)
    await door.post("/api/admin/markets/1/resolve", {"winner": "Yes"}, admin)
    await door.settled()

    assert (await read(door, "/sampling-markets"))["data"] == []
    whole = await read(door, f"/markets/{market['condition_id']}")
    assert (whole["closed"], whole["accepting_orders"]) == (True, False)
    assert [token["winner"] for token in whole["tokens"]] == [True, False]
    assert [token["price"] for token in whole["tokens"]] == [1.0, 0.0]


async def test_what_is_not_paid_is_said_to_be_nothing(door: Door) -> None:
    """Rewards, rebates and builders' fees are empty answers of the right shape."""
    await quoted(door)
    (market,) = (await read(door, "/markets"))["data"]
    condition = market["condition_id"]
    for path in ("current", "multi", condition):
        page = await read(door, f"/rewards/markets/{path}")
        assert (page["data"], page["next_cursor"]) == ([], END)
    assert await read(door, "/rebates/current") == []
    assert await read(door, f"/fees/builder-fees/{condition}") == {
        "builder_maker_fee_rate_bps": 0, "builder_taker_fee_rate_bps": 0,
    }  # fmt: skip
    assert (await refused(door, "/fees/builder-fees/me"))[0] == 400


async def test_live_activity_names_takers_as_they_show_themselves(door: Door) -> None:
    """The last trades with side, price and outcome of the taker, and no more than they show."""
    _, no = await quoted(door)
    await trade(door)
    (market,) = (await read(door, "/markets"))["data"]
    for path in ("live-activity/events", "markets/live-activity"):
        (event,) = await read(door, f"/{path}/{market['condition_id']}")
        assert event["market"]["asset_id"] == no
        assert (event["side"], event["price"], event["size"], event["outcome_index"]) == (
            "BUY", "0.55", "5", 1,
        )  # fmt: skip
        assert event["user"]["username"] == ""


async def test_fees_are_told_to_both_generations(door: Door) -> None:
    """Basis points for the first, rate and exponent for the second, both in the market."""
    admin = door.as_admin()
    made = await door.post(
        "/api/admin/fees", {"kind": "quadratic", "taker_bps": 400, "maker_bps": 100}, admin
    )
    yes, _ = await quoted(door, fee_version=made["fee_version"])
    assert await read(door, "/fee-rate", token_id=yes) == {"base_fee": 400}
    (market,) = (await read(door, "/markets"))["data"]
    assert (market["taker_base_fee"], market["maker_base_fee"]) == (400, 100)
    compact = await read(door, f"/clob-markets/{market['condition_id']}")
    assert compact["fd"] == {"r": 0.04, "e": 1, "to": False}


async def test_gamma_lists_and_finds(door: Door) -> None:
    """Events and markets by filters, ids and slugs; lists are JSON text; no silent filters."""
    yes, no = await quoted(door)
    await door.event("snow")
    await door.settled()
    rain, snow = await read(door, "/gamma/markets")
    assert json.loads(rain["outcomes"]) == ["Yes", "No"]
    assert json.loads(rain["clobTokenIds"]) == [yes, no]
    assert json.loads(rain["outcomePrices"]) == ["0.525", "0.475"]
    assert (rain["bestBid"], rain["bestAsk"], rain["orderPriceMinTickSize"]) == (0.45, 0.6, 0.01)
    assert rain["events"] == [{"id": "1", "slug": "rain", "title": "Event rain"}]
    assert rain["liquidityNum"] == pytest.approx(0.4 * 10 + 0.45 * 20.5 + 0.4 * 7)

    by_token = await read(door, "/gamma/markets", clob_token_ids=[no, "9"])
    assert by_token == [rain]
    assert await read(door, "/gamma/markets", condition_ids=snow["conditionId"]) == [snow]
    assert await read(door, f"/gamma/markets/{rain['id']}") == rain
    assert await read(door, f"/gamma/markets/slug/{snow['slug']}") == snow
    for base in ("", "/gamma"):
        first, _ = await read(door, f"{base}/events", closed=False)
        assert (first["id"], [market["id"] for market in first["markets"]]) == ("1", ["1"])
        assert await read(door, f"{base}/events/1") == first
        assert await read(door, f"{base}/events/slug/rain") == first
    assert await read(door, "/gamma/events", tag_slug="weather", closed=True) == []
    (weather,) = await read(door, "/gamma/tags")
    assert weather["slug"] == "weather"
    for base in ("", "/gamma"):
        assert await read(door, f"{base}/tags/weather") == weather
        assert await read(door, f"{base}/tags/slug/weather") == weather
        assert await read(door, f"{base}/events/{rain['events'][0]['id']}/tags") == [weather]
        assert await read(door, f"{base}/series") == []
    assert await read(door, f"/gamma/markets/{rain['id']}/tags") == [weather]
    assert await read(door, "/gamma/tags/weather/related-tags") == []
    assert (await door.client.get("/gamma/tags/snow")).status_code == 404
    found = await read(door, "/gamma/public-search", q="SNOW")
    assert [event["id"] for event in found["events"]] == ["2"]

    page = await read(door, "/gamma/markets/keyset", limit=1)
    assert [market["id"] for market in page["markets"]] == ["1"]
    rest = await read(door, "/gamma/markets/keyset", limit=1, after_cursor=page["next_cursor"])
    assert [market["id"] for market in rest["markets"]] == ["2"]
    assert "next_cursor" not in rest
    newest = await read(door, "/gamma/events/keyset", order="id", ascending=False)
    assert next(event["id"] for event in newest["events"]) == "2"
    status, _ = await refused(door, "/gamma/markets", game_id="7")
    assert status == 400
    assert (await refused(door, "/gamma/events/99"))[0] == 404
    assert (await refused(door, "/gamma/markets/none"))[0] == 404


def test_windows_of_histories_are_bounded() -> None:
    """A named window counts back from now, not before the market; points are never too many."""
    hour = window_of(HistoryQuery("1", interval="1h"), 1_000_000, 0)
    assert hour == Window(60, (1_000_000 - 3_640) * 10**6, 1_000_001 * 10**6)
    young = window_of(HistoryQuery("1", interval="1w"), 1_000_000, 999_000)
    assert young == Window(3_600, 997_200 * 10**6, 1_000_001 * 10**6)
    said = window_of(HistoryQuery("1", start=100, end=700, fidelity=5), 1_000_000, 0)
    assert said == Window(300, 100 * 10**6, 700 * 10**6)
    assert length_of(60, 999 * 60) == 60
    assert length_of(60, 1_001 * 60) == 300
    assert length_of(600, 60) == 900
    assert length_of(60, 100 * 365 * 86_400) == 86_400
    assert not isinstance(window_of(HistoryQuery("1"), 1, 0), Window)
    assert not isinstance(window_of(HistoryQuery("1", start=9, end=9), 10, 0), Window)
