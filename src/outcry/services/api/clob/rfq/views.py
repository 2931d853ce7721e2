"""What is shown of requests and quotes, filtered, sorted and in pages. Pure.

Whoever asks sees their own address, and nobody else's. Sizes and prices are decimals, as clients
put them into the orders that they sign; times are seconds since 1970 or ISO 8601.
"""

from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from msgspec import Struct

from outcry.domain.rejects import Rejected
from outcry.domain.units import MICROS_PER_SECOND, format_price
from outcry.runtime.clob.conditions import condition_of
from outcry.runtime.clob.texts import money_text, size_text
from outcry.runtime.clob_identity import Holder
from outcry.services.api.clob.cursors import END, cursor_of, read_cursor
from outcry.services.api.clob.order_forms import NOBODY
from outcry.services.api.clob.rfq import deals, desk
from outcry.services.api.clob.rfq.deals import (
    OPEN_QUOTES,
    OPEN_REQUESTS,
    Leg,
    Quote,
    Request,
    RequestState,
)
from outcry.services.api.clob.rfq.forms import ListQuery
from outcry.services.api.clob.views import iso_time
from outcry_wire.records import Side


ItemT = TypeVar("ItemT")
ViewT = TypeVar("ViewT")


class RequestMade(Struct, frozen=True, rename="camel"):
    """A request was taken; ``expiry`` is in seconds since 1970."""

    request_id: str
    expiry: int


class QuoteMade(Struct, frozen=True, rename="camel"):
    """A quote was taken."""

    quote_id: str
    request_id: str
    expiry: int


class Approved(Struct, frozen=True, rename="camel"):
    """What the two orders came to."""

    request_id: str
    quote_id: str
    state: str
    trade_ids: tuple[str, ...]


class _View(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is shown of both."""

    request_id: str
    user_address: str
    proxy_address: str
    token: str
    complement: str
    condition: str
    market: str
    side: str
    size_in: str
    size_out: str
    price: float
    state: str
    expiry: int
    created_at: str
    updated_at: str


class RequestView(_View, frozen=True, kw_only=True, rename="camel"):
    """A request."""

    accepted_quote_id: str


class QuoteView(_View, frozen=True, kw_only=True, rename="camel"):
    """A quote, from the side of who made it."""

    quote_id: str
    match_type: str


class ListPage(Struct, Generic[ItemT], frozen=True):
    """A page; ``next_cursor`` is ``LTE=`` on the last one."""

    data: list[ItemT]
    next_cursor: str
    limit: int
    count: int
    total_count: int


class ConfigView(Struct, frozen=True, rename="camel"):
    """The bounds of this process; times in seconds."""

    request_ttl: int = int(deals.REQUEST_SECONDS)
    quote_accept_ttl: int = int(deals.APPROVE_SECONDS)
    last_look_enabled: bool = True
    requests_max: int = desk.REQUESTS_COUNT_MAX
    requests_per_user_max: int = desk.USER_REQUESTS_COUNT_MAX
    quotes_per_request_max: int = desk.REQUEST_QUOTES_COUNT_MAX
    quotes_per_user_max: int = desk.USER_QUOTES_COUNT_MAX
    quotes_per_user_and_request_max: int = 1


class _Said(NamedTuple):
    """What requests and quotes are sorted and filtered by."""

    leg: Leg
    at: float
    expires_at: float
    active: bool
    request_id: str
    quote_id: str


def request_view(one: Request, viewer: Holder) -> RequestView:
    """Return a request as *viewer* may see it."""
    leg, mine = one.leg, one.who.principal.user_id == viewer.principal.user_id
    size_in, size_out = _sizes(leg)
    address, condition = viewer.address if mine else NOBODY, condition_of(leg.market)
    return RequestView(
        request_id=one.request_id, user_address=address, proxy_address=address,
        token=leg.token, complement=leg.complement, condition=condition, market=condition,
        side=Side(leg.side).name, size_in=size_in, size_out=size_out, price=_price(leg),
        accepted_quote_id=one.chosen.quote_id if one.chosen and mine else "",
        state=one.state, expiry=int(one.expires_at),
        created_at=_time(one.at), updated_at=_time(one.updated_at),
    )  # fmt: skip


def quote_view(one: Quote, viewer: Holder) -> QuoteView:
    """Return a quote as *viewer* may see it."""
    leg, mine = one.leg, one.who.principal.user_id == viewer.principal.user_id
    size_in, size_out = _sizes(leg)
    address, condition = viewer.address if mine else NOBODY, condition_of(leg.market)
    return QuoteView(
        quote_id=one.quote_id, request_id=one.request.request_id,
        user_address=address, proxy_address=address,
        token=leg.token, complement=leg.complement, condition=condition, market=condition,
        side=Side(leg.side).name, size_in=size_in, size_out=size_out, price=_price(leg),
        match_type=one.match_type, state=one.state, expiry=int(_end(one)),
        created_at=_time(one.at), updated_at=_time(one.updated_at),
    )  # fmt: skip


def requests_page(
    items: Sequence[Request], asked: ListQuery, viewer: Holder
) -> ListPage[RequestView] | Rejected:
    """Return a page of requests."""

    def said(one: Request) -> _Said:
        active = one.state in OPEN_REQUESTS
        return _Said(one.leg, one.at, one.expires_at, active, one.request_id, "")

    return _page(items, said, asked, lambda one: request_view(one, viewer))


def quotes_page(
    items: Sequence[Quote], asked: ListQuery, viewer: Holder
) -> ListPage[QuoteView] | Rejected:
    """Return a page of quotes."""

    def said(one: Quote) -> _Said:
        active, request_id = one.state in OPEN_QUOTES, one.request.request_id
        return _Said(one.leg, one.at, _end(one), active, request_id, one.quote_id)

    return _page(items, said, asked, lambda one: quote_view(one, viewer))


def _page(
    items: Sequence[ItemT],
    said: Callable[[ItemT], _Said],
    asked: ListQuery,
    view: Callable[[ItemT], ViewT],
) -> ListPage[ViewT] | Rejected:
    begin = read_cursor(asked.offset)
    if isinstance(begin, Rejected):
        return begin
    wanted = [one for one in items if _fits(said(one), asked)]
    wanted.sort(
        key=lambda one: _KEYS[asked.sort_by](said(one)), reverse=asked.sort_dir == "desc"
    )  # fmt: skip
    total = len(wanted)
    begin = total if begin is None else begin
    data = [view(one) for one in wanted[begin : begin + asked.limit]]
    end = begin + len(data)
    return ListPage(data, cursor_of(end) if end < total else END, asked.limit, len(data), total)


def _fits(said: _Said, asked: ListQuery) -> bool:
    leg = said.leg
    bounds = (
        (leg.qty / 100, asked.size_min, asked.size_max),
        (leg.price * leg.qty / MICROS_PER_SECOND, asked.size_usdc_min, asked.size_usdc_max),
        (_price(leg), asked.price_min, asked.price_max),
    )
    names = (
        (said.request_id, asked.request_ids),
        (said.quote_id, asked.quote_ids),
        (condition_of(leg.market), asked.markets),
    )
    return (
        (not asked.state or said.active == (asked.state == "active"))
        and all(not wanted or name in wanted for name, wanted in names)
        and all(
            (least is None or number >= least) and (most is None or number <= most)
            for number, least, most in bounds
        )
    )


def _sizes(leg: Leg) -> tuple[str, str]:
    """Return what comes in and what goes out."""
    shares, money = size_text(leg.qty), money_text(leg.price * leg.qty)
    return (shares, money) if leg.side == Side.BUY else (money, shares)


def _price(leg: Leg) -> float:
    return float(format_price(leg.price))


def _end(one: Quote) -> float:
    """Return until when a quote may be answered by whose turn it is."""
    waits = one.request.state == RequestState.ACCEPTED and one.request.chosen is one
    return one.approve_until if waits else one.request.expires_at


def _time(at: float) -> str:
    return iso_time(int(at * MICROS_PER_SECOND))


_KEYS: Final[dict[str, Callable[[_Said], float]]] = {
    "price": lambda said: said.leg.price,
    "expiry": lambda said: said.expires_at,
    "size": lambda said: said.leg.qty,
    "created": lambda said: said.at,
}
