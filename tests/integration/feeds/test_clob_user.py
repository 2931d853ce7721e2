"""``/ws/user`` on a real socket over a whole exchange, as clients of CLOBs use it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec import json
from tests.support.clob import Wallet
from tests.support.feeds import FeedClient, Feeds, Json, feeds
from tests.support.http_asking import limit

from outcry.domain.market import SettlementMode
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.messages.settlement_status import (
    SettlementStage,
    SettlementStatus,
    StagedFill,
    pack_statuses,
)
from outcry.messages.streams import SETTLEMENT_STATUS
from outcry.runtime.clob.names import TradePart, trade_name, trade_named
from outcry.runtime.clob.trades import book_hash
from outcry.runtime.ws_session import CloseCode
from outcry.services.websocket_user.config import UserFeedConfig


DIGEST = "ab" * 32


class Trader:
    """A wallet that has a key and money."""

    def __init__(self, running: Feeds, wallet: Wallet) -> None:
        self.running = running
        self.wallet = wallet
        self.name = f"eth:{wallet.address.lower()}"
        self.user_id = 0

    @property
    def creds(self) -> Any:
        """What the wallet was given."""
        assert self.wallet.creds is not None
        return self.wallet.creds

    def auth(self, **changed: str) -> Json:
        """Return the first frame's credentials."""
        good = {
            "apiKey": self.creds.api_key,
            "secret": self.creds.api_secret,
            "passphrase": self.creds.api_passphrase,
        }
        return {**good, **changed}

    async def place(
        self, outcome: int, side: str, price: str, size: str, event_id: int = 1, **more: Any
    ) -> Json:
        """Place an order; returns the answer."""
        door = self.running.door
        event = await door.get("/api/event_detail", event_id=event_id)
        body = {**limit(event, outcome, side, price, size), **more}
        placed: Json = await door.post("/api/place_order", body, door.as_user(self.name))
        return placed

    async def cancel(self, order_id: int) -> None:
        """Cancel an order."""
        door = self.running.door
        body = {"order_id": order_id, "wait": "result"}
        await door.post("/api/cancel_order", body, door.as_user(self.name))

    @asynccontextmanager
    async def listening(self, *markets: str, **changed: str) -> AsyncIterator[FeedClient]:
        """Connect and log in; a ping is answered when that is done."""
        async with self.running.client("/ws/user") as client:
            more = {"markets": list(markets)} if markets else {}
            await client.say(type="user", auth=self.auth(**changed), **more)
            await client.socket.send("PING")
            assert await client.socket.recv() == "PONG"
            yield client


async def trader(running: Feeds, number: int) -> Trader:
    """Return a wallet with a key and money."""
    made = Trader(running, await Wallet(running.door, number).log_in())
    await running.door.settled()
    made.user_id = await running.door.user(made.name, "1000")
    return made


@pytest.fixture
async def running() -> AsyncIterator[Feeds]:
    """Give an exchange with an event and its feeds."""
    async with feeds() as made:
        await made.door.event(tick_size="0.01")
        yield made


async def tokens_of(running: Feeds) -> tuple[str, str]:
    """Return both tokens of the first market."""
    event = await running.door.get("/api/event_detail", event_id=1)
    (market,) = event["markets"]
    return market["outcome_0_token_id"], market["outcome_1_token_id"]


async def test_an_order_from_placement_to_cancellation(running: Feeds) -> None:
    """Placed, partly filled, cancelled: each with what it stands at, named by its digest."""
    yes, _ = await tokens_of(running)
    ann, bob = await trader(running, 1), await trader(running, 2)
    async with ann.listening() as client:
        placed = await ann.place(0, "buy", "0.40", "10", client_order_id=DIGEST)
        order = await client.hear()
        assert (order["event_type"], order["type"], order["status"]) == (
            "order", "PLACEMENT", "LIVE",
        )  # fmt: skip
        assert (order["id"], order["asset_id"], order["side"]) == (f"0x{DIGEST}", yes, "BUY")
        assert (order["price"], order["original_size"], order["size_matched"]) == ("0.4", "10", "0")
        assert (order["outcome"], order["order_type"], order["expiration"]) == ("Yes", "GTC", "0")
        assert order["owner"] == order["order_owner"] == ann.creds.api_key
        assert order["maker_address"] == ann.wallet.address.lower()

        await bob.place(1, "buy", "0.60", "4")
        update = (await client.hear_until(type="UPDATE"))[-1]
        assert (update["size_matched"], update["status"]) == ("4", "LIVE")
        (trade,) = update["associate_trades"]
        assert (await client.hear_until(event_type="trade"))[-1]["id"] == trade

        await ann.cancel(placed["order_id"])
        ended = (await client.hear_until(type="CANCELLATION"))[-1]
        assert (ended["status"], ended["size_matched"]) == ("CANCELED", "4")


async def test_a_trade_is_told_to_both_sides(running: Feeds) -> None:
    """Taker and maker hear of the same trade from the taker's side, each with their own key."""
    yes, no = await tokens_of(running)
    ann, bob = await trader(running, 1), await trader(running, 2)
    await ann.place(0, "buy", "0.40", "10", client_order_id=DIGEST)
    await ann.place(0, "buy", "0.39", "10")
    async with ann.listening() as maker, bob.listening() as taker:
        await bob.place(1, "buy", "0.61", "14")
        own = (await taker.hear_until(event_type="trade"))[-1]
        theirs = (await maker.hear_until(event_type="trade"))[-1]
        assert own["id"] == theirs["id"]
        assert (own["trader_side"], theirs["trader_side"]) == ("TAKER", "MAKER")
        for trade in (own, theirs):
            assert (trade["asset_id"], trade["side"], trade["size"]) == (no, "BUY", "14")
            assert (trade["price"], trade["status"]) == ("0.602857", "MATCHED")
            assert trade["maker_address"] == bob.wallet.address.lower()
            first, second = trade["maker_orders"]
            assert (first["order_id"], first["matched_amount"], first["price"]) == (
                f"0x{DIGEST}", "10", "0.4",
            )  # fmt: skip
            assert (first["asset_id"], first["outcome"], first["side"]) == (yes, "Yes", "BUY")
            assert (second["matched_amount"], second["price"]) == ("4", "0.39")
        assert theirs["owner"] == theirs["maker_orders"][0]["owner"] == ann.creds.api_key
        assert (own["owner"], own["maker_orders"][0]["owner"]) == (bob.creds.api_key, "")
        final = (await taker.hear_until(event_type="trade"))[-1]
        assert (final["id"], final["status"]) == (own["id"], "CONFIRMED")
        part = trade_named(final["id"])
        assert part is not None
        assert final["transaction_hash"] == book_hash(part)


async def test_only_the_markets_that_are_asked_for(running: Feeds) -> None:
    """Conditions filter what is told, whatever their case, and may be changed later."""
    await running.door.event("snow")
    await running.door.settled()
    rain, snow = (await running.door.client.get("/gamma/markets")).json()
    ann = await trader(running, 1)
    async with ann.listening(snow["conditionId"].upper().replace("0X", "0x")) as client:
        await ann.place(0, "buy", "0.40", "10")
        await ann.place(0, "buy", "0.30", "10", event_id=2)
        assert (await client.hear())["market"] == snow["conditionId"]
        await client.say(operation="subscribe", markets=[rain["conditionId"]])
        await client.say(operation="unsubscribe", markets=[snow["conditionId"]])
        await client.socket.send("PING")
        assert await client.socket.recv() == "PONG"
        await ann.place(0, "buy", "0.31", "10", event_id=2)
        await ann.place(0, "buy", "0.41", "10")
        assert (await client.hear())["market"] == rain["conditionId"]


async def matched(running: Feeds, ann: Trader, bob: Trader, price: str = "0.40") -> int:
    """Let both trade ten shares in the market of a chain; returns the trade's number."""
    await ann.place(0, "buy", price, "10", event_id=2)
    await bob.place(1, "buy", "0.60", "10", event_id=2)
    await running.door.settled()
    found = (await running.door.get("/api/trades", market_id=2))["trades"]
    return int(found[0]["trade_id"])


async def staged(
    running: Feeds, trade_id: int, stage: SettlementStage, *traders: Trader
) -> None:  # fmt: skip
    """Say what the sender of transactions says."""
    venue = running.door.venue
    accounts = [venue.asset.ledger.users[one.user_id].account for one in traders]
    body = pack_statuses([
        SettlementStatus(trade_id, 2, stage, "0xaa", 7, [StagedFill(0, *accounts)])
    ])  # fmt: skip
    number = (await venue.bus.tail(SETTLEMENT_STATUS) or 0) + 1
    await venue.bus.append(SETTLEMENT_STATUS, number, number, body)


async def nothing_but(client: FeedClient, one: Trader) -> None:
    """Check that what is heard next is an order of now: whatever came before was not told."""
    await one.place(0, "buy", "0.07", "1")
    heard = await client.hear()
    assert (heard["event_type"], heard["price"]) == ("order", "0.07"), heard


async def test_what_a_chain_says_of_a_trade(running: Feeds) -> None:
    """Nothing before its pre-flight; then matched, mined, taken back, mined again, confirmed."""
    venue = running.door.venue
    await running.door.event("chain", settlement="chain")
    ann, bob = await trader(running, 1), await trader(running, 2)
    async with bob.listening() as client:
        for outcome, reason in ((1, ""), (0, "no allowance")):
            trade_id = await matched(running, ann, bob)
            await nothing_but(client, bob)
            await staged(running, trade_id, SettlementStage.SENT, bob, ann)
            order, trade = await client.hear(), await client.hear()
            assert (order["type"], order["status"]) == ("PLACEMENT", "MATCHED")
            assert (trade["status"], trade["transaction_hash"]) == ("MATCHED", "0xaa")
            assert order["associate_trades"] == [trade["id"]]
            for stage, status in (
                (SettlementStage.MINED, "MINED"),
                (SettlementStage.RETRYING, "RETRYING"),
            ):
                await staged(running, trade_id, stage, bob, ann)
                heard = (await client.hear_until(event_type="trade"))[-1]
                assert (heard["status"], heard["transaction_hash"]) == (status, "0xaa")
            verdict = ChainVerdict(trade_id, 0, outcome, "0xbb", reason)
            await venue.fund(ChainReportOp(0, [verdict]))
            said = [(await client.hear_until(event_type="trade"))[-1]]
            if outcome:
                said += [(await client.hear_until(event_type="trade"))[-1]]
            assert [one["status"] for one in said] == (
                ["MINED", "CONFIRMED"] if outcome else ["FAILED"]
            )
            assert (said[-1]["err_msg"], said[-1]["transaction_hash"]) == (reason, "0xbb")
            assert [one["matched_amount"] for one in said[-1]["maker_orders"]] == ["10"]


@pytest.mark.parametrize("confirmed", [True, False])
async def test_what_did_not_pass_is_never_told_as_matched(
    running: Feeds, confirmed: bool
) -> None:  # fmt: skip
    """A verdict frees what was held back: before it the order, and matched only if it settled."""
    venue = running.door.venue
    await running.door.event("chain", settlement="chain")
    ann, bob = await trader(running, 1), await trader(running, 2)
    async with ann.listening() as client:
        trade_id = await matched(running, ann, bob)
        placed = await client.hear()
        assert (placed["type"], placed["status"]) == ("PLACEMENT", "LIVE")
        await nothing_but(client, ann)
        await venue.fund(ChainReportOp(0, [ChainVerdict(trade_id, 0, confirmed, "0xbb", "")]))
        heard = await client.hear_until(status="CONFIRMED" if confirmed else "FAILED")
        orders = [one for one in heard if one["event_type"] == "order"]
        assert orders[0]["size_matched"] == "10"
        statuses = [one["status"] for one in heard if one["event_type"] == "trade"]
        assert statuses == (["MATCHED", "MINED", "CONFIRMED"] if confirmed else ["FAILED"])


async def test_an_orders_news_keep_their_order(running: Feeds) -> None:
    """A cancellation after a match that is held back comes behind it."""
    await running.door.event("chain", settlement="chain")
    ann, bob = await trader(running, 1), await trader(running, 2)
    resting = await ann.place(0, "buy", "0.40", "30", event_id=2)
    async with ann.listening() as client:
        trade_id = await matched(running, bob, bob, "0.01")
        await ann.cancel(resting["order_id"])
        await nothing_but(client, ann)
        await staged(running, trade_id, SettlementStage.SENT, bob, ann)
        heard = [await client.hear() for _ in range(3)]
        kinds = [one["type"] for one in heard]
        assert kinds == ["UPDATE", "CANCELLATION", "TRADE"], heard


async def test_what_is_heard_too_late_is_not_told(running: Feeds) -> None:
    """A stage that comes after the log has spoken does not take a trade back."""
    venue = running.door.venue
    await running.door.event("chain", settlement="chain")
    ann, bob = await trader(running, 1), await trader(running, 2)
    async with bob.listening() as client:
        trade_id = await matched(running, ann, bob)
        await venue.fund(ChainReportOp(0, [ChainVerdict(trade_id, 0, 1, "0xbb", "")]))
        await client.hear_until(event_type="trade", status="CONFIRMED")
        accounts = [venue.asset.ledger.users[one.user_id].account for one in (bob, ann)]
        fills = [StagedFill(0, *accounts)]
        late = SettlementStatus(trade_id, 2, SettlementStage.MINED, "0xbb", 7, fills)
        running.users.staged([late])
        await bob.place(1, "buy", "0.01", "1", event_id=2)
        assert (await client.hear())["event_type"] == "order"


async def test_a_trade_of_before_a_restart_is_read_from_the_tables(running: Feeds) -> None:
    """A verdict on a trade that nobody remembers still names its makers."""
    venue = running.door.venue
    await running.door.event("chain", settlement="chain")
    assert venue.asset.ledger.markets[2].settlement == SettlementMode.CHAIN
    ann, bob = await trader(running, 1), await trader(running, 2)
    await ann.place(0, "buy", "0.40", "10", event_id=2, client_order_id=DIGEST)
    placed = await bob.place(1, "buy", "0.60", "10", event_id=2)
    await running.door.settled()
    (trade,) = (await running.door.get("/api/trades", market_id=2))["trades"]
    async with ann.listening() as client:
        await venue.fund(ChainReportOp(0, [ChainVerdict(trade["trade_id"], 0, 1, "0xbb", "")]))
        told = (await client.hear_until(event_type="trade", status="CONFIRMED"))[-1]
    assert told["id"] == trade_name(TradePart(trade["trade_id"], 0))
    assert told["taker_order_id"] == f"0x{placed['order_id']:064x}"
    assert told["maker_orders"][0]["order_id"] == f"0x{DIGEST}"


async def test_an_order_that_came_to_nothing_was_never_there(running: Feeds) -> None:
    """A FOK that finds nobody is not told; a FAK that is partly filled is, as matched."""
    ann, bob = await trader(running, 1), await trader(running, 2)
    await ann.place(0, "buy", "0.40", "10")
    async with bob.listening() as client:
        body = await running.door.get("/api/event_detail", event_id=1)
        door = running.door
        for size, tif in (("99", "FOK"), ("12", "IOC")):
            order = {**limit(body, 1, "buy", "0.60", size), "time_in_force": tif}
            await door.client.post("/api/place_order", json=order, headers=door.as_user(bob.name))
        order = await client.hear()
        assert (order["type"], order["status"], order["order_type"], order["size_matched"]) == (
            "PLACEMENT", "MATCHED", "FAK", "10",
        )  # fmt: skip


@pytest.mark.parametrize("wrong", ["apiKey", "secret", "passphrase"])
async def test_wrong_credentials_end_the_connection(running: Feeds, wrong: str) -> None:
    """Each part of a key counts; the reason says so."""
    ann, bob = await trader(running, 1), await trader(running, 2)
    async with running.client("/ws/user") as client:
        changed = {wrong: bob.auth()[wrong]}
        await client.say(type="user", auth=ann.auth(**changed))
        code, reason = await client.ends()
    assert code == CloseCode.POLICY_VIOLATION
    assert "key" in reason.lower()


@pytest.mark.parametrize(
    "said",
    ["hello", "{}", '{"type": "user"}', '{"type": "market", "assets_ids": []}',
     '{"type": "user", "auth": {"apiKey": "x"}}'],
)  # fmt: skip
async def test_what_is_no_login_ends_the_connection(running: Feeds, said: str) -> None:
    """Bad input is closed as a broken rule, and the reason says what was expected."""
    async with running.client("/ws/user") as client:
        await client.socket.send(said)
        code, reason = await client.ends()
    assert (code, bool(reason)) == (CloseCode.POLICY_VIOLATION, True)


async def test_a_revoked_key_ends_its_open_connections(running: Feeds) -> None:
    """A key that is deleted closes what it had opened, within a second or two."""
    ann = await trader(running, 1)
    async with ann.listening() as client:
        assert (await ann.wallet.ask("DELETE", "/auth/api-key")).status_code == 200
        assert await client.ends() == (CloseCode.POLICY_VIOLATION, "the key was revoked")


async def test_who_never_logs_in_and_who_comes_too_often() -> None:
    """A connection has a time to log in, and a user a bound of connections."""
    config = UserFeedConfig(auth_seconds=0.1, sessions_per_user_max=1)
    async with feeds(user_config=config) as made, made.client("/ws/user") as silent:
        ann = await trader(made, 1)
        assert (await silent.ends())[1] == "no credentials within 0.1 seconds"
        async with ann.listening(), made.client("/ws/user") as second:
            await second.socket.send(json.encode({"type": "user", "auth": ann.auth()}).decode())
            assert (await second.ends())[1] == "at most 1 connections of one user"
