"""The client library against a whole exchange: every kind of call, both feeds, both ways."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import httpx
import pytest
from tests.support.feeds import Feeds, feeds
from tests.support.http_door import Door, http_door

from outcry_sdk import (
    AsyncClient,
    AsyncDepthFeed,
    AsyncUserFeed,
    Backoff,
    BookChanged,
    BookError,
    Credentials,
    DepthFeed,
    FundsError,
    IdentityError,
    NewMarket,
    NewOrder,
    NotFoundError,
    TermsError,
    Traded,
    UserFeed,
)
from outcry_sdk.calls import trading
from outcry_sdk.feeds.private import Account
from outcry_sdk.models import Placed


def client_of(door: Door, name: str, *scopes: str) -> AsyncClient:
    """Return a client of the door for a user."""
    transport = httpx.ASGITransport(door.api.app)  # type: ignore[arg-type]
    token = door.token(name, *scopes)
    return AsyncClient("http://door", Credentials(token=token), transport=transport)


@asynccontextmanager
async def people(door: Door) -> AsyncIterator[tuple[AsyncClient, AsyncClient, AsyncClient]]:
    """Give an operator, and Ann and Bob with 100 each."""
    operator = client_of(door, "root", "read", "trade", "admin")
    ann, bob = client_of(door, "ann"), client_of(door, "bob")
    async with operator, ann, bob:
        for who, name in ((ann, "ann"), (bob, "bob")):
            user = await who.user_data()
            assert user.external_id == name
            await operator.deposit(user.id, Decimal(100), f"to {name}")
        yield operator, ann, bob


async def listed(operator: AsyncClient, name: str) -> tuple[int, int, tuple[str, str]]:
    """List an event with one market; returns event, market and tokens."""
    market = NewMarket(market_identifier=name, question="Will it?", tick_size=Decimal("0.01"))
    made = await operator.create_event(name, f"Event {name}", [market], topic="weather")
    found = (await operator.event_detail(made.event_id)).markets[0]
    assert found.tick_size == Decimal("0.01")
    assert found.outcome_0_best_bid is None
    return made.event_id, found.market_id, found.token_ids


async def test_a_market_from_listing_to_redemption() -> None:
    """Every step of a market's life goes through the client, with amounts as Decimals."""
    async with http_door() as door, people(door) as (operator, ann, bob):
        event_id, market_id, (yes, no) = await listed(operator, "rain")
        first = await ann.place_order(
            event_id, market_id, yes, "buy", price="0.60", quantity=10, client_order_id="a1"
        )
        again = await ann.place_order(
            event_id, market_id, yes, "buy", price="0.60", quantity=10, client_order_id="a1"
        )
        assert (again.order_id, again.repeated) == (first.order_id, True)
        minted = await bob.place_order(
            event_id, market_id, no, "buy", price=Decimal("0.40"), quantity=4, wait="result"
        )
        assert (minted.status, minted.filled_volume) == ("filled", Decimal("1.6"))
        await door.books_show(market_id)
        await best_quantity_is(ann, event_id, market_id, yes, 6)
        (fill,) = (await ann.activity(1, market_id=market_id, after=minted.result_n)).items
        assert (fill.types, fill.role, fill.match) == ("buy", "maker", "mint")
        assert fill.price == Decimal("0.6")
        (mine,) = (await ann.order_history(market_id=market_id)).items
        assert (mine.client_order_id, mine.filled_quantity) == ("a1", Decimal(4))
        assert (await ann.cancel_order(client_order_id="a1")).order_ids == [first.order_id]
        split = await ann.split(market_id, 2, key="s")
        assert (await ann.split(market_id, 2, key="s")).repeated
        assert (await ann.merge(market_id, 1)).n > split.n
        assert (await ann.event_balance(event_id, after=split.n)).token_available[no] <= 2
        await operator.close_market(market_id)
        await operator.resolve_market(market_id, payout=(1, 0))
        paid = await ann.redeem(market_id)
        assert paid.amount == Decimal(5)
        assert await ann.balance(1, after=paid.n) == Decimal(100) - Decimal("2.4") - 1 + 5
        detail = await ann.event_detail(event_id)
        assert detail.resolved
        assert detail.markets[0].payout == (Decimal(1), Decimal(0))


async def test_refusals_are_typed_by_their_number() -> None:
    """Each band of rejects raises its own exception with number, got and expected."""
    async with http_door() as door, people(door) as (operator, ann, _):
        event_id, market_id, (yes, _no) = await listed(operator, "snow")
        with pytest.raises(TermsError) as off_grid:
            await ann.place_order(event_id, market_id, yes, "buy", price="0.555", quantity=1)
        assert off_grid.value.name == "PRICE_OFF_GRID"
        assert off_grid.value.expected == "a multiple of 0.0100"
        with pytest.raises(FundsError):
            await ann.place_order(event_id, market_id, yes, "buy", price="0.5", quantity=1000)
        with pytest.raises(NotFoundError):
            await ann.cancel_order(order_id=99)
        with pytest.raises(IdentityError):
            await ann.set_mode("halted")
        await ann.split(market_id, 5)
        await ann.place_order(event_id, market_id, yes, "sell", price="0.5", quantity=1)
        with pytest.raises(BookError) as crossed:
            await ann.place_order(
                event_id, market_id, yes, "buy", price="0.5", quantity=1, post_only=True,
                wait="result",
            )  # fmt: skip
        assert crossed.value.order_id


async def test_pages_are_walked_to_the_end() -> None:
    """`every` yields each item of all pages once, newest first."""
    async with http_door() as door, people(door) as (operator, ann, _):
        event_id, market_id, (yes, _no) = await listed(operator, "hail")
        last = 0
        for number in range(7):
            placed = await ann.place_order(
                event_id, market_id, yes, "buy", price="0.1", quantity=1,
                client_order_id=str(number),
            )  # fmt: skip
            last = placed.n
        pages = ann.every(lambda page: trading.order_history(page=page, page_size=3, after=last))
        assert [order.client_order_id async for order in pages] == list("6543210")


async def test_the_depth_feed_keeps_a_book_through_reconnects() -> None:
    """The local book equals the exchange's, also after the connection was cut."""
    async with feeds() as running, people(running.door) as (operator, ann, _):
        event_id, market_id, (yes, _no) = await listed(operator, "wind")
        feed = AsyncDepthFeed(url_of(running), backoff=Backoff(first_pause_seconds=0.01))
        await feed.follow(event_id, market_id)
        events = feed.__aiter__()
        await anext(events)
        book = feed.books[market_id]
        for price in (Decimal("0.30"), Decimal("0.31")):
            await ann.place_order(event_id, market_id, yes, "buy", price=price, quantity=5)
            while (best := book.best_bid(yes)) is None or best.price != price:
                assert isinstance(await anext(events), BookChanged)
            await cut(running)
        theirs = await ann.depth(event_id, market_id)
        assert book.bids(yes) == theirs.depths[yes].bids
        assert book.update_id == theirs.update_id
        await feed.aclose()


async def test_the_user_feed_misses_nothing_while_away() -> None:
    """Fills that happen while the connection is down are told by the next one, once."""
    async with feeds() as running, people(running.door) as (operator, ann, bob):
        event_id, market_id, (yes, no) = await listed(operator, "fog")
        who = Credentials(token=running.door.token("ann"))
        feed = AsyncUserFeed(url_of(running), who, backoff=Backoff(first_pause_seconds=0.01))
        events = feed.__aiter__()
        while feed.account.balance is None:
            await anext(events)
        trades: list[Decimal] = []
        for size in (1, 2, 3):
            await cut(running)
            await ann.place_order(event_id, market_id, yes, "buy", price="0.5", quantity=size)
            await bob.place_order(
                event_id, market_id, no, "buy", price="0.5", quantity=size, wait="result"
            )
            while len(trades) < size:
                event = await anext(events)
                trades += [event.trade.quantity] if isinstance(event, Traded) else []
        assert trades == [Decimal(1), Decimal(2), Decimal(3)]
        while not _holds(feed.account, yes, Decimal(6)):
            await anext(events)
        assert not feed.account.orders
        await feed.aclose()


async def test_orders_come_in_batches_and_may_be_tried() -> None:
    """Each order of a batch has its result or its refusal; a try says what would be held."""
    async with http_door() as door, people(door) as (operator, ann, _):
        event_id, market_id, (yes, no) = await listed(operator, "rain")
        good = NewOrder(
            event_id=event_id, market_id=market_id, token_id=yes, side="buy",
            price="0.5", quantity=10,
        )  # fmt: skip
        poor = NewOrder(
            event_id=event_id, market_id=market_id, token_id=no, side="buy",
            price=Decimal("0.5"), quantity=1_000, client_order_id="poor",
        )  # fmt: skip
        verdict = await ann.validate_order(good)
        assert (verdict.valid, verdict.hold) == (True, Decimal(5))
        wrong = await ann.validate_order(poor)
        assert wrong.refusal is not None
        assert (wrong.valid, wrong.hold, wrong.refusal.name) == (False, None, "FUNDS_INSUFFICIENT")

        placed, declined = await ann.place_orders([good, poor], wait="result")
        assert isinstance(placed, Placed)
        assert (placed.status, placed.remaining_quantity) == ("new", Decimal(10))
        assert isinstance(declined, FundsError)
        assert declined.expected


async def test_charts_are_read_as_decimals() -> None:
    """Candles, prices, trades and worths of a market that traded once."""
    async with http_door() as door, people(door) as (operator, ann, bob):
        event_id, market_id, (yes, no) = await listed(operator, "rain")
        await ann.place_order(event_id, market_id, yes, "buy", price="0.60", quantity=10)
        done = await bob.place_order(
            event_id, market_id, no, "buy", price="0.40", quantity=10, wait="result"
        )
        user = await ann.user_data()
        await ann.balance(user.id, after=done.result_n)
        door.venue.clock.set(door.venue.clock.now_us() + 86_400_000_000)
        await door.user("cyd")
        await door.settled()

        (candle,) = (await ann.candles(market_id, outcome=1)).candles
        assert (candle.close, candle.quantity, candle.volume) == (
            Decimal("0.4"), Decimal(10), Decimal(4),
        )  # fmt: skip
        (point,) = (await ann.price_history(market_id, interval="1m")).history
        assert (point.price, point.time % 60) == (Decimal("0.6"), 0)
        (trade,) = (await ann.trades(market_id)).trades
        assert (trade.token_id, trade.side, trade.value) == (no, "buy", Decimal(4))
        assert (await ann.trades(market_id, before=trade.trade_id)).trades == []
        worths = (await ann.portfolio_history(user.id, interval="1d")).history
        assert [(worth.cash, worth.tokens) for worth in worths] == [(Decimal(94), Decimal(6))]


async def test_the_blocking_feeds_say_the_same() -> None:
    """A thread that iterates over the blocking feeds sees books and own orders."""
    async with feeds() as running, people(running.door) as (operator, ann, _):
        event_id, market_id, (yes, _no) = await listed(operator, "dew")
        who = Credentials(token=running.door.token("ann"))
        depth, user = DepthFeed(url_of(running)), UserFeed(url_of(running), who)
        depth.follow(event_id, market_id)

        def watch_depth() -> None:
            for _event in depth:
                if depth.books[market_id].best_bid(yes):
                    depth.close()

        def watch_user() -> None:
            for _event in user:
                if user.account.orders:
                    user.close()

        watchers = [threading.Thread(target=watch) for watch in (watch_depth, watch_user)]
        for watcher in watchers:
            watcher.start()
        await ann.place_order(event_id, market_id, yes, "buy", price="0.25", quantity=4)
        for watcher in watchers:
            await asyncio.to_thread(watcher.join, 20)
            assert not watcher.is_alive()


async def test_bad_credentials_end_the_user_feed() -> None:
    """A login that is refused raises instead of being tried for ever."""
    async with feeds() as running:
        feed = AsyncUserFeed(url_of(running), Credentials(token="nonsense"))
        with pytest.raises(IdentityError):
            await anext(feed.__aiter__())


async def best_quantity_is(
    who: AsyncClient, event_id: int, market_id: int, token_id: str, quantity: int
) -> None:
    """Wait until the best bid for the token has this quantity."""
    while True:
        bids = (await who.depth(event_id, market_id)).depths[token_id].bids
        if bids and bids[0].total_quantity == quantity:
            return
        await asyncio.sleep(0.001)


def _holds(account: Account, token_id: str, quantity: Decimal) -> bool:
    held = account.positions.get(token_id)
    return held is not None and held.quantity == quantity


def url_of(running: Feeds) -> str:
    """Return where the feeds are."""
    return f"ws://127.0.0.1:{running.listener.port}"


async def cut(running: Feeds) -> None:
    """Break every connection of the feeds."""
    for connection in list(running.listener._connections):
        connection.cut()
    while running.listener.status()["connections"]:  # noqa: ASYNC110 - the listener tells nobody
        await asyncio.sleep(0.001)
