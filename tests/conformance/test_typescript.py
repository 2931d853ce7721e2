"""The official clients of TypeScript, unmodified, on a running exchange."""

import json
import subprocess
from typing import Any

import pytest
from tests.conformance.clients import log_in
from tests.conformance.conftest import HERE
from tests.conformance.venue import CHAIN_ID, Json, Market, Place, new_wallet


SECONDS_MAX = 180


def run(node: str, place: Place, script: str) -> tuple[Json, Market, list[str]]:
    """Let a script trade with itself in a market of its own; returns what it told."""
    market = place.market()
    wallets = [new_wallet() for _ in range(2)]
    for key, address in wallets:
        log_in(place, key)
        place.fund(address)
    place.funded([address for _, address in wallets])
    said = {
        "host": place.host,
        "feeds": place.feeds,
        "chain_id": CHAIN_ID,
        "keys": [key for key, _ in wallets],
        "tokens": market.tokens,
        "condition": market.condition_id,
    }
    # Node 20 has sockets behind this; later ones have them anyway.
    command = [node, "--experimental-websocket", f"{script}.mjs", json.dumps(said)]
    done = subprocess.run(
        command, cwd=HERE / "ts", capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-2_000:]}\n{done.stderr[-4_000:]}"
    told: Json = json.loads(done.stdout.splitlines()[-1])
    return told, market, [address for _, address in wallets]


@pytest.mark.parametrize("generation", ["v1", "v2"])
def test_from_a_key_to_fills_and_cancels(node: str, place: Place, generation: str) -> None:
    """Keys, a resting order, a market order that meets it, what both see of it, and a cancel."""
    told, market, (maker, taker) = run(node, place, generation)
    assert (told["resting"]["success"], told["resting"]["status"]) == (True, "live")
    assert told["same_hash"]
    assert told["book"]["bids"] == [{"price": "0.4", "size": "10"}]
    assert told["matched"]["status"] == "matched", told["matched"]
    assert float(told["matched"]["takingAmount"]) == pytest.approx(4.0)
    (order,) = told["open"]
    assert (order["id"], order["size_matched"]) == (told["resting"]["orderID"], "4")
    assert order["maker_address"].lower() == maker.lower()
    (trade,) = told["trades"]
    assert (trade["taker_order_id"], trade["asset_id"]) == (
        told["matched"]["orderID"], market.no,
    )  # fmt: skip
    assert trade["maker_address"].lower() == taker.lower()
    assert [leg["order_id"] for leg in trade["maker_orders"]] == [order["id"]]
    assert told["balance"]["balance"] == "4000000"
    assert told["unfilled"]["error"].startswith("order couldn't be fully filled")
    assert told["cancelled"]["canceled"] == [order["id"]]
    assert told["left"] == []
    assert len(told["keys"]["apiKeys"]) == 1
    assert told["heartbeat"]["heartbeat_id"]
    assert told["closed_only"] == {"closed_only": False}
    assert told["market"]["condition_id"] == market.condition_id
    assert [one["price"] for one in told["activity"]] == ["0.6"]
    points: Any = told["history"]
    assert [point["p"] for point in points["history"]] == [0.6]
    if generation == "v2":
        assert told["version"] == 2
        assert told["compact"]["c"] == market.condition_id


def test_from_a_request_for_quotes_to_fills(node: str, place: Place) -> None:
    """The first generation asks, quotes, accepts and approves; both sides have the trade."""
    told, market, _ = run(node, place, "rfq")
    (request,) = told["requests"]["data"]
    assert (request["token"], request["side"], request["price"]) == (market.yes, "BUY", 0.57)
    assert (told["best"]["quoteId"], told["best"]["matchType"]) == (told["quoteId"], "MINT")
    assert told["accepted"] == "OK"
    assert told["approved"]["state"] == "STATE_COMPLETED", told["approved"]
    assert [trade["id"] for trade in told["trades"]] == told["approved"]["tradeIds"]
    assert told["balance"]["balance"] == "40000000"


def test_the_unified_client_trades_and_listens(node: str, place: Place) -> None:
    """It reads, trades, and hears of it on both channels in the types that it knows."""
    told, market, _ = run(node, place, "unified")
    assert told["markets"] > 0
    assert told["events"] > 0
    assert told["market"][0]["type"] == "book"
    assert {event["type"] for event in told["user"]} == {"order", "trade"}
    (order,) = told["open"]
    assert order["tokenId"] == market.yes
    (trade,) = told["trades"]
    assert (trade["tokenId"], trade["size"]) == (market.no, "4")
    assert told["cancelled"]["canceled"] == [order["id"]]
