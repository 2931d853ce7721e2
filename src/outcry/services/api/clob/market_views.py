"""Markets as the CLOB surface shows them: whole, simplified and compact. Pure.

Unlike prices anywhere else, those in here are JSON numbers, as its clients know them.
"""

from typing import Generic, TypeVar

from msgspec import Struct

from outcry.domain.fees import FeeSchedule
from outcry.domain.market import MarketState
from outcry.domain.units import LOTS_PER_SHARE, TICKS_PER_UNIT
from outcry.ports.books import TopOfBook
from outcry.ports.projection import EventRow, MarketRow
from outcry.runtime.clob.books import outcome_name, token_of
from outcry.runtime.clob.conditions import condition_of, question_of
from outcry.runtime.clob.fees import fee_details
from outcry.runtime.clob.texts import iso_text
from outcry.services.api.render import is_closed, winner, worth


ItemT = TypeVar("ItemT")


class Page(Struct, Generic[ItemT], frozen=True):
    """A page; ``next_cursor`` is ``LTE=`` on the last one."""

    limit: int
    count: int
    next_cursor: str
    data: list[ItemT]


class RewardsView(Struct, frozen=True):
    """What is paid for quoting: nothing, on this exchange."""

    rates: list[object] | None = None
    min_size: float = 0
    max_spread: float = 0


class TokenView(Struct, frozen=True):
    """One outcome of a market."""

    token_id: str
    outcome: str
    #: What a share is worth at present, 0.5 while nobody knows.
    price: float
    winner: bool


class SimplifiedMarketView(Struct, frozen=True):
    """The least about a market."""

    condition_id: str
    rewards: RewardsView
    tokens: list[TokenView]
    active: bool
    closed: bool
    archived: bool
    accepting_orders: bool


class ClobMarketView(Struct, frozen=True, kw_only=True):
    """Everything about a market."""

    enable_order_book: bool
    active: bool
    closed: bool
    archived: bool
    accepting_orders: bool
    accepting_order_timestamp: str | None
    minimum_order_size: float
    minimum_tick_size: float
    condition_id: str
    question_id: str
    question: str
    description: str
    market_slug: str
    end_date_iso: str | None
    game_start_time: str | None = None
    seconds_delay: int = 0
    fpmm: str = ""
    maker_base_fee: int
    taker_base_fee: int
    notifications_enabled: bool = True
    neg_risk: bool = False
    neg_risk_market_id: str = ""
    neg_risk_request_id: str = ""
    icon: str
    image: str
    rewards: RewardsView
    is_50_50_outcome: bool
    tokens: list[TokenView]
    tags: list[str]


class CompactToken(Struct, frozen=True):
    """A token and the name of its outcome."""

    t: str
    o: str


class CompactFee(Struct, frozen=True):
    """Rate, exponent, and whether takers alone pay."""

    r: float
    e: int
    to: bool


class CompactRewards(Struct, frozen=True):
    """Least size, largest spread, in effect, and two limits of the programme: there is none."""

    mi: float = 0
    ma: float = 0
    e: bool = False
    smoa: bool = False
    moas: float = 0


class CompactMarketView(Struct, frozen=True, kw_only=True):
    """What a client needs to make an order, with short keys."""

    c: str
    t: list[CompactToken]
    mts: float
    mos: float
    nr: bool = False
    fd: CompactFee
    mbf: int
    tbf: int
    ao: bool
    sd: int = 0
    gst: str | None = None
    cbos: bool = False
    aot: str | None
    rfqe: bool = True
    itode: bool = False
    ibce: bool = False
    r: CompactRewards = CompactRewards()


class MarketOfTokenView(Struct, frozen=True):
    """Which market a token belongs to."""

    condition_id: str
    primary_token_id: str
    secondary_token_id: str


def accepts_orders(row: MarketRow) -> bool:
    """Return whether the market takes orders now."""
    return row.state == MarketState.OPEN


def price_number(ticks: int) -> float:
    """Return ticks as a JSON number."""
    return ticks / TICKS_PER_UNIT


def size_number(lots: int) -> float:
    """Return lots as a JSON number, whole where it is."""
    return lots // LOTS_PER_SHARE if lots % LOTS_PER_SHARE == 0 else lots / LOTS_PER_SHARE


def tokens_of(row: MarketRow, top: TopOfBook) -> list[TokenView]:
    """Return both outcomes."""
    won = winner(row)
    views = []
    for outcome in (0, 1):
        ticks = worth(row, top, outcome)
        price = 0.5 if ticks is None else price_number(ticks)
        views.append(
            TokenView(token_of(row, outcome), outcome_name(row, outcome), price, won == outcome)
        )
    return views


def simplified_view(row: MarketRow, top: TopOfBook) -> SimplifiedMarketView:
    """Return the least about a market."""
    return SimplifiedMarketView(
        condition_of(row),
        RewardsView(),
        tokens_of(row, top),
        active=row.state != MarketState.DRAFT,
        closed=is_closed(row),
        archived=False,
        accepting_orders=accepts_orders(row),
    )


def market_view(
    row: MarketRow, event: EventRow, top: TopOfBook, schedule: FeeSchedule
) -> ClobMarketView:
    """Return everything about a market of *event*."""
    image = row.image or event.image
    return ClobMarketView(
        enable_order_book=True,
        active=row.state != MarketState.DRAFT,
        closed=is_closed(row),
        archived=False,
        accepting_orders=accepts_orders(row),
        accepting_order_timestamp=iso_text(row.created_at_us),
        minimum_order_size=size_number(row.qty_min),
        minimum_tick_size=price_number(row.tick),
        condition_id=condition_of(row),
        question_id=question_of(row),
        question=row.question,
        description=description_of(event),
        market_slug=row.slug,
        end_date_iso=iso_text(row.end_at_us),
        maker_base_fee=schedule.maker_bps,
        taker_base_fee=schedule.taker_bps,
        icon=image,
        image=image,
        rewards=RewardsView(),
        is_50_50_outcome=row.payout_0 == row.payout_1 != 0,
        tokens=tokens_of(row, top),
        tags=[event.topic] if event.topic else [],
    )


def compact_view(row: MarketRow, schedule: FeeSchedule) -> CompactMarketView:
    """Return what a client needs to make an order."""
    fee = fee_details(schedule)
    return CompactMarketView(
        c=condition_of(row),
        t=[CompactToken(token_of(row, outcome), outcome_name(row, outcome)) for outcome in (0, 1)],
        mts=price_number(row.tick),
        mos=size_number(row.qty_min),
        fd=CompactFee(fee.rate, fee.exponent, fee.taker_only),
        mbf=schedule.maker_bps,
        tbf=schedule.taker_bps,
        ao=accepts_orders(row),
        aot=iso_text(row.created_at_us),
    )


def description_of(event: EventRow) -> str:
    """Return what an event says about itself, and its rules."""
    return "\n\n".join(text for text in (event.description, event.rules) if text)
