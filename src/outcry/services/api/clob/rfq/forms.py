"""What is asked about requests and quotes, as clients send it, and what it says. Pure."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, json

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import format_price, format_quantity
from outcry.ports.projection import MarketRow
from outcry.runtime.forms import read_query
from outcry.services.api.clob.order_forms import ClobOrder, Number, OrderBody
from outcry.services.api.clob.rfq.deals import Leg
from outcry.services.api.signed_amounts import Grid, Signed, limit_amounts
from outcry_wire.records import Side


#: What stands for collateral.
CASH: Final = 0
#: Requests and quotes on a page.
PAGE_COUNT: Final = 50
PAGE_COUNT_MAX: Final = 100
#: Ids, or markets, that one question names.
NAMED_COUNT_MAX: Final = 100

Name = Annotated[str, Meta(max_length=80)]
Names = Annotated[list[Name], Meta(max_length=NAMED_COUNT_MAX)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]


class RequestBody(Struct, frozen=True, rename="camel"):
    """What is wanted for what; asset 0 is cash, amounts are atomic units."""

    asset_in: Number
    asset_out: Number
    amount_in: Number
    amount_out: Number
    #: The kind of wallet that would sign.
    user_type: Annotated[int, Meta(ge=0, le=3)] = 0


class QuoteBody(RequestBody, frozen=True, rename="camel", kw_only=True):
    """The same in answer to a request, seen by the quoter."""

    request_id: Name


class CancelRequestBody(Struct, frozen=True, rename="camel"):
    """A request by its id."""

    request_id: Name


class CancelQuoteBody(Struct, frozen=True, rename="camel"):
    """A quote by its id."""

    quote_id: Name


class AnswerBody(ClobOrder, frozen=True, kw_only=True, rename="camel", gc=False):
    """A signed order at the terms of a quote, flat, and the key that sends it."""

    request_id: Name
    quote_id: Name
    owner: str


class ListQuery(Struct, frozen=True, rename="camel"):
    """Which requests or quotes, and in which order."""

    offset: str = ""
    limit: Annotated[int, Meta(ge=1, le=PAGE_COUNT_MAX)] = PAGE_COUNT
    state: Literal["active", "inactive", ""] = ""
    quote_ids: Names = []
    request_ids: Names = []
    markets: Names = []
    size_min: Amount | None = None
    size_max: Amount | None = None
    size_usdc_min: Amount | None = None
    size_usdc_max: Amount | None = None
    price_min: Amount | None = None
    price_max: Amount | None = None
    sort_by: Literal["price", "expiry", "size", "created"] = "created"
    sort_dir: Literal["asc", "desc"] = "asc"


class BestQuery(Struct, frozen=True, rename="camel"):
    """A request by its id."""

    request_id: Name


REQUEST: Final = json.Decoder(RequestBody)
QUOTE: Final = json.Decoder(QuoteBody)
CANCEL_REQUEST: Final = json.Decoder(CancelRequestBody)
CANCEL_QUOTE: Final = json.Decoder(CancelQuoteBody)
ANSWER: Final = json.Decoder(AnswerBody)
_LISTS: Final = ("quoteIds", "requestIds", "markets")


def read_list(items: Iterable[tuple[str, str]]) -> ListQuery | Rejected:
    """Return the parameters of a list; ids and markets may be repeated."""
    query: dict[str, str | list[str]] = {}
    for name, value in items:
        if name not in _LISTS:
            query[name] = value
            continue
        named = query.setdefault(name, [])
        assert isinstance(named, list)
        named.append(value)
    return read_query(ListQuery, query)  # type: ignore[arg-type]


def token_of(form: RequestBody) -> int | Rejected:
    """Return the token that is traded for cash."""
    given, taken = int(form.asset_out), int(form.asset_in)
    if (given == CASH) == (taken == CASH):
        got = f"{form.asset_in} and {form.asset_out}"[:80]
        return Rejected(Reject.FIELD_INVALID, got, "assetIn or assetOut: 0, the other a token")
    return taken or given


def leg_of(form: RequestBody, token: tuple[MarketRow, int]) -> Leg | Rejected:
    """Return what a form says about the outcome of a market that it names."""
    market, outcome = token
    buying = int(form.asset_out) == CASH
    amount_in, amount_out = int(form.amount_in), int(form.amount_out)
    shares, money = (amount_in, amount_out) if buying else (amount_out, amount_in)
    grid = Grid(market.tick, market.price_min, market.price_max)
    amounts = limit_amounts(Signed(buying, shares, money), grid)
    if isinstance(amounts, Rejected):
        return amounts
    price, qty = amounts.price, amounts.qty
    if not market.price_min <= price <= market.price_max:
        bounds = f"{format_price(market.price_min)} to {format_price(market.price_max)}"
        return Rejected(Reject.PRICE_OUT_OF_BOUNDS, format_price(price)[:80], bounds)
    if qty < market.qty_min:
        least = f"at least {format_quantity(market.qty_min)}"
        return Rejected(Reject.QUANTITY_BELOW_MINIMUM, format_quantity(qty), least)
    if qty > market.qty_max:
        most = f"at most {format_quantity(market.qty_max)}"
        return Rejected(Reject.QUANTITY_ABOVE_MAXIMUM, f"{qty} hundredths"[:80], most)
    return Leg(market, outcome, Side.BUY if buying else Side.SELL, price, qty)


def order_of(form: AnswerBody) -> OrderBody:
    """Return the order of an answer: good until its expiration, if it has one."""
    kind = "GTD" if int(form.expiration) else "GTC"
    return OrderBody(order=form, owner=form.owner, order_type=kind)
