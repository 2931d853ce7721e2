"""``/ws/user``: orders and trades to their users, in the frames that clients of CLOBs know.

* It is told of every committed entry by the private feed and works them off one after the other,
  because an address or a market may have to be looked up. What waits is bounded; beyond it, and for
  a reader without room, connections are closed: nobody misses anything silently.
* There is no snapshot and no resuming here: a client that comes back reads ``/data/orders`` and
  ``/data/trades``.
* Where settlements are between match and verdict is told as far as it is heard.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Final

from structlog import get_logger

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.settlement_status import SettlementStatus
from outcry.messages.user_events import UserBatch
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.projection import TablesUnavailable
from outcry.ports.queries import Queries
from outcry.runtime.api_keys import KeyName
from outcry.runtime.clob_identity import ClobIdentity, Holder
from outcry.runtime.clob_keys import TRADING, Credentials, named
from outcry.runtime.lockout import Lockout
from outcry.runtime.ws_session import CloseCode, Wire
from outcry.services.websocket_user.clob.deals import Deals, MarketMissing
from outcry.services.websocket_user.clob.holding import TooMuchHeld
from outcry.services.websocket_user.clob.session import ClobUserSession
from outcry.services.websocket_user.clob.telling import Entry, Teller
from outcry.services.websocket_user.config import UserFeedConfig
from outcry.services.websocket_user.keys import KeyWatch


#: How long a key that was just made is waited for.
TABLES_MS_MAX: Final = 2_000
#: Entries and statuses that wait to be told.
WAITING_COUNT_MAX: Final = 10_000
_log: Final = get_logger("outcry.websocket_user")


class ClobUsers:
    """The service behind ``/ws/user``."""

    name = "websocket_clob_user"

    def __init__(
        self,
        config: UserFeedConfig,
        *,
        identity: ClobIdentity,
        lockout: Lockout,
        log: LedgerLog,
        queries: Queries,
        deals: Deals,
        clock: Callable[[], int],
        announced: Callable[[int, int], bool],
    ) -> None:
        """Tell of a fill that waits for a chain once *announced* is true of its trade and number.

        *clock* gives microseconds since 1970.
        """
        self._config = config
        self._identity = identity
        self._lockout = lockout
        self._log = log
        self._queries = queries
        self._sessions: dict[int, set[ClobUserSession]] = {}
        self._waiting: deque[Entry | SettlementStatus] = deque()
        self._arrived = asyncio.Event()
        self._teller = Teller(self._sessions, deals, clock, announced)
        self._work: set[asyncio.Task[None]] = set()
        self._ready = False
        self._counts = {"told_total": 0, "overruns_total": 0}
        self._keys = KeyWatch(queries, self._keys_in_use, self._end_key)

    # ------------------------------------------------------------------ the service

    async def start(self) -> None:
        """Be ready to be told."""
        self._ready = True

    async def run(self) -> None:
        """Tell until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keys.run())
            tasks.create_task(self._tell_all())

    async def stop(self) -> None:
        """Leave what is being checked; the listener closes the connections."""
        self._ready = False
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def status(self) -> Mapping[str, int]:
        """Return readiness, connections and counters."""
        return {
            "ready": int(self._ready),
            "users": len(self._sessions),
            "sessions": sum(len(mine) for mine in self._sessions.values()),
            "waiting": len(self._waiting),
            **self._counts,
        }

    def session(self, wire: Wire, now: float) -> ClobUserSession:
        """Return a session for a new connection: the factory for the listener's path."""
        return ClobUserSession(wire, now, self, self._config)

    # ------------------------------------------------------------------ being told

    def entry(self, _n: int, batches: list[UserBatch]) -> None:
        """Take an entry, if it is about somebody who is here."""
        if any(batch.user_id in self._sessions for batch in batches):
            self._put(Entry(batches))

    def staged(self, statuses: Iterable[SettlementStatus]) -> None:
        """Take what the chain's side says of settlements under way."""
        for status in statuses:
            if self._sessions:
                self._put(status)

    def _put(self, item: Entry | SettlementStatus) -> None:
        if len(self._waiting) >= WAITING_COUNT_MAX:
            self._counts["overruns_total"] += 1
            self._waiting.clear()
            self._teller.forget()
            for session in self._all():
                session.close(CloseCode.TRY_AGAIN_LATER, "cannot keep up; connect again")
            return
        self._waiting.append(item)
        self._arrived.set()

    # ------------------------------------------------------------------ telling

    async def _tell_all(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                item = self._waiting.popleft()
                self._counts["told_total"] += 1
                try:
                    await self._teller.tell(item)
                except (TablesUnavailable, MarketMissing, TooMuchHeld) as error:
                    _log.warning("clob_events_not_told", reason=str(error))
                    self._teller.forget()
                    for session in self._all():
                        session.close(CloseCode.TRY_AGAIN_LATER, _why(error))

    # ------------------------------------------------------------------ for sessions

    def log_in(self, session: ClobUserSession, given: Credentials) -> None:
        """Check the credentials in the background."""
        task = asyncio.create_task(self._guard(session, self._log_in(session, given)))
        for work_of in (self._work, session.work):
            work_of.add(task)
            task.add_done_callback(work_of.discard)

    def leave(self, session: ClobUserSession) -> None:
        """Forget the session."""
        for task in session.work:
            task.cancel()
        if session.holder is not None:
            user_id = session.holder.principal.user_id
            mine = self._sessions.get(user_id, set())
            mine.discard(session)
            if not mine:
                self._sessions.pop(user_id, None)
            if not self._sessions:
                self._teller.forget()

    async def _log_in(self, session: ClobUserSession, given: Credentials) -> None:
        source = session.wire.address
        found = self._lockout.check(source) or await self._holder(given)
        if isinstance(found, Rejected):
            self._lockout.note(source, found)
        elif not found.label.startswith(TRADING):
            found = Rejected(Reject.KEY_INVALID, expected="a trading key")
        if session.closing:
            return
        if isinstance(found, Rejected):
            session.refuse(f"{found.sentence} {found.expected}".strip())
            return
        mine = self._sessions.setdefault(found.principal.user_id, set())
        if len(mine) >= self._config.sessions_per_user_max:
            session.refuse(f"at most {self._config.sessions_per_user_max} connections of one user")
            return
        mine.add(session)
        session.admit(found)

    async def _holder(self, given: Credentials) -> Holder | Rejected:
        """Return who holds a key; one that was just made may not be in the tables yet."""
        found = await self._identity.by_secret(given)
        if isinstance(found, Rejected) and self._identity.keys.recognise(given.api_key):
            await self._queries.wait_for(await self._log.head(), TABLES_MS_MAX)
            found = await self._identity.by_secret(given)
        return found

    async def _guard(self, session: ClobUserSession, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - one connection must not end the feed of the others
            _log.exception("clob_user_session_failed", session=session.id)
            session.close(CloseCode.TRY_AGAIN_LATER, "a part of the exchange is not reachable")

    def _all(self) -> list[ClobUserSession]:
        return [session for mine in self._sessions.values() for session in mine]

    def _keys_in_use(self) -> set[KeyName]:
        return {name for session in self._all() if (name := _key(session)) is not None}

    def _end_key(self, ended: KeyName) -> None:
        """Close every connection that the key opened: it was revoked."""
        for session in self._all():
            if _key(session) == ended:
                session.refuse("the key was revoked")


def _why(error: Exception) -> str:
    much = isinstance(error, TooMuchHeld)
    return "the chain is far behind; connect again" if much else "the tables cannot be read"


def _key(session: ClobUserSession) -> KeyName | None:
    return None if session.holder is None else named(session.holder.api_key)
