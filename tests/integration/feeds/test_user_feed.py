"""The private feed over sockets and a real exchange."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.support.feeds import FeedClient, Feeds, Json, feeds
from tests.support.venue import limit
from tests.support.waiting import until

from outcry.adapters.memory import MemoryQueries
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import (
    CancelAllRequest,
    CreateKeyOp,
    OpenAccountOp,
    RevokeKeyOp,
    RotateKeyOp,
    TransferOp,
)
from outcry.ports.queries import AccountImage
from outcry.runtime import identity, ws_listener
from outcry.runtime.lockout import GUESSES_MAX
from outcry.runtime.ws_session import SessionLimits
from outcry.services.websocket_user.config import UserFeedConfig
from outcry.services.websocket_user.ws import Phase
from outcry_wire.records import Side


MONEY = 10**9


@asynccontextmanager
async def traders(
    config: UserFeedConfig | None = None, **terms: Any
) -> AsyncIterator[tuple[Feeds, int, int, int]]:
    """Run feeds with one market, ann and bob; gives feeds, market and the two accounts."""
    async with feeds(user_config=config, **terms) as feed:
        venue = feed.door.venue
        ann, bob = await venue.user("ann", MONEY), await venue.user("bob", MONEY)
        await feed.door.event("rain")
        yield feed, 1, ann, bob


async def buy(feed: Feeds, account: int, price: int, qty: int, outcome: int = 0) -> int:
    """Buy, and return the id of the order."""
    request = limit(account, 1, Side.BUY, price, qty, outcome=outcome)
    return (await feed.door.venue.placed(request)).order_id


async def snapshot(client: FeedClient) -> Json:
    """Read a snapshot of one part."""
    message = await client.hear()
    assert (message["event_type"], message["part"], message["parts"]) == ("snapshot", 1, 1)
    return message


def chain(messages: list[Json], start: int) -> int:
    """Assert that the events of *messages* follow *start* without a gap; returns the last n."""
    n, whole = start, True
    for message in messages:
        if message["n"] != n:
            assert whole, "an entry was left before its last event"
            assert message["prev_n"] <= n < message["n"]
            n = message["n"]
        whole = message["last"]
    return n


# ---------------------------------------------------------------------- what a user is told


async def test_a_life_of_an_order_is_told_once_and_in_order() -> None:
    """Created, resting, filled in part and whole: order, trade, position and balance each time."""
    async with traders() as (feed, _, ann, bob), feed.logged_in("ann") as client:
        start = (await snapshot(client))["n"]
        order_id = await buy(feed, ann, 6_000, 1_000)
        await buy(feed, bob, 4_000, 400, outcome=1)
        await buy(feed, bob, 4_000, 600, outcome=1)
        heard = await client.hear_until(types="open_order_filled")
        heard += await client.hear_until(event_type="balance_change")
        chain(heard, start)
        orders = [one["data"] for one in heard if one["event_type"] == "open_order_change"]
        assert [(one["types"], one["status"], one["filled_quantity"]) for one in orders] == [
            ("open_order_created", "new", "0.00"),
            ("open_order_updated", "new", "0.00"),
            ("open_order_updated", "partially_filled", "4.00"),
            ("open_order_filled", "filled", "10.00"),
        ]
        assert [one["resting"] for one in orders] == [False, True, True, False]
        assert {one["order_id"] for one in orders} == {order_id}
        updates = [one["update_id"] for one in orders]
        assert updates == sorted(updates)
        trades = [one["data"] for one in heard if one["event_type"] == "trade"]
        assert [(one["price"], one["quantity"], one["role"]) for one in trades] == [
            ("0.6000", "4.00", "maker"),
            ("0.6000", "6.00", "maker"),
        ]
        held = [one["data"] for one in heard if one["event_type"] == "position_change"]
        assert [(one["types"], one["quantity"], one["avg_price"]) for one in held] == [
            ("position_created", "4.00", "0.600000"),
            ("position_updated", "10.00", "0.600000"),
        ]
        balances = [one["data"] for one in heard if one["event_type"] == "balance_change"]
        assert [(one["total"], one["available"], one["held"]) for one in balances] == [
            ("1000.000000", "994.000000", "6.000000"),
            ("997.600000", "994.000000", "3.600000"),
            ("994.000000", "994.000000", "0.000000"),
        ]
        assert all(one["event_id"] == 1 for one in heard if one["event_type"] != "balance_change")


async def test_a_cancelled_order_and_a_sold_position_are_told_as_gone() -> None:
    """A cancel is open_order_cancelled with its reason; the last token sold is position_removed."""
    async with traders() as (feed, market_id, ann, bob), feed.logged_in("ann") as client:
        order_id = await buy(feed, ann, 6_000, 1_000)
        await feed.door.venue.cancel(ann, order_id)
        (*_, gone) = await client.hear_until(types="open_order_cancelled")
        assert (gone["data"]["reason"], gone["data"]["cancelled_quantity"]) == ("user", "10.00")
        await buy(feed, ann, 6_000, 100)
        await buy(feed, bob, 4_000, 100, outcome=1)
        await client.hear_until(types="position_created")
        await buy(feed, bob, 7_000, 100)
        await feed.door.venue.placed(limit(ann, market_id, Side.SELL, 7_000, 100))
        (*_, removed) = await client.hear_until(types="position_removed")
        assert removed["data"]["quantity"] == "0.00"
        assert removed["data"]["realised"] == "0.100000"


async def test_nobody_hears_of_others() -> None:
    """Each user is told of their own side of a trade and of nothing else."""
    async with (
        traders() as (feed, _, ann, bob),
        feed.logged_in("ann") as for_ann,
        feed.logged_in("bob") as for_bob,
    ):
        mine = await buy(feed, ann, 6_000, 100)
        theirs = await buy(feed, bob, 4_000, 100, outcome=1)
        for client, order_id, side in ((for_ann, mine, "maker"), (for_bob, theirs, "taker")):
            heard = await client.hear_until(event_type="trade")
            told = [one["data"] for one in heard if "order_id" in one.get("data", {})]
            assert {one["order_id"] for one in told} == {order_id}
            assert told[-1]["role"] == side


async def test_a_snapshot_shows_what_is_open_in_parts() -> None:
    """Orders and positions come in parts of a bounded size; too many orders are said to be cut."""
    config = UserFeedConfig(snapshot_part_max=2, snapshot_orders_max=4)
    async with traders(config) as (feed, _, ann, bob):
        await buy(feed, ann, 6_000, 300)
        await buy(feed, bob, 4_000, 100, outcome=1)
        placed = [await buy(feed, ann, 5_000 + i, 100) for i in range(4)]
        await feed.door.settled()
        async with feed.logged_in("ann") as client:
            parts = [await client.hear(), await client.hear()]
        assert [(one["part"], one["parts"], one["truncated"]) for one in parts] == [
            (1, 2, True),
            (2, 2, True),
        ]
        shown = [order["order_id"] for one in parts for order in one["data"]["orders"]]
        assert shown == placed[::-1]
        (held,) = parts[0]["data"]["positions"]
        assert (held["types"], held["quantity"]) == ("position_snapshot", "1.00")
        assert {one["data"]["balance"]["total"] for one in parts} == {"999.400000"}


# ---------------------------------------------------------------------- who may listen


@pytest.mark.parametrize(
    "first",
    [
        '{"action":"subscribe","event_id":1,"market_id":1}',
        '{"auth":""}',
        '{"auth":5}',
        '{"api_key":null}',
        '{"auth":',
        "hello",
        "[]",
    ],
)
async def test_a_wrong_first_frame_is_answered_and_closes(first: str) -> None:
    """Anything but credentials gets a failed auth that says what is expected, and the end."""
    async with feeds() as feed, feed.client("/user") as client:
        await client.socket.send(first)
        answer = await client.hear()
        assert (answer["event_type"], answer["success"], answer["reject"]) == ("auth", False, 101)
        assert "api_key" in answer["expected"]
        assert (await client.ends())[0] == 1008


async def test_bad_credentials_are_answered_and_close() -> None:
    """Forged, expired, a stranger's or without the scope: refused by number, and the end."""
    async with traders() as (feed, *_):
        door = feed.door
        blind = await door.venue.fund(CreateKeyOp(0, 1, ("trade",), "blind"))
        good = door.token("ann")
        for login, reject in (
            ({"auth": "nonsense"}, 202),
            ({"auth": good[:-4] + "AAAA"}, 202),
            ({"auth": door.token("ann", lifetime=-600)}, 203),
            ({"auth": door.token("stranger")}, 301),
            ({"api_key": "ok_1_1_aaaa"}, 204),
            ({"api_key": door.keys.api_key(blind.id, blind.ids[0])}, 205),
            ({"auth": "nonsense", "api_key": door.keys.api_key(blind.id, blind.ids[0])}, 202),
        ):
            await door.settled()
            async with feed.client("/user") as client:
                await client.say(**login)
                answer = await client.hear()
                assert (answer["success"], answer["reject"]) == (False, reject), login
                assert (await client.ends())[0] == 1008
        assert feed.user.status()["sessions"] == 0


async def test_who_guesses_is_locked_out_of_both_doors() -> None:
    """Wrong credentials over HTTP and here add up; the others, and who is in already, stay."""
    async with traders() as (feed, _, ann, _), feed.logged_in("ann") as inside:
        door = feed.door
        for _ in range(GUESSES_MAX - 1):
            door.lockout.note("10.0.0.1", Rejected(Reject.KEY_INVALID))
        guesser = {"X-Forwarded-For": "10.0.0.1"}
        for login, reject in (({"auth": "nonsense"}, 202), ({"auth": door.token("bob")}, 212)):
            async with feed.client("/user", additional_headers=guesser) as client:
                await client.say(**login)
                assert (await client.hear())["reject"] == reject
                assert (await client.ends())[0] == 1008
        assert door.lockout.check("127.0.0.1") is None
        for _ in range(GUESSES_MAX):
            door.lockout.note("127.0.0.1", Rejected(Reject.KEY_INVALID))
        await snapshot(inside)
        await inside.say(auth=door.token("ann"))
        assert (await inside.hear())["success"]
        await buy(feed, ann, 6_000, 10)
        assert await inside.hear_until(types="open_order_created")


async def test_who_does_not_log_in_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection without a login ends when its time is up."""
    monkeypatch.setattr(ws_listener, "CLOCK_SECONDS", 0.02)
    async with (
        feeds(user_config=UserFeedConfig(auth_seconds=0.1)) as feed,
        feed.client("/user") as client,
    ):
        await client.socket.send("ping")
        assert await client.socket.recv() == "pong"
        assert await client.ends() == (1008, "no login within 0.1 seconds")


@pytest.mark.parametrize("end", [RevokeKeyOp, RotateKeyOp])
async def test_keys_that_end_take_their_connections_along(
    end: type[RevokeKeyOp | RotateKeyOp],
) -> None:
    """Without waiting for the next check of each connection; another key's stay open."""
    async with traders(UserFeedConfig(recheck_seconds=600)) as (feed, _, ann, _):
        door = feed.door
        user = door.venue.asset.ledger.owners[ann]
        keys = [
            (await door.venue.fund(CreateKeyOp(0, user, ("read",), name))).id for name in ("a", "b")
        ]
        await door.settled()
        async with feed.client("/user") as lost, feed.client("/user") as kept:
            for client, key in zip((lost, kept), keys, strict=True):
                await client.say(api_key=door.keys.api_key(key, 1))
                assert (await client.hear())["success"]
                await snapshot(client)
            await door.venue.fund(end(0, user, keys[0]))
            assert (await lost.ends())[0] == 1008
            await buy(feed, ann, 6_000, 10)
            assert await kept.hear_until(types="open_order_created")


async def test_a_revoked_key_ends_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that logged in with a key ends soon after the key was revoked."""
    monkeypatch.setattr(ws_listener, "CLOCK_SECONDS", 0.02)
    monkeypatch.setattr(identity, "KEY_STALE_SECONDS", 0.0)
    async with traders(UserFeedConfig(recheck_seconds=0.05)) as (feed, _, ann, _):
        key = await feed.door.venue.fund(CreateKeyOp(0, 1, ("read",), "bot"))
        await feed.door.settled()
        async with feed.client("/user") as client:
            await client.say(api_key=feed.door.keys.api_key(key.id, key.ids[0]))
            assert (await client.hear())["success"]
            await buy(feed, ann, 6_000, 100)
            await client.hear_until(types="open_order_created")
            await feed.door.venue.fund(RevokeKeyOp(0, 1, key.id))
            code, reason = await client.ends()
    assert (code, "revoked" in reason) == (1008, True)


async def test_a_login_can_be_renewed_by_the_same_user_alone() -> None:
    """A second login of the same user is answered and nothing is sent again; another's ends it."""
    async with traders() as (feed, _, ann, _), feed.logged_in("ann") as client:
        await snapshot(client)
        await client.say(auth=feed.door.token("ann"))
        assert (await client.hear())["success"]
        await buy(feed, ann, 6_000, 100)
        assert (await client.hear())["data"]["types"] == "open_order_created"
        await client.hear_until(types="open_order_updated")
        await client.say(action="subscribe")
        assert (await client.hear())["reject"] == 101
        await client.say(auth=feed.door.token("bob"))
        assert (await client.hear())["reject"] == 206
        assert (await client.ends())[0] == 1008


async def test_connections_of_one_user_have_a_bound() -> None:
    """One connection too many of a user is refused; other users are not."""
    config = UserFeedConfig(sessions_per_user_max=1)
    async with (
        traders(config) as (feed, *_),
        feed.logged_in("ann"),
        feed.logged_in("bob"),
        feed.client("/user") as client,
    ):
        await client.say(auth=feed.door.token("ann"))
        assert (await client.hear())["reject"] == 112


# ---------------------------------------------------------------------- nothing missing or twice


async def test_who_comes_back_gets_what_was_missed() -> None:
    """With ``after`` a connection gets exactly the events above it, and no snapshot."""
    async with traders() as (feed, _, ann, bob):
        async with feed.logged_in("ann") as client:
            seen = (await snapshot(client))["n"]
            await buy(feed, ann, 6_000, 1_000)
            seen = (await client.hear_until(types="open_order_updated"))[-1]["n"]
        await buy(feed, bob, 4_000, 400, outcome=1)
        head = await feed.door.venue.log.head()
        await until(lambda: feed.user.status()["position"] >= head)
        async with feed.logged_in("ann", after=seen) as client:
            heard = await client.hear_until(event_type="balance_change")
            chain(heard, seen)
            assert heard[0]["prev_n"] == seen
            assert [one["event_type"] for one in heard] == [
                "open_order_change", "trade", "position_change", "balance_change",
            ]  # fmt: skip
            await buy(feed, ann, 5_000, 100)
            assert (await client.hear())["data"]["types"] == "open_order_created"


@pytest.mark.parametrize("after", [-1, 1, 10**9, 10**30])
async def test_who_comes_back_from_nowhere_gets_a_snapshot(after: int) -> None:
    """An ``after`` that is too old, ahead of the log or no position at all starts afresh."""
    async with traders() as (feed, *_), feed.logged_in("ann", after=after) as client:
        assert (await snapshot(client))["resumed"] is False


async def test_further_accounts_are_told_apart() -> None:
    """Snapshot and events say which further account they are of; each has positions of its own."""
    async with traders() as (feed, _, ann, bob):
        venue = feed.door.venue
        other = (await venue.fund(OpenAccountOp(0, 1, "other"))).id
        await venue.fund(TransferOp(0, 1, ann, other, 0, MONEY // 2, ""))
        await buy(feed, other, 6_000, 100)
        await feed.door.settled()
        async with feed.logged_in("ann") as client:
            parts = [await client.hear(), await client.hear()]
            assert [(part["part"], part["parts"]) for part in parts] == [(1, 2), (2, 2)]
            first, second = (part["data"] for part in parts)
            assert "account" not in first
            assert "account" not in first["balance"]
            assert (second["account"], second["balance"]["account"]) == (other, other)
            assert [order["account"] for order in second["orders"]] == [other]
            assert second["balance"]["held"] == "0.600000"
            await buy(feed, bob, 4_000, 100, outcome=1)
            await buy(feed, ann, 5_000, 100)
            heard = await client.hear_until(types="open_order_created")
            told = {one["event_type"]: one["data"].get("account", 0) for one in heard[:-1]}
            assert set(told.values()) == {other}
            assert heard[-1]["data"].get("account", 0) == 0


class StaleQueries(MemoryQueries):
    """Tables of a reader that lags: its account images are as old as they were when frozen."""

    frozen: AccountImage | None = None

    async def account_image(self, account: int, orders_max: int) -> AccountImage:
        """Return the image as of the freeze."""
        if self.frozen is None:
            return await super().account_image(account, orders_max)
        return self.frozen


@pytest.mark.parametrize("ring_events_max", [50_000, 4])
async def test_a_snapshot_behind_the_feed_is_completed(ring_events_max: int) -> None:
    """What happened between an old snapshot and now follows it, from the ring or from the log."""
    config = UserFeedConfig(ring_events_max=ring_events_max)
    async with traders(config) as (feed, _, ann, bob):
        stale = StaleQueries(feed.door.queries._tables)
        feed.user._catch_up._queries = stale
        await feed.door.settled()
        stale.frozen = await stale.account_image(ann, 100)
        order_id = await buy(feed, ann, 6_000, 1_000)
        for _ in range(5):
            await buy(feed, bob, 4_000, 100, outcome=1)
        head = await feed.door.venue.log.head()
        await until(lambda: feed.user.status()["position"] >= head)
        async with feed.logged_in("ann") as client:
            image = await snapshot(client)
            assert (image["n"], image["data"]["orders"]) == (stale.frozen.n, [])
            heard = await client.hear_until(filled_quantity="5.00")
            heard += await client.hear_until(event_type="balance_change")
            await buy(feed, ann, 5_000, 100)
            heard += await client.hear_until(types="open_order_created")
            chain(heard, image["n"])
        fills = [one["data"]["fill"] for one in heard if one["event_type"] == "trade"]
        assert len(fills) == 5
        first = next(one for one in heard if one["event_type"] == "open_order_change")
        assert (first["data"]["order_id"], first["data"]["types"]) == (
            order_id, "open_order_created",
        )  # fmt: skip
        assert feed.user.status()["log_reads_total"] == (1 if ring_events_max == 4 else 0)


async def test_tables_far_behind_the_feed_mean_come_back_later() -> None:
    """When more of the log would have to be read than allowed, the connection ends politely."""
    config = UserFeedConfig(ring_events_max=1, log_entries_max=1)
    async with traders(config) as (feed, _, ann, _):
        stale = StaleQueries(feed.door.queries._tables)
        feed.user._catch_up._queries = stale
        await feed.door.settled()
        stale.frozen = await stale.account_image(ann, 100)
        for _ in range(4):
            await buy(feed, ann, 6_000, 100)
        head = await feed.door.venue.log.head()
        await until(lambda: feed.user.status()["position"] >= head)
        async with feed.logged_in("ann") as client:
            code, reason = await client.ends()
    assert (code, "come back later" in reason) == (1013, True)


async def test_a_wiped_bus_loses_no_event() -> None:
    """Whatever the streams lose at any moment, the events come, each once and in order."""
    async with traders() as (feed, _, ann, _), feed.logged_in("ann") as client:
        start = (await snapshot(client))["n"]
        placing = asyncio.create_task(_place_many(feed, ann, 40))
        for _ in range(4):
            await asyncio.sleep(0.02)
            await feed.door.venue.bus.wipe()
        await placing
        heard = await client.hear_until(types="open_order_updated", order_id=40)
        chain(heard, start)
        created = [
            one["data"]["order_id"]
            for one in heard
            if one["event_type"] == "open_order_change"
            and one["data"]["types"] == "open_order_created"
        ]
        assert created == list(range(1, 41))


async def _place_many(feed: Feeds, account: int, count: int) -> None:
    for index in range(count):
        await buy(feed, account, 1_000 + index, 100)


async def test_everybody_hears_everything_once_under_load() -> None:
    """Connections that come and go while others trade each hear an unbroken chain to the end."""
    async with traders() as (feed, _, ann, bob):
        trading = asyncio.create_task(_trade(feed, ann, bob, 150))

        async def listen(delay: float) -> None:
            await asyncio.sleep(delay)
            async with feed.logged_in("ann") as client:
                start = (await snapshot(client))["n"]
                heard = await client.hear_until(quantity="7.77", types="open_order_updated")
                chain(heard, start)

        listening = [asyncio.create_task(listen(i * 0.02)) for i in range(10)]
        await trading
        await asyncio.sleep(0.1)
        await buy(feed, ann, 2_000, 777)
        await asyncio.gather(*listening)


async def _trade(feed: Feeds, ann: int, bob: int, count: int) -> None:
    for index in range(count):
        account, outcome = ((ann, 0), (bob, 1))[index % 2]
        await buy(feed, account, 5_000, 10 + index, outcome)


async def test_a_market_that_the_tables_do_not_have_yet_is_waited_for() -> None:
    """Events of a market that was just listed are held back until its names are known."""
    async with traders() as (feed, _, ann, _), feed.logged_in("ann") as client:
        await snapshot(client)
        market_id = await feed.door.venue.market("snow")
        await feed.door.venue.placed(limit(ann, market_id, Side.BUY, 6_000, 100))
        (created,) = await client.hear_until(types="open_order_created")
        assert created["data"]["market_id"] == market_id
        assert created["event_id"] == 2


async def test_a_slow_reader_is_let_go_with_a_word_about_coming_back() -> None:
    """A client that does not read is disconnected when its time is up; others hear everything."""
    limits = SessionLimits(backlog_bytes_max=32_768)
    config = UserFeedConfig(session=limits, drain_seconds=2.0)
    async with traders(config) as (feed, market_id, ann, _):
        orders = [limit(ann, market_id, Side.BUY, 1_000 + i, 1) for i in range(500)]
        async with feed.client("/user", max_queue=1, ping_interval=None) as slow:
            await slow.say(auth=feed.door.token("ann"))
            await until(lambda: feed.user.status()["sessions"] == 1)
            (stalled,) = feed.user._sessions[1]
            async with feed.logged_in("ann") as quick:
                start = (await snapshot(quick))["n"]
                last = quick.hear_until(types="open_order_created", price="0.9000")
                hearing = asyncio.create_task(last)
                while not stalled.closing:
                    burst = orders if stalled.phase is Phase.LIVE else orders[:1]
                    await feed.door.venue.asset.submit(burst, wait_result=True)
                    cancel = CancelAllRequest(ann, 0, 0)
                    await feed.door.venue.asset.submit([cancel], wait_result=True)
                code, reason = await slow.ends()
                assert (code, '"after"' in reason) == (1013, True)
                await buy(feed, ann, 9_000, 100)
                chain(await hearing, start)
