"""What an earlier run did already, read from the exchange: nothing else is remembered.

Markets that were paid are finished but for tokens that were not redeemed. Of the others, the orders
in the history say how far the bots came. What a bot was refused at the door left no trace and is
refused again; the clock, which moves on only when a moment is over, keeps anything older from being
done again.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from outcry.app.replay.inputs import Listing
from outcry.app.replay.timeline import step_of
from outcry_sdk import AsyncClient
from outcry_sdk.calls import market as calls
from outcry_sdk.calls import trading
from outcry_sdk.models import Market


PAID_STATES: Final = ("resolved", "voided")
PAGE_SIZE: Final = 100


class Listed(NamedTuple):
    """A market as the exchange knows it."""

    event_id: int
    market: Market

    @property
    def paid(self) -> bool:
        """Return whether its tokens can be redeemed."""
        return self.market.state in PAID_STATES


@dataclass(slots=True)
class Past:
    """What is done."""

    listed: dict[str, Listed] = field(default_factory=dict)
    #: Client order ids of the markets that are not paid yet.
    orders: set[str] = field(default_factory=set)
    #: Of these markets, by slug: the last step at which somebody acted, -1 for none.
    last_step: dict[str, int] = field(default_factory=dict)
    #: Paid markets in which somebody still has tokens.
    unredeemed: set[str] = field(default_factory=set)

    def finished(self, listing: Listing) -> bool:
        """Return whether nothing is left to do."""
        known = self.listed.get(listing.slug)
        return known is not None and known.paid and listing.slug not in self.unredeemed


async def read_past(
    operator: AsyncClient, bots: Mapping[str, AsyncClient], ids: Mapping[str, int]
) -> Past:
    """Return what the exchange remembers. *ids* are the bots' user ids."""
    # From here on the tables show everything that an earlier run did.
    after = (await operator.checkpoint()).n
    past = Past()
    await operator.balance(next(iter(ids.values())), after=after)
    async for event in operator.every(lambda page: calls.events(page=page, page_size=PAGE_SIZE)):
        past.listed[event.slug] = Listed(event.event_id, event.markets[0])
    by_market = {known.market.market_id: slug for slug, known in past.listed.items()}
    for name, client in bots.items():
        uid = ids[name]
        pages = client.every(
            lambda page, uid=uid: calls.positions(uid, page=page, page_size=PAGE_SIZE)  # type: ignore[misc]
        )
        async for held in pages:
            past.unredeemed.add(by_market[held.market_id])
    past.unredeemed = {slug for slug in past.unredeemed if past.listed[slug].paid}
    for slug, known in past.listed.items():
        if not known.paid:
            await _read_orders(past, slug, known.market.market_id, bots)
    return past


async def _read_orders(
    past: Past, slug: str, market_id: int, bots: Mapping[str, AsyncClient]
) -> None:
    found = await asyncio.gather(*(_names(client, market_id) for client in bots.values()))
    names = {name for some in found for name in some}
    past.orders |= names
    past.last_step[slug] = max(map(step_of, names), default=-1)


async def _names(client: AsyncClient, market_id: int) -> list[str]:
    pages = client.every(
        lambda page: trading.order_history(market_id=market_id, page=page, page_size=PAGE_SIZE)
    )
    return [order.client_order_id async for order in pages]
