"""Requests for quotes: what the doors ask, and how a quote that both sides signed is carried out.

The quoter's order goes into the book and may only rest there; the requester's follows at once and
is filled as a whole or not at all; what is left of the quoter's is cancelled. They are numbered
together, so nobody comes between them; who was in the book with a better price comes first.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import structs

from outcry.domain.order import OrderStatus
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import (
    CancelRequest,
    Declined,
    DryRun,
    OrderAccepted,
    PlaceRequest,
)
from outcry.ports.asset import Asset
from outcry.runtime.clob_identity import Holder
from outcry.runtime.directory import Directory
from outcry.runtime.forms import read_body
from outcry.runtime.rates import Rates
from outcry.services.api.clob.orders import Orders
from outcry.services.api.clob.own_writes import OwnWrites
from outcry.services.api.clob.rfq.deals import (
    Leg,
    Outcome,
    Quote,
    QuoteState,
    RequestState,
    best_of,
    counterpart,
    order_problem,
)
from outcry.services.api.clob.rfq.desk import Desk
from outcry.services.api.clob.rfq.forms import (
    ANSWER,
    QUOTE,
    REQUEST,
    AnswerBody,
    QuoteBody,
    RequestBody,
    leg_of,
    order_of,
    read_list,
    token_of,
)
from outcry.services.api.clob.rfq.outcomes import outcome_of, reject_of
from outcry.services.api.clob.rfq.views import (
    Approved,
    ListPage,
    QuoteMade,
    QuoteView,
    RequestMade,
    RequestView,
    quote_view,
    quotes_page,
    requests_page,
)
from outcry_wire.records import TimeInForce


LATER: Final = "the same order again, later"
Items = Iterable[tuple[str, str]]


class Quoting:
    """Requests, quotes, and the trades that come of them."""

    def __init__(
        self,
        asset: Asset,
        directory: Directory,
        orders: Orders,
        rates: Rates[int],
        writes: OwnWrites,
        desk: Desk,
    ) -> None:
        """Have *orders* verify what is signed; *rates* bounds what each account says."""
        self._asset = asset
        self._directory = directory
        self._orders = orders
        self._rates = rates
        self._writes = writes
        self._desk = desk

    # ------------------------------------------------------------------ invitations

    async def request(self, who: Holder, body: bytes) -> RequestMade | Rejected:
        """Ask for quotes."""
        form: RequestBody | Rejected = read_body(REQUEST, body)
        leg = await self._leg(who, form)
        if isinstance(leg, Rejected):
            return leg
        made = self._desk.request(who, leg)
        if isinstance(made, Rejected):
            return made
        return RequestMade(made.request_id, int(made.expires_at))

    async def quote(self, who: Holder, body: bytes) -> QuoteMade | Rejected:
        """Quote a request of somebody else."""
        form: QuoteBody | Rejected = read_body(QUOTE, body)
        leg = await self._leg(who, form)
        if isinstance(form, Rejected):
            return form
        if isinstance(leg, Rejected):
            return leg
        request = self._desk.open_request(who, form.request_id)
        made = request if isinstance(request, Rejected) else self._desk.quote(who, request, leg)
        if isinstance(made, Rejected):
            return made
        return QuoteMade(made.quote_id, form.request_id, int(made.request.expires_at))

    def cancel_request(self, who: Holder, request_id: str) -> Rejected | None:
        """End a request of one's own."""
        limited = self._rates.take(who.principal.account)
        return limited or self._desk.cancel_request(who, request_id)

    def cancel_quote(self, who: Holder, quote_id: str) -> Rejected | None:
        """Withdraw a quote of one's own."""
        limited = self._rates.take(who.principal.account)
        return limited or self._desk.cancel_quote(who, quote_id)

    async def _leg(self, who: Holder, form: RequestBody | Rejected) -> Leg | Rejected:
        limited = self._rates.take(who.principal.account)
        if limited:
            return limited
        if isinstance(form, Rejected):
            return form
        token_id = token_of(form)
        if isinstance(token_id, Rejected):
            return token_id
        token = await self._directory.find_token(str(token_id))
        if token is None:
            return Rejected(Reject.TOKEN_UNKNOWN, str(token_id)[:80])
        return leg_of(form, token)

    # ------------------------------------------------------------------ looking

    def requests(self, who: Holder, asked: Items) -> ListPage[RequestView] | Rejected:
        """List one's own requests, and those of others that may be quoted."""
        form = read_list(asked)
        if isinstance(form, Rejected):
            return form
        return requests_page(self._desk.shown_to(who), form, who)

    def quotes(
        self, who: Holder, asked: Items, *, by_quoter: bool
    ) -> ListPage[QuoteView] | Rejected:
        """List the quotes that one made, or those on one's requests."""
        form = read_list(asked)
        if isinstance(form, Rejected):
            return form
        found = self._desk.quotes_by(who) if by_quoter else self._desk.quotes_to(who)
        return quotes_page(found, form, who)

    def best(self, who: Holder, request_id: str) -> QuoteView | Rejected:
        """Return the best open quote on one's own request."""
        request = self._desk.best(who, request_id)
        if isinstance(request, Rejected):
            return request
        best = best_of(request)
        if best is None:
            return Rejected(Reject.RFQ_QUOTE_UNKNOWN, expected="a quote on the request")
        return quote_view(best, who)

    # ------------------------------------------------------------------ carrying out

    async def accept(self, who: Holder, body: bytes) -> Rejected | None:
        """Take the requester's order at the terms of a quote; its quoter is to approve it."""
        read = await self._signed(who, body, by_quoter=False)
        if isinstance(read, Rejected):
            return read
        quote, signed = read
        order = structs.replace(signed, tif=TimeInForce.FOK, expire_at_us=0)
        async with quote.request.turn:
            if _same(quote.accepted, order):
                return None
            problem = self._past(quote, QuoteState.QUOTED)
            if problem or quote.request.state != RequestState.ACCEPTING:
                return problem or Rejected(Reject.RFQ_STATE, quote.request.state, "another time")
            (tried,) = await self._asset.submit([DryRun(order)], wait_result=False)
            if isinstance(tried, Declined):
                return reject_of(tried)
            problem = self._past(quote, QuoteState.QUOTED)
            if not problem:
                quote.request.accept(quote, order, self._desk.now())
            return problem

    async def approve(self, who: Holder, body: bytes) -> Approved | Rejected:
        """Take the quoter's order as well, and enter both."""
        read = await self._signed(who, body, by_quoter=True)
        if isinstance(read, Rejected):
            return read
        quote, signed = read
        order = structs.replace(signed, post_only=True)
        async with quote.request.turn:
            if not _same(quote.approved, order):
                problem = await self._begin(quote, order)
                if problem:
                    return problem
            if quote.outcome is None:
                problem = await self._enter(quote)
                if problem:
                    return problem
        outcome = quote.outcome
        assert outcome is not None, "entered"
        if outcome.problem:
            return outcome.problem
        names = quote.request.request_id, quote.quote_id
        return Approved(*names, outcome.state, outcome.trade_ids)

    async def _signed(
        self, who: Holder, body: bytes, *, by_quoter: bool
    ) -> tuple[Quote, PlaceRequest] | Rejected:
        """Return the quote that is answered, and the verified order at its terms."""
        form: AnswerBody | Rejected = read_body(ANSWER, body)
        limited = self._rates.take(who.principal.account)
        if limited:
            return limited
        if isinstance(form, Rejected):
            return form
        names = form.request_id, form.quote_id
        quote = self._desk.answered(who, *names, by_quoter=by_quoter)
        if isinstance(quote, Rejected):
            return quote
        read = await self._orders.verified(who, order_of(form))
        if isinstance(read, Rejected):
            return read
        leg = quote.leg if by_quoter else counterpart(quote)
        return order_problem(read.request, leg) or (quote, read.request)

    async def _begin(self, quote: Quote, order: PlaceRequest) -> Rejected | None:
        """Try both orders; from then on nobody can step back."""
        problem = self._past(quote, QuoteState.ACCEPTED)
        if problem:
            return problem
        assert quote.accepted is not None, "accepted with an order"
        trials = [DryRun(order), DryRun(quote.accepted)]
        own, other = await self._asset.submit(trials, wait_result=False)
        problem = self._past(quote, QuoteState.ACCEPTED)
        if problem or isinstance(own, Declined):
            return problem or reject_of(own)
        if isinstance(other, Declined):
            problem = Rejected(Reject.RFQ_UNFILLED, expected="an order that the requester can pay")
            self._end(quote, Outcome(QuoteState.FAILED, (), problem), done=False)
            return problem
        quote.request.approve(order, self._desk.now())
        return None

    async def _enter(self, quote: Quote) -> Rejected | None:
        """Enter both orders; said twice they count once, so what was not answered is repeated."""
        order, wanted = quote.approved, quote.accepted
        assert order is not None, "approved with an order"
        assert wanted is not None, "accepted with an order"
        cancel = CancelRequest(order.account, 0, order.client_order_id)
        made, taken, _ = await self._asset.submit([order, wanted, cancel], wait_result=True)
        if isinstance(made, OrderAccepted) and made.status != OrderStatus.REJECTED:
            (made,) = await self._asset.submit([order], wait_result=True)
        for user, result in ((quote.who, made), (quote.request.who, taken)):
            if isinstance(result, OrderAccepted):
                self._writes.note(user.principal.user_id, max(result.n, result.result_n))
        waiting = (isinstance(one, OrderAccepted) and one.status == OrderStatus.NEW
                   for one in (made, taken))  # fmt: skip
        if any(waiting):
            return Rejected(Reject.UNAVAILABLE, "the book has not answered", LATER)
        done = isinstance(taken, OrderAccepted) and taken.filled > 0
        self._end(quote, outcome_of(made, taken), done=done)
        return None

    def _end(self, quote: Quote, outcome: Outcome, *, done: bool) -> None:
        now = self._desk.now()
        quote.outcome = outcome
        quote.become(outcome.state, now)
        state = RequestState.COMPLETED if done else RequestState.FAILED
        quote.request.end(state, QuoteState.REQUEST_ENDED, now)

    def _past(self, quote: Quote, wanted: QuoteState) -> Rejected | None:
        """Return why a quote cannot be answered, when it is not where it has to be."""
        quote.request.look(self._desk.now())
        if quote.state == wanted:
            return None
        return Rejected(Reject.RFQ_STATE, quote.state, wanted)


def _same(known: PlaceRequest | None, order: PlaceRequest) -> bool:
    return known is not None and known.client_order_id == order.client_order_id
