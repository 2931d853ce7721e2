"""Trades as the CLOB surface knows them, put together from the events of both sides. Pure.

All sides of a fill are told in one log entry, each to its own user; together they are a trade: one
taker, and the makers of up to twenty of its fills.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from outcry.messages.user_events import FillDone, FillSettled, OrderState, UserBatch
from outcry.runtime.clob.names import TradePart, part_of


class Side(NamedTuple):
    """One side of a fill: whose it is, and the order as it stands. Price in outcome-0 ticks."""

    user_id: int
    order_id: int
    client_order_id: str
    outcome: int
    side: int
    price: int
    qty: int
    fill: int


class Trade(NamedTuple):
    """A taker and its makers. What the taker traded is the sum of its makers' quantities."""

    part: TradePart
    market_id: int
    taker: Side
    makers: tuple[Side, ...]
    at_us: int
    #: Whether it waits for a chain.
    pending: bool

    @property
    def qty(self) -> int:
        """Lots."""
        return sum(maker.qty for maker in self.makers)

    @property
    def value(self) -> int:
        """What all of it costs at outcome-0 prices, in micros."""
        return sum(maker.qty * maker.price for maker in self.makers)

    @property
    def users(self) -> frozenset[int]:
        """Everybody who is a side of it."""
        return frozenset((self.taker.user_id, *(maker.user_id for maker in self.makers)))

    def only(self, fills: Collection[int]) -> "Trade":
        """Return the trade as far as it is these fills."""
        kept = tuple(maker for maker in self.makers if maker.fill in fills)
        return self._replace(makers=kept)


def trades_of(batches: Iterable[UserBatch]) -> list[Trade]:
    """Return the trades that one entry tells of."""
    orders: dict[int, OrderState] = {}
    fills: list[tuple[int, FillDone]] = []
    for batch in batches:
        for event in batch.events:
            if isinstance(event, OrderState):
                orders[event.order_id] = event
            elif isinstance(event, FillDone):
                fills.append((batch.user_id, event))
    takers: dict[TradePart, Side] = {}
    makers: dict[TradePart, list[Side]] = {}
    first: dict[TradePart, FillDone] = {}
    for user_id, fill in fills:
        part = part_of(fill.trade_id, fill.fill)
        order = orders.get(fill.order_id)
        side = Side(
            user_id, fill.order_id, order.client_order_id if order else "", fill.outcome,
            fill.side, fill.price, fill.qty, fill.fill,
        )  # fmt: skip
        if fill.maker:
            makers.setdefault(part, []).append(side)
        else:
            takers.setdefault(part, side)
            first.setdefault(part, fill)
    return [
        Trade(
            part, first[part].market_id, taker,
            tuple(sorted(makers.get(part, ()), key=lambda side: side.fill)),
            first[part].at_us, first[part].pending,
        )
        for part, taker in takers.items()
    ]  # fmt: skip


class Verdict(NamedTuple):
    """What a chain said of some fills of one trade."""

    part: TradePart
    market_id: int
    confirmed: bool
    tx_hash: str
    reason: str
    at_us: int


def verdicts_of(batches: Iterable[UserBatch]) -> dict[Verdict, set[int]]:
    """Return what one entry says that a chain said, and of which fills."""
    verdicts: dict[Verdict, set[int]] = {}
    for batch in batches:
        for event in batch.events:
            if isinstance(event, FillSettled):
                key = Verdict(
                    part_of(event.trade_id, event.fill), event.market_id, event.verdict == 1,
                    event.tx_hash, event.reason, event.at_us,
                )  # fmt: skip
                verdicts.setdefault(key, set()).add(event.fill)
    return verdicts
