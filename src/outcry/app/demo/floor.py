"""The trading floor: which markets there are, what they are worth, and their books.

Shared by all bots of one event loop. The books come from the public feed; fair values are invented
here and wander.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from outcry.app.demo.quoting import wander
from outcry_sdk import AsyncClient, AsyncDepthFeed, NewMarket
from outcry_sdk.models import Market


WANDER_SECONDS: Final = 0.5
#: In every name that a demo gives, so that a venue of another version is not mistaken.
VERSION: Final = "demo-1"


@dataclass(frozen=True, slots=True)
class Question:
    """An event to be listed."""

    name: str
    topic: str
    title: str
    markets: Sequence[tuple[str, str]]
    tick: str = "0.01"


QUESTIONS: Final = (
    Question("rain", "Weather", "Rain tomorrow", [("Rain", "Will it rain tomorrow?")], "0.001"),
    Question(
        "mayor",
        "Politics",
        "Who becomes mayor?",
        [
            ("Adams", "Will Adams become mayor?"),
            ("Baker", "Will Baker become mayor?"),
            ("Clark", "Will Clark become mayor?"),
        ],
    ),
    Question("cup", "Sports", "Cup final", [("Home wins", "Will the home side win the cup?")]),
    Question(
        "launch",
        "Science",
        "Rocket launch",
        [("On time", "Will the rocket launch on the day?")],
        "0.0001",
    ),
)


@dataclass(slots=True)
class Stall:
    """One market that the bots trade."""

    number: int
    event_id: int
    market: Market
    #: Steps of the tick in 1, and what outcome 0 is worth in them.
    grid: int
    fair: int
    open: bool = True

    @property
    def market_id(self) -> int:
        """Return the market's id."""
        return self.market.market_id

    def price(self, steps: int) -> Decimal:
        """Return the price that is so many steps of the tick."""
        return self.market.tick_size * steps


class Floor:
    """All markets that are traded now."""

    def __init__(self, feed: AsyncDepthFeed, seed: int) -> None:
        """Have no market yet."""
        self.feed = feed
        self.stalls: list[Stall] = []
        self._rng = random.Random(f"{seed}:floor")  # noqa: S311 - decisions of bots are no secrets
        self._numbered = 0

    async def open(self, event_id: int, market: Market) -> Stall:
        """Trade a market from now on."""
        grid = int(1 / market.tick_size)
        fair = self._rng.randint(grid * 3 // 10, grid * 7 // 10)
        stall = Stall(self._numbered, event_id, market, grid, fair)
        self._numbered += 1
        await self.feed.follow(event_id, market.market_id)
        self.stalls.append(stall)
        return stall

    async def remove(self, stall: Stall) -> None:
        """Forget a market that is over."""
        self.stalls.remove(stall)
        await self.feed.leave(stall.market_id)

    def trading(self) -> list[Stall]:
        """Return the markets that are open."""
        return [stall for stall in self.stalls if stall.open]

    async def follow_books(self) -> None:
        """Keep the books up to date; ends when the feed is closed."""
        async for _ in self.feed:
            pass

    async def wander(self) -> None:
        """Let every fair value move, for ever."""
        while True:
            await asyncio.sleep(WANDER_SECONDS)
            for stall in self.trading():
                stall.fair = wander(stall.fair, stall.grid, self._rng)


async def list_questions(operator: AsyncClient, floor: Floor) -> None:
    """List the standing events, or find them where an earlier demo listed them."""
    for question in QUESTIONS:
        markets = [
            NewMarket(
                market_identifier=f"{VERSION}-{question.name}-{number}",
                question=text,
                title=title,
                tick_size=question.tick,
                min_price="0.01",
                min_quantity="1",
            )
            for number, (title, text) in enumerate(question.markets, 1)
        ]
        name = f"{VERSION}-{question.name}"
        made = await operator.create_event(name, question.title, markets, topic=question.topic)
        for market in (await operator.event_detail(made.event_id)).markets:
            if market.state == "open":  # anybody may play operator on a demo venue
                await floor.open(made.event_id, market)
