"""Accounts of one user beside the first, and what an operator sees of people and deeds."""

from tests.support.http_door import Door, http_door


async def test_an_account_has_balances_and_orders_of_its_own() -> None:
    """Money is moved there, traded there and shown there; the first account is untouched."""
    async with http_door() as door:
        ann, who = await door.user("ann", "100"), door.as_user("ann")
        detail = await door.event()
        token = detail["markets"][0]["outcome_0_token_id"]
        made = await door.post("/api/accounts", {"label": "hedges"}, who)
        again = await door.post("/api/accounts", {"label": "hedges"}, who)
        assert (again["account"], again["repeated"]) == (made["account"], True)
        first = (await door.get("/api/accounts", who))["accounts"][0]["account"]
        move = {"from_account": first, "to_account": made["account"], "amount": "40"}
        await door.post("/api/transfer", move, {**who, "idempotency-key": "a"})
        repeated = await door.post("/api/transfer", move, {**who, "idempotency-key": "a"})
        assert repeated["repeated"]
        order = {
            "event_id": 1,
            "market_id": 1,
            "token_id": token,
            "side": "buy",
            "order_type": "limit",
            "price": "0.50",
            "quantity": "10",
            "account": made["account"],
        }
        placed = await door.post("/api/place_order", order, who)
        await door.settled()
        shown = await door.get("/api/accounts", who)
        assert [tuple(account.values())[1:] for account in shown["accounts"]] == [
            ("", "60.000000", "60.000000"),
            ("hedges", "40.000000", "35.000000"),
        ]
        mine = {"uid": ann, "account": made["account"]}
        assert await door.get("/api/balance", who, **mine) == "40.000000"
        assert (await door.get("/api/open_orders", who, **mine))["total"] == 1
        assert (await door.get("/api/open_orders", uid=ann))["total"] == 0
        history = await door.get("/api/order_history", who, account=made["account"])
        assert [line["order_id"] for line in history["order_history"]] == [placed["order_id"]]
        # By its id an order is one's own whatever account it is of.
        cancelled = await door.post("/api/cancel_order", {"order_id": placed["order_id"]}, who)
        assert cancelled["order_ids"] == [placed["order_id"]]


async def refusal(door: Door, path: str, body: object, who: str) -> tuple[int, object]:
    """Return status and data of a request that is declined."""
    answer = await door.client.post(path, json=body, headers=door.as_user(who))
    return answer.status_code, {**answer.json()["data"], "got": None}


async def test_an_account_of_somebody_else_is_as_unknown_as_none() -> None:
    """Whatever is asked about Ann's account, Bob gets the answer of one that does not exist."""
    async with http_door() as door:
        ann, bob = await door.user("ann", "100"), await door.user("bob", "100")
        detail = await door.event()
        token = detail["markets"][0]["outcome_0_token_id"]
        made = await door.post("/api/accounts", {"label": "x"}, door.as_user("ann"))
        hers, none = made["account"], 99_999
        first = (await door.get("/api/accounts", door.as_user("bob")))["accounts"][0]["account"]
        order = {"event_id": 1, "market_id": 1, "token_id": token, "side": "buy",
                 "order_type": "limit", "price": "0.5", "quantity": "1"}  # fmt: skip
        for path, body, field in (
            ("place_order", order, "account"),
            ("cancel_order", {"order_id": 1}, "account"),
            ("reduce_order", {"order_id": 1, "quantity": "1"}, "account"),
            ("replace_order", {"order_id": 1, "quantity": "1", "price": "0.5"}, "account"),
            ("cancel_all_orders", {}, "account"),
            ("split", {"market_id": 1, "quantity": "1"}, "account"),
            ("merge", {"market_id": 1, "quantity": "1"}, "account"),
            ("redeem", {"market_id": 1}, "account"),
            ("transfer", {"from_account": first, "amount": "1"}, "to_account"),
            ("transfer", {"to_account": first, "amount": "1"}, "from_account"),
        ):
            answers = [
                await refusal(door, f"/api/{path}", {**body, field: account}, "bob")
                for account in (hers, none)
            ]
            assert answers[0] == answers[1], path
            assert answers[0][0] == 404, answers
        for path in (
            "balance",
            "positions",
            "closed_positions",
            "portfolio_value",
            "open_orders",
            "activity",
        ):
            for uid in (ann, bob):
                query = {"uid": uid, "account": hers}
                answer = await door.client.get(f"/api/{path}", params=query)
                assert answer.status_code == 401, "further accounts are for their owner"
                answer = await door.client.get(
                    f"/api/{path}", params=query, headers=door.as_user("bob")
                )
                assert answer.status_code == 404
        for path in ("order_history", "event_balance?event_id=1"):
            where = f"/api/{path}{'&' if '?' in path else '?'}account={hers}"
            answer = await door.client.get(where, headers=door.as_user("bob"))
            assert answer.status_code == 404
        assert await door.get("/api/balance", uid=ann) == "100.000000"


async def test_transfers_are_checked() -> None:
    """Exactly one of money and tokens, known tokens, another account, and enough of it."""
    async with http_door() as door:
        await door.user("ann", "10")
        who = door.as_user("ann")
        other = (await door.post("/api/accounts", {"label": "b"}, who))["account"]
        first = (await door.get("/api/accounts", who))["accounts"][0]["account"]
        there = {"from_account": first, "to_account": other}
        for body, name in (
            (there, "FIELD_MISSING"),
            ({**there, "amount": "1", "token_id": "5", "quantity": "1"}, "FIELD_MISSING"),
            ({**there, "token_id": "5", "quantity": "1"}, "TOKEN_UNKNOWN"),
            ({**there, "amount": "10.000001"}, "FUNDS_INSUFFICIENT"),
            ({**there, "amount": "1", "to_account": first}, "TRANSFER_TO_SELF"),
            ({**there, "amount": "0"}, "AMOUNT_INVALID"),
        ):
            answer = await door.client.post("/api/transfer", json=body, headers=who)
            assert answer.json()["data"]["name"] == name, body


async def test_a_rotated_key_has_another_secret() -> None:
    """The new text works at once, the old one is refused; a revoked key is not rotated."""
    async with http_door() as door:
        ann = await door.user("ann", "10")
        root = door.as_admin()
        made = await door.post("/api/admin/keys", {"user_id": ann, "scopes": ["read"]}, root)
        path = f"/api/admin/keys/{made['key_id']}"
        rotated = await door.post(f"{path}/rotate", {}, root)
        assert rotated["generation"] == 2
        assert await door.get("/api/accounts", {"x-api-key": rotated["api_key"]})
        old = await door.client.get("/api/accounts", headers={"x-api-key": made["api_key"]})
        assert old.json()["data"]["name"] == "KEY_INVALID"
        (listed,) = (await door.get("/api/admin/keys", root, user_id=ann))["keys"]
        assert (listed["generation"], listed["revoked_at"]) == (2, 0)
        assert "api_key" not in listed
        await door.post(f"{path}/revoke", {}, root)
        again = await door.client.post(f"{path}/rotate", headers=root)
        assert again.json()["data"]["name"] == "KEY_UNKNOWN"


async def test_the_audit_names_the_acting_key() -> None:
    """What an operator did by key carries that key, and by token none."""
    async with http_door() as door:
        await door.event()
        root_id = (await door.get("/api/user_data", door.as_user("root")))["id"]
        key = await door.post(
            "/api/admin/keys", {"user_id": root_id, "scopes": ["admin"]}, door.as_admin()
        )
        by_key = {"x-api-key": key["api_key"]}
        await door.post("/api/admin/markets/1/pause", {"reason": "storm"}, by_key)
        await door.post("/api/admin/markets/1/resume", {}, door.as_admin())
        await door.settled()
        lines = (await door.get("/api/admin/audit", by_key, kind="market_state"))["lines"]
        assert [(line["user_id"], line["key_id"]) for line in lines] == [
            (root_id, 0),
            (root_id, key["key_id"]),
        ]
        assert lines[1]["data"]["reason"] == "storm"
        alone = await door.client.get("/api/admin/audit", headers=door.as_user("ann"))
        assert alone.status_code == 403


async def test_an_operator_finds_people() -> None:
    """Users come newest first, with their accounts; nobody else may look."""
    async with http_door() as door:
        ann = await door.user("ann", "10")
        root = door.as_admin()
        await door.settled()
        page = await door.get("/api/admin/users", root, page_size=1)
        assert (page["total"], page["has_more"]) == (2, True)
        assert (await door.get(f"/api/admin/users/{ann}", root))["external_id"] == "ann"
        accounts = (await door.get(f"/api/admin/users/{ann}/accounts", root))["accounts"]
        assert [account["balance"] for account in accounts] == ["10.000000"]
        missing = await door.client.get("/api/admin/users/999/accounts", headers=root)
        assert missing.status_code == 404
        assert (
            await door.client.get("/api/admin/users", headers=door.as_user("ann"))
        ).status_code == 403
