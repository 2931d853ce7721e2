"""Bring one connection to where the feed is, whatever it missed, without holding up the others.

A new connection gets a snapshot from the tables, one that comes back what it missed; then both get
the user's events above that from the ring, or from the log when the ring begins later. The last
look into the ring and going live are one step, so nothing falls between them and nothing comes
twice. Few connections read tables or log at a time, and none of them while it waits for its client.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from outcry.domain.errors import OutcryError
from outcry.messages.entry import unpack_entry
from outcry.messages.user_events import UserBatch
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.queries import AccountImage, Queries
from outcry.runtime.directory import Directory
from outcry.services.websocket_user.config import UserFeedConfig
from outcry.services.websocket_user.frames import markets_of
from outcry.services.websocket_user.ring import EventRing
from outcry.services.websocket_user.ws import Phase, UserSession


#: How often a market that the tables do not have yet is looked for.
MARKET_PAUSE_SECONDS: Final = 0.1
#: Rounds of catching up before a connection is asked to come back later.
ROUNDS_MAX: Final = 20


class BehindError(OutcryError):
    """A connection cannot be caught up now; it should come back later."""


class GoneError(OutcryError):
    """The connection ended while something was being done for it."""


class CatchUp:
    """Catches connections up; see the module."""

    def __init__(
        self,
        config: UserFeedConfig,
        ring: EventRing,
        *,
        log: LedgerLog,
        queries: Queries,
        directory: Directory,
    ) -> None:
        self._config = config
        self._ring = ring
        self._log = log
        self._queries = queries
        self._directory = directory
        self._reading = asyncio.Semaphore(config.catch_ups_max)
        self._counts = {"catch_ups_total": 0, "snapshots_total": 0, "log_reads_total": 0}

    def status(self) -> Mapping[str, int]:
        """Return counters."""
        return self._counts

    async def begin(self, session: UserSession, account: int, after: int) -> None:
        """Start from a snapshot, or from entry *after* when the ring still has what follows it."""
        if 0 < after <= self._ring.position and after >= self._ring.floor:
            session.cursor = after
        else:
            await self._send_image(session, account)
        await self.go_on(session)

    async def go_on(self, session: UserSession) -> None:
        """Send what lies above the session's cursor, then make it live.

        Raises `BehindError` when that cannot be now, `GoneError` when the connection is closing.
        """
        assert session.principal is not None
        user_id = session.principal.user_id
        self._counts["catch_ups_total"] += 1
        for _ in range(ROUNDS_MAX):
            batches = self._ring.after(user_id, session.cursor)
            if batches is None:
                upto = self._ring.floor
                batches = await self._read_log(user_id, session.cursor, upto)
                await self._show(session, batches)
                session.cursor = upto
            elif batches:
                await self._show(session, batches)
            else:
                session.phase = Phase.LIVE
                return
        raise BehindError("cannot keep up with your events; come back later")

    async def _send_image(self, session: UserSession, account: int) -> None:
        self._counts["snapshots_total"] += 1
        most = self._config.snapshot_orders_max
        async with self._reading:
            image = await self._queries.account_image(account, most + 1)
        await self._learn(_markets_in(image))
        truncated = any(len(one.orders) > most for one in (image, *image.further))
        further = tuple(one._replace(orders=one.orders[:most]) for one in image.further)
        image = image._replace(orders=image.orders[:most], further=further)
        for message in session.image_messages(image, truncated=truncated):
            await self._wait_drained(session)
            session.wire.send(message)
        session.cursor = image.n

    async def _read_log(self, user_id: int, after: int, upto: int) -> list[tuple[int, UserBatch]]:
        """Return the user's events of the entries ``after + 1 .. upto``."""
        self._counts["log_reads_total"] += 1
        if upto - after > self._config.log_entries_max:
            raise BehindError("the tables are far behind the log; come back later")
        async with self._reading:
            return [
                (row.n, batch)
                async for row in self._log.entries(after, upto)
                for batch in (unpack_entry(row.body).events if row.body else ())
                if batch.user_id == user_id
            ]

    async def _show(self, session: UserSession, batches: list[tuple[int, UserBatch]]) -> None:
        for n, batch in batches:
            await self._learn(markets_of(batch))
            await self._wait_drained(session)
            session.show(n, batch)

    async def _wait_drained(self, session: UserSession) -> None:
        """Wait for the client to read, and let others have their turn."""
        await asyncio.sleep(0)
        if not await session.wire.drained(self._config.drain_seconds):
            session.too_slow()
        if session.closing:
            raise GoneError(f"session {session.id}")

    async def _learn(self, market_ids: set[int]) -> None:
        """Wait until the directory knows these markets; the tables may be a moment behind."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._config.market_seconds
        for market_id in market_ids:
            while await self._directory.find_market(market_id) is None:
                if loop.time() > deadline:
                    raise BehindError(f"market {market_id} is not in the tables yet")
                await asyncio.sleep(MARKET_PAUSE_SECONDS)


def _markets_in(image: AccountImage) -> set[int]:
    images = (image, *image.further)
    ordered = {order.market_id for one in images for order in one.orders}
    return ordered | {held.market.market_id for one in images for held in one.positions}
