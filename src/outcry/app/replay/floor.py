"""The trading floor of a replay: carries out the moments of the timeline, one after the other.

Everything of a moment has been answered with its result before the clock moves on. What may be in
flight together is what cannot meet: quotes that neither cross nor share a price, takers of
different sides of a book, redemptions of different accounts. Everything else waits for what came
before.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from outcry.app.replay.bots import BOTS, FAR, PAIRS, Want, quotes, takes
from outcry.app.replay.inputs import FeeTerms, Inputs, Listing
from outcry.app.replay.past import Listed, Past, read_past
from outcry.app.replay.rule import judge
from outcry.app.replay.timeline import Moment, Step, name_of, order_name
from outcry.app.replay.venue import Venue, fee_key
from outcry_sdk import (
    AsyncClient,
    BookError,
    FundsError,
    LifecycleError,
    NewMarket,
    UnreachableError,
)
from outcry_wire.rejects import Reject


#: Play money of each bot, far more than a day can cost.
MONEY: Final = 10_000_000
OPERATOR: Final = "replay-operator"
TOPIC: Final = "replay"


@dataclass(slots=True)
class Pace:
    """How much was done in this run."""

    orders: int = 0
    requests: int = 0


class Floor:
    """Operator and bots at work."""

    def __init__(self, venue: Venue, inputs: Inputs) -> None:
        self._venue = venue
        self._feed = inputs.feed
        self.operator = venue.client(OPERATOR, admin=True)
        self.bots = {name: venue.client(name) for name in BOTS}
        self.ids: dict[str, int] = {}
        self.past = Past()
        self.pace = Pace()

    async def close(self) -> None:
        """Let go of all connections."""
        for client in (self.operator, *self.bots.values()):
            await client.aclose()

    async def open(self, listings: Iterable[Listing]) -> None:
        """Register and fund the bots, create the fees, and learn what was done before."""
        for name, client in self.bots.items():
            self.ids[name] = (await client.user_data()).id
            await self.operator.deposit(self.ids[name], MONEY, f"play money of {name}")
        for terms in sorted({listing.fees for listing in listings}):
            await self._make_fees(terms)
        self.past = await read_past(self.operator, self.bots, self.ids)

    async def do(self, moment: Moment) -> None:
        """Carry out what is left of *moment*, or nothing when the clock has passed it."""
        past = self.past
        ends = [listing for listing in moment.ends if not past.finished(listing)]
        starts = [listing for listing in moment.starts if listing.slug not in past.listed]
        steps = [step for step in moment.steps if not self._passed(step)]
        if not (ends or starts or steps):
            return
        fresh = [step for step in steps if past.last_step.get(step.listing.slug, -1) < step.number]
        if not await self._arrive(moment.second, fresh):
            return
        for listing in ends:
            await self._end(listing)
        for listing in moment.starts:
            if not past.finished(listing):
                await self._start(listing)
        for step in steps:
            await self._act(step, moment.second)

    # --- the clock ------------------------------------------------------------------------------

    def _passed(self, step: Step) -> bool:
        listing, past = step.listing, self.past
        known = past.listed.get(listing.slug)
        paid = known is not None and known.paid
        return paid or step.number < past.last_step.get(listing.slug, -1)

    async def _arrive(self, second: int, fresh: list[Step]) -> bool:
        """Set the clock, and take back what stands from the step before; False: it was later."""
        try:
            await asyncio.gather(
                self._set_clock(second), *(self._take_back(step) for step in fresh if step.number)
            )
        except LifecycleError as error:
            if error.reject != Reject.CLOCK_BACKWARDS:
                raise
            return False
        return True

    async def _set_clock(self, second: int) -> None:
        self.pace.requests += 1
        await self.operator.set_clock(second)

    async def _take_back(self, step: Step) -> None:
        self.pace.requests += 1
        market_id = self.past.listed[step.listing.slug].market.market_id
        await self.bots[FAR].cancel_all_orders(market_id=market_id)

    # --- markets --------------------------------------------------------------------------------

    async def _start(self, listing: Listing) -> None:
        """List the market and make pairs for those who sell."""
        if listing.slug not in self.past.listed:
            made = await self.operator.create_event(
                listing.slug,
                listing.question,
                [self._new_market(listing)],
                slug=listing.slug,
                topic=TOPIC,
                start_date=listing.start,
                end_date=listing.end,
            )
            (market,) = (await self.operator.event_detail(made.event_id)).markets
            self.past.listed[listing.slug] = Listed(made.event_id, market)
        market_id = self.past.listed[listing.slug].market.market_id
        await asyncio.gather(
            *(
                self.bots[bot].split(market_id, pairs, key=f"{name_of(listing)}.{bot}")
                for bot, pairs in PAIRS.items()
            )
        )
        self.pace.requests += 2 + len(PAIRS)

    def _new_market(self, listing: Listing) -> NewMarket:
        version = self._venue.mark.fee_versions[_key(listing.fees)] if any(listing.fees) else 0
        return NewMarket(
            market_identifier=listing.slug,
            question=listing.question,
            slug=listing.slug,
            condition_id=listing.condition_id,
            outcome_0_name=listing.outcomes[0],
            outcome_1_name=listing.outcomes[1],
            outcome_0_token_id=listing.token_ids[0],
            outcome_1_token_id=listing.token_ids[1],
            tick_size=listing.tick,
            min_price=listing.tick,
            min_quantity=listing.min_size,
            fee_version=version,
            end_date=listing.end,
        )

    async def _end(self, listing: Listing) -> None:
        """Fix what the market pays, which the clock has closed, and redeem everything."""
        known = self.past.listed[listing.slug]
        market_id = known.market.market_id
        verdict = judge(listing, self._feed)
        if not known.paid:
            if verdict.outcome is None:
                await self.operator.void_market(market_id, payout=verdict.payout)
            else:
                await self.operator.resolve_market(market_id, payout=verdict.payout)
        await asyncio.gather(*(self._redeem(bot, listing, market_id) for bot in self.bots))
        self.pace.requests += 1 + len(self.bots)

    async def _redeem(self, bot: str, listing: Listing, market_id: int) -> None:
        with suppress(FundsError):  # it has no tokens of this market
            await self.bots[bot].redeem(market_id, key=f"{name_of(listing)}.{bot}")

    async def _make_fees(self, terms: FeeTerms) -> None:
        versions = self._venue.mark.fee_versions
        if any(terms) and _key(terms) not in versions:
            made = await self.operator.set_fees("quadratic", **terms._asdict())
            # Kept before a market names it: a second schedule would be another content.
            versions[_key(terms)] = made.fee_version
            self._venue.keep_mark()

    # --- orders ---------------------------------------------------------------------------------

    async def _act(self, step: Step, second: int) -> None:
        """Let the makers quote and the takers take."""
        listing, number = step
        made = quotes(listing, self._feed, number, second)
        for together in (made, *takes(listing, self._feed, number, second)):
            await asyncio.gather(*(self._place(step, second, want) for want in together))

    async def _place(self, step: Step, second: int, want: Want) -> None:
        name = order_name(step.listing, step.number, want.bot, want.number)
        if name in self.past.orders:
            return
        event_id, market = self.past.listed[step.listing.slug]
        client: AsyncClient = self.bots[want.bot]
        self.pace.orders += 1
        self.pace.requests += 1
        try:
            placed = await client.place_order(
                event_id,
                market.market_id,
                market.token_ids[want.outcome],
                want.side,
                price=want.price,
                quantity=want.quantity,
                volume=want.volume,
                order_type="market" if want.price is None else "limit",
                time_in_force=want.time_in_force,
                post_only=want.post_only,
                expiration=second + self._venue.mark.step_seconds
                if want.time_in_force == "GTD"
                else None,
                client_order_id=name,
                wait="result",
            )
        except BookError:
            return  # an answer like any other: it met nothing that it could take
        if not (placed.result_n or placed.repeated):
            raise UnreachableError(f"the book did not answer to {name}; start the replay again")


def _key(terms: FeeTerms) -> str:
    return fee_key(terms._asdict())
