"""The unified client of Python, unmodified, in an environment of its own, on a running exchange."""

import json
import subprocess
from pathlib import Path

from tests.conformance.clients import log_in
from tests.conformance.conftest import HERE
from tests.conformance.venue import CHAIN_ID, Json, Place, new_wallet


SECONDS_MAX = 180


def test_it_trades_and_listens(unified_python: Path, place: Place) -> None:
    """It reads, trades, and hears of it on both channels in the types that it knows."""
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
        "addresses": [address for _, address in wallets],
        "tokens": market.tokens,
        "condition": market.condition_id,
    }
    done = subprocess.run(
        [unified_python, "trade.py", json.dumps(said)], cwd=HERE / "unified",
        capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2_000:]}\n{done.stderr[-4_000:]}"
    told: Json = json.loads(done.stdout.splitlines()[-1])
    assert told["market"][0] == "book"
    assert set(told["market"]) >= {"price_change", "last_trade_price", "best_bid_ask"}
    assert set(told["user"]) == {"order", "trade"}
    (order,) = told["open"]
    assert (order["asset_id"], order["size_matched"]) == (market.yes, "4")
    (trade,) = told["trades"]
    assert (trade["asset_id"], trade["size"]) == (market.no, "4")
    assert told["cancelled"]["canceled"] == [order["id"]]
    assert told["last"] == {"price": "0.4", "side": "SELL"}
    assert told["book"]["bids"] == [{"price": "0.4", "size": "6"}]
    assert told["markets"] > 0
    assert told["events"] > 0
