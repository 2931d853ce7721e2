"""The short life of a market, again and again: listed, traded, closed at its end, paid, redeemed.

A round that was begun is brought to its end, also when the demo stops in the middle of it.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Final

from outcry.app.demo.bot import Bot, DemoFailed, World
from outcry.app.demo.floor import VERSION, Stall
from outcry_sdk import AsyncClient, LifecycleError, NewMarket
from outcry_sdk.models import Market


LIFE_SECONDS_MIN: Final = 3
LIFE_SECONDS_MAX: Final = 20
#: What closing, paying and redeeming takes, with room to spare.
ENDING_SECONDS: Final = 4
POLL_SECONDS: Final = 0.2
#: How long the end time of a market may be past before we close the market ourselves.
CLOSE_SECONDS_MAX: Final = 5.0
CLOSED_SECONDS_MAX: Final = 20.0
TAKER_BPS: Final = 200
REBATE_BPS: Final = 2_500


class Rounds:
    """One short market after another."""

    def __init__(
        self, operator: AsyncClient, world: World, bots: Sequence[Bot], seconds: int | None
    ) -> None:
        """Fit the rounds into a demo of *seconds*; None has no end."""
        self._operator = operator
        self._world = world
        self._bots = bots
        self._seconds = seconds
        self._rng = random.Random(f"{world.seed}:rounds")  # noqa: S311 - no secrets
        self._fee_version = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Hold rounds until told to stop, or until there is no time for another."""
        began = time.monotonic()
        life = life_of(self._seconds)
        fees = await self._operator.set_fees(
            "quadratic", taker_bps=TAKER_BPS, rebate_bps=REBATE_BPS
        )
        self._fee_version = fees.fee_version
        number = 0
        while not number or (not stop.is_set() and self._fits(began, life)):
            number += 1
            await self._hold(number, life, stop)

    def _fits(self, began: float, life: int) -> bool:
        if self._seconds is None:
            return True
        return time.monotonic() - began + life + ENDING_SECONDS <= self._seconds

    async def _hold(self, number: int, life: int, stop: asyncio.Event) -> None:
        stall, end = await self._list(number, life)
        self._say(f"{stall.market.title}: listed, ends in {life} s, takers pay fees")
        await _until(end, stop)
        stall.open = False
        market = await self._closed(stall, end)
        self._say(f"{market.title}: {market.state}, every order cancelled")
        winner = int(self._rng.randrange(stall.grid) >= stall.fair)
        payout = (1 - winner, winner)
        resolved = await self._operator.resolve_market(stall.market_id, payout=payout)
        name = (market.outcome_0_name, market.outcome_1_name)[winner]
        before = self._world.figures.redeemed
        await asyncio.gather(*(bot.redeem(stall, resolved.n) for bot in self._bots))
        paid = self._world.figures.redeemed - before
        self._world.figures.rounds += 1
        self._say(f"{market.title}: resolved {name}, {paid:,.2f} redeemed")
        await self._world.floor.remove(stall)

    async def _list(self, number: int, life: int) -> tuple[Stall, int]:
        end = int(time.time()) + 1 + life
        name = f"{VERSION}-coin-{self._world.run}-{number}"
        market = NewMarket(
            market_identifier=name,
            question=f"Will the coin be up in {life} seconds?",
            title=f"Coin, round {number}",
            outcome_0_name="Up",
            outcome_1_name="Down",
            tick_size="0.01",
            min_price="0.01",
            min_quantity="1",
            fee_version=self._fee_version,
            end_date=end,
        )
        made = await self._operator.create_event(
            name, f"Coin up or down, round {number}", [market], topic="Coins", end_date=end
        )
        (listed,) = (await self._operator.event_detail(made.event_id)).markets
        return await self._world.floor.open(made.event_id, listed), end

    async def _closed(self, stall: Stall, end: int) -> Market:
        """Return the market when it is closed; one that does not close itself is closed."""
        deadline = time.time() + CLOSED_SECONDS_MAX
        asked = False
        while time.time() < deadline:
            (market,) = (await self._operator.event_detail(stall.event_id)).markets
            if market.state == "closed":
                return market
            overdue = time.time() > end + CLOSE_SECONDS_MAX
            if not asked and (overdue or time.time() < end):
                asked = True
                await self._close(stall)
                continue
            await asyncio.sleep(POLL_SECONDS)
        raise DemoFailed(f"{stall.market.title}: not closed within {CLOSED_SECONDS_MAX:.0f} s")

    async def _close(self, stall: Stall) -> None:
        try:
            await self._operator.close_market(stall.market_id, reason="the demo ends")
        except LifecycleError as refused:
            # Its end time came first.
            self._world.figures.reject(refused.name)

    def _say(self, text: str) -> None:
        self._world.figures.happened(text)


async def _until(at: int, stop: asyncio.Event) -> None:
    """Return at a time, or when told to stop."""
    try:
        async with asyncio.timeout(max(at - time.time(), 0)):
            await stop.wait()
    except TimeoutError:
        return


def life_of(seconds: int | None) -> int:
    """Return how long a round lasts in a demo of *seconds*."""
    if seconds is None:
        return LIFE_SECONDS_MAX
    return min(max(seconds // 3, LIFE_SECONDS_MIN), LIFE_SECONDS_MAX)
