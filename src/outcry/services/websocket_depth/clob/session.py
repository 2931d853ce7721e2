"""One connection of ``/ws/market``: which tokens it follows and whether it keeps up."""

import asyncio
from typing import Final, Protocol

from msgspec import Struct, json

from outcry.domain.rejects import Rejected
from outcry.runtime.clob.ws import ClobSession
from outcry.runtime.forms import read_message
from outcry.runtime.ws_session import CloseCode, Wire
from outcry.services.websocket_depth.config import DepthFeedConfig


FORM: Final = 'expected {"type":"market","assets_ids":[...]} or {"operation":...}'
#: Characters of a token id.
TOKEN_LENGTH_MAX: Final = 78


class MarketRequest(Struct, frozen=True):
    """What a client may say. Whatever else older ones put beside it is let be."""

    type: str = ""
    operation: str = ""
    assets_ids: list[str] | None = None
    custom_feature_enabled: bool | None = None
    #: Whether books are wanted at once.
    initial_dump: bool = True


class Host(Protocol):
    """What a session asks of the service."""

    def subscribe(self, session: "MarketSession", tokens: list[str], *, dump: bool) -> None:
        """Let the session follow tokens, those that nobody knows as soon as they are listed."""
        ...

    def unsubscribe(self, session: "MarketSession", tokens: list[str]) -> None:
        """Let the session follow tokens no more."""
        ...

    def look_again(self, session: "MarketSession") -> None:
        """Look for the tokens that nobody knew."""
        ...

    def leave(self, session: "MarketSession") -> None:
        """Forget the session."""
        ...


class MarketSession(ClobSession):
    """A connection of the public feed of the CLOB surface."""

    __slots__ = ("_host", "_settings", "_slow_since", "custom", "follows", "since",
                 "stale", "waiting", "work")  # fmt: skip

    def __init__(self, wire: Wire, now: float, host: Host, settings: DepthFeedConfig) -> None:
        super().__init__(wire, settings.session, now)
        self._host = host
        self._settings = settings
        self._slow_since = 0.0
        #: Whether it wants best prices, listings and resolutions as well.
        self.custom = False
        #: Outcomes that are followed, by market: 1, 2, or both.
        self.follows: dict[int, int] = {}
        #: Update of each market's book that was sent whole.
        self.since: dict[int, int] = {}
        #: Tokens that nobody knows yet.
        self.waiting: set[str] = set()
        #: Markets whose changes were left out, because the connection was full.
        self.stale: set[int] = set()
        self.work: set[asyncio.Task[None]] = set()

    def asked(self, message: bytes) -> None:
        """Take a request; what is none ends the connection."""
        request = read_message(_decoder, message, FORM)
        if isinstance(request, Rejected):
            self.refuse(f"{request.got[:50]}; {FORM}")
            return
        refusal = self._refusal(request)
        if refusal:
            self.refuse(refusal)
            return
        if request.custom_feature_enabled is not None:
            self.custom = request.custom_feature_enabled
        tokens = request.assets_ids or []
        if request.operation.lower() == "unsubscribe":
            self._host.unsubscribe(self, tokens)
        else:
            self._host.subscribe(self, tokens, dump=request.initial_dump)

    def checked(self, now: float) -> None:
        """Watch whether the client reads, and look again for tokens that nobody knew."""
        if not self.stale:
            self._slow_since = 0.0
        elif not self._slow_since:
            self._slow_since = now
        elif now - self._slow_since > self._settings.slow_seconds and self.backlogged:
            self.close(CloseCode.TRY_AGAIN_LATER, "reads too slowly; connect again for whole books")
            return
        if self.waiting:
            self._host.look_again(self)

    def ended(self) -> None:
        """Leave the service."""
        self._host.leave(self)

    def _refusal(self, request: MarketRequest) -> str:
        """Return what is wrong with *request*, "" when nothing is."""
        kind, operation = request.type.lower(), request.operation.lower()
        tokens = request.assets_ids or []
        if kind not in ("", "market") or operation not in ("", "subscribe", "unsubscribe"):
            return f"got {(request.type or request.operation)[:30]!r}; {FORM}"
        if not kind and not operation:
            return FORM
        if any(not 0 < len(token) <= TOKEN_LENGTH_MAX for token in tokens):
            return f"assets_ids: token ids of 1 to {TOKEN_LENGTH_MAX} digits"
        if operation != "unsubscribe":
            count = sum(mask.bit_count() for mask in self.follows.values()) + len(self.waiting)
            if count + len(tokens) > self._settings.assets_max:
                return f"at most {self._settings.assets_max} assets of one connection"
        return ""


_decoder: Final = json.Decoder(MarketRequest)
