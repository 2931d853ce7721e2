"""A bot that quotes: bids and offers on both outcomes around the fair value, moved with it."""

import asyncio
from typing import Final

from outcry.app.demo.bot import Bot, World, rejected_order
from outcry.app.demo.floor import QUESTIONS, Stall
from outcry.app.demo.people import maker_name
from outcry.app.demo.quoting import Changes, Quote, changes, ladder
from outcry_sdk import OrderChanged
from outcry_sdk.feeds.private import PrivateEvent


SHARES: Final = 40
#: Pairs that a maker buys when it comes to a market, to have tokens to offer.
PAIRS: Final = 200
IDLE_SECONDS: Final = 0.1
#: Makers that quote the same market compete; more markets than that have others.
MAKERS_PER_MARKET: Final = 2
STANDING: Final = sum(len(question.markets) for question in QUESTIONS)


class Maker(Bot):
    """Quotes the markets that fall to it."""

    def __init__(self, index: int, makers: int, world: World) -> None:
        """Be maker *index* of so many."""
        super().__init__(maker_name(index), world)
        self._index = index
        self._span = min(makers, STANDING + 1)
        #: What rests or may rest, by market and client order id. An order is in here before it is
        #: sent: a fill may be told before the answer.
        self._resting: dict[int, dict[str, Quote]] = {}
        self._looks = 0
        self._looked: dict[int, int] = {}

    async def act(self) -> None:
        """Bring the market up to date that was looked at longest ago, a new one first."""
        self._forget_closed()
        self._looks += 1
        stalls = self._mine()
        busy = False
        if stalls:
            stall = min(stalls, key=lambda stall: self._looked.get(stall.market_id, 0))
            self._looked[stall.market_id] = self._looks
            busy = await self._requote(stall)
        if not busy:
            await asyncio.sleep(IDLE_SECONDS)

    def heard(self, event: PrivateEvent) -> None:
        """Forget orders that ended."""
        if isinstance(event, OrderChanged) and event.order.over:
            self._resting.get(event.order.market_id, {}).pop(event.order.client_order_id, None)
        # Quotes are answered before the book speaks, so only the feed tells what it declined.
        if name := rejected_order(event):
            self.world.figures.reject(name)

    def resynchronised(self) -> None:
        """Keep of what may rest only what does."""
        resting = {order.client_order_id for order in self._feed.account.orders.values()}
        for quotes in self._resting.values():
            for name in quotes.keys() - resting:
                del quotes[name]

    def _mine(self) -> list[Stall]:
        return [
            stall
            for stall in self.world.floor.trading()
            if (self._index - stall.number) % self._span < MAKERS_PER_MARKET
        ]

    def _forget_closed(self) -> None:
        for market_id in self._resting.keys() - {s.market_id for s in self.world.floor.stalls}:
            del self._resting[market_id]
            self._looked.pop(market_id, None)

    async def _requote(self, stall: Stall) -> bool:
        """Make the book as it should be; returns whether there was anything to do."""
        if stall.market_id not in self._resting:
            self._resting[stall.market_id] = {}
            await self.split(stall, PAIRS)
        resting = self._resting[stall.market_id]
        owned = self.owned(stall)
        wanted = ladder(stall.fair, stall.grid, SHARES, (int(owned[0]), int(owned[1])))
        change = changes(resting, wanted)
        await self._cancel(stall, change)
        for quote in change.place:
            if not stall.open:
                break
            await self._quote(stall, quote)
        return bool(change.cancel or change.place)

    async def _cancel(self, stall: Stall, change: Changes) -> None:
        resting = self._resting[stall.market_id]
        if change.cancel and len(change.cancel) == len(resting):
            done = await self.ask(lambda: self.client.cancel_all_orders(market_id=stall.market_id))
            self.world.figures.cancels += done is not None
            resting.clear()
            return
        for name in change.cancel:
            if name in resting:  # it may have been filled meanwhile
                done = await self.ask(
                    lambda name=name: self.client.cancel_order(client_order_id=name)  # type: ignore[misc]
                )
                self.world.figures.cancels += done is not None
                resting.pop(name, None)

    async def _quote(self, stall: Stall, quote: Quote) -> None:
        name = self.order_id()
        resting = self._resting[stall.market_id]
        resting[name] = quote
        placed = await self.placed(
            self.world.figures.accepted,
            lambda: self.client.place_order(
                stall.event_id,
                stall.market_id,
                stall.market.token_ids[quote.outcome],
                quote.side,
                price=stall.price(quote.steps),
                quantity=quote.shares,
                post_only=True,
                client_order_id=name,
            ),
        )
        if placed is None:
            resting.pop(name, None)
