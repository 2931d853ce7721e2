"""Events and markets as Gamma shows them: camel case, and lists as JSON text inside JSON. Pure."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, json
from msgspec.structs import replace

from outcry.domain.fees import FeeKind, FeeSchedule
from outcry.domain.market import PAID_STATES, MarketState, own_price
from outcry.domain.units import LOTS_PER_SHARE, MICROS_PER_UNIT
from outcry.ports.books import BookImage, TopOfBook
from outcry.ports.projection import EventRow, MarketRow
from outcry.runtime.clob.books import own_top
from outcry.runtime.clob.conditions import condition_of, question_of
from outcry.runtime.clob.fees import fee_details
from outcry.runtime.clob.texts import iso_text, money_text, price_text
from outcry.services.api.clob.market_views import (
    accepts_orders,
    description_of,
    price_number,
    size_number,
)
from outcry.services.api.render import is_closed, worth


#: What a resolution is at, in Gamma's words.
_RESOLUTION: Final = {
    MarketState.PROPOSED: "proposed",
    MarketState.DISPUTED: "disputed",
    MarketState.RESOLVED: "resolved",
    MarketState.VOIDED: "resolved",
}


class TagView(Struct, frozen=True):
    """A topic of events."""

    id: str
    label: str
    slug: str


class EventReference(Struct, frozen=True):
    """The event of a market."""

    id: str
    slug: str
    title: str


class GammaFees(Struct, frozen=True, rename="camel"):
    """A fee: ``rate x (p x (1 - p)) ** exponent``, and the maker's share of the taker's."""

    exponent: int
    rate: float
    taker_only: bool
    rebate_rate: float


class GammaMarket(Struct, frozen=True, kw_only=True, rename="camel"):
    """A market."""

    id: str
    question: str
    condition_id: str
    slug: str
    resolution_source: str = ""
    end_date: str | None
    start_date: str | None
    category: str
    image: str
    icon: str
    description: str
    #: JSON text: a list of two names, of two prices as text, of two token ids.
    outcomes: str
    outcome_prices: str = ""
    clob_token_ids: str
    volume: str = ""
    volume_num: float = 0
    volume24hr: float = 0
    volume_clob: float = 0
    liquidity: str = ""
    liquidity_num: float = 0
    liquidity_clob: float = 0
    active: bool
    closed: bool
    archived: bool = False
    group_item_title: str
    question_id: str
    enable_order_book: bool = True
    order_price_min_tick_size: float
    order_min_size: float
    neg_risk: bool = False
    market_maker_address: str = ""
    accepting_orders: bool
    created_at: str | None
    closed_time: str | None
    uma_resolution_status: str
    best_bid: float = 0
    best_ask: float = 0
    spread: float = 0
    last_trade_price: float = 0
    fees_enabled: bool
    fee_type: str | None
    fee_schedule: GammaFees | None
    rewards_min_size: float = 0
    rewards_max_spread: float = 0
    events: list[EventReference] = []
    tags: list[TagView] = []


class GammaEvent(Struct, frozen=True, kw_only=True, rename="camel"):
    """An event and its markets."""

    id: str
    ticker: str
    slug: str
    title: str
    description: str
    resolution_source: str = ""
    start_date: str | None
    creation_date: str | None
    end_date: str | None
    created_at: str | None
    image: str
    icon: str
    category: str
    active: bool
    closed: bool
    archived: bool = False
    new: bool = False
    featured: bool = False
    liquidity: float
    volume: float
    volume24hr: float
    enable_order_book: bool = True
    neg_risk: bool = False
    enable_neg_risk: bool = False
    markets: list[GammaMarket]
    tags: list[TagView]


class MarketKeysetPage(Struct, frozen=True, omit_defaults=True):
    """A page of markets; no cursor on the last one."""

    markets: list[GammaMarket]
    next_cursor: str | None = None


class EventKeysetPage(Struct, frozen=True, omit_defaults=True):
    """A page of events; no cursor on the last one."""

    events: list[GammaEvent]
    next_cursor: str | None = None


class Paging(Struct, frozen=True, rename="camel"):
    """How much there is."""

    has_more: bool
    total_results: int


class SearchView(Struct, frozen=True):
    """What was found."""

    events: list[GammaEvent]
    tags: list[TagView]
    profiles: list[object]
    pagination: Paging


def tag_of(topic: str) -> TagView:
    """Return a topic as a tag, which is named by its slug."""
    slug = "-".join(topic.lower().split())
    return TagView(slug, topic, slug)


def market_view(
    row: MarketRow,
    event: EventRow,
    book: BookImage | None,
    schedule: FeeSchedule,
    day_lots: int,
    *,
    whole: bool = True,
) -> GammaMarket:
    """Return a market; *whole* ones name their event and tags."""
    book = book or BookImage(row.market_id, 0, 0, [], [], 0)
    top = own_top(row, 0, _top(book))
    rests, volume = liquidity_of(book), row.volume / MICROS_PER_UNIT
    liquidity = rests / MICROS_PER_UNIT
    return replace(
        _terms(row, event, schedule),
        outcome_prices=_text([_worth_text(row, book, outcome) for outcome in (0, 1)]),
        volume=money_text(row.volume),
        volume_num=volume,
        volume24hr=day_lots / LOTS_PER_SHARE,
        volume_clob=volume,
        liquidity=money_text(rests),
        liquidity_num=liquidity,
        liquidity_clob=liquidity,
        best_bid=price_number(top.bid),
        best_ask=price_number(top.ask),
        spread=price_number(top.spread),
        last_trade_price=price_number(top.last_price),
        events=[EventReference(str(event.event_id), event.slug, event.title)] if whole else [],
        tags=[tag_of(event.topic)] if whole and event.topic else [],
    )


def _terms(row: MarketRow, event: EventRow, schedule: FeeSchedule) -> GammaMarket:
    """Return a market without its prices and volumes."""
    image = row.image or event.image
    return GammaMarket(
        id=str(row.market_id),
        question=row.question,
        condition_id=condition_of(row),
        slug=row.slug,
        end_date=iso_text(row.end_at_us),
        start_date=iso_text(row.created_at_us),
        category=event.topic,
        image=image,
        icon=image,
        description=description_of(event),
        outcomes=_text([row.outcome_0, row.outcome_1]),
        clob_token_ids=_text([row.token_0, row.token_1]),
        active=row.state != MarketState.DRAFT,
        closed=is_closed(row),
        group_item_title=row.title if row.title != row.question else "",
        question_id=question_of(row),
        order_price_min_tick_size=price_number(row.tick),
        order_min_size=size_number(row.qty_min),
        accepting_orders=accepts_orders(row),
        created_at=iso_text(row.created_at_us),
        closed_time=iso_text(row.closed_at_us),
        uma_resolution_status=_RESOLUTION.get(MarketState(row.state), ""),
        fees_enabled=schedule.kind != FeeKind.NONE,
        fee_type=FeeKind(schedule.kind).name.lower() if schedule.kind else None,
        fee_schedule=_fees(schedule),
    )


def event_view(
    event: EventRow, rows: Sequence[MarketRow], markets: list[GammaMarket]
) -> GammaEvent:
    """Return an event with its *markets*, which show *rows*."""
    closed = bool(rows) and all(is_closed(row) for row in rows)
    return GammaEvent(
        id=str(event.event_id),
        ticker=event.slug,
        slug=event.slug,
        title=event.title,
        description=description_of(event),
        start_date=iso_text(event.start_at_us or event.created_at_us),
        creation_date=iso_text(event.created_at_us),
        end_date=iso_text(event.end_at_us),
        created_at=iso_text(event.created_at_us),
        image=event.image,
        icon=event.image,
        category=event.topic,
        active=True,
        closed=closed,
        liquidity=sum(market.liquidity_num for market in markets),
        volume=sum(row.volume for row in rows) / MICROS_PER_UNIT,
        volume24hr=sum(market.volume24hr for market in markets),
        markets=markets,
        tags=[tag_of(event.topic)] if event.topic else [],
    )


def liquidity_of(book: BookImage) -> int:
    """Return micros that rest in a book: what bids would pay, and asks for the other outcome."""
    bids = sum(price * lots for price, lots in book.bids)
    return bids + sum(own_price(1, price) * lots for price, lots in book.asks)


def _top(book: BookImage) -> TopOfBook:
    return TopOfBook(
        book.bids[0][0] if book.bids else 0, book.asks[0][0] if book.asks else 0, book.last_price
    )


def _worth_text(row: MarketRow, book: BookImage, outcome: int) -> str:
    ticks = worth(row, _top(book), outcome)
    if ticks is None:
        return "0.5" if row.state not in PAID_STATES else "0"
    return price_text(ticks)


def _fees(schedule: FeeSchedule) -> GammaFees | None:
    if schedule.kind == FeeKind.NONE:
        return None
    told = fee_details(schedule)
    return GammaFees(told.exponent, told.rate, told.taker_only, schedule.rebate_bps / 10_000)


def _text(items: list[str]) -> str:
    return json.encode(items).decode()
