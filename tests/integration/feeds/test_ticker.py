"""The ticker: best prices and state of a market, when they change and only then."""

from tests.support.feeds import FeedClient, Feeds, Json, feeds
from tests.support.venue import limit

from outcry.domain.market import MarketMove
from outcry.messages.requests import MarketMoveOp
from outcry_wire.records import Side


async def subscribe(client: FeedClient, market_id: int = 1) -> Json:
    """Follow the ticker of a market; returns what it says at once."""
    await client.say(action="subscribe", channel="ticker", event_id=market_id, market_id=market_id)
    assert (await client.hear())["event_type"] == "subscribed"
    return await client.hear()


async def buy(feed: Feeds, account: int, price: int, qty: int, outcome: int = 0) -> None:
    """Buy one outcome."""
    await feed.door.venue.placed(limit(account, 1, Side.BUY, price, qty, outcome=outcome))


def prices(ticker: Json) -> list[tuple[str, str, str]]:
    """Return best bid, best ask and last price of each token."""
    return [
        (side["best_bid"], side["best_ask"], side["latest_trade_price"])
        for side in ticker["tickers"].values()
    ]


async def test_a_ticker_says_what_changed_at_the_top() -> None:
    """Both tokens' own prices; what rests behind the best price is not told, a pause is."""
    async with feeds() as feed:
        venue = feed.door.venue
        ann, bob = await venue.user("ann", 10**9), await venue.user("bob", 10**9)
        await feed.door.event("rain")
        async with feed.visitor() as client:
            first = await subscribe(client)
            assert (first["event_type"], first["state"]) == ("ticker", "open")
            assert prices(first) == [("", "", ""), ("", "", "")]
            await buy(feed, ann, 6_000, 100)
            assert prices(await client.hear()) == [("0.6000", "", ""), ("", "0.4000", "")]
            await buy(feed, ann, 5_000, 100)
            await buy(feed, bob, 3_000, 100, outcome=1)
            second = await client.hear()
            assert prices(second) == [("0.6000", "0.7000", ""), ("0.3000", "0.4000", "")]
            await buy(feed, bob, 4_000, 10, outcome=1)
            traded = await client.hear()
            assert prices(traded)[0] == ("0.6000", "0.7000", "0.6000")
            assert traded["update_id"] > second["update_id"] > first["update_id"]
            await venue.fund(MarketMoveOp(0, 1, MarketMove.PAUSE, "storm"))
            assert (await client.hear())["state"] == "halted"


async def test_a_ticker_is_left_and_refused_like_a_book() -> None:
    """Unknown markets and tickers that are not followed are refused by number."""
    async with feeds() as feed:
        await feed.door.event("rain")
        async with feed.visitor() as client:
            await subscribe(client)
            leave = {"channel": "ticker", "event_id": 1, "market_id": 1}
            await client.say(action="unsubscribe", **leave)
            assert (await client.hear())["event_type"] == "unsubscribed"
            await client.say(action="unsubscribe", **leave)
            assert (await client.hear())["name"] == "NOT_SUBSCRIBED"
            await client.say(action="subscribe", channel="ticker", event_id=1, market_id=9)
            assert (await client.hear())["name"] == "MARKET_UNKNOWN"
            await client.say(action="subscribe", channel="weather", event_id=1, market_id=1)
            assert (await client.hear())["name"] == "MALFORMED"
