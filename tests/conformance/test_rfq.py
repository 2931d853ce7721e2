"""Requests for quotes with both generations of the official client of Python, unmodified."""

import pytest
from py_clob_client.exceptions import PolyApiException as Refused1
from py_clob_client_v2.exceptions import PolyApiException as Refused2
from tests.conformance.clients import Trader, Trader1, Trader2
from tests.conformance.quoting import Quoter
from tests.conformance.venue import Market, Place, until


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


def balances(one: Trader, market: Market) -> tuple[int, int, int]:
    """Return collateral, YES and NO in atomic units."""
    found = [one.balance(), one.balance(market.yes), one.balance(market.no)]
    collateral, yes, no = (int(each["balance"]) for each in found)
    return collateral, yes, no


def test_from_request_to_fills(place: Place, market: Market, generation: type[Trader]) -> None:
    """A minted pair: the best of two quotes is accepted and approved, and both sides have it."""
    ann, bob, cid = generation(place), generation(place), generation(place)
    asks, quotes, other = Quoter(ann), Quoter(bob), Quoter(cid)
    request_id = asks.request(market.yes, 0.57, BUY, 40)
    (seen,) = quotes.requests(state="active", request_ids=[request_id])
    assert (seen["token"], seen["side"], seen["price"]) == (market.yes, BUY, 0.57)
    other.quote(request_id, market.no, 0.44, BUY, 40)
    quote_id = quotes.quote(request_id, market.no, 0.45, BUY, 40)
    best = asks.best(request_id)
    assert (best["quoteId"], best["matchType"], best["price"]) == (quote_id, "MINT", 0.45)
    assert asks.accept(request_id, quote_id) == "OK"
    assert ann.trades() == []
    done = quotes.approve(request_id, quote_id)
    assert (done["state"], len(done["tradeIds"])) == ("STATE_COMPLETED", 1)
    assert balances(ann, market) == (978_000_000, 40_000_000, 0)
    assert balances(bob, market) == (982_000_000, 0, 40_000_000)
    for one in (ann, bob):
        (trade,) = until(one.trades)
        assert [trade["id"]] == done["tradeIds"]
    (shown,) = asks.requests(request_ids=[request_id])
    assert shown["state"] == "STATE_COMPLETED"


def test_tokens_change_hands_and_are_merged(
    place: Place, market: Market, generation: type[Trader]
) -> None:
    """A requester sells to a quoter who buys, and then sells against one who sells the other."""
    ann, bob = generation(place), generation(place)
    ann.limit(market.yes, BUY, 0.60, 20)
    bob.limit(market.no, BUY, 0.40, 20)
    asks, quotes = Quoter(ann), Quoter(bob)
    request_id = asks.request(market.yes, 0.50, SELL, 10)
    quote_id = quotes.quote(request_id, market.yes, 0.52, BUY, 10)
    assert asks.best(request_id)["matchType"] == "COMPLEMENTARY"
    assert asks.accept(request_id, quote_id) == "OK"
    assert quotes.approve(request_id, quote_id)["state"] == "STATE_COMPLETED"
    request_id = asks.request(market.yes, 0.50, SELL, 10)
    quote_id = quotes.quote(request_id, market.no, 0.47, SELL, 10)
    assert asks.best(request_id)["matchType"] == "MERGE"
    assert asks.accept(request_id, quote_id) == "OK"
    assert quotes.approve(request_id, quote_id)["state"] == "STATE_COMPLETED"
    assert balances(ann, market) == (998_500_000, 0, 0)
    assert balances(bob, market) == (991_500_000, 10_000_000, 10_000_000)


def test_what_is_withdrawn(place: Place, market: Market, generation: type[Trader]) -> None:
    """Requests and quotes are cancelled by who made them, and the bounds are told."""
    ann, bob = generation(place), generation(place)
    asks, quotes = Quoter(ann), Quoter(bob)
    request_id = asks.request(market.yes, 0.5, BUY, 10)
    quote_id = quotes.quote(request_id, market.yes, 0.5, SELL, 10)
    forms = quotes.forms
    assert quotes.rfq.cancel_rfq_quote(forms.CancelRfqQuoteParams(quote_id)) == "OK"
    with pytest.raises((Refused1, Refused2)) as refused:
        asks.best(request_id)
    assert refused.value.status_code == 404
    with pytest.raises((Refused1, Refused2)):
        quotes.rfq.cancel_rfq_request(forms.CancelRfqRequestParams(request_id))
    assert asks.rfq.cancel_rfq_request(forms.CancelRfqRequestParams(request_id)) == "OK"
    (mine,) = quotes.rfq.get_rfq_quoter_quotes(None)["data"]
    assert mine["state"] == "STATE_MAKER_CANCELED"
    assert asks.rfq.rfq_config()["requestTtl"] == 600
