"""Strangers: every route asked without, with too little, and with somebody else's credentials."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.http_asking import limit
from tests.support.http_door import Door, http_door


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


#: What names something of Ann's, and what names nothing of anybody's.
FOREIGN: dict[str, tuple[int | str, int | str]] = {
    "order_id": (1, 10**9),
    "client_order_id": (SECRET, "never-was"),
    "account": (1_000, 10**9),
    "from_account": (1_000, 10**9),
    "to_account": (1_000, 10**9),
}
#: What else a request needs to be one.
NEEDED: dict[str, dict[str, int | str]] = {
    "GET /api/event_balance": {"event_id": 1},
    "POST /api/reduce_order": {"quantity": "1"},
    "POST /api/replace_order": {"price": "0.4", "quantity": "1"},
    "POST /api/split": {"market_id": 1, "quantity": "1"},
    "POST /api/merge": {"market_id": 1, "quantity": "1"},
    "POST /api/redeem": {"market_id": 1},
    "POST /api/transfer": {"from_account": 1_001, "to_account": 1_001, "amount": "1"},
    "POST /api/withdrawals": {"amount": "1"},
}
#: Routes that need an order of their own, and so a name for an account beside it.
NAMED = ("/api/cancel_order", "/api/reduce_order", "/api/replace_order")


async def foreign_fields(door: Door) -> list[tuple[str, str, str]]:
    """Return method, path and field for everything private that names somebody's object."""
    schema = (await door.client.get("/docs/openapi.json")).json()
    forms = schema["components"]["schemas"]
    found = []
    for method, path, scope in await routes(door):
        if scope not in ("read", "trade") or path in ("/api/place_order", "/api/orders/validate"):
            continue  # an order to be placed is a form of its own, below
        operation = schema["paths"][path][method.lower()]
        names = {field["name"] for field in operation.get("parameters", ())}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            names |= set(forms[content["schema"]["$ref"].split("/")[-1]].get("properties", ()))
        found += [(method, path, name) for name in sorted(names & FOREIGN.keys())]
    return found


async def told(door: Door, method: str, path: str, fields: dict[str, Any]) -> tuple[int, Any]:
    """Return what Bob is told, without the very names that he gave."""
    headers = door.as_user("bob")
    if method == "GET":
        answer = await door.client.get(path, params=fields, headers=headers)
    else:
        answer = await door.client.post(path, json=fields, headers=headers)
    assert answer.status_code in (403, 404), (path, fields, answer.text)
    text = answer.text
    for mine, nobodys in FOREIGN.values():
        text = text.replace(f'"{mine}"', '"?"').replace(f'"{nobodys}"', '"?"')
    return answer.status_code, text


async def test_what_is_somebody_elses_does_not_exist(door: Door) -> None:
    """Every private route with a foreign name answers, to the letter, as with a name of nothing."""
    before = await door.get("/api/order_history", door.as_user("ann"))
    asked = await foreign_fields(door)
    assert {path for _, path, _ in asked} >= {*NAMED, "/api/order_history"}
    assert {f"{method} {path}" for method, path, _ in asked} >= NEEDED.keys()
    for method, path, name in asked:
        mine, nobodys = FOREIGN[name]
        fields = dict(NEEDED.get(f"{method} {path}", {}))
        if path in NAMED and name == "account":
            fields["order_id"] = 1
        hers = await told(door, method, path, fields | {name: mine})
        assert hers == await told(door, method, path, fields | {name: nobodys}), (path, name)
        assert SECRET not in hers[1]
    await door.settled()
    after = await door.get("/api/order_history", door.as_user("ann"))
    assert after["order_history"] == before["order_history"]


async def test_a_foreign_account_places_nothing(door: Door) -> None:
    """An order for Ann's account, in a batch or as a dry run too, is told the same as for none."""
    body = limit(await door.event("snow"), 0, "buy", "0.5", "1")
    for path in ("/api/place_order", "/api/orders/validate", "/api/orders"):
        answers = []
        for account in FOREIGN["account"]:
            order = body | {"account": account}
            asked = {"orders": [order]} if path == "/api/orders" else order
            answer = await door.client.post(path, json=asked, headers=door.as_user("bob"))
            assert "ACCOUNT_UNKNOWN" in answer.text
            answers.append((answer.status_code, answer.text.replace(f'"{account}"', "?")))
        assert answers[0] == answers[1], path


async def test_private_reads_are_ones_own_whatever_the_query_says(door: Door) -> None:
    """Routes for oneself take no user id, and show nothing of others."""
    for path in ("/api/order_history", "/api/invite_records", "/api/points"):
        answer = await door.client.get(path, params={"uid": 1}, headers=door.as_user("bob"))
        assert answer.status_code == 400, path
    own = await door.client.get("/api/order_history", headers=door.as_user("bob"))
    assert (own.json()["data"]["total"], SECRET in own.text) == (0, False)
