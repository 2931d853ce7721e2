"""Orders of the CLOB surface over HTTP: taken, matched, refused with a reason, and counted once."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from tests.support.clob import Wallet
from tests.support.http_door import Door, http_door

from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.chain import ChainUnavailable
from outcry.runtime.clob.names import trade_named
from outcry.runtime.clob.trades import book_hash
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.profiles import PROXIES, SAFES
from outcry.services.api.config import ApiConfig
from outcry.services.api.signatures import wallet_of


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


async def market(door: Door) -> tuple[str, str]:
    """List a market on a grid of 0.01; returns its tokens."""
    event = await door.event(tick_size="0.01")
    found = event["markets"][0]
    return found["outcome_0_token_id"], found["outcome_1_token_id"]


@pytest.mark.parametrize("version", [1, 2])
async def test_an_order_rests_and_is_matched(door: Door, version: int) -> None:
    """Both generations rest as `live`; who meets them is `matched`, with amounts and a hash."""
    yes, no = await market(door)
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()
    resting = await ann.place(token_id=yes, price=0.4, size=10, side="BUY", version=version)
    assert resting == {
        "success": True, "errorMsg": "", "orderID": resting["orderID"], "takingAmount": "",
        "makingAmount": "", "status": "live", "transactionsHashes": [], "tradeIDs": [],
    }  # fmt: skip
    taken = await bob.place(token_id=no, price=0.62, size=4, side="BUY", version=version)
    assert (taken["status"], taken["takingAmount"], taken["makingAmount"]) == (
        "matched",
        "4",
        "2.4",
    )
    (trade,) = taken["tradeIDs"]
    part = trade_named(trade)
    assert part is not None
    assert taken["transactionsHashes"] == [book_hash(part)]
    sold = await bob.place(token_id=no, price=0.7, size=4, side="SELL", version=version)
    assert sold["status"] == "live"


async def test_the_same_order_counts_once(door: Door) -> None:
    """A repeat is answered with what the order has come to; other terms under its hash are not."""
    yes, _ = await market(door)
    ann = await Wallet(door, 1).fund()
    body = ann.signed(token_id=yes, price=0.4, size=10, side="BUY")
    first = await ann.told("POST", "/order", body)
    assert await ann.told("POST", "/order", body) == first
    other = await ann.refused("POST", "/order", body | {"postOnly": True})
    assert (other["error"], other["code"]) == (
        "order is invalid. Duplicated.", "INVALID_ORDER_DUPLICATED",
    )  # fmt: skip


async def test_market_orders_by_money_and_by_shares(door: Door) -> None:
    """A FAK buy spends money within the signed price, a FOK is filled whole or not at all."""
    yes, _ = await market(door)
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()
    row = await door.queries.user_by_address(bob.address)
    assert row is not None
    await door.post("/api/split", {"market_id": 1, "quantity": "50"}, await door_key(door, bob))
    await bob.place(token_id=yes, price=0.52, size=10, side="SELL")

    bought = await ann.place("FAK", token_id=yes, amount=2.6, price=0.52, side="BUY")
    assert (bought["status"], bought["takingAmount"], bought["makingAmount"]) == (
        "matched", "5", "2.6",
    )  # fmt: skip
    body = ann.signed("FOK", token_id=yes, amount=10, price=0.52, side="BUY")
    killed = await ann.refused("POST", "/order", body)
    assert killed["error"] == (
        "order couldn't be fully filled. FOK orders are fully filled or killed."
    )
    body = ann.signed("FAK", token_id=yes, amount=5, price=0.9, side="SELL")
    nobody = await ann.refused("POST", "/order", body)
    assert nobody["error"].startswith("no orders found to match with FAK order.")
    partly = await ann.place("FAK", token_id=yes, amount=10, price=0.52, side="BUY", version=1)
    assert (partly["status"], partly["takingAmount"]) == ("matched", "5")


async def door_key(door: Door, who: Wallet) -> dict[str, str]:
    """Return headers of `/api` for the user of a wallet."""
    row = await door.queries.user_by_address(who.address)
    assert row is not None
    body = {"user_id": row.user_id, "scopes": ["read", "trade"], "label": "test"}
    made = await door.post("/api/admin/keys", body, door.as_admin())
    return {"x-api-key": made["api_key"]}


@pytest.mark.parametrize(("version", "kind"), [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)])
async def test_wallets_of_every_kind_trade(door: Door, version: int, kind: int) -> None:
    """A proxy, a safe and a contract trade for the account of the address that made the key."""
    yes, _ = await market(door)
    ann = await Wallet(door, 1).fund()
    owner = bytes.fromhex(ann.address[2:])
    factory = PROXIES if kind == 1 else SAFES
    funder = "0x" + ("ab" * 20 if kind == 3 else wallet_of(owner, kind, factory).hex())
    args: dict[str, Any] = {"token_id": yes, "price": 0.4, "size": 10, "side": "BUY"}
    placed = await ann.place(**args, kind=kind, funder=funder, version=version)
    assert placed["status"] == "live"


async def test_an_expiry_needs_gtd_and_time(door: Door) -> None:
    """GTD orders end later than the margin; nothing else has an end."""
    yes, _ = await market(door)
    ann, now = await Wallet(door, 1).fund(), int(time.time())
    args: dict[str, Any] = {"token_id": yes, "price": 0.4, "size": 10, "side": "BUY"}
    assert (await ann.place("GTD", **args, expiration=now + 3_600))["status"] == "live"
    for order_type, expiration in (("GTD", now + 30), ("GTD", 0), ("GTC", now + 3_600)):
        body = ann.signed(order_type, **args, expiration=expiration)
        assert (await ann.refused("POST", "/order", body))["error"] == "invalid expiration"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"order": {"makerAmount": "4100000"}}, "invalid signature"),
        ({"order": {"signature": "0x" + "11" * 65}}, "invalid signature"),
        ({"order": {"nonce": "1"}}, "invalid nonce"),
        ({"order": {"feeRateBps": "7"}}, "invalid fee rate"),
        ({"order": {"tokenId": "5"}}, "No orderbook exists"),
        ({"order": {"side": "HOLD"}}, "The side must be"),
        ({"order": {"maker": "0x12"}}, "A field has a value of the wrong form"),
        ({"owner": "00000000-0000-8000-8000-000000000000"}, "order owner has to be"),
        ({"orderType": "IOC"}, "The time in force must be"),
    ],
)
async def test_what_is_wrong_is_said(door: Door, change: dict[str, Any], error: str) -> None:
    """Each check has its sentence, and what was got and expected beside it; nothing is held."""
    yes, _ = await market(door)
    ann = await Wallet(door, 1).fund()
    body = ann.signed(token_id=yes, price=0.4, size=10, side="BUY", version=1)
    changed = body | change | {"order": body["order"] | change.get("order", {})}
    told = await ann.refused("POST", "/order", changed)
    assert told["error"].startswith(error), told
    assert told["reject"]
    assert (await ann.ask("DELETE", "/cancel-all")).json() == {"canceled": [], "not_canceled": {}}


async def test_the_ledger_refuses_in_the_words_of_clients(door: Door) -> None:
    """Too little money, a price off the grid, a crossing post-only order, a paused market."""
    yes, no = await market(door)
    ann = await Wallet(door, 1).fund("10")
    args: dict[str, Any] = {"token_id": yes, "side": "BUY"}
    poor = await ann.refused("POST", "/order", ann.signed(**args, price=0.5, size=100))
    assert poor["error"].startswith("not enough balance / allowance: 10.000000, at least 50")
    fine = ann.signed(**args, price=0.005, size=10, tick_size="0.001")
    assert (await ann.refused("POST", "/order", fine))["code"] == "INVALID_ORDER_MIN_TICK_SIZE"
    await ann.place(**args, price=0.4, size=5)
    body = ann.signed(token_id=no, side="BUY", price=0.6, size=5, post_only=True)
    other = await Wallet(door, 2).fund()
    body = other.signed(token_id=no, side="BUY", price=0.6, size=5, post_only=True)
    crossing = await other.refused("POST", "/order", body)
    assert crossing["error"] == "invalid post-only order: order crosses book"
    body = other.signed(token_id=no, side="BUY", price=0.6, size=5)
    await door.post("/api/admin/markets/1/pause", {}, door.as_admin())
    paused = await other.refused("POST", "/order", body)
    assert paused["error"] == "the market is not yet ready to process new orders"


async def test_orders_of_other_chains_and_other_users_are_refused(door: Door) -> None:
    """An order for another chain is named, and nobody sends an order of somebody else."""
    yes, _ = await market(door)
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()
    there = Wallet(door, 1, chain_id=137, creds=ann.creds)
    body = there.signed(token_id=yes, price=0.4, size=10, side="BUY")
    assert (await ann.refused("POST", "/order", body))["got"] == "one for chain 137"
    body = ann.signed(token_id=yes, price=0.4, size=10, side="BUY")
    assert bob.creds is not None
    stolen = body | {"owner": bob.creds.api_key}
    assert (await bob.refused("POST", "/order", stolen))["got"].startswith("signer")


async def test_a_batch_answers_each_order(door: Door) -> None:
    """One bad order does not spoil the others; more than fifteen are too many."""
    yes, _ = await market(door)
    ann = await Wallet(door, 1).fund()
    good = [ann.signed(token_id=yes, price=0.1, size=size, side="BUY") for size in (5, 6)]
    bad = good[0] | {"orderType": "NEVER"}
    results = await ann.told("POST", "/orders", [good[0], bad, good[1], {}])
    assert [item["success"] for item in results] == [True, False, True, False]
    assert [item["status"] for item in results] == ["live", "", "live", ""]
    assert results[1]["errorMsg"].startswith("The time in force must be")
    assert (await ann.refused("POST", "/orders", good * 8))["name"] == "BATCH_TOO_LARGE"


async def test_an_order_may_be_deferred(door: Door) -> None:
    """Who does not wait for the book is told so: `delayed`, and the order is durable."""
    yes, _ = await market(door)
    ann = await Wallet(door, 1).fund()
    placed = await ann.place(token_id=yes, price=0.4, size=10, side="BUY", defer_exec=True)
    assert placed["status"] == "delayed"


async def test_cancels(door: Door) -> None:
    """By hash, by several, by token, by market and all; what is gone is said to be."""
    yes, no = await market(door)
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()

    async def rest(token: str) -> str:
        placed = await ann.place(token_id=token, price=0.1, size=10, side="BUY")
        return str(placed["orderID"])

    one = await rest(yes)
    foreign = await bob.told("DELETE", "/order", {"orderID": one})
    assert list(foreign["not_canceled"]) == [one]
    done = await ann.told("DELETE", "/order", {"orderID": one})
    assert done == {"canceled": [one], "not_canceled": {}}
    again = await ann.told("DELETE", "/order", {"orderID": one})
    assert list(again["not_canceled"]) == [one]

    pair = [await rest(yes), await rest(no)]
    some = await ann.told("DELETE", "/orders", [*pair, "0x12"])
    assert (some["canceled"], list(some["not_canceled"])) == (pair, ["0x12"])

    pair = [await rest(yes), await rest(no)]
    asked = {"market": "", "asset_id": no}
    assert (await ann.told("DELETE", "/cancel-market-orders", asked))["canceled"] == [pair[1]]
    condition = (await door.client.get(f"/markets-by-token/{yes}")).json()["condition_id"]
    asked = {"market": condition, "asset_id": ""}
    assert (await ann.told("DELETE", "/cancel-market-orders", asked))["canceled"] == [pair[0]]
    assert (await ann.refused("DELETE", "/cancel-market-orders", {}))["name"] == "FIELD_MISSING"

    pair = [await rest(yes), await rest(no)]
    assert set((await ann.told("DELETE", "/cancel-all"))["canceled"]) == set(pair)


async def test_bodies_that_are_no_orders(door: Door) -> None:
    """Malformed, empty and oversized bodies are refused before anything is looked up."""
    ann = await Wallet(door, 1).log_in()
    for text in ("{", "[]", "", '{"order": 5}', "null"):
        headers = ann.headers("POST", "/order", text)
        answer = await door.client.post("/order", headers=headers, content=text)
        assert answer.status_code == 400, text
        assert isinstance(answer.json()["error"], str)
    text = '{"order": "' + "x" * 1_100_000 + '"}'
    headers = ann.headers("POST", "/order", text)
    assert (await door.client.post("/order", headers=headers, content=text)).status_code == 413


async def test_the_hot_route_answers_what_the_framework_answers(door: Door) -> None:
    """Good, refused, malformed and unauthorised orders: status, headers and body are the same."""
    yes, _ = await market(door)
    ann = await Wallet(door, 1).fund()
    good = ann.signed(token_id=yes, price=0.4, size=10, side="BUY")
    await ann.told("POST", "/order", good)
    text = json.dumps(good, separators=(",", ":"))
    for content, headers in (
        (text, ann.headers("POST", "/order", text)),
        ("{}", ann.headers("POST", "/order", "{}")),
        (text, ann.headers("POST", "/orders", text)),
        (text, {}),
        (text, ann.headers("POST", "/order", text, timestamp=1)),
    ):
        # A query, which is not signed, leaves a request to the framework.
        hot, slow = [
            await door.client.post(path, content=content, headers=headers)
            for path in ("/order", "/order?a=1")
        ]
        assert (hot.status_code, hot.json()) == (slow.status_code, slow.json()), content
        apart = ("x-request-id", "content-length")
        seen = [
            {
                name: value
                for name, value in answer.headers.items()
                if name not in apart and not name.endswith(("remaining", "reset"))
            }
            for answer in (hot, slow)
        ]
        assert seen[0] == seen[1], content


class Says:
    """Wallets that all say the same, or a chain that cannot be asked."""

    def __init__(self, *, accepts: bool | None) -> None:
        self._accepts = accepts
        self.asked: list[bytes] = []

    async def accepts(self, wallet: bytes, digest: bytes, signature: bytes) -> bool:
        """Return what all of them say."""
        assert (len(digest), len(signature)) == (32, 317)
        self.asked.append(wallet)
        if self._accepts is None:
            raise ChainUnavailable("nobody is there")
        return self._accepts

    async def names(self, wallet: bytes, key: bytes) -> bool:
        """Nobody asks where no contract settles."""
        raise AssertionError((wallet, key))

    async def of(self, key: bytes) -> list[bytes]:
        """Nobody asks there either."""
        raise AssertionError(key)


@pytest.mark.parametrize(
    ("says", "error"), [(True, ""), (False, "invalid signature"), (None, "A part of the exchange")]
)
async def test_a_wallet_on_a_chain_has_the_last_word(says: bool | None, error: str) -> None:
    """Where a chain is configured the contract is asked; nobody else is."""
    wallets = Says(accepts=says)
    async with http_door(wallets=wallets) as door:
        yes, _ = await market(door)
        ann = await Wallet(door, 1).fund()
        args: dict[str, Any] = {"token_id": yes, "price": 0.4, "size": 10, "side": "BUY"}
        await ann.place(**args)
        assert wallets.asked == []
        body = ann.signed(**args, kind=3, funder="0x" + "ab" * 20)
        answer = await ann.ask("POST", "/order", body)
        assert wallets.asked == [b"\xab" * 20]
        assert answer.json().get("error", "").startswith(error), answer.text


async def test_escrow_is_that_of_the_address() -> None:
    """Where contracts settle, no wallet trades for the user that nobody could ask."""
    async with http_door(ApiConfig(clob=ClobConfig(escrow=True))) as door:
        yes, _ = await market(door)
        ann = await Wallet(door, 1).fund()
        args: dict[str, Any] = {"token_id": yes, "price": 0.4, "size": 10, "side": "BUY"}
        assert (await ann.place(**args))["status"] == "live"
        body = ann.signed(**args, kind=3, funder="0x" + "ab" * 20)
        refused = await ann.refused("POST", "/order", body)
        assert refused["expected"] == "a node of the chain to ask the wallet: clob.rpc_url"


class Gone:
    """A ledger that cannot be reached."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*_: object, **__: object) -> None:
            raise AssetUnavailable("nobody is there")

        return fail


async def test_a_ledger_that_is_gone_is_said_to_be() -> None:
    """425 tells clients to repeat what they asked, as it is."""
    async with http_door(ledger=cast("Asset", Gone())) as door:
        ann = Wallet(door, 1)
        answer = await door.client.post("/auth/api-key", headers=ann.login_headers())
        assert (answer.status_code, answer.json()["name"]) == (425, "UNAVAILABLE")
