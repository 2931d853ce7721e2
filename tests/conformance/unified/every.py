"""Every method of the unified client of Python that is meant for a CLOB; prints how each went."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from place import environment, told
from polymarket import AsyncPublicClient, AsyncSecureClient
from polymarket.models.clob.requests import PriceRequest


DAY = "2026-01-01"
CODE = "0x" + "11" * 32
Calls = dict[str, Callable[[], Awaitable[Any]]]


async def first(pages: Any) -> list[Any]:
    """Return the items of the first page."""
    return list((await pages.first_page()).items)


def reads(one: Any, said: dict[str, Any], event: Any, market: Any) -> Calls:
    """Return calls that need no key."""
    yes, no = said["tokens"]
    both = [yes, no]
    tag = event.tags[0].id
    return {
        "estimate_market_price": lambda: one.estimate_market_price(
            asset_id=yes, side="BUY", amount="1", order_type="FAK"
        ),
        "get_current_rebates": lambda: one.get_current_rebates(
            date=DAY, maker_address=said["addresses"][0]
        ),
        "get_event": lambda: one.get_event(id=str(event.id)),
        "get_event_tags": lambda: one.get_event_tags(str(event.id)),
        "get_last_trade_price": lambda: one.get_last_trade_price(asset_id=yes),
        "get_last_trade_prices": lambda: one.get_last_trade_prices(asset_ids=both),
        "get_market": lambda: one.get_market(id=str(market.id)),
        "get_market_tags": lambda: one.get_market_tags(str(market.id)),
        "get_midpoint": lambda: one.get_midpoint(asset_id=yes),
        "get_midpoints": lambda: one.get_midpoints(asset_ids=both),
        "get_order_book": lambda: one.get_order_book(asset_id=yes),
        "get_order_books": lambda: one.get_order_books(asset_ids=both),
        "get_price": lambda: one.get_price(asset_id=yes, side="BUY"),
        "get_prices": lambda: one.get_prices(requests=[PriceRequest(yes, "BUY")]),
        "get_related_tag_resources": lambda: one.get_related_tag_resources(slug=tag),
        "get_related_tags": lambda: one.get_related_tags(slug=tag),
        "get_spread": lambda: one.get_spread(asset_id=yes),
        "get_spreads": lambda: one.get_spreads(asset_ids=both),
        "get_tag": lambda: one.get_tag(slug=tag),
        "list_builder_trades": lambda: first(one.list_builder_trades(builder_code=CODE)),
        "list_current_rewards": lambda: first(one.list_current_rewards()),
        "list_events": lambda: first(one.list_events(closed=False)),
        "list_market_rewards": lambda: first(
            one.list_market_rewards(condition_id=said["condition"])
        ),
        "list_markets": lambda: first(one.list_markets(closed=False)),
        "list_reward_markets": lambda: first(one.list_reward_markets()),
        "list_series": lambda: first(one.list_series()),
        "list_tags": lambda: first(one.list_tags()),
        "search": lambda: first(one.search(q="Will")),
    }


async def trades(one: Any, said: dict[str, Any], as_builder: Any) -> Calls:
    """Return calls of somebody who holds a key."""
    yes, no = said["tokens"]
    bid: dict[str, Any] = {"asset_id": yes, "price": "0.3", "size": "10", "side": "BUY"}
    take: dict[str, Any] = {"asset_id": no, "amount": "1", "side": "BUY"}
    placed = await one.place_limit_order(**bid)
    taken = await one.place_market_order(**take)

    async def posted() -> Any:
        return await one.post_order(await one.create_limit_order(**bid))

    async def revoked() -> Any:
        builder = await as_builder(await one.create_builder_api_key())
        return await builder.revoke_builder_api_key()

    async def several() -> Any:
        return await one.post_orders([await one.create_limit_order(**bid)])

    return {
        "cancel_market_orders": lambda: one.cancel_market_orders(market=said["condition"]),
        "cancel_order": lambda: one.cancel_order(order_id=placed.order_id),
        "cancel_orders": lambda: one.cancel_orders(order_ids=[placed.order_id]),
        "cancel_all": one.cancel_all,
        "create_builder_api_key": one.create_builder_api_key,
        "create_limit_order": lambda: one.create_limit_order(**bid),
        "create_market_order": lambda: one.create_market_order(**take),
        "drop_notifications": lambda: one.drop_notifications(ids=[1]),
        "fetch_api_keys": one.fetch_api_keys,
        "fetch_builder_api_keys": one.fetch_builder_api_keys,
        "get_balance_allowance": lambda: one.get_balance_allowance(asset_type="COLLATERAL"),
        "get_builder_fee_rates": lambda: one.get_builder_fee_rates(CODE),
        "get_closed_only_mode": one.get_closed_only_mode,
        "get_notifications": one.get_notifications,
        "get_order": lambda: one.get_order(order_id=placed.order_id),
        "get_order_scoring": lambda: one.get_order_scoring(order_id=placed.order_id),
        "get_orders_scoring": lambda: one.get_orders_scoring(order_ids=[placed.order_id]),
        "get_reward_percentages": one.get_reward_percentages,
        "get_total_earnings_for_user_for_day": lambda: one.get_total_earnings_for_user_for_day(
            date=DAY
        ),
        "list_account_trades": lambda: first(one.list_account_trades()),
        "list_open_orders": lambda: first(one.list_open_orders()),
        "list_user_earnings_and_markets_config": lambda: first(
            one.list_user_earnings_and_markets_config(date=DAY)
        ),
        "list_user_earnings_for_day": lambda: first(one.list_user_earnings_for_day(date=DAY)),
        "place_limit_order": lambda: one.place_limit_order(**bid),
        "place_market_order": lambda: one.place_market_order(**take),
        "post_order": posted,
        "post_orders": several,
        "revoke_builder_api_key": revoked,
        "send_order_heartbeat": one.send_order_heartbeat,
        "wait_for_order_fill_settlement": lambda: one.wait_for_order_fill_settlement(taken),
        # The last one: the key is gone then.
        "delete_api_key": one.delete_api_key,
    }


async def main() -> None:
    """Call everything; what is not called is for the test to name."""
    said = told()
    where = environment(said)
    visitor = AsyncPublicClient(environment=where)
    maker, taker = [
        await AsyncSecureClient.create(private_key=key, wallet=address, environment=where)
        for key, address in zip(said["keys"], said["addresses"], strict=True)
    ]
    for asset, price in zip(said["tokens"], ("0.35", "0.4"), strict=True):
        await maker.place_limit_order(asset_id=asset, price=price, size="50", side="BUY")
    (market,) = await first(visitor.list_markets(condition_ids=[said["condition"]]))
    (event,) = await first(visitor.list_events(slug=[market.events[0].slug]))

    def as_builder(key: Any) -> Any:
        return AsyncSecureClient.create(
            private_key=said["keys"][1], wallet=said["addresses"][1], environment=where, api_key=key
        )

    results = {}
    for calls in (reads(visitor, said, event, market), await trades(taker, said, as_builder)):
        for name, call in calls.items():
            try:
                await call()
                results[name] = ""
            except Exception as error:  # noqa: BLE001 - all are to be seen at once
                results[name] = repr(error)[:300]
    names = {
        name
        for client in (AsyncPublicClient, AsyncSecureClient)
        for name in dir(client)
        if not name.startswith("_") and callable(getattr(client, name))
    }
    print(json.dumps({"results": results, "names": sorted(names)}))


asyncio.run(main())
