"""What the public feed says: books as the outside knows them, for both outcome tokens. Pure.

Prices, quantities and sizes are decimal text, ids integers, times milliseconds. Each token sees the
book from its own side: a bid for outcome 0 at p is an ask for outcome 1 at 1 - p.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Raw, Struct

from outcry.domain.market import own_price
from outcry.domain.units import TICKS_PER_UNIT, format_money, format_price, format_quantity
from outcry.messages.book_updates import PublicTrade
from outcry.ports.books import BookImage
from outcry.ports.projection import MarketRow
from outcry.runtime.ws_session import encode
from outcry.services.websocket_depth.channel import Delta
from outcry_wire.records import MatchKind, Side


#: Every price as text: levels are rendered by the thousand.
_PRICES: Final = tuple(format_price(price) for price in range(TICKS_PER_UNIT + 1))
#: What a removed level has.
_NOTHING: Final = "0"
#: A field is left out when it *is* its default, so there is exactly one of this.
_NO_TRADES: Final = Raw()

Levels = Iterable[tuple[int, int]]


class LevelData(Struct, frozen=True, gc=False):
    """A level: its total quantity and what that is worth; "0": it is gone."""

    price: str
    total_quantity: str
    total_size: str


class SideData(Struct, frozen=True, gc=False):
    """One token's side of the book. ``latest_trade_price`` is "" before the first trade."""

    latest_trade_price: str
    bids: list[LevelData]
    asks: list[LevelData]


class TradeData(Struct, frozen=True, gc=False):
    """One public fill, told from the taker's side."""

    trade_id: int
    fill: int
    token_id: str
    side: str
    price: str
    quantity: str
    size: str
    match: str
    timestamp: int


class SnapshotFrame(Struct, frozen=True, omit_defaults=True, gc=False):
    """The whole book of a market, as of ``update_id``.

    ``resumed`` is false, and there, when the reader asked to go on from an update and cannot.
    """

    event_id: int
    market_id: int
    update_id: int
    timestamp: int
    depths: dict[str, SideData]
    resumed: bool = True


class ChangeFrame(Struct, frozen=True, omit_defaults=True, gc=False):
    """What leads from ``prev_update_id`` to ``update_id``: each changed level with its new total.

    ``dropped`` messages were joined into this one because the reader was slow; ``trades_dropped``
    trades happened and are not told. Both are left out when 0, ``trades`` when there were none.
    """

    event_id: int
    market_id: int
    prev_update_id: int
    update_id: int
    timestamp: int
    changes: Raw
    trades: Raw = _NO_TRADES
    dropped: int = 0
    trades_dropped: int = 0


def snapshot_frame(
    market: MarketRow, image: BookImage, last_price: int, *, resumed: bool = True
) -> SnapshotFrame:
    """Return the whole book of *market*, which traded last at *last_price* (0: never)."""
    return SnapshotFrame(
        event_id=market.event_id,
        market_id=market.market_id,
        update_id=image.update_id,
        timestamp=image.at_us // 1_000,
        depths=_sides(market, last_price, image.bids, image.asks),
        resumed=resumed,
    )


def change_frame(market: MarketRow, delta: Delta) -> ChangeFrame:
    """Return what changed in the book of *market*."""
    bids = sorted(((lv.price, lv.qty) for lv in delta.levels if lv.bid), reverse=True)
    asks = sorted((lv.price, lv.qty) for lv in delta.levels if not lv.bid)
    trades = [_trade(market, trade) for trade in delta.trades]
    return ChangeFrame(
        event_id=market.event_id,
        market_id=market.market_id,
        prev_update_id=delta.prev_update_id,
        update_id=delta.update_id,
        timestamp=delta.at_us // 1_000,
        changes=Raw(encode(_sides(market, delta.last_price, bids, asks))),
        trades=Raw(encode(trades)) if trades else _NO_TRADES,
    )


def _sides(market: MarketRow, last_price: int, bids: Levels, asks: Levels) -> dict[str, SideData]:
    """Return both tokens' views of *bids* (falling) and *asks* (rising), in outcome-0 ticks."""
    return {
        market.token_0: SideData(_latest(0, last_price), _levels(0, bids), _levels(0, asks)),
        market.token_1: SideData(_latest(1, last_price), _levels(1, asks), _levels(1, bids)),
    }


def _levels(outcome: int, levels: Levels) -> list[LevelData]:
    return [_level(own_price(outcome, price), qty) for price, qty in levels]


def _level(price: int, qty: int) -> LevelData:
    if not qty:
        return LevelData(_PRICES[price], _NOTHING, _NOTHING)
    return LevelData(_PRICES[price], format_quantity(qty), format_money(price * qty))


def _latest(outcome: int, last_price: int) -> str:
    return _PRICES[own_price(outcome, last_price)] if last_price else ""


def _trade(market: MarketRow, trade: PublicTrade) -> TradeData:
    price = own_price(trade.taker_outcome, trade.price)
    return TradeData(
        trade_id=trade.trade_id,
        fill=trade.fill,
        token_id=market.token_1 if trade.taker_outcome else market.token_0,
        side=Side(trade.taker_side).name.lower(),
        price=_PRICES[price],
        quantity=format_quantity(trade.qty),
        size=format_money(price * trade.qty),
        match=MatchKind(trade.match).name.lower(),
        timestamp=trade.at_us // 1_000,
    )
