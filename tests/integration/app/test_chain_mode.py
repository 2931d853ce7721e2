"""`outcry up` with trades that settle on the simulated chain: from the match to verify."""

from pathlib import Path

import pytest
from tests.support.exchange import Client, exchange, wait_until


pytestmark = pytest.mark.timeout(600)  # a start, a kill and a verify, on whatever machine


def test_a_trade_settles_on_the_simulated_chain_though_its_service_is_killed(
    tmp_path: Path,
) -> None:
    """Pending after the match, confirmed after the kill; then the market closes, pays, verifies."""
    settings = {"OUTCRY_SETTLEMENT_MODE": "chain", "OUTCRY_SETTLEMENT_BLOCK_MS": "500"}
    with exchange(tmp_path, **settings) as made:
        made.start()
        assert "SIMULATED chain" in made.output()
        operator = made.client(made.token("operator", admin=True))
        traders: dict[str, tuple[Client, int]] = {}
        for name in ("ann", "bob"):
            client = made.client(made.token(name))
            user_id = client.get("/api/user_data")["id"]
            deposit = {"user_id": user_id, "amount": "100", "tx_hash": f"to {name}"}
            operator.post("/api/admin/deposits", deposit)
            traders[name] = client, user_id
        market = {"market_identifier": "m", "question": "Will it settle?"}
        event = {"event_identifier": "e", "title": "Settling", "markets": [market]}
        listed = operator.post("/api/admin/events", event)
        event_id, market_id = listed["event_id"], listed["market_ids"][0]
        (ann, ann_id), (bob, bob_id) = traders["ann"], traders["bob"]
        shown = ann.get("/api/event_detail", event_id=event_id)["markets"][0]

        for who, token, price in (
            (ann, shown["outcome_0_token_id"], "0.60"),
            (bob, shown["outcome_1_token_id"], "0.40"),
        ):
            order = {
                "event_id": event_id, "market_id": market_id, "token_id": token, "side": "buy",
                "order_type": "limit", "price": price, "quantity": "10",
            }  # fmt: skip
            who.post("/api/place_order", order, wait="result")
        before = made.processes()["edge"]
        made.kill("edge")
        made.wait_replaced("edge", before)
        made.wait_ready()

        def settled() -> bool:
            held = ann.get("/api/positions", uid=ann_id)["positions"]
            return [one["quantity"] for one in held] == ["10.00"]

        wait_until(settled)
        assert ann.get("/api/balance", uid=ann_id) == "94.000000"
        assert bob.get("/api/balance", uid=bob_id) == "96.000000"
        operator.post(f"/api/admin/markets/{market_id}/close", {"reason": "test"})
        operator.post(f"/api/admin/markets/{market_id}/resolve", {"winner": "Yes"})
        assert "clean" in made.verify()
        assert made.stop() == 0
