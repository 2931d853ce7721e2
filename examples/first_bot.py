"""Quote both outcomes of a market around its price, and quote anew after each trade."""

import sys
from decimal import Decimal

from outcry_sdk import BookChanged, Client, Credentials, DepthFeed


def quote(client: Client, event_id: int, market_id: int) -> None:
    """Bid two cents below the price of either outcome; whoever hits both pays us four."""
    event = client.event_detail(event_id)
    market = next(one for one in event.markets if one.market_id == market_id)
    chance = market.outcome_0_chance or Decimal("0.5")
    client.cancel_all_orders(market_id=market_id)
    for token, price in zip(market.token_ids, (chance, 1 - chance), strict=True):
        bid = (price - Decimal("0.02")) // market.tick_size * market.tick_size
        client.place_order(event_id, market_id, token, "buy", price=bid, quantity=10)


def main(http: str, feeds: str, token: str, event_id: int, market_id: int, trades: int) -> None:
    """Quote until so many trades have happened."""
    feed = DepthFeed(feeds)
    feed.follow(event_id, market_id)
    with Client(http, Credentials(token=token)) as client:
        quote(client, event_id, market_id)
        for event in feed:
            if isinstance(event, BookChanged) and event.trades:
                trades -= len(event.trades)
                if trades <= 0:
                    break
                quote(client, event_id, market_id)


if __name__ == "__main__":
    http, feeds, token, *numbers = sys.argv[1:]
    event_id, market_id, trades = map(int, numbers)
    main(http, feeds, token, event_id, market_id, trades)
