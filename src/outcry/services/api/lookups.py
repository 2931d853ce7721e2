"""Lookups: markets, events and users by id, as a client may expect them to exist.

The tables run a little behind the ledger. What this process has just been told to exist may not be
in them yet, so a miss waits (bounded) for the newest log entry that it was told of; tables that are
later still raise `TablesBehind`: what they may not have yet is not called unknown. What never
changes is kept, within bounds; what moves is never answered from here.
"""

import time
from typing import Final, TypeVar

from outcry.domain.rejects import Reject, Rejected
from outcry.ports.projection import EventRow, MarketRow, TablesBehind, UserRow
from outcry.ports.queries import Queries
from outcry.ports.rows import AccountRow
from outcry.runtime.bounded import Bounded
from outcry.runtime.directory import Directory


EVENTS_COUNT_MAX: Final = 20_000
USERS_COUNT_MAX: Final = 50_000
#: How long a user's address may be an old one here, when it was changed through another process.
USER_STALE_SECONDS: Final = 10.0

Row = TypeVar("Row")


class Lookups:
    """Rows by id."""

    def __init__(self, queries: Queries, markets: Directory, *, wait_ms_max: int) -> None:
        """Read from *queries*, markets from *markets*; a miss waits up to *wait_ms_max*."""
        self._queries = queries
        self._directory = markets
        #: How long a read may wait for what it is to include.
        self.wait_ms_max = wait_ms_max
        self._events: Bounded[int, EventRow] = Bounded(EVENTS_COUNT_MAX)
        self._users: Bounded[int, tuple[float, UserRow]] = Bounded(USERS_COUNT_MAX)
        self._accounts: Bounded[int, AccountRow] = Bounded(USERS_COUNT_MAX)
        self._newest_n = 0

    def note(self, n: int) -> None:
        """Know that log entry *n* exists: what it made will be in the tables."""
        self._newest_n = max(self._newest_n, n)

    def __contains__(self, token: object) -> bool:
        """Whether *token* is known to belong to some market."""
        return isinstance(token, str) and self._directory.token(token) is not None

    async def market(self, market_id: int) -> MarketRow | None:
        """Return the market, None when there is none. State and volume may be old."""
        row = await self._directory.find_market(market_id)
        if row is None:
            row = await self._queries.market(market_id)
        if row is None:
            caught_up = await self._catch_up()
            row = self._sure(await self._queries.market(market_id), caught_up=caught_up)
        return row

    async def event(self, event_id: int) -> EventRow | None:
        """Return the event, None when there is none."""
        row = self._events.get(event_id) or await self._queries.event(event_id)
        if row is None:
            caught_up = await self._catch_up()
            row = self._sure(await self._queries.event(event_id), caught_up=caught_up)
        if row is not None:
            self._events.put(event_id, row)
        return row

    async def user(self, user_id: int) -> UserRow | None:
        """Return the user, None when there is none."""
        now = time.monotonic()
        known = self._users.get(user_id)
        if known is not None and now < known[0]:
            return known[1]
        row = await self._queries.user(user_id)
        if row is None:
            caught_up = await self._catch_up()
            row = self._sure(await self._queries.user(user_id), caught_up=caught_up)
        if row is not None:
            self._users.put(user_id, (now + USER_STALE_SECONDS, row))
        return row

    def changed_user(self, user_id: int) -> None:
        """Know that the user's row is another one now; the tables have it."""
        self._users.discard(user_id)

    async def account(self, account: int, user_id: int) -> int | Rejected:
        """Return *account* when it belongs to the user.

        One of somebody else is as unknown as one that does not exist.
        """
        row = self._accounts.get(account) or await self._queries.account(account)
        if row is None:
            caught_up = await self._catch_up()
            row = self._sure(await self._queries.account(account), caught_up=caught_up)
        if row is None or row.user_id != user_id:
            return Rejected(Reject.ACCOUNT_UNKNOWN, str(account))
        self._accounts.put(account, row)
        return account

    async def include(self, n: int) -> bool:
        """Wait until the tables include log entry *n*; False when they do not in time."""
        return not n or await self._queries.wait_for(n, self.wait_ms_max)

    async def _catch_up(self) -> bool:
        """Wait for the tables. Whoever missed reads again: they may have come since then."""
        return await self._queries.wait_for(self._newest_n, self.wait_ms_max)

    def _sure(self, row: Row | None, *, caught_up: bool) -> Row | None:
        """Return *row*; raises `TablesBehind` when it is missing and may be on its way."""
        if row is None and not caught_up:
            raise TablesBehind(f"they are behind entry {self._newest_n}")
        return row
