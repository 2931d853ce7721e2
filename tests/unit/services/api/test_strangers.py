"""Strangers: every route asked without, with too little, and with somebody else's credentials."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.http_asking import limit
from tests.support.http_door import Door, http_door

from outcry.domain.rejects import Reject


#: What belongs to Ann and must not be in any answer to Bob.
SECRET = "annies-own-order"
WRONG = f"ok_1_1_{'a' * 32}"


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with an order of Ann's."""
    async with http_door() as door:
        event = await door.event()
        await door.user("ann", "100")
        await door.user("bob", "100")
        body = limit(event, 0, "buy", "0.5", "10") | {"client_order_id": SECRET}
        await door.post("/api/place_order", body, door.as_user("ann"))
        await door.settled()
        yield door


async def routes(door: Door) -> list[tuple[str, str, str]]:
    """Return method, path and needed scope ("" = none) of every route."""
    schema = (await door.client.get("/docs/openapi.json")).json()
    found = []
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            scope = re.search(r"Needs (?:scope `(\w+)`|(a token))", operation["description"])
            needed = (scope[1] or "token") if scope else ""
            found.append((method.upper(), re.sub(r"\{\w+\}", "1", path), needed))
    return found


async def test_every_route_that_needs_somebody_refuses_nobody(door: Door) -> None:
    """Without credentials, with a wrong key, with a token signed by others: 401, nothing leaks."""
    private = [route for route in await routes(door) if route[2]]
    assert len(private) > 35
    async with http_door() as elsewhere:
        foreign = elsewhere.as_user("ann", "read", "trade", "admin")
    for number, (method, path, _) in enumerate(private):
        for headers in ({}, {"x-api-key": WRONG}, foreign):
            if headers and number >= 8:
                continue  # guessing on would lock this address out, as it should
            answer = await door.client.request(method, path, headers=headers, json={})
            assert answer.status_code == 401, (method, path, answer.text)
            assert SECRET not in answer.text


async def test_every_admin_route_refuses_a_trader(door: Door) -> None:
    """A token without the scope is 403 before its body is even read."""
    admin = [route for route in await routes(door) if route[2] == "admin"]
    assert len(admin) > 20
    for method, path, _ in admin:
        for headers in (door.as_user("bob"), door.as_user("bob", "read", "trade")):
            answer = await door.client.request(method, path, headers=headers, content=b"{")
            assert answer.status_code == 403, (method, path, answer.text)


async def test_a_key_to_read_may_not_trade(door: Door) -> None:
    """A key with the scope read alone is refused by every route that changes something."""
    user = (await door.get("/api/user_data", door.as_user("bob")))["id"]
    body = {"user_id": user, "scopes": ["read"]}
    key = (await door.post("/api/admin/keys", body, door.as_admin()))["api_key"]
    for method, path, scope in await routes(door):
        answer = await door.client.request(method, path, headers={"x-api-key": key}, json={})
        if scope in ("trade", "admin"):
            assert answer.status_code == 403, (method, path, answer.text)
        elif scope == "token":
            assert answer.status_code == 401, (method, path, answer.text)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/cancel_order", {"order_id": 1}),
        ("/api/cancel_order", {"client_order_id": SECRET}),
        ("/api/reduce_order", {"order_id": 1, "quantity": "1"}),
        ("/api/replace_order", {"order_id": 1, "price": "0.4", "quantity": "1"}),
        ("/api/cancel_all_orders", {"account": 1_000}),
        ("/api/split", {"market_id": 1, "quantity": "1", "account": 1_000}),
        ("/api/redeem", {"market_id": 1, "account": 1_000}),
    ],
)
async def test_what_is_somebody_elses_does_not_exist(
    door: Door, path: str, body: dict[str, Any]
) -> None:
    """Bob names Ann's order or account: refused, as unknown where its name says anything at all.

    Order ids are a counter that everybody can count along; other names are as unknown as none.
    """
    before = await door.get("/api/order_history", door.as_user("ann"))
    answer = await door.client.post(path, json=body, headers=door.as_user("bob"))
    assert answer.status_code in (403, 404), answer.text
    assert SECRET not in answer.json()["msg"]
    imagined = {
        name: "never-was" if value == SECRET else value + 10**9 if isinstance(value, int) else value
        for name, value in body.items()
        if name != "market_id"
    } | ({"market_id": 1} if "market_id" in body else {})
    nothing = await door.client.post(path, json=imagined, headers=door.as_user("bob"))
    if "order_id" in body:
        assert answer.json()["data"]["reject"] == Reject.NOT_OWNER
    else:
        assert nothing.json()["data"]["reject"] == answer.json()["data"]["reject"]
    await door.settled()
    after = await door.get("/api/order_history", door.as_user("ann"))
    assert after["order_history"] == before["order_history"]


async def test_private_reads_are_ones_own_whatever_the_query_says(door: Door) -> None:
    """Routes for oneself take no user id, and show nothing of others."""
    for path in ("/api/order_history", "/api/invite_records", "/api/points"):
        answer = await door.client.get(path, params={"uid": 1}, headers=door.as_user("bob"))
        assert answer.status_code == 400, path
    own = await door.client.get("/api/order_history", headers=door.as_user("bob"))
    assert (own.json()["data"]["total"], SECRET in own.text) == (0, False)
