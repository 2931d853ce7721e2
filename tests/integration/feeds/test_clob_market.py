"""``/ws/market`` on a real socket over a whole exchange, as clients of CLOBs use it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from py_clob_client.utilities import generate_orderbook_summary_hash, parse_raw_orderbook_summary
from tests.support.feeds import FeedClient, Feeds, Json, feeds
from tests.support.http_asking import limit
from tests.support.waiting import until

from outcry.messages.settlement_status import (
    SettlementStage,
    SettlementStatus,
    StagedFill,
    pack_statuses,
)
from outcry.messages.streams import SETTLEMENT_STATUS
from outcry.runtime.ws_session import CloseCode, SessionLimits
from outcry.services.websocket_depth.clob.session import MarketSession
from outcry.services.websocket_depth.config import DepthFeedConfig


@pytest.fixture
async def running() -> AsyncIterator[Feeds]:
    """Give an exchange with an event, two people with money, and its feeds."""
    async with feeds() as made:
        await made.door.event(tick_size="0.01")
        for name in ("ann", "bob"):
            await made.door.user(name, "1000")
        await made.door.settled()
        yield made


async def tokens_of(running: Feeds, event_id: int = 1) -> tuple[str, str]:
    """Return both tokens of an event's market."""
    event = await running.door.get("/api/event_detail", event_id=event_id)
    (market,) = event["markets"]
    return market["outcome_0_token_id"], market["outcome_1_token_id"]


async def place(running: Feeds, name: str, outcome: int, side: str, price: str, size: str) -> Json:
    """Place an order."""
    door = running.door
    event = await door.get("/api/event_detail", event_id=1)
    order = limit(event, outcome, side, price, size)
    placed: Json = await door.post("/api/place_order", order, door.as_user(name))
    return placed


@asynccontextmanager
async def following(
    running: Feeds, *tokens: str, custom: bool = False
) -> AsyncIterator[tuple[FeedClient, list[Json]]]:
    """Connect and subscribe as the unified clients do; gives the connection and its books."""
    async with running.client("/ws/market") as client:
        await client.say(type="market", assets_ids=list(tokens), custom_feature_enabled=custom)
        heard: Any = await client.hear()
        yield client, heard


async def hear(client: FeedClient, kind: str) -> Json:
    """Return the next frame of a kind; others are read over."""
    return (await client.hear_until(event_type=kind))[-1]


async def test_books_come_first_and_have_the_hash_of_the_rest(running: Feeds) -> None:
    """A subscription begins with the books of its tokens, equal to ``GET /book``."""
    yes, no = await tokens_of(running)
    await place(running, "ann", 0, "buy", "0.40", "10")
    await running.door.books_show(1)

    async with following(running, yes, no) as (_, books):
        for book in books:
            assert book["event_type"] == "book"
            assert (
                generate_orderbook_summary_hash(parse_raw_orderbook_summary(book)) == book["hash"]
            )
            answer = await running.door.client.get("/book", params={"token_id": book["asset_id"]})
            assert {"event_type": "book", **answer.json()} == book
    assert [book["asset_id"] for book in books] == [yes, no]
    assert (
        books[0]["bids"]
        == [{"price": "0.4", "size": "10"}]
        == [{"price": "0.4", "size": level["size"]} for level in books[1]["asks"]]
    )


async def test_a_level_changes_for_both_tokens(running: Feeds) -> None:
    """An order changes one level of either token, with the hash of the book after it."""
    yes, no = await tokens_of(running)
    async with following(running, yes) as (client, _):
        await place(running, "ann", 1, "buy", "0.40", "10")
        frame = await hear(client, "price_change")
        book = (await running.door.client.get("/book", params={"token_id": yes})).json()
        other = (await running.door.client.get("/book", params={"token_id": no})).json()
        assert frame["price_changes"] == [
            {
                "asset_id": yes, "price": "0.6", "size": "10", "side": "SELL",
                "hash": book["hash"], "best_bid": "0", "best_ask": "0.6",
            },
            {
                "asset_id": no, "price": "0.4", "size": "10", "side": "BUY",
                "hash": other["hash"], "best_bid": "0.4", "best_ask": "1",
            },
        ]  # fmt: skip
        assert (frame["market"], frame["timestamp"]) == (book["market"], book["timestamp"])


async def test_a_fill_is_told_once_and_the_book_follows(running: Feeds) -> None:
    """Who follows both tokens hears of the taken one, who follows the other of that one."""
    yes, no = await tokens_of(running)
    await place(running, "ann", 0, "buy", "0.40", "10")
    await running.door.books_show(1)
    async with following(running, yes, no) as (both, _), following(running, yes) as (one, _):
        await place(running, "bob", 1, "buy", "0.60", "4")
        fill = await hear(both, "last_trade_price")
        assert (fill["asset_id"], fill["price"], fill["side"], fill["size"]) == (
            no, "0.6", "BUY", "4",
        )  # fmt: skip
        mirrored = await hear(one, "last_trade_price")
        assert (mirrored["asset_id"], mirrored["price"], mirrored["side"]) == (yes, "0.4", "SELL")
        assert set(mirrored) >= {"market", "fee_rate_bps", "timestamp", "transaction_hash"}
        book = await hear(one, "book")
        assert book["bids"] == [{"price": "0.4", "size": "6"}]
        assert book["last_trade_price"] == "0.4"


async def test_a_fill_of_a_chain_is_told_when_it_can_settle(running: Feeds) -> None:
    """The book changes at the match; the price is told when the pre-flight was passed."""
    door = running.door
    event = await door.event("chain", tick_size="0.01", settlement="chain")
    yes = event["markets"][0]["outcome_0_token_id"]
    async with following(running, yes) as (client, _):
        for name, outcome, price, size in (("ann", 0, "0.40", "10"), ("bob", 1, "0.60", "4")):
            order = limit(event, outcome, "buy", price, size)
            await door.post("/api/place_order", order, door.as_user(name))
        heard = await client.hear_until(event_type="book")
        assert not [one for one in heard if one["event_type"] == "last_trade_price"]
        await door.settled()
        (trade,) = (await door.get("/api/trades", market_id=2))["trades"]
        sent = SettlementStatus(
            trade["trade_id"], 2, SettlementStage.SENT, "0xaa", 0, [StagedFill(0, 1, 2)]
        )
        await door.venue.bus.append(SETTLEMENT_STATUS, 1, 1, pack_statuses([sent]))
        fill = await hear(client, "last_trade_price")
        assert (fill["price"], fill["size"], fill["side"]) == ("0.4", "4", "SELL")


async def test_custom_features_are_for_those_who_ask(running: Feeds) -> None:
    """Best prices, listings and resolutions come with the flag, which may be set later."""
    yes, no = await tokens_of(running)
    async with following(running, yes, no) as (client, _):
        await place(running, "ann", 0, "buy", "0.40", "10")
        assert (await client.hear())["event_type"] == "price_change"
        await client.say(operation="subscribe", assets_ids=[yes], custom_feature_enabled=True)
        await place(running, "ann", 0, "buy", "0.41", "10")
        best = await hear(client, "best_bid_ask")
        assert (best["asset_id"], best["best_bid"], best["best_ask"], best["spread"]) == (
            yes, "0.41", "1", "0.59",
        )  # fmt: skip
        other = await hear(client, "best_bid_ask")
        assert (other["asset_id"], other["best_bid"], other["best_ask"]) == (no, "0", "0.59")

        await running.door.event("snow")
        listed = await hear(client, "new_market")
        assert (listed["question"], listed["outcomes"]) == ("Will it snow?", ["Yes", "No"])
        assert tuple(listed["assets_ids"]) == await tokens_of(running, 2)

        admin = running.door.as_admin()
        await running.door.post("/api/admin/markets/1/close", {"reason": "over"}, admin)
        await running.door.post("/api/admin/markets/1/resolve", {"winner": "No"}, admin)
        ended = await hear(client, "market_resolved")
        assert (ended["winning_asset_id"], ended["winning_outcome"]) == (no, "No")
        assert ended["event_message"]["title"] == "Event rain"


async def test_tokens_are_followed_and_left_one_by_one(running: Feeds) -> None:
    """A later frame adds or removes tokens; one that nobody knows is told of when it is listed."""
    yes, _ = await tokens_of(running)
    async with following(running, yes) as (client, _):
        await client.say(operation="unsubscribe", assets_ids=[yes])
        await client.say(operation="subscribe", assets_ids=["77"])
        await client.socket.send("PING")
        assert await client.socket.recv() == "PONG"
        await place(running, "ann", 0, "buy", "0.40", "10")
        tokens = {"outcome_0_token_id": "77", "outcome_1_token_id": "78"}
        await running.door.event("hail", **tokens)
        heard: Any = await client.hear()
        (book,) = heard
        assert (book["event_type"], book["asset_id"]) == ("book", "77")


@pytest.mark.parametrize(
    "said",
    [
        "hello",
        "{}",
        '{"type": "user", "auth": {}}',
        '{"operation": "dance", "assets_ids": []}',
        '{"type": "market", "assets_ids": [7]}',
        '{"type": "market", "assets_ids": [""]}',
    ],
)
async def test_what_is_no_request_ends_the_connection_with_a_reason(
    running: Feeds, said: str
) -> None:
    """Bad input is closed as a broken rule, and the reason says what was expected."""
    async with running.client("/ws/market") as client:
        await client.socket.send(said)
        code, reason = await client.ends()
    assert code == CloseCode.POLICY_VIOLATION
    assert reason


async def test_a_connection_has_a_bound_of_assets() -> None:
    """One asset more than the limit ends the connection; those within it are served."""
    async with feeds(DepthFeedConfig(interval_seconds=0.01, assets_max=2)) as made:
        await made.door.event()
        yes, no = await tokens_of(made)
        async with following(made, yes) as (client, _):
            await client.say(operation="subscribe", assets_ids=[no, "77"])
            assert await client.ends() == (
                CloseCode.POLICY_VIOLATION, "at most 2 assets of one connection",
            )  # fmt: skip


class FullWire:
    """A wire whose client does not read."""

    address = ""
    backlog_bytes = 0

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed: list[tuple[int, str]] = []

    def send(self, message: bytes) -> None:
        self.sent.append(message)

    def send_ping(self) -> None:
        """Do nothing."""

    def send_pong(self, payload: bytes) -> None:
        """Do nothing."""

    def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))

    async def drained(self, timeout: float) -> bool:
        del timeout
        return False


async def test_a_reader_that_was_full_gets_whole_books_or_is_cut_off(running: Feeds) -> None:
    """Nothing is queued for it: with room again it gets the book, without it is let go."""
    yes, _ = await tokens_of(running)
    wire = FullWire()
    config = DepthFeedConfig(session=SessionLimits(backlog_bytes_max=10))
    session = MarketSession(wire, 0.0, running.markets, config)
    session.received(b'{"type": "market", "assets_ids": ["%s"]}' % yes.encode())
    await until(lambda: len(wire.sent) == 1)

    wire.backlog_bytes = 11
    await place(running, "ann", 0, "buy", "0.40", "10")
    await until(lambda: bool(session.stale))
    assert len(wire.sent) == 1
    session.checked(1.0)
    session.checked(2.0)
    assert not wire.closed
    wire.backlog_bytes = 0
    await until(lambda: not session.stale)
    assert b'"bids":[{"price":"0.4","size":"10"}]' in wire.sent[1]

    wire.backlog_bytes = 11
    await place(running, "ann", 0, "buy", "0.41", "10")
    await until(lambda: bool(session.stale))
    session.checked(3.0)
    session.checked(3.0 + config.slow_seconds + 1)
    assert [code for code, _ in wire.closed] == [CloseCode.TRY_AGAIN_LATER]
    session.ended()
