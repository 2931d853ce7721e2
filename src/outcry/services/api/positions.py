"""Positions as a trader sees them: one line for each outcome held, with what it is worth. Pure."""

from collections.abc import Callable, Mapping
from typing import Final, Generic, NamedTuple, TypeVar

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import (
    MICROS_PER_UNIT,
    format_decimal,
    format_money,
    format_price,
    format_quantity,
)
from outcry.ports.books import TopOfBook
from outcry.ports.projection import EventRow, MarketRow
from outcry.ports.queries import Position
from outcry.services.api import render
from outcry.services.api.forms import PositionsQuery, Query
from outcry.services.api.position_views import PositionView


#: Averages are finer than the price grid: ticks a lot, with two more decimals.
AVERAGE_DECIMALS: Final = 6
LOTS_TO_AVERAGE: Final = 100

LineT = TypeVar("LineT")


class Holding(NamedTuple):
    """Tokens of one outcome. Micros and lots; ``price`` is None when nobody knows it."""

    market: MarketRow
    outcome: int
    qty: int
    held: int
    cost: int
    price: int | None

    @property
    def value(self) -> int | None:
        """What the tokens are worth at present, in micros."""
        return None if self.price is None else self.price * self.qty

    @property
    def profit(self) -> int | None:
        """What they are worth above what they cost, in micros."""
        return None if self.value is None else self.value - self.cost

    def view(self, event: EventRow) -> PositionView:
        """Return the holding as text."""
        market, value, profit = self.market, self.value, self.profit
        return PositionView(
            event_id=market.event_id,
            market_id=market.market_id,
            event_title=event.title,
            market_title=market.title,
            market_question=market.question,
            event_image=event.image,
            market_image=market.image,
            outcome_name=(market.outcome_0, market.outcome_1)[self.outcome],
            token_id=(market.token_0, market.token_1)[self.outcome],
            avg_price=format_decimal(self.cost * LOTS_TO_AVERAGE // self.qty, AVERAGE_DECIMALS),
            quantity=format_quantity(self.qty),
            held_quantity=format_quantity(self.held),
            value="" if value is None else format_money(value),
            profit_value="" if profit is None else format_money(profit),
            profit_percentage="" if profit is None else percent(profit, self.cost),
            current_price="" if self.price is None else format_price(self.price),
        )


class Ranking(NamedTuple, Generic[LineT]):
    """How positions are sorted."""

    key: Callable[[LineT], int]
    falling: bool


def holdings(position: Position, top: TopOfBook) -> list[Holding]:
    """Return a holding for each outcome of which there is something."""
    market = position.market
    sides = (
        (0, position.qty_0, position.held_0, position.row.cost_0),
        (1, position.qty_1, position.held_1, position.row.cost_1),
    )
    return [
        Holding(market, outcome, qty, held, cost, render.worth(market, top, outcome))
        for outcome, qty, held, cost in sides
        if qty
    ]


def ranked(form: PositionsQuery) -> Ranking[Holding] | Rejected:
    """Return the order that *form* asks for; by default falling by profit."""
    return ranked_by(form, _KEYS, "profit_value")


def ranked_by(
    form: Query, keys: Mapping[str, Callable[[LineT], int]], default: str
) -> Ranking[LineT] | Rejected:
    """Return the one of *keys* that *form* flags, or the *default* one; falling unless told."""
    chosen = [name for name in keys if getattr(form, name) is not None]
    if len(chosen) > 1:
        return Rejected(Reject.FIELD_INVALID, ", ".join(chosen), "one of them")
    name = chosen[0] if chosen else default
    return Ranking(keys[name], getattr(form, name) is not False)


def _least(value: int | None) -> int:
    """Put what nobody knows below everything that is known."""
    return -(2**63) if value is None else value


def _percentage(holding: Holding) -> int:
    if holding.profit is None:
        return _least(None)
    return holding.profit * MICROS_PER_UNIT // holding.cost if holding.cost else 0


_KEYS: dict[str, Callable[[Holding], int]] = {
    "value": lambda holding: _least(holding.value),
    "quantity": lambda holding: holding.qty,
    "avg_price": lambda holding: holding.cost * MICROS_PER_UNIT // holding.qty,
    "profit_value": lambda holding: _least(holding.profit),
    "profit_percentage": _percentage,
}


def percent(part: int, whole: int) -> str:
    """Return *part* of *whole* in per cent with two decimals, towards zero; 0 of nothing."""
    if not whole:
        return "0.00"
    hundredths = abs(part) * 10_000 // whole
    return format_decimal(-hundredths if part < 0 else hundredths, 2)
