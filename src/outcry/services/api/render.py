"""From markets, events and books to views: integers become text at their own price. Pure."""

from collections.abc import Mapping
from typing import Final

from outcry.domain.market import PAID_STATES, MarketState, own_price
from outcry.domain.units import (
    MICROS_PER_SECOND,
    TICKS_PER_UNIT,
    format_money,
    format_price,
    format_quantity,
)
from outcry.ports.books import BookImage, TopOfBook
from outcry.ports.projection import EventRow, MarketRow
from outcry.services.api.views import (
    DepthView,
    EventDetailView,
    EventView,
    LevelView,
    MarketView,
    OutcomeDepthView,
)


#: Between best bid and best ask at most this far apart, the chance is their middle.
SPREAD_TICKS_MAX: Final = 1_000


def seconds(time_us: int) -> int:
    """Return microseconds as whole seconds."""
    return time_us // MICROS_PER_SECOND


def chance(row: MarketRow, top: TopOfBook) -> int:
    """Return what one share of outcome 0 is worth at present, in ticks; 0 when nobody knows.

    Payout of a paid market; else the middle of a tight book; else the last price; else the middle.
    """
    if row.state in PAID_STATES:
        return row.payout_0
    middle = (top.bid + top.ask) // 2 if top.bid and top.ask else 0
    if middle and top.ask - top.bid <= SPREAD_TICKS_MAX:
        return middle
    return top.last_price or row.last_price or middle


def worth(row: MarketRow, top: TopOfBook, outcome: int) -> int | None:
    """Return what one share of *outcome* is worth at present, in ticks; None when nobody knows."""
    ticks = chance(row, top)
    if not ticks and (row.state not in PAID_STATES or is_refunded(row)):
        return None
    return own_price(outcome, ticks)


def _own_text(outcome: int, book_price: int) -> str:
    """Return a book price as text for *outcome*, "" for 0, which means none."""
    return format_price(own_price(outcome, book_price)) if book_price else ""


def _worth_text(row: MarketRow, top: TopOfBook, outcome: int) -> str:
    ticks = worth(row, top, outcome)
    return "" if ticks is None else format_price(ticks)


def winner(row: MarketRow) -> int | None:
    """Return the outcome that takes everything, None when there is none."""
    if row.state not in PAID_STATES or is_refunded(row):
        return None
    return {TICKS_PER_UNIT: 0, 0: 1}.get(row.payout_0)


def is_refunded(row: MarketRow) -> bool:
    """Return whether the market is void and everybody got back what they paid in."""
    return row.state == MarketState.VOIDED and not row.payout_0 + row.payout_1


def market_view(row: MarketRow, top: TopOfBook, day_lots: int = 0) -> MarketView:
    """Return a market with its prices; *day_lots* were traded in the last 24 hours."""
    won = winner(row)
    paid = row.state in PAID_STATES
    return MarketView(
        market_id=row.market_id,
        title=row.title,
        question=row.question,
        image=row.image,
        volume=format_money(row.volume),
        volume_24h=format_money(day_lots * TICKS_PER_UNIT),
        condition_id=row.condition_id,
        parent_collection_id=row.parent_collection_id,
        outcome_0_name=row.outcome_0,
        outcome_1_name=row.outcome_1,
        outcome_0_token_id=row.token_0,
        outcome_1_token_id=row.token_1,
        outcome_0_chance=_worth_text(row, top, 0),
        outcome_1_chance=_worth_text(row, top, 1),
        outcome_0_best_bid=_own_text(0, top.bid),
        outcome_0_best_ask=_own_text(0, top.ask),
        outcome_1_best_bid=_own_text(1, top.ask),
        outcome_1_best_ask=_own_text(1, top.bid),
        closed=is_closed(row),
        winner_outcome_name="" if won is None else (row.outcome_0, row.outcome_1)[won],
        winner_outcome_token_id="" if won is None else (row.token_0, row.token_1)[won],
        state=MarketState(row.state).name.lower(),
        tick_size=format_price(row.tick),
        min_price=format_price(row.price_min),
        max_price=format_price(row.price_max),
        min_quantity=format_quantity(row.qty_min),
        max_quantity=format_quantity(row.qty_max),
        payout=(format_price(row.payout_0), format_price(row.payout_1)) if paid else None,
        refunded=is_refunded(row),
        proposed_payout=_proposed(row),
        final_at=seconds(row.final_at_us),
        dispute_window=seconds(row.dispute_window_us),
        endtime=seconds(row.end_at_us),
    )


def _proposed(row: MarketRow) -> tuple[str, str] | None:
    if row.state not in (MarketState.PROPOSED, MarketState.DISPUTED):
        return None
    return format_price(row.proposed_0), format_price(row.proposed_1)


def is_closed(row: MarketRow) -> bool:
    """Return whether the market has stopped for good."""
    return row.state not in (MarketState.DRAFT, MarketState.OPEN, MarketState.PAUSED)


def event_view(
    event: EventRow, markets: list[MarketRow], views: list[MarketView], days: Mapping[int, int]
) -> EventView:
    """Return an event for a list, with the views of its *markets*; *days* are lots of 24 hours."""
    return EventView(
        event_id=event.event_id,
        slug=event.slug,
        image=event.image,
        title=event.title,
        volume=format_money(sum(row.volume for row in markets)),
        volume_24h=_day_volume(markets, days),
        topic=event.topic,
        markets=views,
    )


def _day_volume(markets: list[MarketRow], days: Mapping[int, int]) -> str:
    return format_money(sum(days.get(row.market_id, 0) for row in markets) * TICKS_PER_UNIT)


def event_detail_view(
    event: EventRow, markets: list[MarketRow], views: list[MarketView], days: Mapping[int, int]
) -> EventDetailView:
    """Return an event with everything about it."""
    return EventDetailView(
        event_id=event.event_id,
        event_identifier=event.identifier,
        slug=event.slug,
        image=event.image,
        title=event.title,
        description=event.description,
        rules=event.rules,
        volume=format_money(sum(row.volume for row in markets)),
        volume_24h=_day_volume(markets, days),
        topic=event.topic,
        starttime=seconds(event.start_at_us),
        endtime=seconds(event.end_at_us),
        closed=bool(markets) and all(is_closed(row) for row in markets),
        resolved=bool(markets) and all(row.state in PAID_STATES for row in markets),
        markets=views,
    )


def depth_view(row: MarketRow, book: BookImage | None) -> DepthView:
    """Return the book of a market for both of its tokens."""
    if book is None:
        book = BookImage(row.market_id, 0, 0, [], [], 0)
    last = book.last_price or row.last_price
    return DepthView(
        update_id=book.update_id,
        timestamp=book.at_us // 1_000,
        depths={
            row.token_0: OutcomeDepthView(
                _own_text(0, last), _levels(0, book.bids), _levels(0, book.asks)
            ),
            row.token_1: OutcomeDepthView(
                _own_text(1, last), _levels(1, book.asks), _levels(1, book.bids)
            ),
        },
    )


def _levels(outcome: int, levels: list[tuple[int, int]]) -> list[LevelView]:
    """Return levels at *outcome*'s own price; the best stays first for either outcome."""
    views = []
    for price, lots in levels:
        own = own_price(outcome, price)
        views.append(LevelView(format_price(own), format_quantity(lots), format_money(own * lots)))
    return views
