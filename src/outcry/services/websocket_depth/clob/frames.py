"""What ``/ws/market`` says. Pure: from rows, books and changes to frames.

A frame names a token by ``asset_id``. Levels of outcome 1 are those of outcome 0 seen from the
other side, so one change of the book is two changes of prices; both stand in the same frame.
"""

from typing import Final

from msgspec import Struct

from outcry.domain.fees import FeeKind, FeeSchedule
from outcry.domain.market import own_price
from outcry.domain.units import TICKS_PER_UNIT
from outcry.messages.book_updates import PublicTrade
from outcry.messages.settlements import MarketNews
from outcry.ports.books import BookImage, TopOfBook
from outcry.ports.projection import EventRow, MarketRow
from outcry.runtime.book_changes import MarketChange
from outcry.runtime.clob.books import (
    ClobBook,
    ClobLevel,
    clob_book,
    outcome_name,
    own_top,
    token_of,
)
from outcry.runtime.clob.conditions import condition_of
from outcry.runtime.clob.fees import base_fee, fee_details
from outcry.runtime.clob.texts import price_text, size_text
from outcry_wire.records import Side


OUTCOMES: Final = (0, 1)


class BookFrame(Struct, frozen=True, tag_field="event_type", tag="book"):
    """The whole book of a token; all keys of ``GET /book``, with the same hash."""

    market: str
    asset_id: str
    timestamp: str
    hash: str
    bids: list[ClobLevel]
    asks: list[ClobLevel]
    min_order_size: str
    tick_size: str
    neg_risk: bool
    last_trade_price: str


class PriceChange(Struct, frozen=True, gc=False):
    """What a level holds now; size 0: it is gone. ``hash`` is that of the token's book after it."""

    asset_id: str
    price: str
    size: str
    side: str
    hash: str
    best_bid: str
    best_ask: str


class PriceChangeFrame(Struct, frozen=True, tag_field="event_type", tag="price_change"):
    """Levels of both tokens that changed."""

    market: str
    price_changes: list[PriceChange]
    timestamp: str


class LastTradeFrame(Struct, frozen=True, tag_field="event_type", tag="last_trade_price"):
    """One fill, from the side of one token. No hash: nothing is on a chain at the match."""

    market: str
    asset_id: str
    price: str
    size: str
    side: str
    fee_rate_bps: str
    timestamp: str
    transaction_hash: str = ""


class TickSizeFrame(Struct, frozen=True, tag_field="event_type", tag="tick_size_change"):
    """The grid of prices is another one from now on."""

    market: str
    asset_id: str
    old_tick_size: str
    new_tick_size: str
    timestamp: str


class BestFrame(Struct, frozen=True, tag_field="event_type", tag="best_bid_ask"):
    """Best prices of a token; an empty side is 0 or 1."""

    market: str
    asset_id: str
    best_bid: str
    best_ask: str
    spread: str
    timestamp: str


class EventMessage(Struct, frozen=True):
    """The event of a market."""

    id: str
    ticker: str
    slug: str
    title: str
    description: str


class FeeMessage(Struct, frozen=True, rename="camel"):
    """A fee, as Gamma tells it."""

    exponent: int
    rate: float
    taker_only: bool
    rebate_rate: float


class NewMarketFrame(Struct, frozen=True, kw_only=True, tag_field="event_type", tag="new_market"):
    """A market was listed."""

    id: str
    market: str
    condition_id: str
    question: str
    slug: str
    description: str
    assets_ids: list[str]
    clob_token_ids: list[str]
    outcomes: list[str]
    event_message: EventMessage
    timestamp: str
    tags: list[str]
    active: bool
    group_item_title: str
    order_price_min_tick_size: str
    taker_base_fee: str
    fees_enabled: bool
    fee_schedule: FeeMessage | None


class ResolvedFrame(
    Struct, frozen=True, kw_only=True, tag_field="event_type", tag="market_resolved"
):
    """A market was paid out; no winner where it was divided."""

    id: str
    market: str
    assets_ids: list[str]
    winning_asset_id: str | None
    winning_outcome: str | None
    event_message: EventMessage
    timestamp: str
    tags: list[str]


def book_frame(row: MarketRow, outcome: int, image: BookImage | None) -> BookFrame:
    """Return the book of a token."""
    return _framed(clob_book(row, outcome, image))


def price_changes(
    row: MarketRow, change: MarketChange, image: BookImage, top: TopOfBook
) -> PriceChangeFrame:
    """Return the levels of *change* for both tokens; *image* and *top* are of the same moment."""
    changes = []
    for outcome in OUTCOMES:
        own, told = own_top(row, outcome, top), clob_book(row, outcome, image).hash
        bid, ask = price_text(own.bid), price_text(own.ask)
        for (is_bid, price), lots in change.levels.items():
            side = Side.BUY if is_bid == (outcome == 0) else Side.SELL
            text = price_text(own_price(outcome, price))
            changes.append(
                PriceChange(
                    token_of(row, outcome), text, size_text(lots), side.name, told, bid, ask
                )
            )
    return PriceChangeFrame(condition_of(row), changes, _ms(change.at_us))


def last_trade(
    row: MarketRow, outcome: int, trade: PublicTrade, schedule: FeeSchedule
) -> LastTradeFrame:
    """Return a fill as seen from *outcome*: who bought the other one sold this one."""
    side = trade.taker_side if trade.taker_outcome == outcome else 1 - trade.taker_side
    return LastTradeFrame(
        condition_of(row),
        token_of(row, outcome),
        price_text(own_price(outcome, trade.price)),
        size_text(trade.qty),
        Side(side).name,
        str(base_fee(schedule)),
        _ms(trade.at_us),
    )


def best_frame(row: MarketRow, outcome: int, top: TopOfBook, at_us: int) -> BestFrame:
    """Return the best prices of a token."""
    own = own_top(row, outcome, top)
    return BestFrame(
        condition_of(row),
        token_of(row, outcome),
        price_text(own.bid),
        price_text(own.ask),
        price_text(own.spread),
        _ms(at_us),
    )


def tick_frame(row: MarketRow, outcome: int, before: int, at_us: int) -> TickSizeFrame:
    """Return that the grid of *row* was *before* ticks until now."""
    return TickSizeFrame(
        condition_of(row),
        token_of(row, outcome),
        price_text(before),
        price_text(row.tick),
        _ms(at_us),
    )


def new_market(row: MarketRow, event: EventRow, schedule: FeeSchedule) -> NewMarketFrame:
    """Return that a market was listed."""
    return NewMarketFrame(
        id=str(row.market_id),
        market=condition_of(row),
        condition_id=condition_of(row),
        question=row.question,
        slug=row.slug,
        description=event.description,
        assets_ids=[row.token_0, row.token_1],
        clob_token_ids=[row.token_0, row.token_1],
        outcomes=[row.outcome_0, row.outcome_1],
        event_message=_event(event),
        timestamp=_ms(row.created_at_us),
        tags=[event.topic] if event.topic else [],
        active=True,
        group_item_title=row.title if row.title != row.question else "",
        order_price_min_tick_size=price_text(row.tick),
        taker_base_fee=str(schedule.taker_bps),
        fees_enabled=schedule.kind != FeeKind.NONE,
        fee_schedule=_fees(schedule),
    )


def resolved(row: MarketRow, event: EventRow, news: MarketNews) -> ResolvedFrame:
    """Return that a market was paid out."""
    won = {TICKS_PER_UNIT: 0, 0: 1}.get(news.payout[0]) if sum(news.payout) else None
    return ResolvedFrame(
        id=str(row.market_id),
        market=condition_of(row),
        assets_ids=[row.token_0, row.token_1],
        winning_asset_id=None if won is None else token_of(row, won),
        winning_outcome=None if won is None else outcome_name(row, won),
        event_message=_event(event),
        timestamp=_ms(news.at_us),
        tags=[event.topic] if event.topic else [],
    )


def _framed(book: ClobBook) -> BookFrame:
    return BookFrame(*(getattr(book, name) for name in ClobBook.__struct_fields__))


def _event(event: EventRow) -> EventMessage:
    return EventMessage(str(event.event_id), event.slug, event.slug, event.title, event.description)


def _fees(schedule: FeeSchedule) -> FeeMessage | None:
    if schedule.kind == FeeKind.NONE:
        return None
    told = fee_details(schedule)
    return FeeMessage(told.exponent, told.rate, told.taker_only, schedule.rebate_bps / 10_000)


def _ms(at_us: int) -> str:
    return str(at_us // 1_000)
