"""Closed positions: what was bought once and of which nothing is left. Pure."""

from collections.abc import Callable
from typing import Final, NamedTuple

from outcry.domain.market import PAID_STATES
from outcry.domain.rejects import Rejected
from outcry.domain.units import format_decimal, format_money, format_price, format_quantity
from outcry.ports.projection import EventRow, MarketRow, PositionRow
from outcry.ports.queries import Position
from outcry.services.api.forms import ClosedQuery
from outcry.services.api.position_views import ClosedPositionView
from outcry.services.api.positions import (
    AVERAGE_DECIMALS,
    LOTS_TO_AVERAGE,
    Ranking,
    percent,
    ranked_by,
)
from outcry.services.api.render import seconds, winner


class Closed(NamedTuple):
    """One market's position when it is over; ``outcome`` is that of which more was bought."""

    market: MarketRow
    row: PositionRow
    outcome: int

    @property
    def qty(self) -> int:
        """Lots of the outcome that were ever bought."""
        return (self.row.bought_0, self.row.bought_1)[self.outcome]

    @property
    def average(self) -> int:
        """What they cost on average, in ticks with two more decimals."""
        paid = (self.row.paid_0, self.row.paid_1)[self.outcome]
        return paid * LOTS_TO_AVERAGE // self.qty

    @property
    def paid(self) -> int:
        """Micros that the tokens of both outcomes ever cost."""
        return self.row.paid_0 + self.row.paid_1

    def view(self, event: EventRow) -> ClosedPositionView:
        """Return the position as text."""
        market, row, outcome = self.market, self.row, self.outcome
        paid_out = market.state in PAID_STATES
        payout = (market.payout_0, market.payout_1)[outcome]
        return ClosedPositionView(
            event_id=market.event_id,
            market_id=market.market_id,
            event_title=event.title,
            market_title=market.title,
            market_question=market.question,
            event_image=event.image,
            market_image=market.image,
            outcome_name=(market.outcome_0, market.outcome_1)[outcome],
            token_id=(market.token_0, market.token_1)[outcome],
            avg_price=format_decimal(self.average, AVERAGE_DECIMALS),
            quantity=format_quantity(self.qty),
            value=format_money(self.paid + row.realised),
            profit_value=format_money(row.realised),
            profit_percentage=percent(row.realised, self.paid),
            current_price=format_price(payout) if paid_out else "",
            payout=format_money(row.redeemed),
            win=winner(market) == outcome,
            redeem_timestamp=seconds(row.redeemed_at_us),
        )


_KEYS: Final[dict[str, Callable[[Closed], int]]] = {
    "value": lambda one: one.paid + one.row.realised,
    "quantity": lambda one: one.qty,
    "avg_price": lambda one: one.average,
    "profit_value": lambda one: one.row.realised,
    "profit_percentage": lambda one: one.row.realised * 1_000_000 // max(one.paid, 1),
    "redeem_timestamp": lambda one: one.row.redeemed_at_us,
}


def closed(position: Position) -> Closed:
    """Return a position of which nothing is left."""
    row = position.row
    return Closed(position.market, row, int(row.bought_1 > row.bought_0))


def closed_ranked(form: ClosedQuery) -> Ranking[Closed] | Rejected:
    """Return the order that *form* asks for; by default the newest redemption first."""
    return ranked_by(form, _KEYS, "redeem_timestamp")
