"""Both channels on a running exchange, with keys that official clients were given."""

import pytest
from tests.conformance.clients import Trader, Trader1, Trader2, auth
from tests.conformance.venue import Market, Place, until


@pytest.fixture(params=[Trader1, Trader2], ids=["v1", "v2"])
def generation(request: pytest.FixtureRequest) -> type[Trader]:
    """Give each generation in turn."""
    found: type[Trader] = request.param
    return found


def test_orders_and_trades_are_heard(place: Place, generation: type[Trader]) -> None:
    """What was posted over HTTP comes on both channels, under the same ids, with the same hash."""
    market: Market = place.market()
    maker, taker = generation(place), generation(place)
    with (
        place.socket("/ws/market", type="market", assets_ids=list(market.tokens)) as public,
        place.socket("/ws/user", type="user", auth=auth(maker)) as mine,
        place.socket("/ws/user", type="user", auth=auth(taker), markets=[market.condition_id])
        as theirs,
    ):  # fmt: skip
        public.hear("book", asset_id=market.yes)
        mine.ping()
        theirs.ping()
        posted = maker.limit(market.yes, "BUY", 0.40, 10)["orderID"]
        placed = mine.hear("order", type="PLACEMENT")
        assert (placed["id"], placed["owner"]) == (posted, maker.creds.api_key)
        change = public.hear("price_change")
        level = next(one for one in change["price_changes"] if one["asset_id"] == market.yes)
        assert (level["price"], level["size"], level["side"]) == ("0.4", "10", "BUY")
        told = place.operator.http.get("/book", params={"token_id": market.yes}).json()
        assert level["hash"] == told["hash"]
        taken = taker.limit(market.no, "BUY", 0.60, 4)
        for one, side in ((theirs, "TAKER"), (mine, "MAKER")):
            trade = one.hear("trade", status="MATCHED")
            assert trade["taker_order_id"] == taken["orderID"]
            assert (trade["trader_side"], trade["maker_orders"][0]["order_id"]) == (side, posted)
            one.hear("trade", status="CONFIRMED")
            (seen,) = until(lambda: maker.trades(market=market.condition_id))
            assert seen["id"] == trade["id"]
        assert public.hear("last_trade_price")["price"] == "0.6"
        maker.cancel(posted)
        assert mine.hear("order", type="CANCELLATION")["size_matched"] == "4"


def test_a_deleted_key_ends_its_socket(place: Place, generation: type[Trader]) -> None:
    """Once the key is deleted, what it had opened is closed, and it opens nothing again."""
    one = generation(place)
    with place.socket("/ws/user", type="user", auth=auth(one)) as mine:
        mine.ping()
        one.client.delete_api_key()
        code, reason = mine.ends()
        assert (code, "revoked" in reason) == (1008, True)
    with place.socket("/ws/user", type="user", auth=auth(one)) as again:
        assert again.ends()[0] == 1008
