"""Write docs/reference/websocket.md by following both feeds of an exchange in this process.

What the page shows was really sent. A test writes it again and compares; only numbers that depend
on when the clock ticked, and ids of connections, may differ.
"""

import asyncio
import json
import logging
import re
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog


ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/websocket.md"
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.support.feeds import FeedClient, Feeds, feeds  # noqa: E402
from tests.support.waiting import until  # noqa: E402
from tools.websocket_texts import (  # noqa: E402
    ERRORS,
    HEAD,
    PRIVATE,
    PRIVATE_EVENTS,
    PRIVATE_LAW,
    PRIVATE_RESUME,
    PUBLIC,
    PUBLIC_CHANGES,
    PUBLIC_LAW,
    PUBLIC_RESUME,
    SUBSCRIBED,
    TICKER,
)


#: Numbers that depend on when the clock ticked, and names of connections.
MOVING = re.compile(
    r'("(?:n|prev_n|after|update_id|prev_update_id|trade_id|id)": )(?:\d+|"[0-9a-f-]{36}")'
)
DAY = {
    "event_identifier": "rain-2027-06-01",
    "title": "Rain in Lisbon on 1 June 2027?",
    "topic": "weather",
    "markets": [{"market_identifier": "any", "question": "Will it rain in Lisbon?"}],
}


class Page:
    """The page as it grows: words, and what was said and heard meanwhile."""

    def __init__(self, feed: Feeds) -> None:
        self.feed = feed
        self.parts: list[str] = []
        self.tokens: tuple[str, str] = ("", "")

    def tell(self, text: str) -> None:
        """Add words."""
        self.parts.append(text)

    async def say(self, client: FeedClient, **message: object) -> None:
        """Send a message and show it."""
        shown = {"auth": "<token of ann>"} if "auth" in message else {}
        self._show("Client", {**message, **shown})
        await client.say(**message)

    async def hear(self, client: FeedClient, count: int = 1) -> dict[str, Any]:
        """Show the next messages; returns the last."""
        message: dict[str, Any] = {}
        for _ in range(count):
            message = await client.hear()
            self._show("Server", message)
        return message

    def _show(self, who: str, message: dict[str, Any]) -> None:
        self.parts.append(f"\n{who}:\n\n```json\n{json.dumps(message, indent=2)}\n```\n")

    async def order(self, who: str, outcome: int, price: str, quantity: str, **more: object) -> int:
        """Place an order through the HTTP door; returns its id."""
        door = self.feed.door
        body = {
            "event_id": 1,
            "market_id": 1,
            "token_id": self.tokens[outcome],
            "side": "buy",
            "order_type": "limit",
            "price": price,
            "quantity": quantity,
            **more,
        }
        placed = await door.post("/api/place_order?wait=result", body, door.as_user(who))
        return int(placed["order_id"])


async def render() -> str:
    """Follow the feeds through a small day and return the page."""
    async with feeds() as feed, AsyncExitStack() as stack:
        page = Page(feed)
        for name in ("ann", "bob"):
            await feed.door.user(name, "100")
        made = await feed.door.post("/api/admin/events", DAY, feed.door.as_admin())
        detail = await feed.door.get("/api/event_detail", event_id=made["event_id"])
        (market,) = detail["markets"]
        page.tokens = (market["outcome_0_token_id"], market["outcome_1_token_id"])
        await page.order("ann", 0, "0.60", "10")
        await feed.door.books_show(1)
        page.tell(HEAD)
        await _public(page, stack)
        await _private(page, stack)
        page.tell(ERRORS)
        return "".join(page.parts)


async def _public(page: Page, stack: AsyncExitStack) -> None:
    page.tell(PUBLIC)
    client = await stack.enter_async_context(page.feed.client("/depth"))
    await page.hear(client)
    page.tell(SUBSCRIBED)
    await page.say(client, action="subscribe", event_id=1, market_id=1)
    before = (await page.hear(client, 2))["update_id"]
    page.tell(PUBLIC_CHANGES)
    await page.order("bob", 1, "0.40", "4")
    await page.hear(client)
    page.tell(PUBLIC_LAW)
    await page.say(client, action="unsubscribe", event_id=1, market_id=1)
    await page.hear(client)
    page.tell(PUBLIC_RESUME)
    await page.say(client, action="subscribe", event_id=1, market_id=1, update_id=before)
    await client.hear()
    await page.hear(client)
    await page.say(client, action="subscribe", event_id=1, market_id=99)
    await page.hear(client)
    page.tell(TICKER)
    await page.say(client, action="subscribe", channel="ticker", event_id=1, market_id=1)
    await page.hear(client, 2)
    await page.say(client, action="unsubscribe", channel="ticker", event_id=1, market_id=1)
    await page.hear(client)


async def _private(page: Page, stack: AsyncExitStack) -> None:
    feed = page.feed
    await feed.door.settled()
    page.tell(PRIVATE)
    client = await stack.enter_async_context(feed.client("/user"))
    await page.say(client, auth=feed.door.token("ann"))
    seen = (await page.hear(client, 2))["n"]
    page.tell(PRIVATE_EVENTS)
    await page.order("bob", 1, "0.40", "6")
    await page.hear(client, 4)
    page.tell(PRIVATE_LAW)
    mine = await page.order("ann", 0, "0.50", "2", client_order_id="bid-7")
    await page.hear(client, 3)
    await feed.door.post("/api/cancel_order", {"order_id": mine}, feed.door.as_user("ann"))
    await page.hear(client, 2)
    page.tell(PRIVATE_RESUME)
    head = await feed.door.venue.log.head()
    await until(lambda: feed.user.status()["position"] >= head)
    again = await stack.enter_async_context(feed.client("/user"))
    await page.say(again, auth=feed.door.token("ann"), after=seen)
    await page.hear(again, 2)


def steady(page: str) -> str:
    """Return *page* without what differs from run to run."""
    return MOVING.sub(r"\g<1>0", page)


def main() -> None:
    """Write the page, unless only moving numbers would change."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    page = asyncio.run(render())
    if not PAGE.exists() or steady(PAGE.read_text("utf-8")) != steady(page):
        PAGE.write_text(page, "utf-8")
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
