"""A request, the quotes on it, and what becomes of them. Pure; times are seconds since 1970.

The names of the states are those that the CLOB's documentation has for its clients.
"""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from outcry.domain.market import is_bid, match_kind, own_price
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import format_price, format_quantity
from outcry.messages.requests import PlaceRequest
from outcry.ports.projection import MarketRow
from outcry.runtime.clob_identity import Holder
from outcry_wire.records import MatchKind, Side


#: How long a request may be quoted.
REQUEST_SECONDS: Final = 600.0
#: How long the quoter of an accepted quote may think about it.
APPROVE_SECONDS: Final = 10.0
#: How long a request is remembered after it was made, whatever became of it.
KEPT_SECONDS: Final = 1_200.0


class RequestState(StrEnum):
    """Where a request is."""

    ACCEPTING = "STATE_ACCEPTING_QUOTES"
    ACCEPTED = "STATE_QUOTE_ACCEPTED"
    APPROVED = "STATE_MAKER_ORDER_APPROVED"
    COMPLETED = "STATE_COMPLETED"
    CANCELLED = "STATE_USER_CANCELED"
    EXPIRED = "STATE_REQUEST_EXPIRED"
    FAILED = "STATE_REQUEST_EXECUTION_FAILED"


class QuoteState(StrEnum):
    """Where a quote is."""

    QUOTED = "STATE_REQUEST_QUOTED"
    ACCEPTED = "STATE_REQUEST_ACCEPTED_QUOTE"
    APPROVED = "STATE_MAKER_APPROVED"
    COMPLETED = "STATE_COMPLETED"
    CANCELLED = "STATE_MAKER_CANCELED"
    REQUEST_ENDED = "STATE_REQUEST_CANCELED"
    EXPIRED = "STATE_REQUEST_EXPIRED"
    FAILED = "STATE_EXECUTION_FAILED"
    REFUSED = "STATE_MAKER_REJECTED_CANCELED"
    LATE = "STATE_MAKER_REJECTED_EXPIRED"


OPEN_REQUESTS: Final = (RequestState.ACCEPTING, RequestState.ACCEPTED, RequestState.APPROVED)
OPEN_QUOTES: Final = (QuoteState.QUOTED, QuoteState.ACCEPTED, QuoteState.APPROVED)
MATCH_TYPES: Final = {
    MatchKind.TRANSFER: "COMPLEMENTARY",
    MatchKind.MINT: "MINT",
    MatchKind.MERGE: "MERGE",
}


class Leg(NamedTuple):
    """What one side would do."""

    market: MarketRow
    outcome: int
    #: A `Side`.
    side: int
    #: Ticks of its own outcome.
    price: int
    #: Lots.
    qty: int

    @property
    def book_price(self) -> int:
        """The price in ticks of outcome 0."""
        return own_price(self.outcome, self.price)

    @property
    def token(self) -> str:
        """The token that it trades."""
        return (self.market.token_0, self.market.token_1)[self.outcome]

    @property
    def complement(self) -> str:
        """The market's other token."""
        return (self.market.token_1, self.market.token_0)[self.outcome]


class Outcome(NamedTuple):
    """What the two orders of a quote came to."""

    state: QuoteState
    trade_ids: tuple[str, ...] = ()
    #: Why there is no trade.
    problem: Rejected | None = None


@dataclass(slots=True, eq=False)
class Quote:
    """What somebody would do about a request."""

    quote_id: str
    request: "Request"
    who: Holder
    leg: Leg
    at: float
    updated_at: float
    state: QuoteState = QuoteState.QUOTED
    #: The requester's order, as it will be entered, from when they accepted.
    accepted: PlaceRequest | None = None
    approve_until: float = 0.0
    #: The quoter's order, from when they approved.
    approved: PlaceRequest | None = None
    outcome: Outcome | None = None

    def become(self, state: QuoteState, now: float) -> None:
        """Enter a state."""
        self.state = state
        self.updated_at = now

    @property
    def match_type(self) -> str:
        """How it would fill the request."""
        wanted = self.request.leg
        return MATCH_TYPES[match_kind(wanted.outcome, wanted.side, self.leg.outcome)]


@dataclass(slots=True, eq=False)
class Request:
    """What somebody wants to be quoted."""

    request_id: str
    who: Holder
    leg: Leg
    at: float
    updated_at: float
    state: RequestState = RequestState.ACCEPTING
    chosen: Quote | None = None
    quotes: dict[str, Quote] = field(default_factory=dict)
    #: Answers are dealt with one after the other.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def expires_at(self) -> float:
        """When it takes no quotes any more."""
        return self.at + REQUEST_SECONDS

    def look(self, now: float) -> None:
        """Let happen what time brings."""
        chosen = self.chosen
        if self.state == RequestState.ACCEPTED and chosen and now >= chosen.approve_until:
            self.reopen(QuoteState.LATE, now)
        if self.state == RequestState.ACCEPTING and now >= self.expires_at:
            self.end(RequestState.EXPIRED, QuoteState.EXPIRED, now)

    def accept(self, quote: Quote, order: PlaceRequest, now: float) -> None:
        """Choose a quote; *order* waits for its quoter."""
        quote.accepted, quote.approve_until = order, now + APPROVE_SECONDS
        quote.become(QuoteState.ACCEPTED, now)
        self.chosen, self.state, self.updated_at = quote, RequestState.ACCEPTED, now

    def reopen(self, state: QuoteState, now: float) -> None:
        """Go on without the chosen quote, which enters *state*; nothing was entered."""
        assert self.chosen is not None, "only what was accepted is given up"
        self.chosen.become(state, now)
        self.chosen.accepted = None
        self.chosen, self.state, self.updated_at = None, RequestState.ACCEPTING, now

    def approve(self, order: PlaceRequest, now: float) -> None:
        """Let both orders be entered: from here nobody can step back."""
        assert self.chosen is not None, "only what was accepted is approved"
        self.chosen.approved = order
        self.chosen.become(QuoteState.APPROVED, now)
        self.state, self.updated_at = RequestState.APPROVED, now

    def end(self, state: RequestState, quotes: QuoteState, now: float) -> None:
        """End, and with it every quote that was still open."""
        self.state, self.updated_at = state, now
        for quote in self.quotes.values():
            if quote.state in OPEN_QUOTES:
                quote.become(quotes, now)


def crossing_problem(wanted: Leg, offered: Leg) -> Rejected | None:
    """Return why a quote does not answer a request."""
    if offered.market.market_id != wanted.market.market_id:
        return Rejected(Reject.RFQ_TERMS, f"token {offered.token}", f"token {wanted.token}")
    bids = is_bid(wanted.outcome, wanted.side)
    if is_bid(offered.outcome, offered.side) == bids:
        side, other = Side(wanted.side).name, Side(1 - wanted.side).name
        expected = f"{other} of token {wanted.token}, or {side} of {wanted.complement}"
        return Rejected(Reject.RFQ_TERMS, f"{Side(offered.side).name} of {offered.token}", expected)
    if offered.qty > wanted.qty:
        most = f"at most {format_quantity(wanted.qty)} shares"
        return Rejected(Reject.RFQ_TERMS, format_quantity(offered.qty), most)
    gap = offered.book_price - wanted.book_price
    if gap and (gap > 0) == bids:
        limit = own_price(offered.outcome, wanted.book_price)
        bound = "at most" if offered.side == Side.SELL else "at least"
        expected = f"{bound} {format_price(limit)}"
        return Rejected(Reject.RFQ_TERMS, format_price(offered.price), expected)
    return None


def counterpart(quote: Quote) -> Leg:
    """Return what the requester does who accepts a quote."""
    wanted, offered = quote.request.leg, quote.leg
    return wanted._replace(
        price=own_price(wanted.outcome, offered.book_price), qty=offered.qty
    )  # fmt: skip


def order_problem(order: PlaceRequest, leg: Leg) -> Rejected | None:
    """Return why a signed order is not what was quoted."""
    market = leg.market
    signed = (order.market_id, order.outcome, order.side)
    if signed != (market.market_id, leg.outcome, leg.side):
        return Rejected(Reject.RFQ_TERMS, "another token or side", _words(leg))
    if (own_price(order.outcome, order.price), order.qty) != (leg.price, leg.qty):
        got = f"{format_quantity(order.qty)} at {format_price(own_price(leg.outcome, order.price))}"
        return Rejected(Reject.RFQ_TERMS, got, _words(leg))
    return None


def _words(leg: Leg) -> str:
    what = f"{Side(leg.side).name} of {format_quantity(leg.qty)} of {leg.token}"
    return f"{what} at {format_price(leg.price)}"


def best_of(request: Request) -> Quote | None:
    """Return the open quote that is best for the requester: price, then size, then time."""
    bids = is_bid(request.leg.outcome, request.leg.side)
    sign = 1 if bids else -1
    quotes = [quote for quote in request.quotes.values() if quote.state in OPEN_QUOTES]
    return min(
        quotes, key=lambda one: (sign * one.leg.book_price, -one.leg.qty, one.at), default=None
    )
