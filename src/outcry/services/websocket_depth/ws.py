"""One connection of the public feed: which markets it follows, and what it has seen of each."""

import asyncio
from typing import Literal, Protocol

from msgspec import Struct, json

from outcry.domain.rejects import Reject, Rejected
from outcry.ports.projection import MarketRow
from outcry.runtime.forms import read_message
from outcry.runtime.ws_session import Session, Wire, error_frame
from outcry.services.websocket_depth.config import DepthFeedConfig
from outcry.services.websocket_depth.followed import Following
from outcry.services.websocket_depth.tickers import TICKERS_MAX, Tickers


REQUEST_FORM = (
    '{"action": "subscribe" or "unsubscribe", "event_id": <int>, "market_id": <int>}'
    ', to resume with "update_id": <int>, for best prices alone with "channel": "ticker"'
)


class Request(Struct, frozen=True):
    """What a client may say."""

    action: Literal["subscribe", "unsubscribe"]
    event_id: int
    market_id: int
    #: The update that the client's book stands at; 0: send a snapshot.
    update_id: int = 0
    #: ``depth`` is the book and its trades, ``ticker`` the best prices alone.
    channel: Literal["depth", "ticker"] = "depth"


class ConnectedFrame(Struct, frozen=True):
    """The first frame of every connection."""

    event_type: str
    id: str


class AnswerFrame(Struct, frozen=True):
    """A request was granted. The book, or the changes, come next."""

    event_type: str
    success: bool
    event_id: int
    market_id: int


class Host(Protocol):
    """What a session asks of the service."""

    def knows(self, market_id: int) -> bool:
        """Return whether the market is known, so that `handle` will not have to wait."""
        ...

    def handle(self, session: "DepthSession", request: Request) -> None:
        """Carry out a request that names a known market, or refuse it."""
        ...

    def handle_later(self, session: "DepthSession", request: Request) -> None:
        """Carry out a request in the background, after the session's earlier ones."""
        ...

    def leave(self, session: "DepthSession") -> None:
        """Forget the session."""
        ...


class DepthSession(Session):
    """A connection of the public feed."""

    __slots__ = ("_host", "following", "order", "tickers", "work")

    def __init__(self, wire: Wire, now: float, host: Host, settings: DepthFeedConfig) -> None:
        super().__init__(wire, settings.session, now)
        self._host = host
        self.following: dict[int, Following] = {}
        #: Markets of which only the best prices are followed.
        self.tickers: set[int] = set()
        #: Requests that must look into the tables, and those behind them; in order.
        self.work: set[asyncio.Task[None]] = set()
        self.order = asyncio.Lock()

    def opened(self) -> None:
        """Greet."""
        self.send(ConnectedFrame("connected", self.id))

    def received(self, message: bytes) -> None:
        """Take a request."""
        request = read_message(_decoder, message, REQUEST_FORM)
        if isinstance(request, Rejected):
            self.send(error_frame("error", request))
        elif self.work or not self._host.knows(request.market_id):
            self._host.handle_later(self, request)
        else:
            self._host.handle(self, request)

    def ended(self) -> None:
        """Leave the service."""
        self._host.leave(self)

    def grant(self, request: Request) -> None:
        """Answer that *request* was carried out."""
        kind = f"{request.action}d"
        self.send(AnswerFrame(kind, True, request.event_id, request.market_id))  # noqa: FBT003

    def refuse(self, request: Request, rejected: Rejected) -> None:
        """Answer why *request* was not carried out; the connection stays."""
        self.send(error_frame(f"{request.action}d_error", rejected))

    def refuse_event(self, request: Request, market: MarketRow) -> None:
        """Answer that *market* is not one of the event that *request* names."""
        got = f"market {market.market_id} of event {request.event_id}"
        self.refuse(request, Rejected(Reject.MARKET_UNKNOWN, got, f"event {market.event_id}"))


def handle_ticker(
    tickers: Tickers, session: DepthSession, request: Request, market: MarketRow
) -> None:
    """Carry out a request for the ticker of *market*, or refuse it."""
    known = request.market_id in session.tickers
    if request.action == "unsubscribe":
        if not known:
            session.refuse(request, Rejected(Reject.NOT_SUBSCRIBED, str(request.market_id)))
            return
        session.tickers.discard(request.market_id)
        tickers.unfollow(session, request.market_id)
        session.grant(request)
    elif not known and len(session.tickers) >= TICKERS_MAX:
        session.refuse(request, Rejected(Reject.SUBSCRIPTIONS_LIMIT, expected=str(TICKERS_MAX)))
    else:
        session.tickers.add(request.market_id)
        session.grant(request)
        tickers.follow(session, market)


_decoder = json.Decoder(Request)
