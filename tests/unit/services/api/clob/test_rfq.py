"""Requests for quotes over HTTP: asked, quoted, accepted, approved, and what is refused."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, cast

import pytest
from py_clob_client_v2.clob_types import CreateOrderOptions, OrderArgsV1
from py_clob_client_v2.order_builder.builder import OrderBuilder
from py_clob_client_v2.order_utils import SignatureTypeV2
from py_clob_client_v2.order_utils.model.order_data_v1 import order_to_json_v1
from tests.support.clob import Wallet
from tests.support.http_door import Door, http_door

from outcry.ports.asset import Asset, AssetUnavailable
from outcry.services.api.config import ApiConfig


Json = dict[str, Any]
NOBODY = "0x" + "0" * 40


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


class Stage(NamedTuple):
    """A market, who asks and who quotes."""

    door: Door
    yes: str
    no: str
    ann: Wallet
    bob: Wallet

    async def request(self, side: str = "BUY", price: float = 0.5, size: float = 40) -> str:
        """Have Ann ask about YES."""
        body = legs(self.yes, side, price, size)
        made = await self.ann.told("POST", "/rfq/request", body)
        return str(made["requestId"])

    async def quote(
        self, request_id: str, side: str = "SELL", price: float = 0.48, size: float = 40,
        *, token: str = "", who: Wallet | None = None,
    ) -> str:  # fmt: skip
        """Have Bob quote."""
        body = {"requestId": request_id, **legs(token or self.yes, side, price, size)}
        made = await (who or self.bob).told("POST", "/rfq/quote", body)
        return str(made["quoteId"])

    async def give_tokens(self, who: Wallet, quantity: str) -> None:
        """Have somebody split collateral into both tokens."""
        row = await self.door.queries.user_by_address(who.address)
        assert row is not None
        body = {"user_id": row.user_id, "scopes": ["read", "trade"], "label": "test"}
        made = await self.door.post("/api/admin/keys", body, self.door.as_admin())
        split = {"market_id": 1, "quantity": quantity}
        await self.door.post("/api/split", split, {"x-api-key": made["api_key"]})

    async def state(self, who: Wallet, quote_id: str, role: str = "quoter") -> str:
        """Return where a quote is."""
        page = await who.told("GET", f"/rfq/data/{role}/quotes", quoteIds=quote_id)
        return str(page["data"][0]["state"])


@pytest.fixture
async def stage(door: Door) -> Stage:
    """Give a market, and two wallets with money."""
    return await staged(door)


async def staged(door: Door) -> Stage:
    """List a market on a grid of 0.01, and give two wallets money."""
    found = (await door.event(tick_size="0.01"))["markets"][0]
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()
    return Stage(door, found["outcome_0_token_id"], found["outcome_1_token_id"], ann, bob)


def legs(token: str, side: str, price: float, size: float) -> Json:
    """Return what comes in and goes out, as clients reckon it."""
    shares, money = str(round(size * 10**6)), str(round(size * price * 10**6))
    if side == "BUY":
        return {"assetIn": token, "assetOut": "0", "amountIn": shares, "amountOut": money,
                "userType": 0}  # fmt: skip
    return {"assetIn": "0", "assetOut": token, "amountIn": money, "amountOut": shares,
            "userType": 0}  # fmt: skip


def answer(
    who: Wallet, request_id: str, quote_id: str, token: str, side: str, price: float, size: float,
    expiration: int = 0,
) -> Json:  # fmt: skip
    """Return a signed order in answer to a quote, flat as clients send it."""
    builder = OrderBuilder(who.signer, SignatureTypeV2(0), None)
    options = CreateOrderOptions(tick_size="0.01", neg_risk=False)
    args = OrderArgsV1(token_id=token, price=price, size=size, side=side, expiration=expiration)
    made = builder.build_order(args, options, 1, 0)
    assert who.creds is not None
    body = cast("Json", order_to_json_v1(made, who.creds.api_key, "GTC"))["order"]
    return {**body, "requestId": request_id, "quoteId": quote_id, "owner": who.creds.api_key,
            "expiration": expiration}  # fmt: skip


async def accepted(stage: Stage) -> tuple[str, str]:
    """Bring a request to buy 40 YES at 0.48 to where Bob is to approve."""
    await stage.give_tokens(stage.bob, "40")
    request_id = await stage.request()
    quote_id = await stage.quote(request_id)
    body = answer(stage.ann, request_id, quote_id, stage.yes, "BUY", 0.48, 40)
    assert (await stage.ann.ask("POST", "/rfq/request/accept", body)).text == "OK"
    return request_id, quote_id


async def holdings(stage: Stage, who: Wallet) -> tuple[str, str, str]:
    """Return collateral, YES and NO, in atomic units."""
    path = "/balance-allowance"
    money = await who.told("GET", path, asset_type="COLLATERAL", signature_type=0)
    tokens = [
        await who.told("GET", path, asset_type="CONDITIONAL", token_id=one, signature_type=0)
        for one in (stage.yes, stage.no)
    ]
    return money["balance"], tokens[0]["balance"], tokens[1]["balance"]


# ---------------------------------------------------------------------- the whole way


async def test_a_request_becomes_a_trade(stage: Stage) -> None:
    """Nothing is entered before the quoter approves; then both have what was quoted."""
    request_id, quote_id = await accepted(stage)
    assert (await stage.ann.told("GET", "/data/orders"))["data"] == []
    assert await stage.state(stage.bob, quote_id) == "STATE_REQUEST_ACCEPTED_QUOTE"
    (shown,) = (await stage.ann.told("GET", "/rfq/data/requests"))["data"]
    assert (shown["state"], shown["acceptedQuoteId"]) == ("STATE_QUOTE_ACCEPTED", quote_id)
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    done = await stage.bob.told("POST", "/rfq/quote/approve", body)
    assert done == {
        "requestId": request_id, "quoteId": quote_id, "state": "STATE_COMPLETED",
        "tradeIds": done["tradeIds"],
    }  # fmt: skip
    assert len(done["tradeIds"]) == 1
    assert await holdings(stage, stage.ann) == ("80800000", "40000000", "0")
    assert await holdings(stage, stage.bob) == ("79200000", "0", "40000000")
    (trade,) = (await stage.ann.told("GET", "/data/trades"))["data"]
    assert [trade["id"]] == done["tradeIds"]
    (shown,) = (await stage.ann.told("GET", "/rfq/data/requests"))["data"]
    assert shown["state"] == "STATE_COMPLETED"
    assert await stage.ann.told("GET", "/rfq/data/requests", state="active") == {
        "data": [], "next_cursor": "LTE=", "limit": 50, "count": 0, "total_count": 0,
    }  # fmt: skip


async def test_a_quote_on_the_other_token_mints(stage: Stage) -> None:
    """Who wants YES and who wants NO share a new pair; the requester pays the complement."""
    request_id = await stage.request(price=0.5, size=10)
    quote_id = await stage.quote(request_id, "BUY", 0.55, 10, token=stage.no)
    (shown,) = (await stage.ann.told("GET", "/rfq/data/requester/quotes"))["data"]
    assert (shown["matchType"], shown["complement"]) == ("MINT", stage.yes)
    body = answer(stage.ann, request_id, quote_id, stage.yes, "BUY", 0.45, 10)
    await stage.ann.ask("POST", "/rfq/request/accept", body)
    body = answer(stage.bob, request_id, quote_id, stage.no, "BUY", 0.55, 10)
    done = await stage.bob.told("POST", "/rfq/quote/approve", body)
    assert done["state"] == "STATE_COMPLETED"
    assert await holdings(stage, stage.ann) == ("95500000", "10000000", "0")
    assert await holdings(stage, stage.bob) == ("94500000", "0", "10000000")


async def test_a_quote_on_the_other_token_merges(stage: Stage) -> None:
    """Who sells YES and who sells NO divide what the pair is worth."""
    await stage.give_tokens(stage.ann, "10")
    await stage.give_tokens(stage.bob, "10")
    request_id = await stage.request("SELL", 0.5, 10)
    quote_id = await stage.quote(request_id, "SELL", 0.45, 10, token=stage.no)
    (shown,) = (await stage.ann.told("GET", "/rfq/data/requester/quotes"))["data"]
    assert shown["matchType"] == "MERGE"
    body = answer(stage.ann, request_id, quote_id, stage.yes, "SELL", 0.55, 10)
    await stage.ann.ask("POST", "/rfq/request/accept", body)
    body = answer(stage.bob, request_id, quote_id, stage.no, "SELL", 0.45, 10)
    assert (await stage.bob.told("POST", "/rfq/quote/approve", body))["tradeIds"]
    assert await holdings(stage, stage.ann) == ("95500000", "0", "10000000")
    assert await holdings(stage, stage.bob) == ("94500000", "10000000", "0")


async def test_the_book_comes_first(stage: Stage) -> None:
    """Who offered less in the book fills the requester first; the quoter gives the rest only."""
    cid = await Wallet(stage.door, 3).fund()
    await stage.give_tokens(cid, "10")
    request_id, quote_id = await accepted(stage)
    await cid.place(token_id=stage.yes, price=0.4, size=10, side="SELL")
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    done = await stage.bob.told("POST", "/rfq/quote/approve", body)
    assert done["state"] == "STATE_COMPLETED"
    assert await holdings(stage, stage.ann) == ("81600000", "40000000", "0")
    assert await holdings(stage, stage.bob) == ("74400000", "10000000", "40000000")
    assert (await stage.bob.told("GET", "/data/orders"))["data"] == []


async def test_a_quoter_whom_the_book_leaves_nothing(stage: Stage) -> None:
    """The request is filled without the quoter, who is told so; nothing of theirs rests."""
    cid = await Wallet(stage.door, 3).fund()
    await stage.give_tokens(cid, "40")
    request_id, quote_id = await accepted(stage)
    await cid.place(token_id=stage.yes, price=0.48, size=40, side="SELL")
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    refused = await stage.bob.refused("POST", "/rfq/quote/approve", body)
    assert refused["name"] == "RFQ_UNFILLED"
    assert (await holdings(stage, stage.ann))[1] == "40000000"
    assert (await stage.bob.told("GET", "/data/orders"))["data"] == []
    assert await stage.state(stage.bob, quote_id) == "STATE_EXECUTION_FAILED"
    (shown,) = (await stage.ann.told("GET", "/rfq/data/requests"))["data"]
    assert shown["state"] == "STATE_COMPLETED"


async def test_a_quote_that_crosses_the_book_trades_nothing(stage: Stage) -> None:
    """Who would sell below a bid of the book never becomes a taker by approving."""
    request_id, quote_id = await accepted(stage)
    cid = await Wallet(stage.door, 3).fund()
    await cid.place(token_id=stage.yes, price=0.49, size=5, side="BUY")
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    refused = await stage.bob.refused("POST", "/rfq/quote/approve", body)
    assert refused["name"] == "POST_ONLY_WOULD_TRADE"
    assert (await holdings(stage, stage.ann))[1] == "0"
    (shown,) = (await stage.ann.told("GET", "/rfq/data/requests"))["data"]
    assert shown["state"] == "STATE_REQUEST_EXECUTION_FAILED"


async def test_a_requester_who_meets_themselves_gets_all_or_nothing(stage: Stage) -> None:
    """With an order of their own in the way nothing of theirs trades, and nothing rests."""
    await stage.give_tokens(stage.ann, "10")
    cid = await Wallet(stage.door, 3).fund()
    await stage.give_tokens(cid, "10")
    request_id, quote_id = await accepted(stage)
    await cid.place(token_id=stage.yes, price=0.39, size=10, side="SELL")
    await stage.ann.place(token_id=stage.yes, price=0.40, size=10, side="SELL")
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    refused = await stage.bob.refused("POST", "/rfq/quote/approve", body)
    assert (refused["name"], refused["expected"]) == ("RFQ_UNFILLED", "an order of the requester")
    assert (await holdings(stage, stage.ann))[1] == "10000000"
    assert (await holdings(stage, cid))[1] == "10000000"
    assert (await stage.bob.told("GET", "/data/orders"))["data"] == []


async def test_orders_that_end_by_themselves(stage: Stage) -> None:
    """Both may carry an expiration, not too soon, as clients send it."""
    await stage.give_tokens(stage.bob, "40")
    request_id = await stage.request()
    quote_id = await stage.quote(request_id)
    soon = int(time.time()) + 30
    body = answer(stage.ann, request_id, quote_id, stage.yes, "BUY", 0.48, 40, soon)
    refused = await stage.ann.refused("POST", "/rfq/request/accept", body)
    assert refused["name"] == "EXPIRY_IN_PAST"
    later = soon + 3_600
    body = answer(stage.ann, request_id, quote_id, stage.yes, "BUY", 0.48, 40, later)
    assert (await stage.ann.ask("POST", "/rfq/request/accept", body)).text == "OK"
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40, later)
    assert (await stage.bob.told("POST", "/rfq/quote/approve", body))["state"] == "STATE_COMPLETED"


class Losing:
    """A ledger whose answers get lost while told so, after it did what was asked."""

    real: Asset
    losing = False

    def __getattr__(self, name: str) -> Any:
        async def ask(*args: Any, **named: Any) -> Any:
            answer = await getattr(self.real, name)(*args, **named)
            if self.losing and named.get("wait_result"):
                raise AssetUnavailable("the answer is lost")
            return answer

        return ask


async def test_an_answer_that_was_lost() -> None:
    """425 says to repeat the same order: the trade is there once, and the state is found out."""
    ledger = Losing()
    async with http_door(ledger=cast("Asset", ledger)) as door:
        ledger.real = door.venue.asset
        stage = await staged(door)
        request_id, quote_id = await accepted(stage)
        body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
        ledger.losing = True
        lost = await stage.bob.ask("POST", "/rfq/quote/approve", body)
        assert (lost.status_code, lost.json()["name"]) == (425, "UNAVAILABLE")
        ledger.losing = False
        assert await stage.state(stage.bob, quote_id) == "STATE_MAKER_APPROVED"
        refused = await stage.bob.refused("DELETE", "/rfq/quote", {"quoteId": quote_id})
        assert refused["name"] == "RFQ_STATE"
        done = await stage.bob.told("POST", "/rfq/quote/approve", body)
        assert done["state"] == "STATE_COMPLETED"
        await door.settled()
        assert await holdings(stage, stage.ann) == ("80800000", "40000000", "0")


async def test_who_asks_too_often() -> None:
    """What is said about requests and quotes counts against the rate of the account."""
    async with http_door(ApiConfig(account_requests_per_second_max=3)) as door:
        stage = await staged(door)
        body = legs(stage.yes, "BUY", 0.5, 10)
        answers = await asyncio.gather(
            *(stage.ann.ask("POST", "/rfq/request", body) for _ in range(12))
        )
        codes = {one.status_code for one in answers}
        assert codes == {200, 429}


async def test_answers_count_once(stage: Stage) -> None:
    """The same signed order again is answered as it was; another one is told the state."""
    request_id, quote_id = await accepted(stage)
    other = answer(stage.ann, request_id, quote_id, stage.yes, "BUY", 0.48, 40)
    refused = await stage.ann.refused("POST", "/rfq/request/accept", other)
    assert (refused["name"], refused["got"]) == ("RFQ_STATE", "STATE_REQUEST_ACCEPTED_QUOTE")
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    same = [stage.bob.told("POST", "/rfq/quote/approve", body) for _ in range(3)]
    first, *rest = await asyncio.gather(*same)
    assert first["tradeIds"]
    assert rest == [first, first]
    assert (await holdings(stage, stage.ann))[1] == "40000000"
    other = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    refused = await stage.bob.refused("POST", "/rfq/quote/approve", other)
    assert (refused["name"], refused["got"]) == ("RFQ_STATE", "STATE_COMPLETED")


async def test_a_requester_without_money(stage: Stage) -> None:
    """One is refused at once; who spent it meanwhile fails the trade, and no sum is told."""
    await stage.give_tokens(stage.bob, "90")
    await stage.ann.place(token_id=stage.yes, price=0.3, size=300, side="BUY")
    request_id = await stage.request()
    quote_id = await stage.quote(request_id)
    body = answer(stage.ann, request_id, quote_id, stage.yes, "BUY", 0.48, 40)
    refused = await stage.ann.refused("POST", "/rfq/request/accept", body)
    assert refused["name"] == "FUNDS_INSUFFICIENT"
    await stage.ann.told("DELETE", "/cancel-all")
    await stage.ann.ask("POST", "/rfq/request/accept", body)
    await stage.ann.place(token_id=stage.yes, price=0.3, size=300, side="BUY")
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    refused = await stage.bob.refused("POST", "/rfq/quote/approve", body)
    assert (refused["name"], refused.get("got", "")) == ("RFQ_UNFILLED", "")
    assert await stage.state(stage.ann, quote_id, "requester") == "STATE_EXECUTION_FAILED"


# ---------------------------------------------------------------------- what is refused


async def test_terms_have_to_cross(stage: Stage) -> None:
    """A quote on the same side, for more, or at a worse price says what would do."""
    request_id = await stage.request()
    for side, price, size, token, expected in (
        ("BUY", 0.5, 40, stage.yes, f"SELL of token {stage.yes}, or BUY of {stage.no}"),
        ("SELL", 0.5, 40, stage.no, f"SELL of token {stage.yes}, or BUY of {stage.no}"),
        ("SELL", 0.51, 40, stage.yes, "at most 0.5000"),
        ("BUY", 0.49, 40, stage.no, "at least 0.5000"),
        ("SELL", 0.5, 41, stage.yes, "at most 40.00 shares"),
    ):
        body = {"requestId": request_id, **legs(token, side, price, size)}
        refused = await stage.bob.refused("POST", "/rfq/quote", body)
        assert (refused["name"], refused["expected"]) == ("RFQ_TERMS", expected)
    body = {"requestId": request_id, **legs(stage.yes, "SELL", 0.4, 40)}
    refused = await stage.ann.refused("POST", "/rfq/quote", body)
    assert (refused["name"], refused["got"]) == ("RFQ_TERMS", "a request of your own")


async def test_an_order_at_other_terms(stage: Stage) -> None:
    """What is signed has to be what was quoted: side, token, size and price."""
    request_id = await stage.request()
    quote_id = await stage.quote(request_id)
    for token, side, price, size in (
        (stage.yes, "SELL", 0.48, 40), (stage.no, "BUY", 0.48, 40),
        (stage.yes, "BUY", 0.47, 40), (stage.yes, "BUY", 0.49, 40), (stage.yes, "BUY", 0.48, 39),
    ):  # fmt: skip
        body = answer(stage.ann, request_id, quote_id, token, side, price, size)
        refused = await stage.ann.refused("POST", "/rfq/request/accept", body)
        assert refused["name"] == "RFQ_TERMS"
        assert refused["expected"] == f"BUY of 40.00 of {stage.yes} at 0.4800"
    body = answer(stage.ann, request_id, quote_id, stage.yes, "BUY", 0.48, 40)
    forged = body | {"makerAmount": "19200001"}
    refused = await stage.ann.refused("POST", "/rfq/request/accept", forged)
    assert refused["name"] == "SIGNATURE_INVALID"
    refused = await stage.bob.refused("POST", "/rfq/request/accept", body)
    assert refused["name"] == "RFQ_QUOTE_UNKNOWN"
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    refused = await stage.bob.refused("POST", "/rfq/quote/approve", body)
    assert (refused["name"], refused["got"]) == ("RFQ_STATE", "STATE_REQUEST_QUOTED")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"assetIn": "0"}, "FIELD_INVALID"),
        ({"assetOut": "7"}, "FIELD_INVALID"),
        ({"assetIn": "7"}, "TOKEN_UNKNOWN"),
        ({"amountIn": "-1"}, "FIELD_INVALID"),
        ({"amountIn": "0"}, "AMOUNT_INVALID"),
        ({"amountIn": "1" + "0" * 70, "amountOut": "5" + "0" * 69}, "QUANTITY_ABOVE_MAXIMUM"),
        ({"amountOut": "40000000"}, "PRICE_OUT_OF_BOUNDS"),
        ({"amountOut": "20200000"}, "PRICE_OFF_GRID"),
        ({"userType": 9}, "FIELD_INVALID"),
        ({"amountIn": None}, "FIELD_INVALID"),
    ],
)
async def test_malformed_requests(stage: Stage, change: Json, name: str) -> None:
    """What is no request says which field, and leaves nothing behind."""
    body = legs(stage.yes, "BUY", 0.5, 40) | change
    assert (await stage.ann.refused("POST", "/rfq/request", body))["name"] == name
    assert (await stage.ann.told("GET", "/rfq/data/requests"))["data"] == []


async def test_nobody_sees_or_ends_what_is_another_users(stage: Stage) -> None:
    """A stranger finds an open request without its owner, and of quotes and answers nothing."""
    cid = await Wallet(stage.door, 3).fund()
    request_id = await stage.request()
    quote_id = await stage.quote(request_id)
    (shown,) = (await cid.told("GET", "/rfq/data/requests"))["data"]
    assert (shown["userAddress"], shown["proxyAddress"]) == (NOBODY, NOBODY)
    for role in ("requester", "quoter"):
        assert (await cid.told("GET", f"/rfq/data/{role}/quotes", quoteIds=quote_id))["data"] == []
    (shown,) = (await stage.ann.told("GET", "/rfq/data/requester/quotes"))["data"]
    assert shown["userAddress"] == NOBODY
    (shown,) = (await stage.bob.told("GET", "/rfq/data/quoter/quotes"))["data"]
    assert shown["userAddress"] == stage.bob.address.lower()
    for who in (cid, stage.bob):
        body = {"requestId": request_id}
        refused = await who.refused("DELETE", "/rfq/request", body)
        assert refused["name"] == "RFQ_REQUEST_UNKNOWN"
        best = await who.ask("GET", "/rfq/data/best-quote", requestId=request_id)
        assert (best.status_code, best.json()["name"]) == (404, "RFQ_REQUEST_UNKNOWN")
    for who in (cid, stage.ann):
        refused = await who.refused("DELETE", "/rfq/quote", {"quoteId": quote_id})
        assert refused["name"] == "RFQ_QUOTE_UNKNOWN"
        body = answer(who, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
        refused = await who.refused("POST", "/rfq/quote/approve", body)
        assert refused["name"] == "RFQ_QUOTE_UNKNOWN"
    body = {"requestId": request_id}
    assert (await stage.ann.ask("DELETE", "/rfq/request", body)).text == "OK"
    assert (await cid.told("GET", "/rfq/data/requests"))["data"] == []
    assert await stage.state(stage.bob, quote_id) == "STATE_REQUEST_CANCELED"
    body = {"requestId": request_id, **legs(stage.yes, "SELL", 0.4, 40)}
    refused = await cid.refused("POST", "/rfq/quote", body)
    assert (refused["name"], refused.get("got", "")) == ("RFQ_STATE", "")


async def test_every_route_wants_a_key(stage: Stage) -> None:
    """Without credentials nothing is said; a key that only reads may look, and no more."""
    routes = (
        ("POST", "/rfq/request"), ("DELETE", "/rfq/request"), ("POST", "/rfq/quote"),
        ("DELETE", "/rfq/quote"), ("POST", "/rfq/request/accept"), ("POST", "/rfq/quote/approve"),
        ("GET", "/rfq/data/requests"), ("GET", "/rfq/data/requester/quotes"),
        ("GET", "/rfq/data/quoter/quotes"), ("GET", "/rfq/data/best-quote"), ("GET", "/rfq/config"),
    )  # fmt: skip
    made = await stage.ann.told("POST", "/auth/readonly-api-key")
    reader = {"poly_address": stage.ann.address, "poly_api_key": made["apiKey"]}
    for method, path in routes:
        assert (await stage.door.client.request(method, path)).status_code == 401
        looked = await stage.door.client.request(method, path, headers=reader)
        wanted = 401 if method != "GET" else 400 if "best" in path else 200
        assert looked.status_code == wanted, (path, looked.text)
    config = await stage.ann.told("GET", "/rfq/config")
    assert (config["requestTtl"], config["quoteAcceptTtl"]) == (600, 10)


# ---------------------------------------------------------------------- lists and states


async def test_the_best_quote(stage: Stage) -> None:
    """Price decides, then size; who quotes again withdraws what they quoted before."""
    cid = await Wallet(stage.door, 3).fund()
    request_id = await stage.request()
    none = await stage.ann.refused("GET", "/rfq/data/best-quote", requestId=request_id)
    assert none["name"] == "RFQ_QUOTE_UNKNOWN"
    dear = await stage.quote(request_id, price=0.49)
    cheap = await stage.quote(request_id, "BUY", 0.53, 20, token=stage.no, who=cid)
    best = await stage.ann.told("GET", "/rfq/data/best-quote", requestId=request_id)
    assert (best["quoteId"], best["price"], best["sizeIn"]) == (cheap, 0.53, "20")
    whole = await stage.quote(request_id, price=0.47)
    best = await stage.ann.told("GET", "/rfq/data/best-quote", requestId=request_id)
    assert (best["quoteId"], best["sizeIn"], best["sizeOut"]) == (whole, "18.8", "40")
    assert await stage.state(stage.bob, dear) == "STATE_MAKER_CANCELED"


async def test_lists_are_filtered_sorted_and_in_pages(stage: Stage) -> None:
    """Filters, order and cursors do what they say, and what is no filter is refused."""
    names = [await stage.request(price=price, size=size)
             for price, size in ((0.5, 10), (0.4, 30), (0.6, 20))]  # fmt: skip

    async def found(**asked: Any) -> list[int]:
        page = await stage.bob.told("GET", "/rfq/data/requests", **asked)
        return [names.index(one["requestId"]) for one in page["data"]]

    assert await found() == [0, 1, 2]
    assert await found(sortBy="price", sortDir="desc") == [2, 0, 1]
    assert await found(sortBy="size") == [0, 2, 1]
    assert await found(priceMin=0.5) == [0, 2]
    assert await found(sizeMax=20) == [0, 2]
    assert await found(sizeUsdcMin=12) == [1, 2]
    assert await found(requestIds=names[1:]) == [1, 2]
    assert await found(markets="0x" + "0" * 64) == []
    assert await found(state="inactive") == []
    page = await stage.bob.told("GET", "/rfq/data/requests", limit=2)
    assert (page["count"], page["total_count"]) == (2, 3)
    page = await stage.bob.told("GET", "/rfq/data/requests", limit=2, offset=page["next_cursor"])
    assert (page["count"], page["next_cursor"]) == (1, "LTE=")
    for asked in ({"limit": 101}, {"state": "old"}, {"sortBy": "luck"}, {"offset": "?"}):
        refused = await stage.bob.refused("GET", "/rfq/data/requests", **asked)
        assert refused["name"] == "FIELD_INVALID"


async def test_a_quoter_steps_back(stage: Stage) -> None:
    """A quote that was accepted may be withdrawn until it is approved; the request goes on."""
    request_id, quote_id = await accepted(stage)
    refused = await stage.ann.refused("DELETE", "/rfq/request", {"requestId": request_id})
    assert (refused["name"], refused["got"]) == ("RFQ_STATE", "STATE_QUOTE_ACCEPTED")
    assert (await stage.bob.ask("DELETE", "/rfq/quote", {"quoteId": quote_id})).text == "OK"
    assert await stage.state(stage.ann, quote_id, "requester") == "STATE_MAKER_REJECTED_CANCELED"
    (shown,) = (await stage.ann.told("GET", "/rfq/data/requests"))["data"]
    assert (shown["state"], shown["acceptedQuoteId"]) == ("STATE_ACCEPTING_QUOTES", "")
    body = answer(stage.bob, request_id, quote_id, stage.yes, "SELL", 0.48, 40)
    refused = await stage.bob.refused("POST", "/rfq/quote/approve", body)
    assert refused["name"] == "RFQ_STATE"
    refused = await stage.bob.refused("DELETE", "/rfq/quote", {"quoteId": quote_id})
    assert refused["name"] == "RFQ_STATE"


async def test_what_is_no_answer(stage: Stage) -> None:
    """A body that is no JSON, or lacks its order, is told so."""
    for path in ("/rfq/request/accept", "/rfq/quote/approve"):
        refused = await stage.ann.refused("POST", path, {"requestId": "1", "quoteId": "2"})
        assert refused["name"] == "FIELD_MISSING"
        refused = await stage.ann.refused("POST", path, json.loads("[1]"))
        assert refused["name"] in {"FIELD_INVALID", "MALFORMED"}
