"""The stand-alone engine: connections, sessions, and the one room in which they meet."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable

from outcry.runtime.logging import get_logger
from outcry.services.gateway.config import Limits
from outcry.services.gateway.durable import GroupCommit
from outcry.services.gateway.feed import PublicFeed
from outcry.services.gateway.journal import Journal
from outcry.services.gateway.line import now_us
from outcry.services.gateway.logons import Grant, Logons
from outcry.services.gateway.messages import Messages
from outcry.services.gateway.outbox import frames_since
from outcry.services.gateway.poller import Poller
from outcry.services.gateway.room import Instrument, Room
from outcry.services.gateway.tcp import Connection
from outcry_wire.rejects import Reject
from outcry_wire.tcp import COPY, LOGON_ACCEPTED, LogonFlag, Message, frame


#: Heartbeats of silence after which a client counts as gone.
_SILENCE: int = 3


class EngineService:
    """Binds connections to sessions, and sends everybody what concerns them."""

    def __init__(
        self, limits: Limits, logons: Logons, journal: Journal | None = None, *, waits: bool = False
    ) -> None:
        """With *waits*, nobody is answered before what led to it is on the disk."""
        self.limits = limits
        self.logons = logons
        self.room = Room(self.tell, journal, limits.resend_bytes_max)
        self.feed = PublicFeed(limits.depth_max, self.send)
        self.names: dict[int, str] = {}
        self.failure: Exception | None = None
        self.failed = asyncio.Event()
        self.connections: set[Connection] = set()
        self.endings: Counter[str] = Counter()
        #: Messages and logons that were refused.
        self.refusals: Counter[Reject] = Counter()
        #: Commands that were refused before this process, which a recovery carries out again.
        self._refused_before: Counter[int] = Counter()
        self.waits = waits
        self._messages = Messages(self)
        self._group = GroupCommit(journal, self.fail) if journal and waits else None
        self._by_place: dict[int, Connection] = {}
        self._copies: defaultdict[int, set[Connection]] = defaultdict(set)
        self._previous_end: dict[int, Reject] = {}
        self._waiting: set[Connection] = set()
        self._journals = journal is not None
        self._log = get_logger()
        if self._group is not None:
            self._group.after.append(self._go_on)

    def attach(self, poller: Poller) -> None:
        """Let connections be served where *poller* waits, from now on."""
        self.poller = poller
        poller.pump.attach(self.room.desk)
        poller.pump.is_counting = self.limits.rate_max > 0
        self._allow()

    def _allow(self) -> None:
        """Let the pump carry out commands itself, unless each must be remembered or copied."""
        self.poller.pump.is_allowed = not self._journals and not self._copies

    @property
    def unsynced(self) -> int:
        """Bytes of the journal, or of answers, that wait for the disk."""
        return self._group.waiting if self._group is not None else 0

    def rejects(self) -> Counter[int]:
        """Return how often each reject was said in the life of this process."""
        commands = Counter(self.room.desk.refused()) - self._refused_before
        return commands + Counter({int(one): count for one, count in self.refusals.items()})

    def recovered(self) -> None:
        """Take note that all that was carried out until now was carried out before."""
        self._refused_before = Counter(self.room.desk.refused())

    def fail(self, error: Exception) -> None:
        """Stop serving: nothing may be answered any more."""
        self.failure = self.failure or error
        self.failed.set()

    async def settle(self) -> None:
        """Return when everything that was carried out is remembered, and answered."""
        if self._group is not None:
            await self._group.settle()

    def close(self) -> None:
        """Let go of the thread that syncs."""
        if self._group is not None:
            self._group.close()

    # --- telling ---------------------------------------------------------------------------

    def answer(self, connection: Connection, data: bytes) -> None:
        """Send a session the answers to its commands."""
        self.room.desk.keep(connection.place, data)
        if self._copies:
            self._copy(connection.account, connection.session, data)
        if self._group is None:
            connection.write(data)
            return
        self._group.hold(connection, data)
        if self._group.waiting > self.limits.waiting_bytes_max:
            connection.pause("journal")
            self._waiting.add(connection)

    def tell(self, place: int, data: bytes) -> None:
        """Send a session what others did to its orders; it need not be connected."""
        if not data:
            return
        self.room.desk.keep(place, data)
        connection = self._by_place.get(place)
        if self._copies:
            self._copy(*self.room.owners[place], data)
        if connection is not None:
            self.send(connection, data)

    def send(self, connection: Connection, data: bytes) -> None:
        """Send frames after everything that was carried out until now is safe."""
        if self._group is None:
            connection.write_soon(data)
        else:
            self._group.hold(connection, data)

    def _copy(self, account: int, session: int, data: bytes) -> None:
        head = frame(COPY.pack(Message.COPY, 0, COPY.size, 0, 0, now_us(), account, session))
        for connection in self._copies.get(account, ()):
            self.send(connection, head + data)

    # --- connections -----------------------------------------------------------------------

    def opened(self, connection: Connection) -> Reject | None:
        """Take note of a new connection, or refuse it."""
        if len(self.connections) >= self.limits.connections_max:
            return Reject.CONNECTIONS_LIMIT
        self.connections.add(connection)
        return None

    def closed(self, connection: Connection) -> None:
        """Take note of one that ended, and cancel its orders if it wanted that."""
        self.connections.discard(connection)
        self._waiting.discard(connection)
        self.feed.leave(connection, connection.instruments)
        reason = connection.end_reason
        self.endings[reason.name if reason is not None else "CLIENT_LEFT"] += 1
        self._copies[connection.account].discard(connection)
        if not self._copies[connection.account]:
            del self._copies[connection.account]
            self._allow()
        place = connection.place
        if not place or self._by_place.get(place) is not connection:
            return
        del self._by_place[place]
        if reason not in {None, Reject.LOGGED_OUT}:
            assert reason is not None
            self._previous_end[place] = reason
        if connection.flags & LogonFlag.CANCEL_ON_DISCONNECT and self.failure is None:
            self.room.cancel(place, now_us())

    def logged_on(self, connection: Connection, grant: Grant) -> None:
        """Bind a connection to its session: the newest one has it."""
        limits = self.limits
        beat = grant.heartbeat_ms or limits.heartbeat_ms
        beat = min(max(beat, 1_000), limits.heartbeat_ms_max)
        connection.heartbeat_us = beat * 1_000
        place, desk = 0, self.room.desk
        if grant.flags & LogonFlag.DROP_COPY:
            self._copies[grant.account].add(connection)
            self._allow()
        else:
            place = self.room.open(grant.account, grant.session, grant.group)
            self.room.goes(place, going=bool(grant.flags & LogonFlag.CANCEL_ON_DISCONNECT))
            older = self._by_place.pop(place, None)
            if older is not None:
                older.end(Reject.SESSION_MOVED)
            connection.place = place
            self._by_place[place] = connection
        counts = desk.session(place)[2:] if place else (0, 0, 0)
        oldest = (desk.oldest(place) if place else 0) or counts[2] + 1
        head = (Message.LOGON_ACCEPTED, 0, LOGON_ACCEPTED.size, 0, 0, now_us(), grant.account)
        end = self._previous_end.pop(place, 0)
        row = (grant.session, beat, counts[0], counts[1], counts[2] + 1, oldest, limits.rate_max)
        self.send(connection, frame(LOGON_ACCEPTED.pack(*head, *row, end)))
        if place and 0 < grant.next_number <= counts[2]:
            for data in frames_since(desk.kept(place), grant.next_number):
                self.send(connection, data)

    def message(self, connection: Connection, kind: Message, record: bytes) -> None:
        """Carry out a message of a session."""
        self._messages.hear(connection, kind, record)

    def _go_on(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for connection in waiting:
            connection.go_on("journal")

    # --- once in a while -------------------------------------------------------------------

    def sweep(self) -> None:
        """Expire orders, send heartbeats, end connections that are silent."""
        time_us = now_us()
        self.room.expire(time_us)
        for connection in [*self.connections]:
            heard_us, spoke_us = connection.times_us
            silence = time_us - heard_us
            if not connection.is_logged_on:
                if time_us - connection.began_us > connection.heartbeat_us:
                    connection.end(Reject.LOGON_LATE)
            elif silence > _SILENCE * connection.heartbeat_us:
                connection.end(Reject.HEARTBEAT_MISSED)
            elif time_us - spoke_us >= connection.heartbeat_us:
                connection.beat()

    def announce(self, make: Callable[[Instrument], bytes], numbers: set[int]) -> None:
        """Tell everybody of instruments that changed."""
        data = b"".join(frame(make(self.room.instruments[number])) for number in sorted(numbers))
        for connection in self.connections:
            if connection.is_logged_on:
                self.send(connection, data)
