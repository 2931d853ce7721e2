"""The private feed: follow the user events, and tell each user theirs, once and in order.

* Events come from the stream, from the log when the stream does not continue, and from the log as
  well when the stream is silent: the log is the truth, the stream only faster.
* A connection is caught up from a snapshot (or from where it left off) through the ring, or through
  the log when the ring begins later; only then is it live. Between the last look into the ring and
  going live nothing else can run, so nothing falls between.
* A client that reads slowly is sent no more until it has read; meanwhile its events wait in the
  ring that all share. One that does not read is disconnected and told how to resume.

It writes nothing and decides nothing; a restart loses connections, never events.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from typing import Any, Protocol

from structlog import get_logger

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.entry import NO_EVENTS, packed_events
from outcry.messages.streams import USER_EVENTS
from outcry.messages.user_events import UserBatch, unpack_batches
from outcry.ports.bus import Bus
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.projection import MarketRow
from outcry.ports.queries import Queries
from outcry.runtime.api_keys import KeyName, key_named
from outcry.runtime.directory import Directory
from outcry.runtime.follow import Follower
from outcry.runtime.identity import READ, Principal
from outcry.runtime.lockout import Lockout
from outcry.runtime.ws_session import CloseCode, Wire
from outcry.services.websocket_user.catch_up import BehindError, CatchUp, GoneError
from outcry.services.websocket_user.config import UserFeedConfig
from outcry.services.websocket_user.frames import markets_of
from outcry.services.websocket_user.keys import KeyWatch
from outcry.services.websocket_user.ring import EventRing
from outcry.services.websocket_user.ws import Login, Phase, UserSession


#: Told of an entry and the events of all its users.
Observer = Callable[[int, list[UserBatch]], None]

_log = get_logger("outcry.websocket_user")


class Authenticator(Protocol):
    """What the feed asks of `outcry.runtime.identity.Identity`."""

    async def authenticate(self, *, token: str = "", api_key: str = "") -> Principal | Rejected:
        """Return who shows these credentials, or why they are not accepted."""
        ...


class WebsocketUser:
    """The service ``websocket_user``."""

    name = "websocket_user"

    def __init__(
        self,
        config: UserFeedConfig,
        *,
        bus: Bus,
        log: LedgerLog,
        queries: Queries,
        identity: Authenticator,
        lockout: Lockout,
        directory: Directory,
    ) -> None:
        self._config = config
        self._bus = bus
        self._log = log
        self._queries = queries
        self._identity = identity
        self._lockout = lockout
        self._directory = directory
        self._ring = EventRing(0, config.ring_events_max)
        self._follower: Follower
        self._sessions: dict[int, set[UserSession]] = {}
        self._catch_up: CatchUp
        self._work: set[asyncio.Task[None]] = set()
        self._ready = False
        self._events_delivered = 0
        self._observers: list[Observer] = []
        self._keys = KeyWatch(
            queries, lambda: {name for name, _ in self._sessions_by_key()}, self._end_key
        )

    # ------------------------------------------------------------------ the service

    async def start(self) -> None:
        """Stand where the tables stand, so that a snapshot always meets the ring."""
        await self._directory.refresh()
        position = await self._queries.position()
        self._ring = EventRing(position, self._config.ring_events_max)
        self._follower = Follower(
            self._bus, USER_EVENTS, position=position, refill=self._committed_after
        )
        self._catch_up = CatchUp(
            self._config,
            self._ring,
            log=self._log,
            queries=self._queries,
            directory=self._directory,
        )
        self._ready = True

    async def run(self) -> None:
        """Follow and deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keys.run())
            tasks.create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            entries = await self._follower.read()
            for entry in entries:
                self._take(entry.last, unpack_batches(entry.body))
                await asyncio.sleep(0)
            if not entries:
                await self._look_into_log()

    async def stop(self) -> None:
        """Leave what was being caught up; the listener closes the connections."""
        self._ready = False
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def status(self) -> Mapping[str, int]:
        """Return readiness, position, connections and counters."""
        return {
            "ready": int(self._ready),
            "position": self._ring.position,
            "users": len(self._sessions),
            "sessions": sum(len(mine) for mine in self._sessions.values()),
            "ring_events": self._ring.events,
            "events_delivered_total": self._events_delivered,
            **(self._catch_up.status() if self._ready else {}),
        }

    def session(self, wire: Wire, now: float) -> UserSession:
        """Return a session for a new connection: the factory for the listener's path."""
        return UserSession(wire, now, self, self._config)

    def watch(self, observer: Observer) -> None:
        """Have *observer* told of every entry and its events of all users, in order, once."""
        self._observers.append(observer)

    # ------------------------------------------------------------------ following

    def _take(self, n: int, batches: list[UserBatch]) -> None:
        """Keep the events of entry *n* and send them to whoever is live."""
        if n <= self._ring.position:
            return
        self._ring.append(n, batches)
        for observer in self._observers:
            observer(n, batches)
        for batch in batches:
            sessions = self._sessions.get(batch.user_id)
            if sessions:
                self._events_delivered += len(batch.events)
                for session in list(sessions):
                    session.deliver(n, batch)

    async def _look_into_log(self) -> None:
        """Take what is committed and was not on the stream: it may have been lost there."""
        try:
            async for _, n, body in self._committed_after(self._ring.position):
                self._take(n, unpack_batches(body))
        except LogUnavailable as error:
            _log.warning("log_unavailable", reason=str(error))
        self._follower.seek(self._ring.position)

    async def _committed_after(self, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield what the stream would hold above *after*, from the log up to its head."""
        first = last = after
        async for row in self._log.entries(after):
            last = row.n
            events = packed_events(row.body) if row.body else NO_EVENTS
            if events != NO_EVENTS:
                yield first + 1, last, events
                first = last
        if last > first:
            yield first + 1, last, NO_EVENTS

    # ------------------------------------------------------------------ for sessions

    def log_in(self, session: UserSession, login: Login) -> None:
        """Check the credentials in the background."""
        self._spawn(session, self._log_in(session, login))

    def catch_up(self, session: UserSession) -> None:
        """Send in the background what lies above the session's cursor, then make it live."""
        session.phase = Phase.CATCHING_UP
        self._spawn(session, self._catch_up.go_on(session))

    def recheck(self, session: UserSession) -> None:
        """Check in the background whether the credentials are still good."""
        self._spawn(session, self._recheck(session))

    def leave(self, session: UserSession) -> None:
        """Forget the session."""
        for task in session.work:
            task.cancel()
        if session.principal is not None:
            mine = self._sessions.get(session.principal.user_id, set())
            mine.discard(session)
            if not mine:
                self._sessions.pop(session.principal.user_id, None)

    def has_markets(self, batch: UserBatch) -> bool:
        """Return whether every market that *batch* names is known here."""
        return all(self._directory.market(market_id) for market_id in markets_of(batch))

    def market_of(self, market_id: int) -> MarketRow:
        """Return a known market by id."""
        market = self._directory.market(market_id)
        assert market is not None, "markets are looked up before their events are shown"
        return market

    def _sessions_by_key(self) -> Iterator[tuple[KeyName, UserSession]]:
        for mine in self._sessions.values():
            for session in mine:
                name = key_named(session.login.api_key)
                if name is not None and not session.login.auth:
                    yield name, session

    def _end_key(self, ended: KeyName) -> None:
        """Close every connection that the key opened: it was revoked or rotated."""
        for session in [session for name, session in self._sessions_by_key() if name == ended]:
            session.refuse(Rejected(Reject.KEY_INVALID))

    def _spawn(self, session: UserSession, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guard(session, work))
        for work_of in (self._work, session.work):
            work_of.add(task)
            task.add_done_callback(work_of.discard)

    async def _guard(self, session: UserSession, work: Coroutine[Any, Any, None]) -> None:
        """Do *work*; whatever fails, the client is told to come back and nobody else notices."""
        try:
            await work
        except GoneError:
            pass
        except BehindError as error:
            session.close(CloseCode.TRY_AGAIN_LATER, str(error))
        except Exception:  # noqa: BLE001 - one connection must not end the feed of the others
            _log.exception("user_session_failed", session=session.id)
            session.close(CloseCode.TRY_AGAIN_LATER, "a part of the exchange is not reachable")

    # ------------------------------------------------------------------ logging in

    async def _log_in(self, session: UserSession, login: Login) -> None:
        before = session.principal
        found = await self._credited(session.wire.address, login, known=before is not None)
        if isinstance(found, Principal) and READ not in found.scopes:
            found = Rejected(Reject.SCOPE_MISSING, expected=READ)
        if isinstance(found, Principal) and before is not None and before.user_id != found.user_id:
            found = Rejected(Reject.NOT_OWNER, expected="credentials of the same user")
        if session.closing:
            return
        if isinstance(found, Rejected):
            session.refuse(found)
        elif before is not None:
            session.accept(found, login)
        elif len(self._sessions.get(found.user_id, ())) >= self._config.sessions_per_user_max:
            most = self._config.sessions_per_user_max
            session.refuse(Rejected(Reject.CONNECTIONS_LIMIT, expected=f"at most {most}"))
        else:
            session.accept(found, login)
            self._sessions.setdefault(found.user_id, set()).add(session)
            session.phase = Phase.CATCHING_UP
            await self._catch_up.begin(session, found.account, login.after)

    async def _credited(self, address: str, login: Login, *, known: bool) -> Principal | Rejected:
        """Return who shows these credentials; whoever guesses is locked out, as at the HTTP door.

        Somebody *known* who renews a token is heard whatever others at that address do.
        """
        locked = None if known else self._lockout.check(address)
        if locked:
            return locked
        found = await self._identity.authenticate(token=login.auth, api_key=login.api_key)
        if isinstance(found, Rejected):
            self._lockout.note(address, found)
        return found

    async def _recheck(self, session: UserSession) -> None:
        login = session.login
        found = await self._identity.authenticate(token=login.auth, api_key=login.api_key)
        if isinstance(found, Rejected) and session.login is login:
            session.refuse(found)
