"""The official clients of Python, both generations, unmodified, on a running exchange."""

import time
from typing import Any

import py_clob_client.clob_types as types_1
import py_clob_client_v2.clob_types as types_2
import pytest
from py_clob_client.client import ClobClient as Client1
from py_clob_client.exceptions import PolyApiException as Refused1
from py_clob_client_v2.client import ClobClient as Client2
from py_clob_client_v2.exceptions import PolyApiException as Refused2
from tests.conformance.clients import Trader, Trader1, Trader2
from tests.conformance.venue import CHAIN_ID, Market, Place, new_wallet, until


Refused = (Refused1, Refused2)
BUY, SELL = "BUY", "SELL"


@pytest.fixture(params=[Trader1, Trader2], ids=["v1", "v2"])
def generation(request: pytest.FixtureRequest) -> type[Trader]:
    """Give each generation in turn."""
    found: type[Trader] = request.param
    return found


@pytest.fixture
def market(place: Place) -> Market:
    """Give a market that nobody else trades in."""
    return place.market()


def said(refused: pytest.ExceptionInfo[Any]) -> str:
    """Return the text of a refusal: what clients compare."""
    body = refused.value.error_msg
    assert set(body) >= {"error"}, body
    return str(body["error"])


# ---------------------------------------------------------------------- reads


def test_reads_without_a_key(place: Place, market: Market, generation: type[Trader]) -> None:
    """Markets, books and prices have the shapes that the client parses, and the hash it reckons."""
    maker = generation(place)
    maker.limit(market.yes, BUY, 0.40, 10)
    maker.limit(market.no, BUY, 0.45, 20)
    client: Any = Client1(place.host) if generation is Trader1 else Client2(place.host, CHAIN_ID)
    assert client.get_ok() == "OK"
    assert abs(int(client.get_server_time()) - time.time()) < 60
    book = until(lambda: _two_sided(client, market))
    assert client.get_order_book_hash(book) == _hash(book)
    assert float(client.get_midpoint(market.yes)["mid"]) == pytest.approx(0.475)
    assert client.get_price(market.yes, BUY) == {"price": "0.4"}
    assert client.get_price(market.no, SELL) == {"price": "0.6"}
    assert client.get_spread(market.no) == {"spread": "0.15"}
    assert client.get_tick_size(market.yes) == "0.01"
    assert client.get_neg_risk(market.yes) is False
    assert client.get_fee_rate_bps(market.yes) == 0
    assert client.get_last_trade_price(market.yes) == {"price": "0.5", "side": ""}
    found = client.get_market(market.condition_id)
    assert [token["token_id"] for token in found["tokens"]] == list(market.tokens)
    cursor, ids = "MA==", []
    while cursor != "LTE=":
        page = client.get_simplified_markets(cursor)
        ids += [one["condition_id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert market.condition_id in ids
    assert client.get_sampling_markets()["data"]
    assert client.get_market_trades_events(market.condition_id) == []


def _two_sided(client: Any, market: Market) -> Any:
    book = client.get_order_book(market.yes)
    sides = (book["bids"], book["asks"]) if isinstance(book, dict) else (book.bids, book.asks)
    return book if all(sides) else None


def _hash(book: Any) -> str:
    return str(book["hash"] if isinstance(book, dict) else book.hash)


# ---------------------------------------------------------------------- keys


def test_keys_are_made_derived_listed_and_deleted(place: Place, generation: type[Trader]) -> None:
    """A key is the same for an address and a nonce, and is refused once it was deleted."""
    one = generation(place)
    client: Any = one.client
    assert client.derive_api_key() == one.creds
    with pytest.raises(Refused) as refused:
        client.create_api_key()
    assert said(refused) == "Could not create api key"
    other = client.create_api_key(nonce=7)
    assert other != one.creds
    assert set(until(lambda: _keys(client, 2))) == {one.creds.api_key, other.api_key}
    assert client.get_closed_only_mode() == {"closed_only": False}
    assert client.delete_api_key() == "OK"
    with pytest.raises(Refused):
        client.get_api_keys()
    client.set_api_creds(other)
    assert client.get_api_keys()["apiKeys"] == [other.api_key]


def _keys(client: Any, count: int) -> list[str]:
    keys: list[str] = client.get_api_keys()["apiKeys"]
    return keys if len(keys) == count else []


def test_keys_that_may_only_read(place: Place, generation: type[Trader]) -> None:
    """A read-only key is made, listed, and deleted."""
    one = generation(place)
    client: Any = one.client
    made = client.create_readonly_api_key()
    key = made["apiKey"] if isinstance(made, dict) else made.api_key
    assert until(client.get_readonly_api_keys) == [key]
    if generation is Trader1:
        assert client.validate_readonly_api_key(one.address, key)
    assert client.delete_readonly_api_key(key)
    assert client.get_readonly_api_keys() == []


def test_a_login_for_another_chain_is_refused(place: Place) -> None:
    """A wallet that signs for Polygon is told which chain is meant here."""
    key, _ = new_wallet()
    client = Client1(place.host, key=key, chain_id=137)
    with pytest.raises(Refused1) as refused:
        client.create_api_key()
    assert refused.value.status_code == 401
    assert said(refused)


# ---------------------------------------------------------------------- orders


def test_an_order_from_posting_to_cancelling(
    place: Place, market: Market, generation: type[Trader]
) -> None:
    """A limit order rests, is listed as it was signed, and is gone when it was cancelled."""
    one = generation(place)
    posted = one.limit(market.yes, BUY, 0.40, 10)
    assert (posted["success"], posted["status"], posted["errorMsg"]) == (True, "live", "")
    (order,) = until(lambda: one.orders(market=market.condition_id))
    assert order["id"] == posted["orderID"]
    assert (order["side"], order["price"], order["original_size"], order["size_matched"]) == (
        BUY, "0.4", "10", "0",
    )  # fmt: skip
    assert (order["market"], order["asset_id"]) == (market.condition_id, market.yes)
    assert (order["status"], order["owner"], order["outcome"]) == (
        "LIVE", one.creds.api_key, "Yes",
    )  # fmt: skip
    assert order["maker_address"].lower() == one.address.lower()
    assert one.client.get_order(posted["orderID"])["id"] == posted["orderID"]
    assert one.scoring([posted["orderID"]]) == {posted["orderID"]: False}
    assert one.cancel(posted["orderID"]) == {"canceled": [posted["orderID"]], "not_canceled": {}}
    assert until(lambda: not one.orders(market=market.condition_id))
    again = one.cancel(posted["orderID"])
    assert list(again["not_canceled"]) == [posted["orderID"]]


def test_cancels_of_every_kind(place: Place, market: Market, generation: type[Trader]) -> None:
    """By list, by token, by market, and all of them; nobody else's orders are touched."""
    one, other = generation(place), generation(place)
    kept = other.limit(market.yes, BUY, 0.10, 5)["orderID"]
    ids = [one.limit(market.yes, BUY, 0.20 + step / 100, 5)["orderID"] for step in range(5)]
    no = one.limit(market.no, BUY, 0.20, 5)["orderID"]
    gone = one.client.cancel_orders(ids[:2])
    assert sorted(gone["canceled"]) == sorted(ids[:2])
    assert one.cancel_market(asset_id=market.no)["canceled"] == [no]
    assert sorted(one.cancel_market(market=market.condition_id)["canceled"]) == sorted(ids[2:])
    last = one.limit(market.yes, BUY, 0.30, 5)["orderID"]
    assert one.client.cancel_all()["canceled"] == [last]
    assert [order["id"] for order in until(other.orders)] == [kept]


def test_a_trade_is_seen_by_both_sides(
    place: Place, market: Market, generation: type[Trader]
) -> None:
    """A taker who buys the other outcome meets the maker: a partial fill, seen the same by both."""
    maker, taker = generation(place), generation(place)
    resting = maker.limit(market.yes, BUY, 0.40, 10)["orderID"]
    taken = taker.limit(market.no, BUY, 0.60, 4)
    assert taken["status"] == "matched"
    assert (float(taken["takingAmount"]), float(taken["makingAmount"])) == (4.0, 2.4)
    (trade,) = until(lambda: taker.trades(market=market.condition_id))
    assert (trade["taker_order_id"], trade["trader_side"]) == (taken["orderID"], "TAKER")
    assert (trade["asset_id"], trade["side"], float(trade["size"])) == (market.no, BUY, 4.0)
    assert float(trade["price"]) == pytest.approx(0.6)
    (leg,) = trade["maker_orders"]
    assert (leg["order_id"], float(leg["matched_amount"])) == (resting, 4.0)
    assert float(leg["price"]) == pytest.approx(0.4)
    (seen,) = until(lambda: maker.trades(market=market.condition_id))
    assert (seen["id"], seen["trader_side"]) == (trade["id"], "MAKER")
    assert maker.trades(id=trade["id"]) == [seen]
    (order,) = until(lambda: maker.orders(market=market.condition_id))
    assert (order["size_matched"], order["associate_trades"]) == ("4", [trade["id"]])


def test_both_sides_of_both_outcomes(
    place: Place, market: Market, generation: type[Trader]
) -> None:
    """Bought with collateral, sold against collateral; balances say so in atomic units."""
    maker, taker = generation(place), generation(place)
    maker.limit(market.yes, BUY, 0.40, 10)
    taker.limit(market.no, BUY, 0.60, 10)
    assert until(lambda: int(maker.balance(market.yes)["balance"])) == 10_000_000
    assert until(lambda: int(taker.balance(market.no)["balance"])) == 10_000_000
    assert until(lambda: int(maker.balance()["balance"]) == 996_000_000)
    assert int(taker.balance()["balance"]) == 994_000_000
    assert all(int(amount) > 0 for amount in taker.balance()["allowances"].values())
    maker.limit(market.yes, SELL, 0.45, 10)
    sold = taker.limit(market.no, SELL, 0.55, 10)
    assert sold["status"] == "matched"
    assert until(lambda: int(maker.balance()["balance"]) == 1_000_500_000)
    assert until(lambda: int(taker.balance()["balance"]) == 999_500_000)
    assert int(maker.balance(market.yes)["balance"]) == 0


def test_market_orders_by_money_and_by_shares(
    place: Place, market: Market, generation: type[Trader]
) -> None:
    """FOK and FAK, for dollars and for shares, priced from the book by the client itself."""
    maker, taker = generation(place), generation(place)
    maker.limit(market.no, BUY, 0.60, 50)
    until(lambda: _best(taker, market.yes, SELL) == 0.4)
    bought = taker.market(market.yes, BUY, 4)
    assert bought["status"] == "matched"
    assert float(bought["takingAmount"]) == pytest.approx(10.0)
    maker.limit(market.yes, BUY, 0.30, 4)
    until(lambda: _best(taker, market.yes, BUY) == 0.3)
    sold = taker.market(market.yes, SELL, 4, kind="FAK")
    assert (sold["status"], float(sold["makingAmount"])) == ("matched", 4.0)
    assert float(sold["takingAmount"]) == pytest.approx(1.2)


def _best(one: Trader, token: str, side: str) -> float:
    price: Any = one.client.get_price(token, side)
    return float(price["price"])


def test_orders_that_must_fill_at_once(
    place: Place, market: Market, generation: type[Trader]
) -> None:
    """FOK that does not fit and FAK that finds nobody are refused in the words of the surface."""
    maker, taker = generation(place), generation(place)
    maker.limit(market.no, BUY, 0.60, 5)
    with pytest.raises(Refused) as refused:
        taker.limit(market.yes, BUY, 0.40, 10, kind="FOK")
    assert said(refused) == (
        "order couldn't be fully filled. FOK orders are fully filled or killed."
    )
    part = taker.limit(market.yes, BUY, 0.40, 10, kind="FAK")
    assert (part["status"], float(part["takingAmount"])) == ("matched", 5.0)
    with pytest.raises(Refused) as refused:
        taker.limit(market.yes, BUY, 0.40, 10, kind="FAK")
    assert said(refused).startswith("no orders found to match with FAK order.")
    assert taker.orders(market=market.condition_id) == []


def test_orders_that_end_and_orders_that_only_make(
    place: Place, market: Market, generation: type[Trader]
) -> None:
    """GTD carries its end; one that is too near is refused, and so is a post-only that crosses."""
    maker, taker = generation(place), generation(place)
    end = int(time.time()) + 600
    placed = maker.limit(market.yes, BUY, 0.40, 10, kind="GTD", expiration=end)
    assert placed["status"] == "live"
    (order,) = until(lambda: maker.orders(market=market.condition_id))
    assert (order["order_type"], order["expiration"]) == ("GTD", str(end))
    with pytest.raises(Refused) as refused:
        maker.limit(market.yes, BUY, 0.40, 10, kind="GTD", expiration=int(time.time()) + 5)
    assert said(refused).startswith("invalid expiration")
    with pytest.raises(Refused) as refused:
        taker.limit(market.no, BUY, 0.60, 10, post_only=True)
    assert said(refused) == "invalid post-only order: order crosses book"
    assert taker.limit(market.no, BUY, 0.55, 10, post_only=True)["status"] == "live"


def test_several_orders_at_once(place: Place, market: Market, generation: type[Trader]) -> None:
    """A batch is answered one by one; what is wrong with one leaves the others alone."""
    one = generation(place, "10")
    orders = [one.sign(market.yes, BUY, price, 10) for price in (0.10, 0.11)]
    orders.append(one.sign(market.yes, BUY, 0.90, 100))
    first, second, third = one.batch(orders)
    assert (first["success"], second["success"], third["success"]) == (True, True, False)
    assert third["errorMsg"].startswith("not enough balance / allowance")
    assert len(until(lambda: _both(one, market))) == 2


def _both(one: Trader, market: Market) -> list[Any]:
    found = one.orders(market=market.condition_id)
    return found if len(found) == 2 else []


# ---------------------------------------------------------------------- refusals


def test_what_is_refused_and_why(place: Place, market: Market, generation: type[Trader]) -> None:
    """No money, a signature of somebody else, the same order twice: each in known words."""
    one, other = generation(place, "1"), generation(place)
    with pytest.raises(Refused) as refused:
        one.limit(market.yes, BUY, 0.50, 100)
    assert said(refused).startswith("not enough balance / allowance")
    theirs: Any = other.sign(market.yes, BUY, 0.10, 5)
    with pytest.raises(Refused) as refused:
        one.client.post_order(theirs)
    assert refused.value.status_code == 400
    order: Any = other.sign(market.yes, BUY, 0.10, 5)
    first = other.client.post_order(order)
    assert other.client.post_order(order)["orderID"] == first["orderID"]
    assert len(until(other.orders)) == 1


def test_orders_for_another_chain_are_refused(place: Place, market: Market) -> None:
    """A second-generation order that was signed for Polygon does not verify."""
    one = Trader2(place)
    elsewhere = Client2(place.host, 137, key=one.key, creds=one.creds)
    signed = elsewhere.create_order(types_2.OrderArgsV2(market.yes, 0.4, 5, BUY))
    with pytest.raises(Refused2) as refused:
        one.client.post_order(signed)
    assert said(refused).startswith("invalid signature")


def test_closed_markets_take_no_orders(place: Place, generation: type[Trader]) -> None:
    """After the market is paid, orders are refused, and the market says who won."""
    market = place.market()
    one = generation(place)
    place.close(market, "Yes")
    with pytest.raises(Refused):
        one.limit(market.yes, BUY, 0.40, 5)
    found = until(lambda: _closed(one.client, market))
    assert [token["winner"] for token in found["tokens"]] == [True, False]


def _closed(client: Any, market: Market) -> Any:
    found = client.get_market(market.condition_id)
    return found if found["closed"] and any(one["winner"] for one in found["tokens"]) else None


# ---------------------------------------------------------------------- the rest


def test_heartbeats_and_notifications(place: Place, generation: type[Trader]) -> None:
    """A chain of heartbeats goes on by its id; a wrong one is told the right one."""
    one = generation(place)
    client: Any = one.client
    first = client.post_heartbeat(None if generation is Trader1 else "")
    second = client.post_heartbeat(first["heartbeat_id"])
    with pytest.raises(Refused) as refused:
        client.post_heartbeat("11111111-1111-1111-1111-111111111111")
    body = refused.value.error_msg
    assert body["error_msg"] == "Invalid Heartbeat ID"
    assert body["heartbeat_id"] == second["heartbeat_id"]
    assert isinstance(client.get_notifications(), list)
    if generation is Trader1:
        client.drop_notifications(types_1.DropNotificationParams(ids=["1"]))
        assert (
            client.update_balance_allowance(types_1.BalanceAllowanceParams(asset_type="COLLATERAL"))
            is not None
        )


def test_rewards_are_none(place: Place, market: Market) -> None:
    """Lists of rewards end at once, as their loops need."""
    one = Trader2(place)
    assert one.client.get_current_rewards() == []
    assert one.client.get_raw_rewards_for_market(market.condition_id) == []
    assert one.client.get_earnings_for_user_for_day("2026-01-01") == []
