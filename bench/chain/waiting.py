"""How long a fill waits for the chain: from the match to its verdict, as its owner hears both."""

import asyncio
import time
from typing import NamedTuple

import httpx
from chain.venue import Floor, Place, chain_place, trading

from outcry.app.demo.chain.orders import BUY, Wish, signed_body
from outcry.app.demo.chain.run import CONFIRMATIONS
from outcry_sdk import AsyncUserFeed
from outcry_sdk.feeds.private import SnapshotTaken, Traded, TradeSettled


LOTS = 100
PRICE = 5_000
CONFIRMED_SECONDS_MAX = 60


class Waits(NamedTuple):
    """Seconds of each fill, by the pause between blocks."""

    block_ms: int
    seconds: list[float]

    def text(self) -> str:
        """Return the row of the table."""
        sorted_ms = sorted(round(one * 1_000) for one in self.seconds)
        p50 = sorted_ms[len(sorted_ms) // 2]
        p99 = sorted_ms[min(len(sorted_ms) * 99 // 100, len(sorted_ms) - 1)]
        return f"| {self.block_ms} | {CONFIRMATIONS} | {len(sorted_ms)} | {p50:,} | {p99:,} |"


def waits(block_ms: int, trades: int, rate: int) -> Waits:
    """Settle so many mints on an exchange of its own, at this rate."""
    with chain_place(block_ms) as place:
        return Waits(block_ms, asyncio.run(_measured(place, trades, rate)))


async def _measured(place: Place, trades: int, rate: int) -> list[float]:
    async with trading(place) as floor:
        feed = floor.doors.user_feed(floor.bots[1].name)
        heard = asyncio.create_task(_heard(feed, trades, ready := asyncio.Event()))
        await ready.wait()
        try:
            async with httpx.AsyncClient(base_url=floor.doors.http, trust_env=False) as http:
                for number in range(trades):
                    for index in range(len(floor.bots)):
                        await _place(http, floor, index, number)
                    await asyncio.sleep(1 / rate)
            async with asyncio.timeout(CONFIRMED_SECONDS_MAX):
                return await heard
        finally:
            await feed.aclose()


async def _place(http: httpx.AsyncClient, floor: Floor, index: int, number: int) -> None:
    bot, scene = floor.bots[index], floor.scene
    wish = Wish(index, BUY, LOTS, PRICE)
    stamp = (number * 2 + index + 1, time.time_ns() // 1_000_000)
    place = (scene.event_id, scene.markets[0])
    body = signed_body(wish, place, bot.signer, scene.domain, stamp) | {"wait": "result"}
    said = (await http.post("/api/place_order", json=body, headers=floor.headers(bot))).json()
    assert said["code"] == 0, said


async def _heard(feed: AsyncUserFeed, trades: int, ready: asyncio.Event) -> list[float]:
    matched: dict[tuple[str, int], float] = {}
    found: list[float] = []
    async for event in feed:
        now = time.perf_counter()
        if isinstance(event, SnapshotTaken):
            ready.set()
        elif isinstance(event, Traded):
            matched[str(event.trade.trade_id), event.trade.fill] = now
        elif isinstance(event, TradeSettled):
            key = str(event.settled.trade_id), event.settled.fill
            found.append(now - matched.pop(key))
            if len(found) == trades:
                break
    return found
