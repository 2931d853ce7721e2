"""The gateway of the exchange: binary order entry, before the sequencer.

Commands become requests of the ledger; the answer to one means that it is durable. What becomes of
orders is told from the user events, numbered by their log entries: a client that comes back names
the number it wants next and gets the rest from the log. A command that is sent again is known by
its number, which the ledger keeps; so this door keeps nothing that must outlive it.
"""

import asyncio
import socket
from collections import Counter, defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from outcry.messages.streams import USER_EVENTS
from outcry.messages.user_events import UserBatch, unpack_batches
from outcry.ports.asset import Asset
from outcry.ports.bus import Bus
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.queries import Queries
from outcry.runtime.bounded import Bounded
from outcry.runtime.directory import Directory
from outcry.runtime.follow import Follower, Refill
from outcry.runtime.logging import get_logger
from outcry.services.gateway.door import translate
from outcry.services.gateway.door.asking import Asking
from outcry.services.gateway.door.errands import Errands
from outcry.services.gateway.door.keys import Keys
from outcry.services.gateway.door.listening import Listening
from outcry.services.gateway.door.listing import events_after
from outcry.services.gateway.door.public import BookSource, Public
from outcry.services.gateway.door.session import DoorSession
from outcry.services.gateway.line import now_us
from outcry_wire.rejects import Reject
from outcry_wire.tcp import (
    FRAME_MAX,
    LOGON_ACCEPTED,
    SEND_ALL_AGAIN,
    LogonFlag,
    Message,
    frame,
)


_BUFFER_BYTES: Final = 4 * FRAME_MAX
_SWEEP_SECONDS: Final = 1.0
_HEARTBEAT_MS: Final = 10_000
_HEARTBEAT_MS_MAX: Final = 60_000
_SILENCE: Final = 3
#: Sessions of which is remembered what they had, and why they ended.
_SESSIONS_MAX: Final = 10_000
#: How long cancels may take when the gateway stops; the next one to start does the rest.
_STOP_SECONDS: Final = 5.0
#: Hundredths of a second in which clients may hear a goodbye and leave by themselves.
_GOODBYE_TURNS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """Where the gateway listens, and its bounds."""

    host: str
    port: int
    logon_ms_max: int
    connections_max: int
    #: Commands a second of one session, 0 for no bound; what is above it waits in the socket.
    rate_max: int = 0
    #: Markets whose public books one connection may follow.
    subscriptions_max: int = 200


class Gateway:
    """The service ``gateway``."""

    name = "gateway"

    def __init__(
        self,
        config: GatewayConfig,
        *,
        asset: Asset,
        bus: Bus,
        log: LedgerLog,
        queries: Queries,
        directory: Directory,
        keys: Keys,
        books: BookSource,
    ) -> None:
        self._config = config
        self.rate_max = config.rate_max
        # By its address the ledger knows which orders go with our connections.
        self._asking = Asking(asset, f"{config.host}:{config.port}")
        self.open, self.insist = self._asking.open, self._asking.insist
        self._bus, self._ledger_log = bus, log
        self._queries, self._keys = queries, keys
        self.principal = self._keys.principal
        self._directory = directory
        self._public = Public(books, directory, config.subscriptions_max)
        self.hear_public = self._public.hear
        self._errands = Errands(directory, log, lambda: self._position)
        self._view = memoryview(bytearray(_BUFFER_BYTES))
        self._listening = Listening(self._greet)
        self._follower: Follower
        self._refill: Refill
        self._sessions: set[DoorSession] = set()
        self._by_name: dict[tuple[int, int], DoorSession] = {}
        self._by_user: defaultdict[int, set[DoorSession]] = defaultdict(set)
        self._kept: Bounded[tuple[int, int], set[int]] = Bounded(_SESSIONS_MAX)
        self._ends: Bounded[tuple[int, int], Reject] = Bounded(_SESSIONS_MAX)
        self._position = 0
        #: Commands, messages and logons that were refused, by the number of the reject.
        self.refusals: Counter[int] = Counter()
        self._work: set[asyncio.Task[object]] = set()
        self._log = get_logger()

    @property
    def port(self) -> int:
        """The TCP port."""
        return self._listening.port

    # --- the service -------------------------------------------------------------------------

    async def start(self) -> None:
        """Stand where the tables stand, then listen. Raises OSError."""
        await self._directory.refresh()
        self._position = await self._queries.position()
        self._refill = partial(events_after, self._ledger_log)
        self._follower = Follower(
            self._bus, USER_EVENTS, position=self._position, refill=self._refill
        )
        self._listening.start(self._config.host, self._config.port)
        self._spawn(self._asking.sweep_up())

    async def run(self) -> None:
        """Follow what happens, and look after connections, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._sweep())
            tasks.create_task(self._public.run())
            tasks.create_task(self._keys.watch(self._sessions))

    async def stop(self) -> None:
        """Say goodbye to everybody."""
        self._listening.stop()
        for session in [*self._sessions]:
            session.end(Reject.SHUTTING_DOWN)
        for _ in range(_GOODBYE_TURNS):
            if self._sessions:
                await asyncio.sleep(0.01)
        for session in [*self._sessions]:
            session.cut()
        if self._work:
            _, late = await asyncio.wait([*self._work], timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def status(self) -> Mapping[str, int]:
        """Return readiness and figures."""
        return {
            "ready": int(self._listening.is_on),
            "port": self.port,
            "position": self._position,
            "connections": len(self._sessions),
            "requests_total": self._asking.requests,
        }

    def _greet(self, sock: socket.socket) -> None:
        session = DoorSession(self, sock, self._view)
        self._sessions.add(session)
        if len(self._sessions) > self._config.connections_max:
            session.end(Reject.CONNECTIONS_LIMIT)
        else:
            session.greet()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            time_us = now_us()
            for session in [*self._sessions]:
                if not session.is_logged_on:
                    if time_us - session.began_us > self._config.logon_ms_max * 1_000:
                        session.end(Reject.LOGON_LATE)
                elif time_us - session.heard_us > _SILENCE * session.heartbeat_us:
                    session.end(Reject.HEARTBEAT_MISSED)
                elif time_us - session.spoke_us >= session.heartbeat_us:
                    session.beat(self._position if session.is_live else 0)

    # --- following ---------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            entries = await self._follower.read()
            for entry in entries:
                # Nobody listens: that it happened is enough.
                batches = unpack_batches(entry.body) if self._by_user else []
                self._take(entry.last, batches)
                await asyncio.sleep(0)
            if not entries:
                await self._look_into_log()

    async def _look_into_log(self) -> None:
        """Take what is committed and was not on the stream: it may have been lost there."""
        try:
            async for _, n, body in self._refill(self._position):
                self._take(n, unpack_batches(body))
        except LogUnavailable as error:
            self._log.warning("log unavailable", reason=str(error))
        self._follower.seek(self._position)

    def _take(self, n: int, batches: list[UserBatch]) -> None:
        if n <= self._position:
            return
        self._position = n
        for batch in batches:
            for session in [*self._by_user.get(batch.user_id, ())]:
                if session.is_live:
                    session.tell(n, translate.told(batch, session.account, n))

    # --- for sessions ------------------------------------------------------------------------

    async def has_account(self, user_id: int, account: int) -> bool:
        """Return whether an account that is not a user's first one is theirs."""
        return any(row.account == account for row in await self._queries.accounts(user_id))

    def log_on(self, session: DoorSession, next_number: int, heartbeat_ms: int) -> None:
        """Bind a connection to its session: the newest one has it. Then tell what was missed."""
        name = (session.account, session.number)
        self._by_user[session.user_id].add(session)
        ended: int = 0
        if not session.is_copy:
            self._take_name(name, session)
            # Why the last connection ended, who trades is told, not who only watches.
            ended = self._ends.get(name) or 0
            self._ends.discard(name)
        beat = min(max(heartbeat_ms or _HEARTBEAT_MS, 1_000), _HEARTBEAT_MS_MAX)
        session.heartbeat_us = beat * 1_000
        first = self._errands.first
        place = (session.account, session.number, beat, session.taken)
        known = (now_us(), self._position + 1, first, self.rate_max, ended)
        head = (Message.LOGON_ACCEPTED, SEND_ALL_AGAIN, LOGON_ACCEPTED.size, 0, 0, now_us())
        session.write(frame(LOGON_ACCEPTED.pack(*head, *place, *known)))
        session.cursor = max(next_number, first) - 1 if next_number else self._position
        if session.cursor >= self._position:
            session.is_live = True
        else:
            self._spawn(self._errands.catch_up(session))

    def _take_name(self, name: tuple[int, int], session: DoorSession) -> None:
        older = self._by_name.pop(name, None)
        if older is not None:
            self._kept.put(name, older.pipe.mine)
            older.end(Reject.SESSION_MOVED)
        self._by_name[name] = session
        session.pipe.mine = self._kept.get(name) or set()

    def carry_out(self, session: DoorSession, record: bytes) -> None:
        """Carry out a message that takes a while, in the background."""
        self._spawn(self._errands.run(session, record))

    def gone(self, session: DoorSession) -> None:
        """Take note that a connection ended, and cancel its orders if it wanted that."""
        self._sessions.discard(session)
        self._public.leave(session)
        self._by_user[session.user_id].discard(session)
        if not self._by_user[session.user_id]:
            del self._by_user[session.user_id]
        name = (session.account, session.number)
        if self._by_name.get(name) is session:
            del self._by_name[name]
            if session.end_reason not in {None, Reject.LOGGED_OUT}:
                self._ends.put(name, session.end_reason)
            if session.flags & LogonFlag.CANCEL_ON_DISCONNECT:
                self._spawn(self._asking.clear(session))
            else:
                self._kept.put(name, session.pipe.mine)

    def _spawn(self, work: Coroutine[None, None, object]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
