"""One connection of the private feed: login first, then a snapshot or what was missed, then live.

Life: *waiting* for credentials, *checking* them, *catching up* (the service works for it), *live*.
``cursor`` is the promise: everything of this user up to that log entry was sent, nothing above it.
"""

import asyncio
from collections.abc import Iterator
from enum import Enum, auto
from typing import Protocol

from msgspec import Struct, json

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.user_events import UserBatch
from outcry.ports.queries import AccountImage
from outcry.runtime.forms import read_message
from outcry.runtime.identity import Principal
from outcry.runtime.ws_session import CloseCode, Session, Wire, encode, error_frame, malformed
from outcry.services.websocket_user.config import UserFeedConfig
from outcry.services.websocket_user.frames import (
    Known,
    MarketOf,
    event_frames,
    positions_known,
    snapshot_frames,
)


LOGIN_FORM = '{"auth": "<jwt>"} or {"api_key": "<key>"}, and "after": <n> to resume'


class Login(Struct, frozen=True):
    """The first frame of a client, and of one that renews its token."""

    auth: str = ""
    api_key: str = ""
    #: The last log entry of which the client has every event; 0: send a snapshot.
    after: int = 0


class AuthFrame(Struct, frozen=True):
    """The login was accepted."""

    event_type: str
    success: bool
    id: str
    user_id: int


class Phase(Enum):
    """Where a session is in its life."""

    WAITING = auto()
    CHECKING = auto()
    CATCHING_UP = auto()
    LIVE = auto()


class Host(Protocol):
    """What a session asks of the service."""

    def log_in(self, session: "UserSession", login: Login) -> None:
        """Check the credentials in the background."""
        ...

    def catch_up(self, session: "UserSession") -> None:
        """Send in the background what lies above the session's cursor, then make it live."""
        ...

    def recheck(self, session: "UserSession") -> None:
        """Check in the background whether the credentials are still good."""
        ...

    def leave(self, session: "UserSession") -> None:
        """Forget the session."""
        ...

    def has_markets(self, batch: UserBatch) -> bool:
        """Return whether every market that *batch* names is known here."""
        ...

    @property
    def market_of(self) -> MarketOf:
        """Return a known market by id."""
        ...


class UserSession(Session):
    """A connection of one user."""

    __slots__ = (
        "_host",
        "_known",
        "_login_by",
        "_recheck_at",
        "_settings",
        "cursor",
        "login",
        "phase",
        "principal",
        "work",
    )

    def __init__(self, wire: Wire, now: float, host: Host, settings: UserFeedConfig) -> None:
        super().__init__(wire, settings.session, now)
        self._host = host
        self._settings = settings
        self._login_by = now + settings.auth_seconds
        self._recheck_at = now + settings.recheck_seconds
        self._known: Known | None = None
        self.phase = Phase.WAITING
        self.cursor = 0
        self.login = Login()
        self.principal: Principal | None = None
        #: What the service does for this session in the background.
        self.work: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------ from the connection

    def received(self, message: bytes) -> None:
        """Take a login; there is nothing else to say here."""
        login = read_message(_decoder, message, LOGIN_FORM)
        if isinstance(login, Rejected):
            self.refuse(login) if self.principal is None else self._answer_error(login)
        elif self.phase is Phase.CHECKING:
            self.refuse(Rejected(Reject.MALFORMED, "a second login before the first was answered"))
        elif not login.auth and not login.api_key:
            refused = malformed(LOGIN_FORM)
            self.refuse(refused) if self.principal is None else self._answer_error(refused)
        else:
            if self.phase is Phase.WAITING:
                self.phase = Phase.CHECKING
            self._host.log_in(self, login)

    def checked(self, now: float) -> None:
        """Watch the time to log in, and whether the credentials are still good."""
        if self.principal is None:
            if now > self._login_by:
                seconds = self._settings.auth_seconds
                self.close(CloseCode.POLICY_VIOLATION, f"no login within {seconds:g} seconds")
        elif now > self._recheck_at:
            self._recheck_at = now + self._settings.recheck_seconds
            self._host.recheck(self)

    def ended(self) -> None:
        """Leave the service."""
        self._host.leave(self)

    # ------------------------------------------------------------------ from the service

    def accept(self, principal: Principal, login: Login) -> None:
        """Answer that the login was good."""
        self.principal = principal
        self.login = login
        self.send(AuthFrame("auth", True, self.id, principal.user_id))  # noqa: FBT003

    def refuse(self, rejected: Rejected) -> None:
        """Answer that the login was not good, and close."""
        self._answer_error(rejected)
        self.close(CloseCode.POLICY_VIOLATION, rejected.sentence)

    def image_messages(self, image: AccountImage, *, truncated: bool) -> Iterator[bytes]:
        """Yield the messages of a snapshot; its positions are known to the client from now on."""
        self._known = positions_known(image)
        parts = snapshot_frames(
            image,
            self._host.market_of,
            part_max=self._settings.snapshot_part_max,
            truncated=truncated,
            resumed=not self.login.after,
        )
        for part in parts:
            yield encode(part)

    def show(self, n: int, batch: UserBatch) -> None:
        """Send the events of entry *n*, whose markets are known; nothing that was sent before."""
        if n <= self.cursor:
            return
        assert self.principal is not None, "nobody is told anything before the login"
        first = self.principal.account
        for frame in event_frames(n, batch, self._host.market_of, self._known, first):
            self.send(frame)
        self.cursor = n

    def deliver(self, n: int, batch: UserBatch) -> None:
        """Send what was just committed, or fall back to catching up when that cannot be now."""
        if self.phase is not Phase.LIVE or self.closing:
            return
        unseen = batch.prev_n > self.cursor
        if self.backlogged or unseen or not self._host.has_markets(batch):
            self._host.catch_up(self)
        else:
            self.show(n, batch)

    def too_slow(self) -> None:
        """Close a connection that does not read what it is sent."""
        self.close(
            CloseCode.TRY_AGAIN_LATER,
            'reads too slowly; connect again with "after": the last n that came whole',
        )

    def _answer_error(self, rejected: Rejected) -> None:
        self.send(error_frame("auth", rejected))


_decoder = json.Decoder(Login)
