"""Desk: the requests for quotes of this process, and the quotes on them, all of them bounded."""

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Final
from uuid import uuid4

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.clob_identity import Holder
from outcry.services.api.clob.rfq.deals import (
    KEPT_SECONDS,
    OPEN_QUOTES,
    OPEN_REQUESTS,
    Leg,
    Quote,
    QuoteState,
    Request,
    RequestState,
    crossing_problem,
)


#: Requests that are remembered, open or not.
REQUESTS_COUNT_MAX: Final = 1_000
#: Open requests of one user.
USER_REQUESTS_COUNT_MAX: Final = 20
#: Open quotes on one request; each user has one of them at most.
REQUEST_QUOTES_COUNT_MAX: Final = 50
#: Quotes on one request that are remembered, open or not.
KEPT_QUOTES_COUNT_MAX: Final = 2 * REQUEST_QUOTES_COUNT_MAX
#: Quotes of one user that are remembered, open or not.
USER_QUOTES_COUNT_MAX: Final = 500


class Desk:
    """Who asks for quotes, and who quotes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with nothing; *clock* gives seconds since 1970."""
        self._clock = clock
        #: By id, oldest first.
        self._requests: dict[str, Request] = {}
        self._quotes: dict[str, Quote] = {}
        #: By user: the quotes of each, oldest first.
        self._quoted: dict[int, deque[str]] = {}

    def now(self) -> float:
        """Return the time, having forgotten what is too old."""
        now = self._clock()
        while self._requests:
            oldest = next(iter(self._requests.values()))
            if now < oldest.at + KEPT_SECONDS:
                break
            self._forget(oldest)
        return now

    # ------------------------------------------------------------------ the requester

    def request(self, who: Holder, leg: Leg) -> Request | Rejected:
        """Ask for quotes."""
        now = self.now()
        mine = [one for one in self.requests() if _is(one.who, who)]
        if sum(one.state in OPEN_REQUESTS for one in mine) >= USER_REQUESTS_COUNT_MAX:
            most = f"at most {USER_REQUESTS_COUNT_MAX} open requests of a user"
            return Rejected(Reject.RFQ_LIMIT, expected=most)
        if len(self._requests) >= REQUESTS_COUNT_MAX and not self._forget_ended():
            most = f"at most {REQUESTS_COUNT_MAX} open requests"
            return Rejected(Reject.RFQ_LIMIT, expected=most)
        made = Request(str(uuid4()), who, leg, now, now)
        self._requests[made.request_id] = made
        return made

    def cancel_request(self, who: Holder, request_id: str) -> Rejected | None:
        """End a request that nobody's order waits for."""
        now = self.now()
        found = self._requests.get(request_id)
        if found is None or not _is(found.who, who):
            return Rejected(Reject.RFQ_REQUEST_UNKNOWN, request_id)
        found.look(now)
        if found.state != RequestState.ACCEPTING:
            return Rejected(Reject.RFQ_STATE, found.state, RequestState.ACCEPTING)
        found.end(RequestState.CANCELLED, QuoteState.REQUEST_ENDED, now)
        return None

    # ------------------------------------------------------------------ the quoter

    def open_request(self, who: Holder, request_id: str) -> Request | Rejected:
        """Return a request that *who* may quote."""
        now = self.now()
        found = self._requests.get(request_id)
        if found is None:
            return Rejected(Reject.RFQ_REQUEST_UNKNOWN, request_id)
        if _is(found.who, who):
            return Rejected(Reject.RFQ_TERMS, "a request of your own", "one of somebody else")
        found.look(now)
        if found.state != RequestState.ACCEPTING:
            return Rejected(Reject.RFQ_STATE, expected=RequestState.ACCEPTING)
        return found

    def quote(self, who: Holder, request: Request, leg: Leg) -> Quote | Rejected:
        """Quote a request that is open; an earlier quote of the same user on it is withdrawn."""
        now = self.now()
        problem = crossing_problem(request.leg, leg)
        if problem:
            return problem
        quotes = [one for one in request.quotes.values() if one.state in OPEN_QUOTES]
        before = [one for one in quotes if _is(one.who, who)]
        if len(quotes) - len(before) >= REQUEST_QUOTES_COUNT_MAX:
            most = f"at most {REQUEST_QUOTES_COUNT_MAX} open quotes on a request"
            return Rejected(Reject.RFQ_LIMIT, expected=most)
        if not self._room_for(who):
            most = f"at most {USER_QUOTES_COUNT_MAX} open quotes of a user"
            return Rejected(Reject.RFQ_LIMIT, expected=most)
        for one in before:
            one.become(QuoteState.CANCELLED, now)
        made = Quote(str(uuid4()), request, who, leg, now, now)
        self._keep(made)
        return made

    def cancel_quote(self, who: Holder, quote_id: str) -> Rejected | None:
        """Withdraw a quote, also one that was accepted; one that was approved stays."""
        now = self.now()
        found = self._quotes.get(quote_id)
        if found is None or not _is(found.who, who):
            return Rejected(Reject.RFQ_QUOTE_UNKNOWN, quote_id)
        found.request.look(now)
        if found.state == QuoteState.QUOTED:
            found.become(QuoteState.CANCELLED, now)
            return None
        if found.state == QuoteState.ACCEPTED:
            found.request.reopen(QuoteState.REFUSED, now)
            return None
        return Rejected(Reject.RFQ_STATE, found.state, QuoteState.QUOTED)

    # ------------------------------------------------------------------ looking

    def requests(self) -> list[Request]:
        """Return every request, oldest first."""
        now = self.now()
        for one in self._requests.values():
            one.look(now)
        return list(self._requests.values())

    def shown_to(self, who: Holder) -> list[Request]:
        """Return one's own requests, and those of others that may be quoted."""
        return [
            one
            for one in self.requests()
            if _is(one.who, who) or one.state == RequestState.ACCEPTING
        ]

    def quotes_to(self, who: Holder) -> list[Quote]:
        """Return the quotes on one's requests."""
        mine = [one for one in self.requests() if _is(one.who, who)]
        return [quote for one in mine for quote in one.quotes.values()]

    def quotes_by(self, who: Holder) -> list[Quote]:
        """Return one's quotes."""
        now = self.now()
        names = self._quoted.get(who.principal.user_id, ())
        quotes = [self._quotes[name] for name in names if name in self._quotes]
        for one in quotes:
            one.request.look(now)
        return quotes

    def answered(
        self, who: Holder, request_id: str, quote_id: str, *, by_quoter: bool
    ) -> Quote | Rejected:
        """Return the quote that *who* answers: as the requester, or as its quoter."""
        now = self.now()
        found = self._quotes.get(quote_id)
        if found is None or not _is(found.who if by_quoter else found.request.who, who):
            return Rejected(Reject.RFQ_QUOTE_UNKNOWN, quote_id)
        if found.request.request_id != request_id:
            return Rejected(Reject.RFQ_REQUEST_UNKNOWN, request_id, "the request of the quote")
        found.request.look(now)
        return found

    def best(self, who: Holder, request_id: str) -> Request | Rejected:
        """Return one's own request, of which the best quote is wanted."""
        now = self.now()
        found = self._requests.get(request_id)
        if found is None or not _is(found.who, who):
            return Rejected(Reject.RFQ_REQUEST_UNKNOWN, request_id)
        found.look(now)
        return found

    # ------------------------------------------------------------------ remembering

    def _keep(self, quote: Quote) -> None:
        quotes = quote.request.quotes
        if len(quotes) >= KEPT_QUOTES_COUNT_MAX:
            ended = (one for one in quotes.values() if one.state not in OPEN_QUOTES)
            for one in list(islice(ended, 1)):
                self._forget_quote(one)
        quotes[quote.quote_id] = self._quotes[quote.quote_id] = quote
        self._quoted.setdefault(quote.who.principal.user_id, deque()).append(quote.quote_id)

    def _room_for(self, who: Holder) -> bool:
        """Forget the oldest quote of a user that has ended, if need be; False when all are open."""
        if len(self._quoted.get(who.principal.user_id, ())) < USER_QUOTES_COUNT_MAX:
            return True
        ended = (one for one in self.quotes_by(who) if one.state not in OPEN_QUOTES)
        for one in list(islice(ended, 1)):
            self._forget_quote(one)
            return True
        return False

    def _forget_ended(self) -> bool:
        """Forget the oldest request that has ended; False when all are open."""
        ended = (one for one in self.requests() if one.state not in OPEN_REQUESTS)
        for one in islice(ended, 1):
            self._forget(one)
            return True
        return False

    def _forget(self, request: Request) -> None:
        self._requests.pop(request.request_id, None)
        for quote in list(request.quotes.values()):
            self._forget_quote(quote)

    def _forget_quote(self, quote: Quote) -> None:
        quote.request.quotes.pop(quote.quote_id, None)
        self._quotes.pop(quote.quote_id, None)
        names = self._quoted[quote.who.principal.user_id]
        names.remove(quote.quote_id)
        if not names:
            del self._quoted[quote.who.principal.user_id]


def _is(one: Holder, other: Holder) -> bool:
    return one.principal.user_id == other.principal.user_id
