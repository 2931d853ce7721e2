"""Every public method of the official clients of Python: called here, or named with a reason.

The lists are held against the packages by introspection, so a method that a new version brings is
seen. What a method answers is looked at in the other tests of this folder; here it must succeed.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from py_clob_client.client import ClobClient as Client1
from py_clob_client.clob_types import (
    BalanceAllowanceParams,
    BookParams,
    MarketOrderArgs,
    OrderArgs,
    OrderScoringParams,
    OrdersScoringParams,
    PostOrdersArgs,
    TradeParams,
)
from py_clob_client_v2 import clob_types as types_2
from py_clob_client_v2.client import ClobClient as Client2
from tests.conformance.clients import Trader1, Trader2
from tests.conformance.venue import Market, Place


BUY = "BUY"
NO_BUILDER = "0x" + "11" * 32
DAY = "2026-01-01"
Calls = Mapping[str, Callable[[], Any]]

#: What asks nothing of a server.
LOCAL = {
    "assert_level_1_auth", "assert_level_2_auth", "clear_tick_size_cache", "get_address",
    "get_collateral_address", "get_conditional_address", "get_exchange_address",
    "get_order_book_hash", "set_api_creds",
}  # fmt: skip
#: Orders attributed to a builder need a signer of the builder's own.
BUILDERS = {"assert_builder_auth", "can_builder_auth", "get_builder_trades"}


def same(client: Any, market: Market, books: list[Any]) -> Calls:
    """Return calls that both generations know alike."""
    yes = market.yes
    return {
        "calculate_market_price": lambda: client.calculate_market_price(yes, BUY, 1, "FAK"),
        "cancel_all": client.cancel_all,
        "cancel_orders": lambda: client.cancel_orders(["0x" + "ab" * 32]),
        "create_api_key": lambda: client.create_api_key(nonce=3),
        "create_readonly_api_key": client.create_readonly_api_key,
        "derive_api_key": client.derive_api_key,
        "get_api_keys": client.get_api_keys,
        "get_closed_only_mode": client.get_closed_only_mode,
        "get_fee_rate_bps": lambda: client.get_fee_rate_bps(yes),
        "get_last_trade_price": lambda: client.get_last_trade_price(yes),
        "get_last_trades_prices": lambda: client.get_last_trades_prices(books),
        "get_market": lambda: client.get_market(market.condition_id),
        "get_market_trades_events": lambda: client.get_market_trades_events(market.condition_id),
        "get_markets": client.get_markets,
        "get_midpoint": lambda: client.get_midpoint(yes),
        "get_midpoints": lambda: client.get_midpoints(books),
        "get_neg_risk": lambda: client.get_neg_risk(yes),
        "get_notifications": client.get_notifications,
        "get_ok": client.get_ok,
        "get_order_book": lambda: client.get_order_book(yes),
        "get_order_books": lambda: client.get_order_books(books),
        "get_price": lambda: client.get_price(yes, BUY),
        "get_prices": lambda: client.get_prices(books),
        "get_readonly_api_keys": client.get_readonly_api_keys,
        "get_sampling_markets": client.get_sampling_markets,
        "get_sampling_simplified_markets": client.get_sampling_simplified_markets,
        "get_server_time": client.get_server_time,
        "get_simplified_markets": client.get_simplified_markets,
        "get_spread": lambda: client.get_spread(yes),
        "get_spreads": lambda: client.get_spreads(books),
        "get_tick_size": lambda: client.get_tick_size(yes),
        "get_trades": lambda: client.get_trades(TradeParams(market=market.condition_id)),
        "delete_readonly_api_key": lambda: client.delete_readonly_api_key(
            _key(client.create_readonly_api_key())
        ),
        # The last one: the key is gone then.
        "delete_api_key": client.delete_api_key,
    }


def first(one: Trader1, market: Market) -> Calls:
    """Return the calls of the first generation."""
    client: Any = one.client
    args = OrderArgs(market.yes, 0.3, 10, BUY)
    taken = MarketOrderArgs(market.yes, 1.0, BUY, order_type="FAK")
    balance = BalanceAllowanceParams(asset_type="COLLATERAL")
    posted = client.create_and_post_order(args)["orderID"]
    return {
        "are_orders_scoring": lambda: client.are_orders_scoring(OrdersScoringParams([posted])),
        "cancel": lambda: client.cancel(posted),
        "cancel_market_orders": lambda: client.cancel_market_orders(market=market.condition_id),
        "create_and_post_order": lambda: client.create_and_post_order(args),
        "create_market_order": lambda: client.create_market_order(taken),
        "create_or_derive_api_creds": client.create_or_derive_api_creds,
        "create_order": lambda: client.create_order(args),
        "drop_notifications": client.drop_notifications,
        "get_balance_allowance": lambda: client.get_balance_allowance(balance),
        "get_order": lambda: client.get_order(posted),
        "get_orders": client.get_orders,
        "is_order_scoring": lambda: client.is_order_scoring(OrderScoringParams(posted)),
        "post_heartbeat": lambda: client.post_heartbeat(None),
        "post_order": lambda: client.post_order(client.create_order(args)),
        "post_orders": lambda: client.post_orders([
            PostOrdersArgs(client.create_order(args), "GTC")
        ]),
        "update_balance_allowance": lambda: client.update_balance_allowance(balance),
        "validate_readonly_api_key": lambda: client.validate_readonly_api_key(
            one.address, _key(client.create_readonly_api_key())
        ),
        **same(client, market, [BookParams(market.yes, BUY), BookParams(market.no, BUY)]),
    }  # fmt: skip


def second(one: Trader2, market: Market) -> Calls:
    """Return the calls of the second generation."""
    client: Any = one.client
    args = types_2.OrderArgsV2(market.yes, 0.3, 10, BUY)
    taken = types_2.MarketOrderArgsV2(market.yes, 1.0, BUY, order_type="FAK")
    balance = types_2.BalanceAllowanceParams(asset_type="COLLATERAL")
    history = types_2.PricesHistoryParams(market=market.yes, interval="max")
    cancels = types_2.OrderMarketCancelParams(market=market.condition_id)
    posted = client.create_and_post_order(args)["orderID"]
    books = [types_2.BookParams(market.yes, BUY), types_2.BookParams(market.no, BUY)]
    return {
        "are_orders_scoring": lambda: client.are_orders_scoring(
            types_2.OrdersScoringParams([posted])
        ),
        "cancel_order": lambda: client.cancel_order(types_2.OrderPayload(posted)),
        "cancel_market_orders": lambda: client.cancel_market_orders(cancels),
        "create_and_post_market_order": lambda: client.create_and_post_market_order(
            types_2.MarketOrderArgsV2(market.no, 1.0, BUY, order_type="FOK"), order_type="FOK"
        ),
        "create_and_post_order": lambda: client.create_and_post_order(args),
        "create_builder_api_key": client.create_builder_api_key,
        "create_market_order": lambda: client.create_market_order(taken),
        "create_or_derive_api_key": client.create_or_derive_api_key,
        "create_order": lambda: client.create_order(args),
        "drop_notifications": lambda: client.drop_notifications(
            types_2.DropNotificationParams(ids=["1"])
        ),
        "get_balance_allowance": lambda: client.get_balance_allowance(balance),
        "get_builder_api_keys": client.get_builder_api_keys,
        "get_builder_trades": lambda: client.get_builder_trades(
            types_2.BuilderTradeParams(builder_code=NO_BUILDER)
        ),
        "get_clob_market_info": lambda: client.get_clob_market_info(market.condition_id),
        "get_current_rewards": client.get_current_rewards,
        "get_earnings_for_user_for_day": lambda: client.get_earnings_for_user_for_day(DAY),
        "get_fee_exponent": lambda: client.get_fee_exponent(market.yes),
        "get_open_orders": client.get_open_orders,
        "get_order": lambda: client.get_order(posted),
        "get_pre_migration_orders": client.get_pre_migration_orders,
        "get_prices_history": lambda: client.get_prices_history(history),
        "get_raw_rewards_for_market": lambda: client.get_raw_rewards_for_market(
            market.condition_id
        ),
        "get_reward_percentages": client.get_reward_percentages,
        "get_total_earnings_for_user_for_day": (
            lambda: client.get_total_earnings_for_user_for_day(DAY)
        ),
        "get_trades_paginated": client.get_trades_paginated,
        "get_user_earnings_and_markets_config": (
            lambda: client.get_user_earnings_and_markets_config(DAY)
        ),
        "get_version": client.get_version,
        "is_order_scoring": lambda: client.is_order_scoring(types_2.OrderScoringParams(posted)),
        "post_heartbeat": client.post_heartbeat,
        "post_order": lambda: client.post_order(client.create_order(args)),
        "post_orders": lambda: client.post_orders([
            types_2.PostOrdersV2Args(client.create_order(args), "GTC")
        ]),
        "revoke_builder_api_key": client.revoke_builder_api_key,
        "update_balance_allowance": lambda: client.update_balance_allowance(balance),
        **same(client, market, books),
    }  # fmt: skip


def _key(made: Any) -> str:
    return str(made["apiKey"] if isinstance(made, dict) else made.api_key)


def public(client: type[Any]) -> set[str]:
    """Return the names of what a client's users may call."""
    found = inspect.getmembers(client, inspect.isfunction)
    return {name for name, _ in found if not name.startswith("_")}


@pytest.mark.parametrize("generation", [1, 2])
def test_every_method_is_called_or_named(place: Place, generation: int) -> None:
    """Each one asks the exchange and is content with the answer."""
    market, other = place.market(), Trader2(place)
    # Somebody to trade with: both tokens have a book of two sides.
    other.limit(market.no, BUY, 0.4, 50)
    other.limit(market.yes, BUY, 0.35, 50)
    if generation == 1:
        one = Trader1(place)
        calls, client, apart = first(one, market), Client1, LOCAL | BUILDERS
    else:
        calls, client, apart = second(Trader2(place), market), Client2, LOCAL
    assert public(client) - apart == set(calls)
    failed = {}
    for name, call in calls.items():
        try:
            answer = call()
        except Exception as error:  # noqa: BLE001 - all are to be seen at once
            failed[name] = repr(error)
        else:
            if isinstance(answer, dict) and answer.get("success") is False:
                failed[name] = repr(answer)
    assert failed == {}
