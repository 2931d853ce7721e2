"""The life of markets through the admin routes, and what everybody sees of it."""

from tests.support.http_door import http_door


async def test_a_proposal_is_public_until_it_stands_or_is_refunded() -> None:
    """While a payout may be disputed everybody sees it and its end; a refund shows no winner."""
    async with http_door() as door:
        detail = await door.event(dispute_window=3_600)
        market = detail["markets"][0]["market_id"]
        await door.post(f"/api/admin/markets/{market}/close", {}, door.as_admin())
        proposed = {"winner": "Yes"}
        await door.post(f"/api/admin/markets/{market}/propose", proposed, door.as_admin())
        await door.settled()
        (shown,) = (await door.get("/api/event_detail", event_id=1))["markets"]
        assert shown["state"] == "proposed"
        assert shown["proposed_payout"] == ["1.0000", "0.0000"]
        assert shown["final_at"] == door.venue.clock.now_us() // 10**6 + 3_600
        assert (shown["dispute_window"], shown["payout"]) == (3_600, None)
        await door.post(f"/api/admin/markets/{market}/dispute", {}, door.as_admin())
        void = {"refund": True}
        await door.post(f"/api/admin/markets/{market}/void", void, door.as_admin())
        await door.settled()
        (shown,) = (await door.get("/api/event_detail", event_id=1))["markets"]
        assert (shown["state"], shown["refunded"]) == ("voided", True)
        assert (shown["proposed_payout"], shown["final_at"]) == (None, 0)
        assert shown["winner_outcome_name"] == ""
        assert (shown["outcome_0_chance"], shown["outcome_1_chance"]) == ("", "")


async def test_routes_of_events_decline_what_is_wrong() -> None:
    """Unknown events, payouts without markets and contradictions have their numbers."""
    async with http_door() as door:
        await door.event()
        for path, body, name in (
            ("events/9/pause", {}, "EVENT_UNKNOWN"),
            ("events/0/pause", {}, "EVENT_UNKNOWN"),
            ("events/1/resume", {}, "ILLEGAL_TRANSITION"),
            ("events/1/resolve", {}, "FIELD_MISSING"),
            ("events/1/resolve", {"payouts": []}, "FIELD_INVALID"),
            ("events/1/resolve", {"payouts": [{"market_id": 9, "winner": "Yes"}]},
             "MARKET_UNKNOWN"),
            ("events/1/propose", {"payouts": [{"market_id": 1, "winner": "Yes"}]},
             "MARKET_NOT_CLOSED"),
            ("events/1/void", {"refund": True, "payout": ["1", "0"]}, "PAYOUT_INVALID"),
            ("events/1/void", {}, "MARKET_NOT_CLOSED"),
            ("markets/1/dispute", {}, "ILLEGAL_TRANSITION"),
        ):  # fmt: skip
            where = f"/api/admin/{path}"
            answer = await door.client.post(where, json=body, headers=door.as_admin())
            assert answer.json()["data"]["name"] == name, path
        alone = await door.client.post("/api/admin/events/1/void", headers=door.as_user("ann"))
        assert alone.status_code == 403
