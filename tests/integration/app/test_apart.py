"""Every service in a process of its own, against servers that somebody else runs."""

import httpx
import pytest
from tests.support.apart import Apart
from tests.support.exchange import wait_until

from outcry.app.processes import SERVICES


pytestmark = pytest.mark.timeout(600)  # several starts, on whatever machine


def test_ten_services_in_ten_processes_are_one_exchange(apart: Apart) -> None:
    """Started in the wrong order, they serve an event, a user and orders on both shards."""
    for name in reversed(SERVICES):
        apart.start(name)
    apart.wait_ready("api")
    apart.wait_ready("event")
    operator = apart.client("event", "operator", admin=True)
    ann = apart.client("api", "ann")
    user_id = ann.get("/api/user_data")["id"]
    paid = apart.command("event", "user", "deposit", str(user_id), "9", "--tx-hash", "1")
    assert paid.returncode == 0, paid.stderr
    markets = [{"market_identifier": name, "question": "?"} for name in ("odd", "even")]
    event = {"event_identifier": "apart", "title": "Apart", "markets": markets}
    assert ann.refused("/api/admin/events", event)["name"] == "ROUTE_UNKNOWN"
    listed = operator.post("/api/admin/events", event)
    query = {"event_id": listed["event_id"]}
    wait_until(
        lambda: ann.http.get("/api/event_detail", params=query).status_code == httpx.codes.OK
    )
    for market in ann.get("/api/event_detail", **query)["markets"]:
        order = {**query, "market_id": market["market_id"], "side": "buy", "quantity": "1"}
        order |= {"order_type": "limit", "price": "0.5", "token_id": market["outcome_0_token_id"]}
        placed = ann.post("/api/place_order", order, wait="result")
        assert placed["result_n"] > placed["n"]
    done = apart.command("api", "verify")
    assert done.returncode == 0, done.stdout
    assert "2 markets, 0 fills, 2 open orders" in done.stdout
    assert set(apart.stop().values()) == {0}
