"""One connection of ``/ws/user``: a key's secrets first, then the user's orders and trades."""

import asyncio
from typing import Final, Protocol

from msgspec import Struct, json

from outcry.domain.rejects import Rejected
from outcry.runtime.clob.ws import PING, PONG, ClobSession
from outcry.runtime.clob_identity import Holder
from outcry.runtime.clob_keys import Credentials
from outcry.runtime.forms import read_message
from outcry.runtime.ws_session import CloseCode, Wire, encode
from outcry.services.websocket_user.clob.frames import Who
from outcry.services.websocket_user.config import UserFeedConfig


FORM: Final = 'expected {"type":"user","auth":{"apiKey","secret","passphrase"},...}'
UPDATE_FORM: Final = 'expected {"operation":"subscribe" or "unsubscribe","markets":[...]}'
#: Characters of a secret, a passphrase or a condition id.
TEXT_LENGTH_MAX: Final = 128


class Auth(Struct, frozen=True, rename="camel"):
    """The whole of a key, as it was given."""

    api_key: str = ""
    secret: str = ""
    passphrase: str = ""


class UserRequest(Struct, frozen=True):
    """What a client may say. Whatever else older ones put beside it is let be."""

    type: str = ""
    operation: str = ""
    auth: Auth | None = None
    markets: list[str] | None = None


class Host(Protocol):
    """What a session asks of the service."""

    def log_in(self, session: "ClobUserSession", given: Credentials) -> None:
        """Check the credentials in the background."""
        ...

    def leave(self, session: "ClobUserSession") -> None:
        """Forget the session."""
        ...


class ClobUserSession(ClobSession):
    """A connection of one user."""

    __slots__ = (
        "_asked",
        "_checking",
        "_host",
        "_login_by",
        "_settings",
        "holder",
        "markets",
        "work",
    )

    def __init__(self, wire: Wire, now: float, host: Host, settings: UserFeedConfig) -> None:
        super().__init__(wire, settings.session, now)
        self._host = host
        self._settings = settings
        self._login_by = now + settings.auth_seconds
        self._checking = False
        #: Whether it wants to know as soon as it is logged in.
        self._asked = False
        #: None until the credentials were found good.
        self.holder: Holder | None = None
        #: Conditions that are followed; none: all.
        self.markets: set[str] = set()
        self.work: set[asyncio.Task[None]] = set()

    def received(self, message: bytes) -> None:
        """Answer ``PING`` once the credentials were found good, if they are being looked at."""
        if message == PING and self._checking and self.holder is None:
            self._asked = True
        else:
            super().received(message)

    def admit(self, holder: Holder) -> None:
        """Know who this is; from now on everything is told."""
        self.holder = holder
        if self._asked:
            self.wire.send(PONG)

    def asked(self, message: bytes) -> None:
        """Take the credentials, then changes of what is followed."""
        request = read_message(_decoder, message, FORM)
        if isinstance(request, Rejected):
            self.refuse(f"{request.got[:40]}; {FORM}")
            return
        markets = [market.lower() for market in request.markets or ()]
        if any(len(market) > TEXT_LENGTH_MAX for market in markets):
            self.refuse("markets: condition ids")
        elif len(self.markets) + len(markets) > self._settings.markets_max:
            self.refuse(f"at most {self._settings.markets_max} markets of one connection")
        elif self._checking or self.holder is not None:
            self._change(request.operation.lower(), markets)
        else:
            self._log_in(request, markets)

    def checked(self, now: float) -> None:
        """Watch the time to log in."""
        if self.holder is None and now > self._login_by:
            self.refuse(f"no credentials within {self._settings.auth_seconds:g} seconds")

    def ended(self) -> None:
        """Leave the service."""
        self._host.leave(self)

    @property
    def who(self) -> Who:
        """Who is told."""
        assert self.holder is not None, "nobody is told anything before the login"
        return Who(self.holder.principal.user_id, self.holder.address, self.holder.api_key)

    def wants(self, condition_id: str) -> bool:
        """Return whether the user follows the market."""
        return not self.markets or condition_id in self.markets

    def tell(self, frame: Struct) -> None:
        """Send a frame; a connection that has no room is closed: it must not miss one silently."""
        if self.closing:
            return
        if self.backlogged:
            self.close(CloseCode.TRY_AGAIN_LATER, "reads too slowly; connect again")
        else:
            self.wire.send(encode(frame))

    def _log_in(self, request: UserRequest, markets: list[str]) -> None:
        auth = request.auth
        if request.type.lower() != "user" or auth is None:
            self.refuse(FORM)
            return
        given = Credentials(auth.api_key, auth.secret, auth.passphrase)
        if any(not 0 < len(text) <= TEXT_LENGTH_MAX for text in given):
            self.refuse(FORM)
            return
        self._checking = True
        self.markets = set(markets)
        self._host.log_in(self, given)

    def _change(self, operation: str, markets: list[str]) -> None:
        if operation == "subscribe":
            self.markets.update(markets)
        elif operation == "unsubscribe":
            self.markets.difference_update(markets)
        else:
            self.refuse(UPDATE_FORM)


_decoder: Final = json.Decoder(UserRequest)
