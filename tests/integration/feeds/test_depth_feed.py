"""The public feed over sockets and a real exchange."""

import asyncio
from typing import Any

import pytest
from tests.support.feeds import FeedClient, Feeds, Json, feeds
from tests.support.venue import limit
from tests.support.waiting import until

from outcry.adapters.memory import MemoryQueries
from outcry.ports.projection import MarketRow
from outcry.runtime.ws_session import SessionLimits
from outcry.services.websocket_depth.config import DepthFeedConfig
from outcry_wire.records import Side


async def listed(feed: Feeds, name: str = "rain") -> tuple[int, int, str, str]:
    """List a market; returns event, market and its two tokens."""
    event = await feed.door.event(name)
    (market,) = event["markets"]
    row = await feed.door.queries.market(market["market_id"])
    assert row is not None
    return event["event_id"], row.market_id, row.token_0, row.token_1


async def rich(feed: Feeds, *names: str) -> list[int]:
    """Register users with money; returns their accounts."""
    return [await feed.door.venue.user(name, 10**12) for name in names]


def level(price: str, quantity: str, size: str) -> dict[str, str]:
    """Return a level as the feed says it."""
    return {"price": price, "total_quantity": quantity, "total_size": size}


async def test_a_follower_gets_the_book_and_then_what_changes() -> None:
    """Snapshot first, then levels with new totals for both tokens, then the trade and "0"."""
    async with feeds() as feed:
        event_id, market_id, yes, no = await listed(feed)
        ann, bob = await rich(feed, "ann", "bob")
        venue = feed.door.venue
        async with feed.visitor() as client:
            await venue.placed(limit(ann, market_id, Side.BUY, 6_000, 1_000))
            await feed.door.books_show(market_id)
            snapshot = await client.follow(event_id, market_id)
            assert snapshot["depths"] == {
                yes: {
                    "latest_trade_price": "",
                    "bids": [level("0.6000", "10.00", "6.000000")],
                    "asks": [],
                },
                no: {
                    "latest_trade_price": "",
                    "bids": [],
                    "asks": [level("0.4000", "10.00", "4.000000")],
                },
            }
            await venue.placed(limit(bob, market_id, Side.BUY, 4_000, 1_000, outcome=1))
            change = await client.hear()
            assert change["prev_update_id"] == snapshot["update_id"] < change["update_id"]
            assert (change["event_id"], change["market_id"]) == (event_id, market_id)
            gone = {"bids": [level("0.6000", "0", "0")], "asks": []}
            assert change["changes"][yes] == {"latest_trade_price": "0.6000", **gone}
            gone = {"bids": [], "asks": [level("0.4000", "0", "0")]}
            assert change["changes"][no] == {"latest_trade_price": "0.4000", **gone}
            (trade,) = change["trades"]
            assert (trade["token_id"], trade["side"], trade["match"]) == (no, "buy", "mint")
            assert (trade["price"], trade["quantity"], trade["size"]) == (
                "0.4000", "10.00", "4.000000",
            )  # fmt: skip
            assert not {"dropped", "trades_dropped"} & change.keys()


@pytest.mark.parametrize(
    ("message", "event_type", "reject"),
    [
        ('{"action":"subscribe","event_id":1,"market_id":99}', "subscribed_error", 304),
        ('{"action":"subscribe","event_id":1,"market_id":%s}' % 10**40, "subscribed_error", 304),
        ('{"action":"subscribe","event_id":2,"market_id":1}', "subscribed_error", 304),
        ('{"action":"unsubscribe","event_id":1,"market_id":1}', "unsubscribed_error", 111),
        ('{"action":"subscribe","event_id":1}', "error", 101),
        ('{"action":"subscribe","event_id":"1","market_id":1}', "error", 101),
        ('{"action":"shout","event_id":1,"market_id":1}', "error", 101),
        ('{"action":', "error", 101),
        ("[]", "error", 101),
        ("", "error", 101),
        ("PING", "error", 101),
    ],
)
async def test_what_cannot_be_done_is_refused_and_the_connection_stays(
    message: str, event_type: str, reject: int
) -> None:
    """A bad request gets the number and a sentence of the refusal; the next good one works."""
    async with feeds() as feed, feed.visitor() as client:
        event_id, market_id, _, _ = await listed(feed)
        await client.socket.send(message)
        refused = await client.hear()
        assert (refused["event_type"], refused["success"]) == (event_type, False)
        assert refused["reject"] == reject
        assert refused["message"].endswith((".", "expected'."))
        assert "depths" in await client.follow(event_id, market_id)


async def test_subscriptions_have_a_bound_and_can_be_given_back() -> None:
    """One market too many is refused; after an unsubscription there is room, and silence there."""
    config = DepthFeedConfig(interval_seconds=0.01, subscriptions_max=1)
    async with feeds(config) as feed, feed.visitor() as client:
        first, second = await listed(feed), await listed(feed, "snow")
        (ann,) = await rich(feed, "ann")
        await client.follow(*first[:2])
        await client.follow(*first[:2])
        await client.say(action="subscribe", event_id=second[0], market_id=second[1])
        assert (await client.hear())["reject"] == 110
        await client.say(action="unsubscribe", event_id=first[0], market_id=first[1])
        assert (await client.hear())["event_type"] == "unsubscribed"
        await client.follow(*second[:2])
        for market_id in (first[1], second[1]):
            await feed.door.venue.placed(limit(ann, market_id, Side.BUY, 6_000, 1_000))
        assert (await client.hear())["market_id"] == second[1]
        assert feed.depth.status()["followers"] == 1


async def test_a_market_that_was_just_listed_can_be_followed() -> None:
    """A market that this feed has never heard of is looked up, and requests stay in order."""
    async with feeds() as feed, feed.visitor() as client:
        for name in ("rain", "snow", "hail"):
            event_id, market_id, *_ = await listed(feed, name)
            await client.say(action="subscribe", event_id=event_id, market_id=market_id)
            await client.say(action="unsubscribe", event_id=event_id, market_id=market_id)
            assert [
                (await client.hear()).get("event_type", "snapshot") for _ in range(3)
            ] == ["subscribed", "snapshot", "unsubscribed"]  # fmt: skip


class LateQueries(MemoryQueries):
    """Tables whose reader sees no market until it is told to."""

    late = True

    async def all_markets(self) -> list[MarketRow]:
        """Return every market, or none."""
        return [] if self.late else await super().all_markets()


async def test_a_market_that_trades_before_the_tables_have_it_is_waited_for() -> None:
    """A market with a book is not refused because the tables are behind; another one is."""
    async with feeds() as feed, feed.visitor() as client:
        event_id, market_id, *_ = await listed(feed)
        (ann,) = await rich(feed, "ann")
        await feed.door.venue.placed(limit(ann, market_id, Side.BUY, 6_000, 1_000))
        await feed.door.books_show(market_id)
        late = feed.depth._directory._queries = LateQueries(feed.door.queries._tables)
        await feed.depth._directory.refresh()
        following = asyncio.create_task(client.follow(event_id, market_id))
        async with feed.visitor() as other:
            await other.say(action="subscribe", event_id=event_id, market_id=market_id + 1)
            assert (await other.hear())["reject"] == 304
        late.late = False
        assert "depths" in await following


async def test_who_comes_back_gets_only_what_changed() -> None:
    """With the last update id a new connection gets changes from there, else the whole book."""
    async with feeds() as feed:
        event_id, market_id, *_ = await listed(feed)
        (ann,) = await rich(feed, "ann")
        venue = feed.door.venue
        async with feed.visitor() as client:
            seen = (await client.follow(event_id, market_id))["update_id"]
            await venue.placed(limit(ann, market_id, Side.BUY, 6_000, 1_000))
            seen = (await client.hear())["update_id"]
        await venue.placed(limit(ann, market_id, Side.BUY, 5_500, 200))
        await until(lambda: _update_id(feed, market_id) > seen)
        async with feed.visitor() as client:
            change = await client.follow(event_id, market_id, update_id=seen)
            assert change["prev_update_id"] == seen
            (side, _) = change["changes"].values()
            assert side["bids"] == [level("0.5500", "2.00", "1.100000")]
            now = change["update_id"]
            for gone in (now + 1_000, 1, -1):
                fresh = await client.follow(event_id, market_id, update_id=gone)
                assert ("depths" in fresh, fresh["resumed"]) == (True, False)
            fresh = await client.follow(event_id, market_id)
            assert ("depths" in fresh, "resumed" in fresh) == (True, False)


def _update_id(feed: Feeds, market_id: int) -> int:
    image = feed.door.books.book(market_id)
    return image.update_id if image else 0


class Follower:
    """A client's book of the first token, kept by the law of the numbers."""

    def __init__(self, client: FeedClient) -> None:
        self.client = client
        self.update_id = -1
        self.bids: dict[str, str] = {}
        self.dropped = 0
        self.snapshots = 0

    async def read_to(self, update_id: int) -> None:
        """Read until the book stands at *update_id*."""
        while self.update_id < update_id:
            self.apply(await self.client.hear())

    def apply(self, frame: Json) -> None:
        """Apply a snapshot or changes; answers are passed over."""
        if "depths" in frame:
            self.bids = {}
            self.snapshots += 1
        elif "changes" in frame:
            assert frame["prev_update_id"] == self.update_id
            self.dropped += frame.get("dropped", 0)
        else:
            return
        self.update_id = frame["update_id"]
        sides: dict[str, Any] = frame.get("depths") or frame["changes"]
        for one in next(iter(sides.values()))["bids"]:
            self.bids[one["price"]] = one["total_quantity"]
            if one["total_quantity"] == "0":
                del self.bids[one["price"]]


async def test_a_slow_reader_is_joined_up_and_hurts_nobody() -> None:
    """A client that does not read is buffered to a bound, others go on; later it has the book."""
    async with feeds() as feed:
        event_id, market_id, *_ = await listed(feed)
        (ann,) = await rich(feed, "ann")
        venue = feed.door.venue
        grid = [limit(ann, market_id, Side.BUY, 10 + i, 100) for i in range(1_000)]
        await venue.asset.submit(grid, wait_result=True)
        # A client whose own pings are not answered would leave.
        patient = feed.visitor(max_queue=1, ping_interval=None)
        async with patient as slow, feed.visitor() as quick:
            await quick.follow(event_id, market_id)
            asked = await _fill_pipe(feed, slow, event_id, market_id)
            reader = Follower(quick)
            quick_reading = asyncio.create_task(_read_for_ever(reader))
            for price in range(1_010, 1_110):
                await venue.placed(limit(ann, market_id, Side.BUY, price, 100))
            await until(lambda: feed.door.books.top(market_id).bid == 1_109)
            await until(lambda: reader.update_id == _update_id(feed, market_id))
            quick_reading.cancel()
            assert feed.depth.status()["messages_dropped_total"] > 0
            assert _backlog(feed) < 2 * SessionLimits().backlog_bytes_max
            late = Follower(slow)
            await late.read_to(reader.update_id)
    assert len(late.bids) == 1_100
    assert late.snapshots < asked


async def _fill_pipe(feed: Feeds, slow: FeedClient, event_id: int, market_id: int) -> int:
    """Ask for the book until the operating system takes no more; returns how often."""
    asked = full = 0
    while full < 5:
        await slow.say(action="subscribe", event_id=event_id, market_id=market_id)
        asked += 1
        await asyncio.sleep(0.02)
        full = full + 1 if _backlog(feed) > SessionLimits().backlog_bytes_max else 0
    return asked


def _backlog(feed: Feeds) -> int:
    """Return the largest backlog of any connection."""
    return max(connection.backlog_bytes for connection in feed.listener._connections)


async def _read_for_ever(reader: Follower) -> None:
    while True:
        frame = await reader.client.hear()
        if reader.update_id < 0:
            reader.update_id = frame["prev_update_id"]
        reader.apply(frame)
