"""How the HTTP door behaves when something is missing, late, too much or broken."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.http_asking import limit, refused
from tests.support.http_door import Door, http_door

from outcry.adapters.grpc import GrpcAsset
from outcry.domain.rejects import Reject
from outcry.runtime.api_keys import KeyRing
from outcry.services.api.config import ApiConfig


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


async def test_other_ways_to_be_wrong(door: Door) -> None:
    """Another method, too large a body and a late table are answered in the same envelope."""
    await door.user("ann")
    await refused(door, Reject.METHOD_NOT_ALLOWED, "POST", "/api/topics")
    large = b'{"x": "' + b"a" * 1_100_000 + b'"}'
    ann = door.as_user("ann")
    await refused(door, Reject.BODY_TOO_LARGE, "POST", "/api/place_order", ann, large)


async def test_a_read_never_pretends_to_be_current() -> None:
    """A read that should include an entry that does not exist says so within its bound."""
    async with http_door(ApiConfig(read_wait_ms_max=20)) as door:
        await door.venue.user("ann")
        await door.venue.market()
        await door.settled()
        path = "/api/balance?uid=1&after=1000000"
        data = await refused(door, Reject.UNAVAILABLE, "GET", path)
        assert data["expected"] == "entry 1000000"
        path = "/api/depth?event_id=1&market_id=1&after=1000000"
        data = await refused(door, Reject.UNAVAILABLE, "GET", path)
        assert data["expected"] == "entry 1000000"


async def test_a_book_has_the_order_that_one_was_told_of() -> None:
    """With `after` the book shows what an answer said is resting, though tables are behind."""
    async with http_door(tables_lag_seconds=0.05) as door:
        await door.user("ann", "10")
        event = await door.event()
        for count in range(1, 4):
            order = limit(event, 0, "buy", f"0.{count}", "1")
            trader = door.as_user("ann")
            placed = await door.post("/api/place_order?wait=result", order, trader)
            depth = await door.get("/api/depth", event_id=1, market_id=1, after=placed["result_n"])
            (yes, _) = depth["depths"].values()
            assert len(yes["bids"]) == count, depth


async def test_late_tables_are_no_excuse() -> None:
    """With tables behind the log, what was made a moment ago can be used at once."""
    async with http_door(tables_lag_seconds=0.05) as door:
        uid = await door.user("ann", "10")
        body = {"user_id": uid, "scopes": ["read", "trade"]}
        key = await door.post("/api/admin/keys", body, door.as_admin())
        event = await door.event()
        order = limit(event, 0, "buy", "0.5", "1")
        placed = await door.post("/api/place_order", order, {"x-api-key": key["api_key"]})
        open_orders = await door.get("/api/open_orders", uid=uid, after=placed["n"])

    assert [item["order_id"] for item in open_orders["orders"]] == [placed["order_id"]]


async def test_a_ledger_that_is_away(tmp_path: Path) -> None:
    """Without the ledger reads go on, and orders are told that they may or may not be in."""
    away = GrpcAsset(f"unix:{tmp_path}/nobody.sock", KeyRing(bytes(32)).service_token("door"))
    async with http_door(ledger=away) as door:
        await door.venue.user("ann", 10_000_000)
        await door.venue.market()
        await door.settled()
        event = await door.get("/api/event_detail", event_id=1)
        order = limit(event, 0, "buy", "0.5", "1")
        data = await refused(
            door, Reject.UNAVAILABLE, "POST", "/api/place_order", door.as_user("ann"), order
        )
        ready = await door.client.get("/readyz")
        await away.close()

    assert "may have been taken" in data["got"]
    assert ready.status_code == 503
    assert any("ledger" in reason for reason in ready.json()["reasons"])


async def test_a_failure_of_ours_gives_nothing_away(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected failure is an internal error with the request's id and no detail."""

    async def broken() -> list[str]:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(door.queries, "topics", broken)
    answer = await door.client.get("/api/topics", headers={"x-request-id": "r-1"})

    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (500, 2998, None)
    assert "r-1" in answer.json()["msg"]
    assert "secret" not in answer.text


async def test_rates_are_bounded() -> None:
    """Too many orders of an account, or requests of an address, are told to wait."""
    config = ApiConfig(account_requests_per_second_max=2, address_requests_per_second_max=3)
    async with http_door(config) as door:
        await door.user("ann")
        ann = door.as_user("ann")
        statuses = [
            (await door.client.post("/api/cancel_all_orders", headers=ann, json={})).status_code
            for _ in range(4)
        ]
        assert statuses.count(200) >= 2
        assert 429 in statuses
        answers = [await door.client.get("/api/topics") for _ in range(6)]
        limited = [answer for answer in answers if answer.status_code == 429]
        assert limited
        assert limited[0].json()["data"]["reject"] == Reject.RATE_LIMITED
        assert int(limited[0].headers["retry-after"]) >= 1


async def test_a_venue_may_take_signed_orders_only() -> None:
    """Where the operator holds nothing, an unsigned order has its own reject."""
    async with http_door(ApiConfig(unsigned_orders=False)) as door:
        event = await door.event()
        await door.user("ann", "10")
        body = limit(event, 0, "buy", "0.5", "1")
        await refused(
            door,
            Reject.UNSIGNED_ORDERS_DISABLED,
            "POST",
            "/api/place_order",
            door.as_user("ann"),
            body,
        )


async def test_every_answer_has_a_request_id(door: Door) -> None:
    """A decent id of the client comes back, another one is replaced, and errors have one too."""
    sent = await door.client.get("/api/topics", headers={"x-request-id": "abc-1"})
    odd = await door.client.get("/nothing", headers={"x-request-id": "a b\t"})

    assert sent.headers["x-request-id"] == "abc-1"
    assert len(odd.headers["x-request-id"]) == 16


async def test_operations_routes(door: Door) -> None:
    """Health, readiness with reasons, and metrics by route answer without credentials."""
    assert (await door.client.get("/healthz")).text == "ok"
    await door.client.get("/api/topics")
    await door.client.get("/api/no/such/path")
    ready = await door.client.get("/readyz")
    for _ in range(500):
        if ready.status_code == 200:
            break
        assert ready.json()["reasons"] == ["the books are still catching up"]
        await asyncio.sleep(0.01)
        ready = await door.client.get("/readyz")
    figures = (await door.client.get("/metrics")).text

    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})
    assert (
        'outcry_http_requests_total{method="GET",route="/api/topics",status="200"} 1.0' in figures
    )
    assert "/no/such/path" not in figures
