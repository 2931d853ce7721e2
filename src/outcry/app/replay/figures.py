"""What the exchange tells about each market when all is over. Nothing is counted on the way."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from outcry.app.replay.floor import Floor
from outcry.app.replay.inputs import Inputs, Listing
from outcry.app.replay.past import PAGE_SIZE
from outcry.app.replay.rule import Verdict, judge
from outcry_sdk import AsyncClient
from outcry_sdk.calls import market as calls
from outcry_sdk.models import Activity


MARKETS_AT_A_TIME: Final = 4
TRADES: Final = ("buy", "sell")
KINDS: Final = ("transfer", "mint", "merge")


class Fill(NamedTuple):
    """One match, as its taker saw it; ``price`` is that of outcome 0."""

    second: int
    price: Decimal
    quantity: Decimal
    value: Decimal
    kind: str


@dataclass(slots=True)
class MarketFigures:
    """One market."""

    listing: Listing
    verdict: Verdict
    #: What the exchange paid, None when it was not listed.
    payout: tuple[Decimal, Decimal] | None = None
    orders: dict[str, int] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    #: Paid by takers, and given back to makers.
    fees: Decimal = Decimal(0)
    rebates: Decimal = Decimal(0)
    redeemed: Decimal = Decimal(0)
    #: What each bot gained.
    gains: dict[str, Decimal] = field(default_factory=dict)

    @property
    def outcome(self) -> int | None:
        """Return the outcome that was paid, None for half each or nothing."""
        if self.payout is None or self.payout[0] == self.payout[1]:
            return None
        return 0 if self.payout[0] else 1


async def gather_figures(floor: Floor, inputs: Inputs) -> list[MarketFigures]:
    """Return the figures of every market of the file, in its order."""
    gate = asyncio.Semaphore(MARKETS_AT_A_TIME)
    after = (await floor.operator.checkpoint()).n
    await floor.operator.balance(next(iter(floor.ids.values())), after=after)

    async def one(listing: Listing) -> MarketFigures:
        figures = MarketFigures(listing, judge(listing, inputs.feed))
        known = floor.past.listed.get(listing.slug)
        if known is not None:
            async with gate:
                (market,) = (await floor.operator.event_detail(known.event_id)).markets
                figures.payout = market.payout
                await _tell(figures, floor.bots, floor.ids, market.market_id)
        return figures

    return await asyncio.gather(*(one(listing) for listing in inputs.listings))


async def _tell(
    figures: MarketFigures,
    bots: Mapping[str, AsyncClient],
    ids: Mapping[str, int],
    market_id: int,
) -> None:
    for name, client in bots.items():
        history = await client.order_history(market_id=market_id, page_size=1)
        figures.orders[name] = history.total
        uid = ids[name]
        pages = client.every(
            lambda page, uid=uid: calls.activity(  # type: ignore[misc]
                uid, market_id=market_id, page=page, page_size=PAGE_SIZE
            )
        )
        figures.gains[name] = Decimal(0)
        async for done in pages:
            _add(figures, name, done)
    figures.fills.sort()


def _add(figures: MarketFigures, bot: str, done: Activity) -> None:
    fee = done.fee or Decimal(0)
    earned = done.value if done.types in ("sell", "merge", "redeem") else -done.value
    figures.gains[bot] += earned - fee
    if done.types == "redeem":
        figures.redeemed += done.value
    if done.types not in TRADES:
        return
    if done.role == "maker":
        figures.rebates -= fee
        return
    figures.fees += fee
    assert done.price is not None, "a fill has a price"
    first = done.outcome_name == figures.listing.outcomes[0]
    price = done.price if first else 1 - done.price
    figures.fills.append(Fill(done.timestamp, price, done.quantity, done.value, done.match))
