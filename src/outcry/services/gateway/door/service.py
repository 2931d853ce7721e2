"""The gateway of the exchange: binary order entry, before the sequencer.

Commands become requests of the ledger; the answer to one means that it is durable. What becomes of
orders is told from the user events, numbered by their log entries: a client that comes back names
the number it wants next and gets the rest from the log. A command that is sent again is known by
its client order id, which the ledger keeps; so this door keeps nothing that must outlive it.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from outcry.domain.rejects import Rejected
from outcry.messages.entry import unpack_entry
from outcry.messages.requests import Declined, OrderRequest, OrderResult
from outcry.messages.streams import USER_EVENTS
from outcry.messages.user_events import UserBatch, unpack_batches
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.bus import Bus
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.queries import Queries
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.bounded import Bounded
from outcry.runtime.directory import Directory
from outcry.runtime.follow import Follower, Refill
from outcry.runtime.identity import Identity, Principal
from outcry.runtime.logging import get_logger
from outcry.services.gateway.door import translate
from outcry.services.gateway.door.listing import events_after, instrument_record
from outcry.services.gateway.door.session import DoorSession
from outcry.services.gateway.line import now_us
from outcry_wire.rejects import Reject
from outcry_wire.tcp import (
    DONE,
    FRAME_MAX,
    LOGON_ACCEPTED,
    Message,
    frame,
)


_BUFFER_BYTES: Final = 4 * FRAME_MAX
_BACKLOG: Final = 1_024
_SWEEP_SECONDS: Final = 1.0
_HEARTBEAT_MS: Final = 10_000
_HEARTBEAT_MS_MAX: Final = 60_000
_SILENCE: Final = 3
#: Entries of the log that are read for a client that was away; who was away longer is told so.
_MISSED_MAX: Final = 50_000
#: Sessions whose orders are remembered after they ended, and orders that are looked up at a logon.
_SESSIONS_MAX: Final = 10_000
_ORDERS_MAX: Final = 10_000
#: Cancels in one submission when a connection ends.
_CANCELS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """Where the gateway listens, and its bounds."""

    host: str
    port: int
    logon_ms_max: int
    connections_max: int
    #: Commands a second of one session, 0 for no bound; what is above it waits in the socket.
    rate_max: int = 0


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
        identity: Identity,
        directory: Directory,
        keys: KeyRing,
    ) -> None:
        self._config = config
        self.rate_max = config.rate_max
        self._asset, self._bus, self._ledger_log = asset, bus, log
        self._queries, self._identity, self._keys = queries, identity, keys
        self._directory = directory
        self._view = memoryview(bytearray(_BUFFER_BYTES))
        self._listener: socket.socket | None = None
        self._follower: Follower
        self._refill: Refill
        self._sessions: set[DoorSession] = set()
        self._by_name: dict[tuple[int, int], DoorSession] = {}
        self._kept: Bounded[tuple[int, int], set[int]] = Bounded(_SESSIONS_MAX)
        self._position = 0
        self._work: set[asyncio.Task[None]] = set()
        self._counts: Counter[str] = Counter()
        self._log = get_logger()
        self.port = 0

    # --- the service -------------------------------------------------------------------------

    async def start(self) -> None:
        """Stand where the tables stand, then listen. Raises OSError."""
        await self._directory.refresh()
        self._position = await self._queries.position()
        self._refill = partial(events_after, self._ledger_log)
        self._follower = Follower(
            self._bus, USER_EVENTS, position=self._position, refill=self._refill
        )
        self._listener = socket.create_server(
            (self._config.host, self._config.port), backlog=_BACKLOG
        )
        self._listener.settimeout(0)
        self.port = self._listener.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    async def run(self) -> None:
        """Follow what happens, and look after connections, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._sweep())

    async def stop(self) -> None:
        """Say goodbye to everybody."""
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        for session in [*self._sessions]:
            session.end(Reject.SHUTTING_DOWN)
        await asyncio.gather(*self._work, return_exceptions=True)
        for session in [*self._sessions]:
            session.cut()

    def status(self) -> Mapping[str, int]:
        """Return readiness and figures."""
        return {
            "ready": int(self._listener is not None),
            "port": self.port,
            "position": self._position,
            "connections": len(self._sessions),
            "requests_total": self._counts["requests"],
        }

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
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
                    session.beat()

    # --- following ---------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            entries = await self._follower.read()
            for entry in entries:
                self._take(entry.last, unpack_batches(entry.body))
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
        users = {batch.user_id: batch for batch in batches}
        for session in [*self._by_name.values()]:
            if session.is_live and session.user_id in users:
                session.tell(n, translate.told(users[session.user_id], session.account, n))

    # --- for sessions ------------------------------------------------------------------------

    async def principal(self, key_id: int, generation: int) -> tuple[str, Principal | Rejected]:
        """Return the text of an API key, and who holds it."""
        text = self._keys.api_key(key_id, generation)
        return text, await self._identity.authenticate(api_key=text)

    async def outcomes(self, account: int) -> dict[int, int]:
        """Return the outcomes of an account's open orders by the client's ids."""
        image = await self._queries.account_image(account, _ORDERS_MAX)
        return {
            int(order.client_order_id): order.outcome
            for order in image.orders
            if order.client_order_id.isdecimal()
        }

    def log_on(self, session: DoorSession, next_number: int, heartbeat_ms: int) -> None:
        """Bind a connection to its session: the newest one has it. Then tell what was missed."""
        name = (session.account, session.number)
        older = self._by_name.pop(name, None)
        if older is not None:
            self._kept.put(name, older.mine)
            older.end(Reject.SESSION_MOVED)
        self._by_name[name] = session
        session.mine = self._kept.get(name) or set()
        beat = min(max(heartbeat_ms or _HEARTBEAT_MS, 1_000), _HEARTBEAT_MS_MAX)
        session.heartbeat_us = beat * 1_000
        first = max(1, self._position - _MISSED_MAX)
        head = (Message.LOGON_ACCEPTED, 0, LOGON_ACCEPTED.size, 0, 0, now_us(), session.account)
        row = (session.number, beat, 0, now_us(), self._position + 1, first, self.rate_max)
        session.write(frame(LOGON_ACCEPTED.pack(*head, *row, 0)))
        session.cursor = max(next_number, first) - 1 if next_number else self._position
        if session.cursor >= self._position:
            session.is_live = True
        else:
            self._spawn(self._catch_up(session))

    async def _catch_up(self, session: DoorSession) -> None:
        """Tell a client from the log what it missed; then it is live, with nothing between."""
        try:
            while session.cursor < self._position and session.is_open:
                upto = self._position
                async for row in self._ledger_log.entries(session.cursor, upto):
                    for batch in unpack_entry(row.body).events if row.body else ():
                        if batch.user_id == session.user_id:
                            session.tell(row.n, translate.told(batch, session.account, row.n))
                session.cursor = upto
            session.is_live = True
        except LogUnavailable:
            session.end(Reject.UNAVAILABLE)

    async def submit(self, requests: list[OrderRequest]) -> list[OrderResult]:
        """Ask the ledger; what cannot be asked now is declined."""
        self._counts["requests"] += len(requests)
        try:
            return await self._asset.submit(requests, wait_result=False)
        except AssetUnavailable:
            return [Declined(Reject.UNAVAILABLE)] * len(requests)

    def list_instruments(self, session: DoorSession) -> None:
        """Send every market, in the background."""
        self._spawn(self._list(session))

    async def _list(self, session: DoorSession) -> None:
        try:
            records = [instrument_record(market) for market in await self._directory.markets()]
        except Exception as error:  # noqa: BLE001 - the tables may be away: the client asks again
            self._log.warning("instruments not listed", reason=repr(error))
            session.refuse(Reject.UNAVAILABLE, Message.INSTRUMENTS)
            return
        head = (Message.DONE, 0, DONE.size, 0, 0, now_us(), 0)
        records.append(DONE.pack(*head, Message.INSTRUMENTS, len(records)))
        session.write(translate.framed(records))

    def gone(self, session: DoorSession) -> None:
        """Take note that a connection ended, and cancel its orders if it wanted that."""
        self._sessions.discard(session)
        name = (session.account, session.number)
        if self._by_name.get(name) is session:
            del self._by_name[name]
            self._kept.put(name, session.mine)
            if cancels := session.leftovers():
                self._spawn(self._cancel(cancels))

    async def _cancel(self, cancels: list[OrderRequest]) -> None:
        for at in range(0, len(cancels), _CANCELS_MAX):
            await self.submit(cancels[at : at + _CANCELS_MAX])

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
