"""One connection of the public feed: which markets it follows, and what it has seen of each."""

import asyncio
from typing import Literal, Protocol

from msgspec import DecodeError, Struct, json

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.ws_session import Session, Wire, error_frame
from outcry.services.websocket_depth.config import DepthFeedConfig
from outcry.services.websocket_depth.followed import Following


REQUEST_FORM = (
    '{"action": "subscribe" or "unsubscribe", "event_id": <int>, "market_id": <int>}'
    ', to resume with "update_id": <int>'
)


class Request(Struct, frozen=True):
    """What a client may say."""

    action: Literal["subscribe", "unsubscribe"]
    event_id: int
    market_id: int
    #: The update that the client's book stands at; 0: send a snapshot.
    update_id: int = 0


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

    __slots__ = ("_host", "following", "order", "work")

    def __init__(self, wire: Wire, now: float, host: Host, settings: DepthFeedConfig) -> None:
        super().__init__(wire, settings.session, now)
        self._host = host
        self.following: dict[int, Following] = {}
        #: Requests that must look into the tables, and those behind them; in order.
        self.work: set[asyncio.Task[None]] = set()
        self.order = asyncio.Lock()

    def opened(self) -> None:
        """Greet."""
        self.send(ConnectedFrame("connected", self.id))

    def received(self, message: bytes) -> None:
        """Take a request."""
        try:
            request = _decoder.decode(message)
        except DecodeError as error:
            refused = Rejected(Reject.MALFORMED, str(error), REQUEST_FORM)
            self.send(error_frame("error", refused))
            return
        if self.work or not self._host.knows(request.market_id):
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


_decoder = json.Decoder(Request)
