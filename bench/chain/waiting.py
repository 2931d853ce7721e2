"""How long a fill waits for the chain: from the match to its verdict, as its owner hears both."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx

from outcry.adapters.evm.deployment import Deployment
from outcry.app.chain.dev import Wanted, dev_node, prepared
from outcry.app.demo.chain.bots import KeyBot, Scene
from outcry.app.demo.chain.orders import BUY, Wish, signed_body
from outcry.app.demo.chain.run import (
    CHAIN_ID,
    CONFIRMATIONS,
    EXIT_DELAY,
    deposits,
    opened,
    settling,
)
from outcry.app.demo.people import OPERATOR, TokenSource
from outcry.app.demo.run import Terms
from outcry.app.demo.venue import claim, demo_config, entered
from outcry.runtime import logging
from outcry.runtime.config import Config
from outcry.runtime.shutdown import Shutdown
from outcry_sdk import AsyncUserFeed
from outcry_sdk.feeds.private import SnapshotTaken, Traded, TradeSettled


LOTS = 100
PRICE = 5_000
END_MS_MAX = 60_000
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
    with TemporaryDirectory(prefix="outcry-bench-chain-") as folder:
        config = demo_config(None, Path(folder))
        logging.configure(config.log, "bench")
        claim(config)
        wanted = Wanted(Path(folder), 0, CHAIN_ID, block_ms, EXIT_DELAY, own=False, fresh=False)
        with dev_node(wanted) as node:
            deployed = asyncio.run(prepared(wanted, node.url))
            return Waits(block_ms, asyncio.run(_measured(config, deployed, trades, rate)))


async def _measured(config: Config, deployed: Deployment, trades: int, rate: int) -> list[float]:
    terms = Terms(seconds=None, bots=2, seed=1, rate=rate)
    async with AsyncExitStack() as stack:
        shutdown = stack.enter_context(Shutdown(END_MS_MAX))
        doors = await stack.enter_async_context(entered(settling(config, deployed), shutdown))
        assert doors is not None, "nobody stops a bench while it starts"
        operator = await stack.enter_async_context(doors.client(OPERATOR, admin=True))
        bots = [KeyBot(index, doors, 1) for index in range(2)]
        for bot in bots:
            await stack.enter_async_context(bot.client)
        scene = await opened(doors, operator, deployed, terms)
        await deposits(operator, deployed, bots)
        feed = doors.user_feed(bots[1].name)
        stack.push_async_callback(feed.aclose)
        heard = asyncio.create_task(_heard(feed, trades, ready := asyncio.Event()))
        await ready.wait()
        http = httpx.AsyncClient(base_url=doors.http, trust_env=False)
        await stack.enter_async_context(http)
        for number in range(trades):
            for index, bot in enumerate(bots):
                token = TokenSource(doors.config, bot.name, admin=False)()
                await _place(http, scene, bot, index, number, token)
            await asyncio.sleep(1 / rate)
        async with asyncio.timeout(CONFIRMED_SECONDS_MAX):
            return await heard


async def _place(
    http: httpx.AsyncClient, scene: Scene, bot: KeyBot, index: int, number: int, token: str
) -> None:
    wish = Wish(index, BUY, LOTS, PRICE)
    stamp = (number * 2 + index + 1, time.time_ns() // 1_000_000)
    place = (scene.event_id, scene.markets[0])
    body = signed_body(wish, place, bot.signer, scene.domain, stamp) | {"wait": "result"}
    headers = {"Authorization": f"Bearer {token}"}
    said = (await http.post("/api/place_order", json=body, headers=headers)).json()
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
