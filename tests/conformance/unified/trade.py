"""The unified client of Python: reads, orders, and both channels; prints what it understood."""

import asyncio
import json
from typing import Any

from place import environment, told
from polymarket import AsyncPublicClient, AsyncSecureClient
from polymarket.streams import MarketSpec, UserSpec


class Heard:
    """What a subscription says, for as long as the script runs."""

    def __init__(self, handle: Any) -> None:
        self.events: list[Any] = []
        self.task = asyncio.create_task(self._listen(handle))

    async def has(self, kind: str, status: str = "") -> bool:
        """Return whether an event of a kind was heard, with a status if one is named."""
        return any(
            event.type == kind and (not status or event.payload.status == status)
            for event in self.events
        )

    async def _listen(self, handle: Any) -> None:
        async for event in handle:
            self.events.append(event)


async def until(holds: Any) -> Any:
    """Return what *holds* returns once that is true."""
    async with asyncio.timeout(60):
        while not (found := await holds()):  # noqa: ASYNC110 - what is asked is elsewhere
            await asyncio.sleep(0.02)
    return found


async def first(pages: Any) -> list[Any]:
    """Return the items of the first page."""
    return list((await pages.first_page()).items)


async def main() -> None:
    """Trade with oneself on a market of one's own."""
    said = told()
    yes, no = said["tokens"]
    where = environment(said)
    visitor = AsyncPublicClient(environment=where)
    maker, taker = [
        await AsyncSecureClient.create(private_key=key, wallet=address, environment=where)
        for key, address in zip(said["keys"], said["addresses"], strict=True)
    ]
    market = Heard(
        await visitor.subscribe(MarketSpec(asset_ids=[yes], custom_feature_enabled=True))
    )
    user = Heard(await taker.subscribe(UserSpec()))
    await until(lambda: market.has("book"))
    resting = await maker.place_limit_order(asset_id=yes, price="0.4", size="10", side="BUY")
    await until(lambda: market.has("price_change"))
    matched = await taker.place_market_order(asset_id=no, amount="2.4", side="BUY")
    await until(lambda: user.has("trade", "CONFIRMED"))
    await until(lambda: market.has("last_trade_price"))

    async def filled() -> list[Any]:
        found = await first(maker.list_open_orders(market=said["condition"]))
        return found if found and found[0].size_matched == 4 else []

    open_ = await until(filled)
    trades = await until(lambda: first(taker.list_account_trades(market=said["condition"])))
    answer = {
        "resting": resting,
        "matched": matched,
        "open": open_,
        "trades": trades,
        "market": [event.type for event in market.events],
        "user": [event.type for event in user.events],
        "book": await visitor.get_order_book(asset_id=yes),
        "midpoint": await visitor.get_midpoint(asset_id=yes),
        "last": await visitor.get_last_trade_price(asset_id=yes),
        "balance": await taker.get_balance_allowance(asset_type="CONDITIONAL", token_id=no),
        "cancelled": await maker.cancel_order(order_id=open_[0].id),
        "markets": len(await first(visitor.list_markets(closed=False))),
        "events": len(await first(visitor.list_events(closed=False))),
        "found": await visitor.get_market(slug="m"),
    }
    print(json.dumps(answer, default=_plain))
    for one in (market, user):
        one.task.cancel()


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


asyncio.run(main())
