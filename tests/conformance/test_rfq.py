"""Requests for quotes with both generations of the official client of Python, unmodified."""

from typing import Any

import py_clob_client.rfq as rfq_1
import py_clob_client_v2.rfq as rfq_2
import pytest
from py_clob_client.exceptions import PolyApiException as Refused1
from py_clob_client_v2.exceptions import PolyApiException as Refused2
from tests.conformance.clients import Trader, Trader1, Trader2
from tests.conformance.venue import Market, Place, until


BUY, SELL = "BUY", "SELL"
RFQ: dict[int, Any] = {1: rfq_1, 2: rfq_2}


@pytest.fixture(params=[Trader1, Trader2], ids=["v1", "v2"])
def generation(request: pytest.FixtureRequest) -> type[Trader]:
    """Give each generation in turn."""
    found: type[Trader] = request.param
    return found


@pytest.fixture
def market(place: Place) -> Market:
    """Give a market that nobody else trades in."""
    return place.market()


class Side:
    """What one trader does by the client's own methods."""

    def __init__(self, trader: Trader) -> None:
        """Use the client of *trader*."""
        self.trader = trader
        self.forms = RFQ[trader.generation]
        client: Any = trader.client
        self.rfq = client.rfq

    def request(self, token: str, price: float, side: str, size: float) -> str:
        """Ask for quotes."""
        wanted = self.forms.RfqUserRequest(token_id=token, price=price, side=side, size=size)
        return str(self.rfq.create_rfq_request(wanted)["requestId"])

    def quote(self, request_id: str, token: str, price: float, side: str, size: float) -> str:
        """Quote."""
        offered = self.forms.RfqUserQuote(
            request_id=request_id, token_id=token, price=price, side=side, size=size
        )
        return str(self.rfq.create_rfq_quote(offered)["quoteId"])

    def requests(self, **which: Any) -> Any:
        """List requests."""
        return self.rfq.get_rfq_requests(self.forms.GetRfqRequestsParams(**which))["data"]

    def best(self, request_id: str) -> Any:
        """Return the best quote."""
        return self.rfq.get_rfq_best_quote(
            self.forms.GetRfqBestQuoteParams(request_id=request_id)
        )  # fmt: skip

    def accept(self, request_id: str, quote_id: str) -> Any:
        """Accept a quote with an order that the client makes of it."""
        return self.rfq.accept_rfq_quote(self.forms.AcceptQuoteParams(request_id, quote_id, 0))

    def approve(self, request_id: str, quote_id: str) -> Any:
        """Approve with an order that the client makes of the quote."""
        return self.rfq.approve_rfq_order(self.forms.ApproveOrderParams(request_id, quote_id, 0))


def balances(one: Trader, market: Market) -> tuple[int, int, int]:
    """Return collateral, YES and NO in atomic units."""
    found = [one.balance(), one.balance(market.yes), one.balance(market.no)]
    collateral, yes, no = (int(each["balance"]) for each in found)
    return collateral, yes, no


def test_from_request_to_fills(place: Place, market: Market, generation: type[Trader]) -> None:
    """A minted pair: the best of two quotes is accepted and approved, and both sides have it."""
    ann, bob, cid = generation(place), generation(place), generation(place)
    asks, quotes, other = Side(ann), Side(bob), Side(cid)
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
    asks, quotes = Side(ann), Side(bob)
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
    asks, quotes = Side(ann), Side(bob)
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
