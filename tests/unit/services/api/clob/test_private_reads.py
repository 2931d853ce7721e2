"""What holders of keys read: their orders, trades, balances, notifications; nobody else's."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.clob import Wallet
from tests.support.http_door import Door, http_door
from tests.unit.services.api.clob.test_orders import door_key, market

from outcry.domain.ledger.pending import Outcome
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.messages.requests import CreateUserOp
from outcry.messages.settlement_status import SettlementStage
from outcry.messages.settlements import SettlementRequest, unpack_requests
from outcry.messages.streams import SETTLEMENT_REQUESTS
from outcry.ports.transactions import Transaction
from outcry.runtime.clob.names import trade_named
from outcry.services.api.clob import dealings, heartbeats, notifications, trade_hashes
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.profiles import PROXIES
from outcry.services.api.config import ApiConfig
from outcry.services.api.signatures import wallet_of
from outcry.services.onchain.news import News
from outcry.services.onchain.parts import Part


END = "LTE="


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


async def traded(door: Door) -> tuple[Wallet, Wallet, str, Any]:
    """Let bob take 4 of ann's 10; returns both, the token and bob's answer."""
    yes, no = await market(door)
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()
    await ann.place(token_id=yes, price=0.4, size=10, side="BUY")
    taken = await bob.place(token_id=no, price=0.6, size=4, side="BUY")
    return ann, bob, yes, taken


async def test_open_orders_and_one_order(door: Door) -> None:
    """An order is found by its hash as long as it exists, and listed as long as it rests."""
    ann, bob, yes, taken = await traded(door)
    page = await ann.told("GET", "/data/orders", next_cursor="MA==")
    (order,) = page["data"]
    assert (page["next_cursor"], page["count"]) == (END, 1)
    assert ann.creds is not None
    assert order | {"created_at": 0} == {
        "id": order["id"], "status": "LIVE", "owner": ann.creds.api_key,
        "maker_address": ann.address.lower(), "market": order["market"], "asset_id": yes,
        "side": "BUY", "original_size": "10", "size_matched": "4", "price": "0.4",
        "associate_trades": taken["tradeIDs"], "outcome": "Yes", "created_at": 0,
        "expiration": "0", "order_type": "GTC",
    }  # fmt: skip
    assert await ann.told("GET", f"/data/order/{order['id']}") == order
    for query in ({"id": order["id"]}, {"market": order["market"]}, {"asset_id": yes}):
        assert (await ann.told("GET", "/data/orders", **query))["data"] == [order]
    await ann.told("DELETE", "/order", {"orderID": order["id"]})
    assert (await ann.told("GET", "/data/orders"))["data"] == []
    assert (await ann.told("GET", f"/data/order/{order['id']}"))["status"] == "CANCELED"

    theirs = await bob.told("GET", "/data/orders", id=order["id"])
    assert theirs["data"] == []
    assert (await bob.refused("GET", f"/data/order/{order['id']}"))["name"] == "ORDER_UNKNOWN"


async def test_pages_of_open_orders(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients follow the cursor until it says the end; every order comes once."""
    monkeypatch.setattr(dealings, "PAGE_COUNT", 2)
    yes, _ = await market(door)
    ann = await Wallet(door, 1).fund()
    made = [
        (await ann.place(token_id=yes, price=0.1, size=5 + number, side="BUY"))["orderID"]
        for number in range(5)
    ]
    found, cursor = list[str](), "MA=="
    while cursor != END:
        page = await ann.told("GET", "/data/orders", next_cursor=cursor)
        found += [order["id"] for order in page["data"]]
        cursor = page["next_cursor"]
    assert found == made[::-1]
    assert (await ann.refused("GET", "/data/orders", next_cursor="?"))["name"] == "FIELD_INVALID"
    assert (await ann.told("GET", "/data/pre-migration-orders"))["next_cursor"] == END


async def test_an_order_of_another_door_has_a_name_too(door: Door) -> None:
    """What was placed through `/api` is listed, found and cancelled by its number."""
    yes, _ = await market(door)
    ann = await Wallet(door, 1).fund()
    body = {
        "event_id": 1, "market_id": 1, "token_id": yes, "side": "buy", "order_type": "limit",
        "price": "0.3", "quantity": "7",
    }  # fmt: skip
    await door.post("/api/place_order", body, await door_key(door, ann))
    await door.settled()
    (order,) = (await ann.told("GET", "/data/orders"))["data"]
    assert len(order["id"]) == 66
    assert (await ann.told("GET", f"/data/order/{order['id']}"))["price"] == "0.3"
    done = await ann.told("DELETE", "/order", {"orderID": order["id"]})
    assert done["canceled"] == [order["id"]]


async def test_trades_of_taker_and_maker(door: Door) -> None:
    """Both see the trade from its taker's side; who the other one is, is not said."""
    ann, bob, yes, taken = await traded(door)
    (trade,) = taken["tradeIDs"]
    await door.settled()
    (his,) = (await bob.told("GET", "/data/trades", id=trade))["data"]
    assert bob.creds is not None
    assert ann.creds is not None
    assert (his["trader_side"], his["side"], his["size"], his["price"]) == (
        "TAKER", "BUY", "4", "0.6",
    )  # fmt: skip
    assert (his["status"], his["transaction_hash"]) == ("CONFIRMED", taken["transactionsHashes"][0])
    assert (his["owner"], his["taker_order_id"]) == (bob.creds.api_key, taken["orderID"])
    assert [maker["owner"] for maker in his["maker_orders"]] == [""]
    assert ann.address.lower() not in str(his).lower()

    (hers,) = (await ann.told("GET", "/data/trades"))["data"]
    (maker,) = hers["maker_orders"]
    assert (hers["trader_side"], hers["owner"]) == ("MAKER", "")
    assert (maker["owner"], maker["matched_amount"], maker["price"], maker["asset_id"]) == (
        ann.creds.api_key, "4", "0.4", yes,
    )  # fmt: skip
    assert bob.address.lower() not in str(hers).lower()
    assert bob.creds.api_key not in str(hers)


async def test_trades_are_filtered(door: Door) -> None:
    """By market, token, time, address and cursor; what fits nothing is an empty page."""
    ann, _, yes, taken = await traded(door)
    await door.settled()

    async def count(**query: str) -> int:
        page = await ann.told("GET", "/data/trades", **query)
        assert page["next_cursor"] == END
        return len(page["data"])

    assert await count(asset_id=yes) == 1
    assert await count(maker_address=ann.address) == 1
    proxy = wallet_of(bytes.fromhex(ann.address[2:]), 1, PROXIES)
    assert await count(maker_address="0x" + proxy.hex()) == 1
    assert await count(maker_address="0x" + "11" * 20) == 0
    assert await count(id="12345") == 0
    assert await count(id="no number") == 0
    assert await count(before="1", after="0") == 0
    assert await count(after="1", before="") == 1
    assert await count(next_cursor=END) == 0
    assert taken["tradeIDs"]


async def test_balances_and_allowances(door: Door) -> None:
    """Atomic units of collateral and tokens, orders' holds included; contracts may take all."""
    ann, bob, yes, _ = await traded(door)
    await door.settled()
    money = await bob.told("GET", "/balance-allowance", asset_type="COLLATERAL", signature_type=0)
    assert money["balance"] == "97600000"
    assert set(money["allowances"].values()) == {str(2**256 - 1)}
    token = {"asset_type": "CONDITIONAL", "token_id": yes}
    assert (await ann.told("GET", "/balance-allowance", **token))["balance"] == "4000000"
    assert (await ann.told("GET", "/balance-allowance/update", **token))["balance"] == "4000000"
    assert (await bob.told("GET", "/balance-allowance", **token))["balance"] == "0"
    assert (await ann.refused("GET", "/balance-allowance", asset_type="GOLD"))["error"]


async def test_notifications_until_they_are_dropped(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fills, cancels and resolutions are told with ids that stay, and no more once dropped."""
    # The clock of this exchange stands years ago.
    monkeypatch.setattr(notifications, "KEPT_SECONDS", time.time())
    ann, _, _, taken = await traded(door)
    await ann.told("DELETE", "/cancel-all")
    await door.post("/api/admin/markets/1/close", {}, door.as_admin())
    await door.post("/api/admin/markets/1/resolve", {"winner": "Yes"}, door.as_admin())
    await door.settled()
    told = await ann.told("GET", "/notifications", signature_type=0)
    assert sorted(one["type"] for one in told) == [1, 2, 4]
    fill = next(one for one in told if one["type"] == 2)
    assert fill["payload"]["trade_id"] == taken["tradeIDs"][0]
    assert await ann.told("GET", "/notifications") == told
    ids = ",".join(str(one["id"]) for one in told[:2])
    assert (await ann.ask("DELETE", "/notifications", ids=ids)).text == "OK"
    assert await ann.told("GET", "/notifications") == told[2:]


async def test_who_falls_silent_has_no_orders(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first heartbeat arms, the right id keeps alive, a wrong one is told the right one."""
    yes, _ = await market(door)
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()
    for who in (ann, bob):
        await who.place(token_id=yes, price=0.1, size=10, side="BUY")
    first = await ann.told("POST", "/v1/heartbeats", {"heartbeat_id": None})
    assert await ann.told("POST", "/v1/heartbeats", first) == first
    wrong = await ann.ask("POST", "/v1/heartbeats", {"heartbeat_id": "mine"})
    assert (wrong.status_code, wrong.json()["error_msg"]) == (400, "Invalid Heartbeat ID")
    assert wrong.json()["heartbeat_id"] == first["heartbeat_id"]

    parts = door.api.clob
    assert parts is not None
    await parts.private.heartbeats.look()
    await door.settled()
    assert len((await ann.told("GET", "/data/orders"))["data"]) == 1
    monkeypatch.setattr(heartbeats, "SILENCE_SECONDS", 0.0)
    await ann.told("POST", "/v1/heartbeats", first)
    await parts.private.heartbeats.look()
    await door.settled()
    assert (await ann.told("DELETE", "/cancel-all"))["canceled"] == []
    await door.settled()
    assert (await ann.told("GET", "/data/orders"))["data"] == []
    assert len((await bob.told("GET", "/data/orders"))["data"]) == 1


async def test_there_are_no_rewards(door: Door) -> None:
    """Pages about rewards and builders are empty, and say so where a client asks yes or no."""
    ann = await Wallet(door, 1).log_in()
    day = {"date": "2026-01-01", "signature_type": "0", "next_cursor": "MA=="}
    for path in ("/rewards/user", "/rewards/user/markets"):
        assert (await ann.told("GET", path, **day))["next_cursor"] == END
    assert await ann.told("GET", "/rewards/user/total", **day) == []
    assert await ann.told("GET", "/rewards/user/percentages") == {}
    assert await ann.told("GET", "/order-scoring", order_id="0x1") == {"scoring": False}
    assert await ann.told("POST", "/orders-scoring", ["0x1"]) == {"0x1": False}
    code = {"builder_code": "0x" + "11" * 32}
    assert (await door.client.get("/builder/trades", params=code)).json()["data"] == []
    assert (await door.client.get("/builder/trades")).status_code == 400


class Named:
    """A chain on which wallets have named whoever asks, or none has."""

    def __init__(self) -> None:
        self.wallets = list[bytes]()

    async def accepts(self, wallet: bytes, digest: bytes, signature: bytes) -> bool:
        """Nobody asks where contracts settle."""
        raise AssertionError((wallet, digest, signature))

    async def of(self, key: bytes) -> list[bytes]:
        """Return the wallets."""
        assert len(key) == 20
        return self.wallets

    async def names(self, wallet: bytes, key: bytes) -> bool:
        """Return whether it is one of the wallets."""
        assert len(key) == 20
        return wallet in self.wallets


async def test_the_balance_of_a_wallet_is_there_before_its_first_order() -> None:
    """Of the one wallet that named the key what its escrow has; of none, or several, nothing."""
    wallets = Named()
    config = ApiConfig(clob=ClobConfig(escrow=True))
    async with http_door(config, wallets=wallets) as door:
        ann, address = await Wallet(door, 1).fund(), "0x" + "ab" * 20
        asked = {"asset_type": "COLLATERAL", "signature_type": "3"}
        nothing = await ann.told("GET", "/balance-allowance", **asked)
        assert (nothing["balance"], set(nothing["allowances"].values())) == ("0", {"0"})
        await door.venue.fund(CreateUserOp(0, f"eth:{address}", address, ""))
        await door.user(f"eth:{address}", "70")
        wallets.wallets = [bytes.fromhex(address[2:])]
        await door.settled()
        there = await ann.told("GET", "/balance-allowance", **asked)
        assert (there["balance"], int(there["allowance"])) == ("70000000", 2**256 - 1)
        own = await ann.told("GET", "/balance-allowance", asset_type="COLLATERAL")
        assert own["balance"] not in ("0", there["balance"])
        # Anybody may name anybody's key: nobody chooses what others see of theirs.
        other, own_one = b"\xcd" * 20, wallets.wallets[0]
        for several in ([other, own_one], [own_one, other]):
            wallets.wallets = several
            assert await ann.told("GET", "/balance-allowance", **asked) == nothing


async def test_a_trade_on_a_chain_is_where_the_chain_says(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told that it matched before its pre-flight; then confirmed, or failed with why."""
    monkeypatch.setattr(trade_hashes, "HASH_WAIT_MS", 20)
    monkeypatch.setattr(notifications, "KEPT_SECONDS", 10**9)
    event = await door.event(tick_size="0.01", settlement="chain")
    yes, no = (event["markets"][0][f"outcome_{side}_token_id"] for side in (0, 1))
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()
    for confirmed, tx_hash, reason in ((True, "0xaa", ""), (False, "0xbb", "no allowance")):
        await ann.place(token_id=yes, price=0.4, size=10, side="BUY")
        taken = await bob.place(token_id=no, price=0.6, size=10, side="BUY")
        said = taken["status"], taken["takingAmount"], taken["transactionsHashes"]
        assert said == ("delayed", "", [])
        (trade,) = taken["tradeIDs"]
        (pending,) = (await bob.told("GET", "/data/trades", id=trade))["data"]
        assert (pending["status"], pending["transaction_hash"]) == ("MATCHED_NOT_BROADCASTED", "")
        before = await public(door, yes, bob)
        part = trade_named(trade)
        assert part is not None
        outcome = Outcome.CONFIRMED if confirmed else Outcome.FAILED
        verdict = ChainVerdict(part.trade_id, 0, outcome, tx_hash, reason)
        await door.venue.fund(ChainReportOp(0, [verdict]))
        await door.settled()
        for who in (ann, bob):
            (final,) = (await who.told("GET", "/data/trades", id=trade))["data"]
            assert final["transaction_hash"] == tx_hash
            assert (final["status"], final["err_msg"]) == (
                "CONFIRMED" if confirmed else "FAILED", reason,
            )  # fmt: skip
        after = await public(door, yes, bob)
        # What failed is told to its own sides alone.
        assert after[0] == ("0.4", 1)
        assert before[0] == (("0.5", 0) if confirmed else ("0.4", 1))
        assert (before[1], after[1]) == (([], [2]) if confirmed else ([2], [2, 8]))


async def public(door: Door, token: str, who: Wallet) -> tuple[tuple[str, int], list[int]]:
    """Return last price and number of public trades, and the types of *who*'s notifications."""
    last = (await door.client.get("/last-trade-price", params={"token_id": token})).json()
    found = (await door.client.get("/markets-by-token/" + token)).json()
    shown = (await door.client.get("/live-activity/events/" + found["condition_id"])).json()
    told = await who.told("GET", "/notifications")
    return (last["price"], len(shown)), sorted(one["type"] for one in told)


async def test_a_trade_on_a_chain_names_its_transaction_once_it_is_signed(door: Door) -> None:
    """The answer to an order waits for the hash of its transaction; reads tell the newest one."""
    event = await door.event(tick_size="0.01", settlement="chain")
    yes, no = (event["markets"][0][f"outcome_{side}_token_id"] for side in (0, 1))
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()
    await ann.place(token_id=yes, price=0.4, size=10, side="BUY")
    news = News(door.venue.bus)
    body = bob.signed(token_id=no, price=0.6, size=10, side="BUY")
    placing = asyncio.create_task(bob.told("POST", "/order", body))
    request = await _first_request(door)
    part = Part(request, 1, [0], Transaction(request.trade_id, (0,), 0, "0xaa", b""))
    news.note(part, SettlementStage.SENT)
    await news.tell()
    taken = await placing
    assert (taken["status"], taken["transactionsHashes"]) == ("matched", ["0xaa"])
    await door.settled()
    again = await bob.told("POST", "/order", body)
    assert (again["status"], again["takingAmount"], again["tradeIDs"]) == ("matched", "10", [])
    part.transaction = Transaction(request.trade_id, (0,), 0, "0xbb", b"")
    for stage, status in (
        (SettlementStage.RETRYING, "RETRYING"),
        (SettlementStage.SENT, "MATCHED"),
        (SettlementStage.MINED, "MINED"),
    ):
        news.note(part, stage)
        await news.tell()
        await asyncio.sleep(0)
        (told,) = (await bob.told("GET", "/data/trades", id=taken["tradeIDs"][0]))["data"]
        assert (told["status"], told["transaction_hash"]) == (status, "0xbb")


async def _first_request(door: Door) -> SettlementRequest:
    """Return what the exchange first asks a chain to settle."""
    while True:
        found = await door.venue.bus.read(
            SETTLEMENT_REQUESTS, 0, count_max=1, wait_ms=1_000,
            generation=await door.venue.bus.generation(),
        )  # fmt: skip
        for entry in found:
            for request in unpack_requests(entry.body):
                return request
