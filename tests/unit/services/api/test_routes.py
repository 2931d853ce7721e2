"""Every route over a whole exchange: shapes of the contract, who may ask, and what is refused."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.http_asking import limit, refused
from tests.support.http_door import Door, http_door

from outcry.domain.rejects import Reject
from outcry.messages.entry import Recorded, unpack_entry


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


async def test_a_trading_day(door: Door) -> None:
    """Transfer, mint, merge, split, merge back, close, resolve and redeem, seen over HTTP alone."""
    event = await door.event()
    ann_id, bob_id = await door.user("ann", "100"), await door.user("bob", "100")
    ann, bob, admin = door.as_user("ann"), door.as_user("bob"), door.as_admin()
    market_id = event["markets"][0]["market_id"]

    # Mint: both buy. Transfer: Ann sells YES to Bob. Merge: both sell.
    await door.post("/api/place_order", limit(event, 0, "buy", "0.6", "10"), ann)
    minted = await door.post("/api/place_order", limit(event, 1, "buy", "0.4", "10"), bob)
    assert (minted["status"], minted["filled_quantity"]) == ("filled", "10.00")
    await door.post("/api/place_order", limit(event, 0, "sell", "0.7", "4"), ann)
    bought = await door.post("/api/place_order", limit(event, 0, "buy", "0.75", "4"), bob)
    assert (bought["filled_volume"], bought["fee"]) == ("2.800000", "0.000000")
    await door.post("/api/place_order", limit(event, 0, "sell", "0.5", "2"), ann)
    merged = await door.post("/api/place_order", limit(event, 1, "sell", "0.5", "2"), bob)
    assert merged["status"] == "filled"

    split = await door.post("/api/split", {"market_id": market_id, "quantity": "5"}, ann)
    await door.post("/api/merge", {"market_id": market_id, "quantity": "3"}, ann)
    balances = await door.get(
        "/api/event_balance", ann, event_id=event["event_id"], after=split["n"]
    )
    assert set(balances) == {"token_available", "cash_available", "n"}

    await door.post(f"/api/admin/markets/{market_id}/close", {}, admin)
    await door.post(f"/api/admin/markets/{market_id}/resolve", {"winner": "Yes"}, admin)
    paid = [await door.post("/api/redeem", {"market_id": market_id}, user) for user in (ann, bob)]
    assert [paid[0]["amount"], paid[1]["amount"]] == ["6.000000", "4.000000"]

    after = paid[1]["n"]
    total = [await door.get("/api/balance", uid=uid, after=after) for uid in (ann_id, bob_id)]
    assert sum(int(text.replace(".", "")) for text in total) == 200_000_000
    detail = await door.get("/api/event_detail", event_id=event["event_id"])
    assert (detail["closed"], detail["resolved"]) == (True, True)
    assert detail["markets"][0]["winner_outcome_name"] == "Yes"
    assert detail["markets"][0]["payout"] == ["1.0000", "0.0000"]
    kinds = await door.get("/api/activity", uid=ann_id, after=after)
    assert [item["types"] for item in kinds["activities"]] == [
        "redeem", "merge", "split", "sell", "sell", "buy",
    ]  # fmt: skip


async def test_public_shapes(door: Door) -> None:
    """Events, detail, depth and topics have the contract's fields, without credentials."""
    event = await door.event("rain", tick_size="0.01")
    await door.event("snow")
    await door.user("ann", "100")
    await door.post("/api/place_order", limit(event, 1, "buy", "0.35", "20"), door.as_user("ann"))
    await door.settled()
    await door.books_show(1)
    yes, no = (event["markets"][0][f"outcome_{outcome}_token_id"] for outcome in (0, 1))

    assert await door.get("/api/topics") == ["weather"]
    page = await door.get("/api/events", title="RAI", page_size=1)
    assert (page["total"], page["has_more"], len(page["events"])) == (1, False, 1)
    both = await door.get("/api/events", page_size=1, newest="true")
    assert (both["total"], both["has_more"], both["events"][0]["title"]) == (2, True, "Event snow")
    depth = await door.get("/api/depth", event_id=event["event_id"], market_id=1)
    assert set(depth) == {"update_id", "timestamp", "depths"}
    assert depth["depths"][yes] == {
        "latest_trade_price": "",
        "bids": [],
        "asks": [{"price": "0.6500", "total_quantity": "20.00", "total_size": "13.000000"}],
    }
    assert depth["depths"][no]["bids"] == [
        {"price": "0.3500", "total_quantity": "20.00", "total_size": "7.000000"}
    ]
    market = (await door.get("/api/event_detail", event_id=event["event_id"]))["markets"][0]
    assert (market["tick_size"], market["outcome_0_best_ask"]) == ("0.0100", "0.6500")
    assert (market["outcome_1_best_bid"], market["outcome_1_best_ask"]) == ("0.3500", "")


async def test_own_orders(door: Door) -> None:
    """Open orders and history show an order from its birth to its end, at its own price."""
    event = await door.event()
    uid = await door.user("ann", "100")
    ann = door.as_user("ann")
    body = {**limit(event, 1, "buy", "0.35", "20"), "client_order_id": "first"}
    placed = await door.post("/api/place_order", body, ann)

    (order,) = (await door.get("/api/open_orders", uid=uid, after=placed["n"]))["orders"]
    assert order["order_id"] == placed["order_id"]
    assert (order["side"], order["outcome_name"], order["price"]) == ("buy", "No", "0.3500")
    assert (order["quantity"], order["volume"]) == ("20.00", "7.000000")
    assert (order["status"], order["client_order_id"]) == ("new", "first")

    cancelled = await door.post("/api/cancel_order", {"client_order_id": "first"}, ann)
    assert cancelled["order_ids"] == [placed["order_id"]]
    await door.settled()
    assert (await door.get("/api/open_orders", uid=uid))["orders"] == []
    (ended,) = (await door.get("/api/order_history", ann))["order_history"]
    assert (ended["status"], ended["reason"]) == ("cancelled", "user")
    assert ended["cancelled_quantity"] == "20.00"


async def test_cancelling_everything(door: Door) -> None:
    """Cancel-all names what it cancelled: by market, by event, everywhere."""
    rain, snow = await door.event("rain"), await door.event("snow")
    await door.user("ann", "100")
    ann = door.as_user("ann")
    orders = [
        (await door.post("/api/place_order", limit(event, 0, "buy", "0.1", "1"), ann))["order_id"]
        for event in (rain, rain, snow)
    ]

    first = await door.post("/api/cancel_all_orders", {"event_id": rain["event_id"]}, ann)
    rest = await door.post("/api/cancel_all_orders", {}, ann)

    assert (first["order_ids"], rest["order_ids"]) == (orders[:2], orders[2:])


async def test_the_same_client_order_id_is_the_same_order(door: Door) -> None:
    """A repeat gets the first answer; other terms under the same id are declined."""
    event = await door.event()
    await door.user("ann", "100")
    ann = door.as_user("ann")
    body = {**limit(event, 0, "buy", "0.5", "1"), "client_order_id": "once"}

    first = await door.post("/api/place_order", body, ann)
    again = await door.post("/api/place_order", body, ann)

    assert (again["order_id"], again["repeated"]) == (first["order_id"], True)
    other = {**body, "quantity": "2"}
    await refused(door, Reject.CLIENT_ORDER_ID_REUSED, "POST", "/api/place_order", ann, other)


async def test_money_moves_once_for_each_key(door: Door) -> None:
    """Deposits, withdrawals and splits with a key happen once however often they are sent."""
    event = await door.event()
    uid = await door.user("ann")
    ann, admin = door.as_user("ann"), door.as_admin()
    deposit = {"user_id": uid, "amount": "10", "tx_hash": "0xd"}
    assert not (await door.post("/api/admin/deposits", deposit, admin))["repeated"]
    assert (await door.post("/api/admin/deposits", deposit, admin))["repeated"]
    split = {"market_id": event["markets"][0]["market_id"], "quantity": "2"}
    keyed = {**ann, "idempotency-key": "split-1"}
    for repeated in (False, True):
        assert (await door.post("/api/split", split, keyed))["repeated"] is repeated
    withdrawal = {"user_id": uid, "amount": "3", "tx_hash": "0xw"}
    done = [await door.post("/api/admin/withdrawals", withdrawal, admin) for _ in range(2)]

    assert await door.get("/api/balance", uid=uid, after=done[0]["n"]) == "5.000000"
    changed = {**deposit, "amount": "11"}
    await refused(door, Reject.KEY_REUSED, "POST", "/api/admin/deposits", admin, changed)


async def test_what_the_book_declines_names_the_order(door: Door) -> None:
    """A post-only order that would trade was numbered: the reject says under which id."""
    event = await door.event()
    for name in ("ann", "bob"):
        await door.user(name, "100")
    await door.post("/api/place_order", limit(event, 0, "buy", "0.6", "1"), door.as_user("ann"))
    body = {**limit(event, 1, "buy", "0.5", "1"), "post_only": True}

    data = await refused(
        door, Reject.POST_ONLY_WOULD_TRADE, "POST", "/api/place_order", door.as_user("bob"), body
    )

    assert data["order_id"] > 0
    assert data["n"] > 0
    await door.settled()
    history = await door.get("/api/order_history", door.as_user("bob"))
    assert history["order_history"][0]["status"] == "rejected"
    assert history["order_history"][0]["reason"] == "post_only_would_trade"


async def test_orders_that_the_ledger_declines(door: Door) -> None:
    """Grid, bounds, money, tokens, expiry and state are refused with number and circumstances."""
    event = await door.event("rain", tick_size="0.01")
    await door.user("ann", "1")
    ann, admin = door.as_user("ann"), door.as_admin()
    good = limit(event, 0, "buy", "0.5", "1")
    place = "/api/place_order"

    off_grid = {**good, "price": "0.555"}
    assert await refused(door, Reject.PRICE_OFF_GRID, "POST", place, ann, off_grid) == {
        "reject": 405,
        "name": "PRICE_OFF_GRID",
        "got": "0.5550",
        "expected": "a multiple of 0.0100",
    }
    outside = limit(event, 1, "buy", "0.9995", "1")
    assert (await refused(door, Reject.PRICE_OUT_OF_BOUNDS, "POST", place, ann, outside))[
        "got"
    ] == "0.9995"
    rich = {**good, "quantity": "3"}
    assert await refused(door, Reject.FUNDS_INSUFFICIENT, "POST", place, ann, rich) == {
        "reject": 501,
        "name": "FUNDS_INSUFFICIENT",
        "got": "1.000000",
        "expected": "at least 1.500000",
    }
    bare = limit(event, 0, "sell", "0.5", "1")
    await refused(door, Reject.TOKENS_INSUFFICIENT, "POST", place, ann, bare)
    past = {**good, "expiration": 1}
    await refused(door, Reject.EXPIRY_IN_PAST, "POST", place, ann, past)
    await door.post(f"/api/admin/markets/{good['market_id']}/pause", {}, admin)
    data = await refused(door, Reject.MARKET_NOT_OPEN, "POST", place, ann, good)
    assert (data["got"], data["expected"]) == ("paused", "open")


async def test_names_that_do_not_exist(door: Door) -> None:
    """Unknown events, markets, users, orders and tokens each have their own number."""
    rain, snow = await door.event("rain"), await door.event("snow")
    await door.user("ann", "10")
    ann = door.as_user("ann")
    good = limit(rain, 0, "buy", "0.5", "1")

    for path, reject in (
        ("/api/event_detail?event_id=99", Reject.EVENT_UNKNOWN),
        ("/api/depth?event_id=1&market_id=99", Reject.MARKET_UNKNOWN),
        ("/api/depth?event_id=2&market_id=1", Reject.MARKET_UNKNOWN),
        ("/api/balance?uid=99", Reject.USER_UNKNOWN),
        ("/api/positions?uid=99", Reject.USER_UNKNOWN),
        ("/api/open_orders?uid=9223372036854775807", Reject.USER_UNKNOWN),
        ("/api/nothing", Reject.ROUTE_UNKNOWN),
    ):
        await refused(door, reject, "GET", path)
    for change, reject in (
        ({"market_id": 99}, Reject.MARKET_UNKNOWN),
        ({"event_id": snow["event_id"]}, Reject.MARKET_UNKNOWN),
        ({"token_id": "12345"}, Reject.TOKEN_UNKNOWN),
        (
            {"token_id": snow["markets"][0]["outcome_0_token_id"]},
            Reject.TOKEN_OF_OTHER_MARKET,
        ),
    ):
        await refused(door, reject, "POST", "/api/place_order", ann, {**good, **change})
    await refused(door, Reject.ORDER_UNKNOWN, "POST", "/api/cancel_order", ann, {"order_id": 99})
    await refused(
        door, Reject.EVENT_UNKNOWN, "POST", "/api/cancel_all_orders", ann, {"event_id": 99}
    )


async def test_nobody_touches_what_is_not_theirs(door: Door) -> None:
    """Another user's order can be neither cancelled nor seen in one's own history."""
    event = await door.event()
    await door.user("ann", "10")
    await door.user("eve", "10")
    placed = await door.post(
        "/api/place_order", limit(event, 0, "buy", "0.5", "1"), door.as_user("ann")
    )
    eve = door.as_user("eve")

    answer = await door.client.post(
        "/api/cancel_order", json={"order_id": placed["order_id"]}, headers=eve
    )

    assert answer.json()["data"]["reject"] == Reject.ORDER_UNKNOWN
    assert (await door.post("/api/cancel_all_orders", {}, eve))["order_ids"] == []
    await door.settled()
    assert (await door.get("/api/order_history", eve))["total"] == 0


async def test_who_may_ask_what(door: Door) -> None:
    """Scopes are exact: nobody, a user, a reader's key and an admin each get what is theirs."""
    uid = await door.user("ann")
    admin = door.as_admin()
    body = {"user_id": uid, "scopes": ["read"], "label": "reader"}
    key = await door.post("/api/admin/keys", body, admin)
    await door.settled()
    reader = {"x-api-key": key["api_key"]}
    history, place, deposits = "/api/order_history", "/api/place_order", "/api/admin/deposits"

    await refused(door, Reject.CREDENTIALS_MISSING, "GET", history)
    await refused(door, Reject.CREDENTIALS_MISSING, "POST", place)
    await refused(door, Reject.CREDENTIALS_MISSING, "POST", deposits)
    assert (await door.get(history, reader))["total"] == 0
    assert await refused(door, Reject.SCOPE_MISSING, "POST", place, reader, {}) == {
        "reject": 205,
        "name": "SCOPE_MISSING",
        "got": "read",
        "expected": "trade",
    }
    await refused(door, Reject.SCOPE_MISSING, "POST", deposits, reader, {})
    await refused(door, Reject.SCOPE_MISSING, "POST", deposits, door.as_user("ann"), {})
    await refused(door, Reject.CREDENTIALS_MISSING, "GET", "/api/user_data", reader)
    expired = {"authorization": f"Bearer {door.token('ann', lifetime=-60)}"}
    await refused(door, Reject.TOKEN_EXPIRED, "GET", history, expired)
    await refused(door, Reject.TOKEN_INVALID, "GET", history, {"authorization": "Basic x"})
    await refused(door, Reject.KEY_INVALID, "GET", history, {"x-api-key": "ok_1_1_guess"})
    await refused(door, Reject.USER_UNKNOWN, "GET", history, door.as_user("stranger"))

    await door.post(f"/api/admin/keys/{key['key_id']}/revoke", {}, admin)
    revoked = await door.client.get(history, headers=reader)
    assert revoked.status_code in (200, 401), "a revoked key ends within a second"


async def test_newcomers_are_registered_once(door: Door) -> None:
    """The first look at one's own data creates the user; the next finds the same one."""
    first = await door.get("/api/user_data", door.as_user("ann"), invite_code="x")
    again = await door.get("/api/user_data", door.as_user("ann"))

    assert first == again
    assert (first["privy_id"], first["name"], first["bio"]) == ("ann", "", "")


async def test_operators_run_the_venue(door: Door) -> None:
    """Users, keys, fees, mode, clock, checkpoint and the life of a market, over HTTP."""
    admin = door.as_admin()
    user = await door.post("/api/admin/users", {"external_id": "zoe", "name": "Zoe"}, admin)
    assert (await door.get("/api/user_data", door.as_user("zoe")))["id"] == user["user_id"]
    fees = await door.post(
        "/api/admin/fees", {"kind": "flat", "taker_bps": 100, "rebate_bps": 2_500}, admin
    )
    event = await door.event("fees", fee_version=fees["fee_version"])
    more = {"event_id": event["event_id"], "market_identifier": "n", "question": "And then?"}
    added = await door.post("/api/admin/markets", more, admin)
    assert (await door.post("/api/admin/markets", more, admin))["repeated"]
    for step in ("pause", "resume", "close"):
        await door.post(f"/api/admin/markets/{added['market_id']}/{step}", {}, admin)
    path = f"/api/admin/markets/{added['market_id']}"
    await refused(door, Reject.ILLEGAL_TRANSITION, "POST", f"{path}/pause", admin, {})
    await door.post(f"{path}/void", {}, admin)
    await refused(
        door, Reject.ILLEGAL_TRANSITION, "POST", f"{path}/resolve", admin, {"payout": ["1", "0"]}
    )
    now = 1_700_000_000
    await door.post("/api/admin/clock", {"time": now + 60}, admin)
    await refused(door, Reject.CLOCK_BACKWARDS, "POST", "/api/admin/clock", admin, {"time": now})
    assert (await door.post("/api/admin/checkpoint", {}, admin))["checkpoint_id"] > 0
    await door.post("/api/admin/mode", {"mode": "cancel_only"}, admin)
    await door.user("ann", "10")
    body = limit(event, 0, "buy", "0.5", "1")
    await refused(door, Reject.MODE_FORBIDS, "POST", "/api/place_order", door.as_user("ann"), body)


OPERATORS_WRONG: list[tuple[str, dict[str, Any], Reject]] = [
    ("deposits", {"user_id": 1, "amount": "NaN", "tx_hash": "x"}, Reject.AMOUNT_INVALID),
    ("deposits", {"user_id": 1, "amount": "-1", "tx_hash": "x"}, Reject.AMOUNT_INVALID),
    ("deposits", {"user_id": 1, "amount": "1e-7", "tx_hash": "x"}, Reject.AMOUNT_INVALID),
    ("deposits", {"user_id": 1, "amount": "9" * 31, "tx_hash": "x"}, Reject.AMOUNT_INVALID),
    ("deposits", {"user_id": 1, "amount": ".0000001", "tx_hash": "x"}, Reject.AMOUNT_INVALID),
    ("deposits", {"user_id": 1, "amount": 5, "tx_hash": "x"}, Reject.FIELD_INVALID),
    ("deposits", {"user_id": 1, "amount": "5", "tx_hash": ""}, Reject.FIELD_INVALID),
    ("deposits", {"user_id": 1, "amount": "5"}, Reject.FIELD_MISSING),
    ("deposits", {"user_id": 99, "amount": "5", "tx_hash": "x"}, Reject.USER_UNKNOWN),
    ("withdrawals", {"user_id": 1, "amount": "5", "tx_hash": "x"}, Reject.FUNDS_INSUFFICIENT),
    ("keys", {"user_id": 1, "scopes": ["all"]}, Reject.FIELD_INVALID),
    ("keys", {"user_id": 1, "scopes": []}, Reject.FIELD_INVALID),
    ("keys", {"user_id": 99, "scopes": ["read"]}, Reject.USER_UNKNOWN),
    ("keys/99/revoke", {}, Reject.KEY_UNKNOWN),
    ("keys/99999999999999999999999999/revoke", {}, Reject.KEY_UNKNOWN),
    ("users", {"external_id": ""}, Reject.FIELD_INVALID),
    ("users", {"external_id": "a\0b"}, Reject.FIELD_INVALID),
    ("fees", {"kind": "flat", "taker_bps": 1_001}, Reject.FIELD_INVALID),
    ("fees", {"kind": "none", "taker_bps": 1}, Reject.FEE_SCHEDULE_INVALID),
    ("mode", {"mode": "off"}, Reject.FIELD_INVALID),
    ("clock", {"time": "now"}, Reject.FIELD_INVALID),
    ("checkpoint", {"x": 1}, Reject.FIELD_UNKNOWN),
    ("events", {"event_identifier": "e"}, Reject.FIELD_MISSING),
    ("events", {"event_identifier": "e", "title": "a\0b"}, Reject.FIELD_INVALID),
    ("events", {"event_identifier": "e", "title": "E", "end_date": 1}, Reject.END_IN_PAST),
    ("markets", {"event_id": 9, "market_identifier": "m", "question": "?"}, Reject.EVENT_UNKNOWN),
    ("markets/1/resolve", {"winner": "Yes"}, Reject.MARKET_NOT_CLOSED),
    ("markets/1/resolve", {"winner": "Maybe"}, Reject.OUTCOME_INVALID),
    ("markets/1/resolve", {}, Reject.FIELD_MISSING),
    ("markets/1/resolve", {"payout": ["0.5", "0.4"]}, Reject.PAYOUT_INVALID),
    ("markets/1/resolve", {"payout": ["1.5", "-0.5"]}, Reject.PAYOUT_INVALID),
    ("markets/1/resolve", {"payout": ["1"]}, Reject.PAYOUT_INVALID),
    ("markets/1/void", {"payout": ["NaN", "1"]}, Reject.PAYOUT_INVALID),
    ("markets/1/void", {}, Reject.MARKET_NOT_CLOSED),
    ("markets/1/resume", {}, Reject.ILLEGAL_TRANSITION),
    ("markets/99/close", {}, Reject.MARKET_UNKNOWN),
    ("markets/99999999999999999999999999/close", {}, Reject.MARKET_UNKNOWN),
]  # fmt: skip


async def test_what_operators_get_wrong(door: Door) -> None:
    """Operators too are told by number what was wrong, and nothing of it reaches the log."""
    await door.event()
    admin = door.as_admin()
    head = await door.venue.log.head()

    for path, body, reject in OPERATORS_WRONG:
        await refused(door, reject, "POST", f"/api/admin/{path}", admin, body)

    written = [unpack_entry(row.body) async for row in door.venue.log.entries(head)]
    assert not [item for entry in written for item in entry.items if isinstance(item, Recorded)]


PARAMETERS_WRONG: list[tuple[str, Reject]] = [
    ("/api/events?page=0", Reject.FIELD_INVALID),
    ("/api/events?page_size=101", Reject.FIELD_INVALID),
    ("/api/events?page=1000001", Reject.FIELD_INVALID),
    ("/api/events?page=two", Reject.FIELD_INVALID),
    ("/api/events?newest=perhaps", Reject.FIELD_INVALID),
    ("/api/events?newest=true&volume=true", Reject.FIELD_INVALID),
    ("/api/events?title=%00", Reject.FIELD_INVALID),
    ("/api/events?limit=5", Reject.FIELD_UNKNOWN),
    ("/api/event_detail", Reject.FIELD_MISSING),
    ("/api/event_detail?event_id=1.5", Reject.FIELD_INVALID),
    ("/api/balance", Reject.FIELD_MISSING),
    ("/api/balance?uid=-1", Reject.FIELD_INVALID),
    ("/api/positions?uid=1&value=true&quantity=false", Reject.FIELD_INVALID),
    ("/api/topics?x=1", Reject.FIELD_UNKNOWN),
]


async def test_bad_parameters(door: Door) -> None:
    """Parameters are checked like bodies: wrong, missing and unknown ones are named."""
    for path, reject in PARAMETERS_WRONG:
        await refused(door, reject, "GET", path)
