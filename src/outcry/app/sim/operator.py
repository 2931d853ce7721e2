"""The operator: lists markets, pauses, closes and pays them."""

import asyncio
from typing import Final

from outcry.app.sim.people import Person
from outcry.domain.fees import FeeKind
from outcry.domain.market import MarketMove, SettlementMode
from outcry.domain.rejects import Reject
from outcry.domain.units import MICROS_PER_SECOND
from outcry.messages.requests import (
    CheckpointOp,
    CreateEventOp,
    Done,
    MarketMoveOp,
    MarketSpec,
    ProposeOp,
    ResolveOp,
    SetFeesOp,
    VoidOp,
)


PAYOUTS: Final = (10_000, 0, 5_000, 2_500)
#: Of all worlds, those in which a market ends by itself.
ENDING_SHARE: Final = 0.3
#: Of all markets, those that settle on a chain.
CHAINED_SHARE: Final = 0.4
#: Of all markets, those whose payout may be disputed, and for how long.
DISPUTABLE_SHARE: Final = 0.3
WINDOW_US: Final = 400_000


class Operator(Person):
    """Runs the markets of one world."""

    markets: tuple[int, ...] = ()
    #: Those whose payout may be disputed.
    _windows: frozenset[int] = frozenset()

    async def list_markets(
        self,
        count: int,
        start_us: int,
        seconds: float,
        at_home: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """List *count* markets with fees of different kinds, to trade for *seconds*.

        *at_home*: all of them settle on a chain.
        """
        versions = [0]
        for kind in (FeeKind.FLAT, FeeKind.QUADRATIC):
            rates = (self.chance.randint(0, 1_000), self.chance.randint(0, 1_000))
            done = await self.must(SetFeesOp(0, kind, *rates, self.chance.randint(0, 10_000)))
            versions.append(done.id)
        while not self.markets:
            now_us = start_us + int(asyncio.get_running_loop().time() * MICROS_PER_SECOND)
            end_at_us = now_us + int(seconds * 2 / 3 * MICROS_PER_SECOND)
            specs = [self._spec(number, versions, end_at_us, at_home) for number in range(count)]
            event = CreateEventOp(0, f"at {now_us}", "Sim", "", "", "", "", "", 0, 0, specs)
            answer = await self.fund(event)
            if isinstance(answer, Done):
                self.markets = answer.ids
                self._windows = frozenset(
                    market
                    for market, spec in zip(answer.ids, specs, strict=True)
                    if spec.dispute_window_us
                )
                self.told.chained = {
                    market
                    for market, spec in zip(answer.ids, specs, strict=True)
                    if spec.settlement == SettlementMode.CHAIN
                }
                self.told.fee_versions = {
                    market: spec.fee_version for market, spec in zip(answer.ids, specs, strict=True)
                }
            elif answer.reject != Reject.END_IN_PAST:
                self.told.find(f"{event} was declined: {answer}")
                return

    def _spec(
        self,
        number: int,
        versions: list[int],
        end_at_us: int,
        at_home: bool,  # noqa: FBT001
    ) -> MarketSpec:
        """Return the terms of a market, some of which end by themselves."""
        ends = self.chance.random() < ENDING_SHARE
        chained = at_home or self.chance.random() < CHAINED_SHARE
        return MarketSpec(
            f"m{number}", "Really?", fee_version=self.chance.choice(versions), tick=100,
            price_min=100, end_at_us=end_at_us if ends else 0,
            settlement=SettlementMode.CHAIN if chained else SettlementMode.BOOK,
            dispute_window_us=WINDOW_US if self.chance.random() < DISPUTABLE_SHARE else 0,
        )  # fmt: skip

    async def work(self, until: float) -> None:
        """Pause, resume and look into the books; towards the end close and pay some markets."""
        loop = asyncio.get_running_loop()
        closing_at = until * self.chance.uniform(0.5, 0.95)
        while loop.time() < closing_at:
            await asyncio.sleep(self.chance.uniform(0.1, 1.5))
            await self._interfere()
        for market in self.markets:
            if self.chance.random() < 2 / 3:
                await self._end(market)

    async def _interfere(self) -> None:
        if self.chance.random() < 1 / 2:
            await self.fund(CheckpointOp(0))
            return
        market = self.chance.choice(self.markets)
        await self.fund(MarketMoveOp(0, market, MarketMove.PAUSE, "a look"))
        await self.pause()
        await self.fund(MarketMoveOp(0, market, MarketMove.RESUME, "all is well"))

    async def _end(self, market: int) -> None:
        """Close *market* and pay it, or propose a payout and perhaps dispute it."""
        payout = self.chance.choice(PAYOUTS)
        if market not in self._windows:
            op = self.chance.choice((ResolveOp, VoidOp))(0, market, payout, 10_000 - payout)
            await self._close_and(op)
            return
        await self._close_and(ProposeOp(0, market, payout, 10_000 - payout))
        await asyncio.sleep(self.chance.uniform(0, 2) * WINDOW_US / MICROS_PER_SECOND)
        if self.chance.random() < 1 / 2:
            disputed = MarketMoveOp(0, market, MarketMove.DISPUTE, "really?")
            if isinstance(await self.fund(disputed), Done):
                await self._close_and(VoidOp(0, market, 5_000, 5_000))

    async def _close_and(self, op: ResolveOp | VoidOp | ProposeOp) -> None:
        """Close the market and do *op*, however often that has to be asked for."""
        while True:
            await self.fund(MarketMoveOp(0, op.market_id, MarketMove.CLOSE, "over"))
            answer = await self.fund(op)
            if isinstance(answer, Done):
                self.told.payouts[op.market_id] = (op.payout_0, op.payout_1)
                return
            if answer.reject != Reject.MARKET_NOT_CLOSED:
                self.told.find(f"{op} was declined: {answer}")
                return
            await self.pause()
