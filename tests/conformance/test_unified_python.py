"""The unified client of Python, unmodified, in an environment of its own, on a running exchange."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conformance.clients import log_in
from tests.conformance.conftest import HERE
from tests.conformance.venue import CHAIN_ID, Json, Market, Place, new_wallet


SECONDS_MAX = 180


#: What is for other services of that venue, or asks none; the reference says the same.
APART = {
    "nothing is asked": "close create end_authentication",
    "the sockets of the other test": "subscribe",
    "Data API": """download_accounting_snapshot get_builder_volumes get_event_live_volume
        get_open_interests get_portfolio_value get_resolutions get_token_references
        get_trader_leaderboard_standing get_user_pnl get_user_stats get_user_volume list_activity
        list_biggest_winners list_builder_leaderboard list_market_holders list_positions
        list_price_history list_trader_leaderboard list_trades""",
    "Gamma: sports, series, comments, people": """get_comment_thread get_public_profile get_series
        get_sports get_sports_market_types list_comments list_comments_by_user_address
        list_teams""",
    "perps": """deposit_to_perps fetch_perps_book fetch_perps_builder_status fetch_perps_fees
        fetch_perps_instruments fetch_perps_position_snapshots fetch_perps_registration
        fetch_perps_ticker fetch_perps_tickers list_perps_candles list_perps_funding_history
        list_perps_trades open_perps_session revoke_perps_credentials withdraw_from_perps""",
    "combos and their quotes": """accept_combo_quote fetch_rfq_status list_combo_activity
        list_combo_markets list_combo_positions open_rfq_session request_combo_quote
        wait_for_combo_fill""",
    "relayer and wallets on the chain": """approve_erc1155_for_all approve_erc20
        authorize_session_key execute_collateral_return_plan execute_transaction fetch_session_keys
        get_trading_approvals_state is_gasless_ready merge_multiple_positions merge_positions
        plan_collateral_return redeem_positions revoke_session_key setup_gasless_wallet
        setup_trading_approvals split_position transfer_erc20""",
}


def scene(place: Place) -> tuple[Json, Market]:
    """Return what scripts are told: two people with money, and a market of their own."""
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
    return said, market


def run(python: Path, script: str, said: Json) -> Any:
    """Return what a script tells."""
    done = subprocess.run(
        [python, f"{script}.py", json.dumps(said)], cwd=HERE / "unified",
        capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2_000:]}\n{done.stderr[-4_000:]}"
    return json.loads(done.stdout.splitlines()[-1])


def test_it_trades_and_listens(unified_python: Path, place: Place) -> None:
    """It reads, trades, and hears of it on both channels in the types that it knows."""
    said, market = scene(place)
    told = run(unified_python, "trade", said)
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


def test_every_method_is_called_or_named(unified_python: Path, place: Place) -> None:
    """Each one that is meant for a CLOB or its lists asks the exchange and understands it.

    What happened then, a resolution among it, is told in notifications that it understands too.
    """
    said, market = scene(place)
    told = run(unified_python, "every", said)
    assert {name: said for name, said in told["results"].items() if said} == {}
    apart = {name for names in APART.values() for name in names.split()}
    assert set(told["names"]) - apart == set(told["results"])
    assert apart <= set(told["names"])
    place.close(market, "Yes")
    assert {1, 2, 4} <= set(run(unified_python, "notified", said))
