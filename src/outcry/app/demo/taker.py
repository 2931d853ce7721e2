"""A bot that takes what is quoted: by quantity and by money, both outcomes, buying and selling."""

import asyncio
from decimal import Decimal
from typing import Final

from outcry.app.demo.bot import Bot, World
from outcry.app.demo.choosing import Limit, Pairs, Spend, View, choose
from outcry.app.demo.floor import Stall
from outcry.app.demo.people import taker_name
from outcry_sdk.models import Level


IDLE_SECONDS: Final = 0.05


class Taker(Bot):
    """Takes on any market that is open."""

    def __init__(self, index: int, world: World) -> None:
        """Be taker *index*."""
        super().__init__(taker_name(index), world)

    async def act(self) -> None:
        """Do one thing on one market."""
        stalls = self.world.floor.trading()
        if not stalls:
            await asyncio.sleep(IDLE_SECONDS)
            return
        stall = self.rng.choice(stalls)
        view = self._view(stall)
        match choose(view, self.rng) if view is not None else None:
            case None:
                await asyncio.sleep(IDLE_SECONDS)
            case Pairs(shares) if shares > 0:
                await self.split(stall, shares)
            case Pairs(shares):
                await self.merge(stall, -shares)
            case Limit() as choice:
                await self._limit(stall, choice)
            case Spend() as choice:
                await self._spend(stall, choice)

    def _view(self, stall: Stall) -> View | None:
        """Return the market as the public feed and our own account show it."""
        book = self.world.floor.feed.books.get(stall.market_id)
        if book is None or not book.known:
            return None
        yes, no = stall.market.token_ids
        return View(
            stall.market.tick_size,
            (_price(book.best_bid(yes)), _price(book.best_bid(no))),
            (_price(book.best_ask(yes)), _price(book.best_ask(no))),
            self.free(stall),
        )

    async def _limit(self, stall: Stall, choice: Limit) -> None:
        await self.placed(
            self.world.figures.result,
            lambda: self.client.place_order(
                stall.event_id,
                stall.market_id,
                stall.market.token_ids[choice.outcome],
                choice.side,
                price=choice.price,
                quantity=choice.shares,
                time_in_force="IOC",
                client_order_id=self.order_id(),
                wait="result",
            ),
        )

    async def _spend(self, stall: Stall, choice: Spend) -> None:
        await self.placed(
            self.world.figures.result,
            lambda: self.client.place_order(
                stall.event_id,
                stall.market_id,
                stall.market.token_ids[choice.outcome],
                "buy",
                order_type="market",
                volume=choice.money,
                client_order_id=self.order_id(),
                wait="result",
            ),
        )


def _price(level: Level | None) -> Decimal | None:
    return level.price if level else None
