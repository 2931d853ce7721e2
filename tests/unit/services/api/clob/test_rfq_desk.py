"""The desk of requests for quotes: what time ends, and what its bounds refuse."""

from tests.support.rows import market_row

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import PlaceRequest
from outcry.runtime.clob_identity import Holder
from outcry.runtime.identity import Principal
from outcry.services.api.clob.rfq import deals, desk
from outcry.services.api.clob.rfq.deals import Leg, Quote, QuoteState, Request, RequestState
from outcry.services.api.clob.rfq.desk import Desk
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


ORDER = PlaceRequest(
    account=1, market_id=1, outcome=0, side=Side.BUY, kind=OrderKind.LIMIT, tif=TimeInForce.FOK,
    post_only=False, self_trade=SelfTrade.CANCEL_TAKER, price=5000, qty=100, budget=0,
    expire_at_us=0, client_order_id="",
)  # fmt: skip
ASK = Leg(market_row(1), 0, Side.BUY, 5_000, 100)
OFFER = ASK._replace(side=Side.SELL)


class Clock:
    """Seconds that a test sets."""

    now = 1_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def user(number: int) -> Holder:
    """Return somebody."""
    principal = Principal(number, number, f"u{number}", frozenset())
    return Holder(principal, f"0x{number:040x}", "", "")


def asked(made: Request | Rejected) -> Request:
    """Return a request that was taken."""
    assert isinstance(made, Request)
    return made


def quoted(made: Quote | Rejected) -> Quote:
    """Return a quote that was taken."""
    assert isinstance(made, Quote)
    return made


def reject(made: Request | Quote | Rejected | None) -> Reject:
    """Return why something was refused."""
    assert isinstance(made, Rejected)
    return made.reject


def test_a_request_ends_and_is_forgotten() -> None:
    """After its time it takes no quotes, its quotes expired; later nothing is left of it."""
    clock = Clock()
    place = Desk(clock)
    request = asked(place.request(user(1), ASK))
    quote = quoted(place.quote(user(2), request, OFFER))
    clock.now += deals.REQUEST_SECONDS
    assert reject(place.open_request(user(3), request.request_id)) == Reject.RFQ_STATE
    assert (request.state, quote.state) == (RequestState.EXPIRED, QuoteState.EXPIRED)
    assert reject(place.cancel_request(user(1), request.request_id)) == Reject.RFQ_STATE
    assert place.quotes_by(user(2)) == [quote]
    clock.now += deals.KEPT_SECONDS
    assert (place.shown_to(user(1)), place.quotes_by(user(2))) == ([], [])
    found = place.answered(user(2), request.request_id, quote.quote_id, by_quoter=True)
    assert reject(found) == Reject.RFQ_QUOTE_UNKNOWN


def test_a_quoter_who_is_late() -> None:
    """An accepted quote waits for its quoter so long; then the request goes on without it."""
    clock = Clock()
    place = Desk(clock)
    request = asked(place.request(user(1), ASK))
    late, other = (quoted(place.quote(user(one), request, OFFER)) for one in (2, 3))
    clock.now += deals.REQUEST_SECONDS - 1
    request.accept(late, ORDER, clock.now)
    clock.now += deals.APPROVE_SECONDS - 1
    request.look(clock.now)
    assert (request.state, late.state) == (RequestState.ACCEPTED, QuoteState.ACCEPTED)
    clock.now += 1
    request.look(clock.now)
    assert (late.state, late.accepted) == (QuoteState.LATE, None)
    assert (request.state, other.state) == (RequestState.EXPIRED, QuoteState.EXPIRED)


def test_a_request_of_which_the_quoter_was_late_goes_on() -> None:
    """While there is time the other quotes can be accepted."""
    clock = Clock()
    place = Desk(clock)
    request = asked(place.request(user(1), ASK))
    late, other = (quoted(place.quote(user(one), request, OFFER)) for one in (2, 3))
    request.accept(late, ORDER, clock.now)
    clock.now += deals.APPROVE_SECONDS
    assert place.best(user(1), request.request_id) is request
    assert (request.state, deals.best_of(request)) == (RequestState.ACCEPTING, other)


def test_requests_are_bounded() -> None:
    """A user has so many open, and all together so many; what has ended makes room."""
    place = Desk(Clock())
    mine = [asked(place.request(user(1), ASK)) for _ in range(desk.USER_REQUESTS_COUNT_MAX)]
    assert reject(place.request(user(1), ASK)) == Reject.RFQ_LIMIT
    for number in range(desk.REQUESTS_COUNT_MAX - len(mine)):
        asked(place.request(user(2 + number // desk.USER_REQUESTS_COUNT_MAX), ASK))
    stranger = user(10_000)
    assert reject(place.request(stranger, ASK)) == Reject.RFQ_LIMIT
    assert place.cancel_request(user(1), mine[3].request_id) is None
    asked(place.request(stranger, ASK))
    assert mine[3] not in place.requests()
    assert len(place.requests()) == desk.REQUESTS_COUNT_MAX


def test_quotes_are_bounded() -> None:
    """A request has so many open ones, and remembers not many more."""
    place = Desk(Clock())
    request = asked(place.request(user(1), ASK))
    for number in range(desk.REQUEST_QUOTES_COUNT_MAX):
        quoted(place.quote(user(2 + number), request, OFFER))
    assert reject(place.quote(user(1_000), request, OFFER)) == Reject.RFQ_LIMIT
    for _ in range(desk.KEPT_QUOTES_COUNT_MAX):
        quoted(place.quote(user(2), request, OFFER))
    assert len(request.quotes) == desk.KEPT_QUOTES_COUNT_MAX


def test_quotes_of_a_user_are_bounded() -> None:
    """Who quotes everywhere is refused at the bound, until one of their quotes has ended."""
    place = Desk(Clock())
    users = (1 + number // desk.USER_REQUESTS_COUNT_MAX for number in range(1_000))
    requests = [asked(place.request(user(number), ASK)) for number in users]
    bob, bound = user(10_000), desk.USER_QUOTES_COUNT_MAX
    quotes = [quoted(place.quote(bob, one, OFFER)) for one in requests[:bound]]
    assert reject(place.quote(bob, requests[bound], OFFER)) == Reject.RFQ_LIMIT
    assert place.cancel_quote(bob, quotes[7].quote_id) is None
    quoted(place.quote(bob, requests[bound], OFFER))
    assert len(place.quotes_by(bob)) == bound
    assert quotes[7] not in place.quotes_by(bob)
