"""Drawing an order of any kind; few prices and sizes, so that orders meet."""

from collections.abc import Sequence
from random import Random
from typing import Final

from outcry.messages.requests import PlaceRequest
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


#: Of all orders, those at the market; as many are limit orders with another life than GTC.
MARKET_SHARE: Final = 0.2
POST_ONLY_SHARE: Final = 0.2
LIFE_US: Final = (100_000, 3_000_000)


def draw_price(chance: Random) -> int:
    """Return a price in ticks."""
    return chance.randrange(45, 56) * 100


def draw_order(
    chance: Random, account: int, markets: Sequence[int], now_us: int, client_order_id: str
) -> PlaceRequest:
    """Return an order of *account* in one of *markets*; some end some time after *now_us*."""
    kind, tif, expire_at_us = OrderKind.LIMIT, TimeInForce.GTC, 0
    drawn = chance.random()
    if drawn < MARKET_SHARE:
        kind = chance.choice((OrderKind.MARKET_QTY, OrderKind.MARKET_MONEY))
        tif = chance.choice((TimeInForce.IOC, TimeInForce.FOK))
    elif drawn < 2 * MARKET_SHARE:
        tif = chance.choice((TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD))
    if tif == TimeInForce.GTD:
        expire_at_us = now_us + chance.randint(*LIFE_US)
    money, limit = kind == OrderKind.MARKET_MONEY, kind == OrderKind.LIMIT
    side = Side.BUY if money else chance.choice((Side.BUY, Side.SELL))
    bounded = limit or chance.random() < 1 / 2
    return PlaceRequest(
        account, chance.choice(markets), chance.randrange(2), side, kind, tif,
        limit and tif == TimeInForce.GTC and chance.random() < POST_ONLY_SHARE,
        SelfTrade.CANCEL_TAKER if money else chance.choice(tuple(SelfTrade)),
        draw_price(chance) if bounded else 0,
        0 if money else chance.randint(1, 60) * 7,
        chance.randint(1, 4_000_000) if money else 0,
        expire_at_us, client_order_id,
    )  # fmt: skip
