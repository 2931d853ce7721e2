"""Readiness: whether this door can serve, and if not, why."""

import asyncio
from typing import Final, Protocol

from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.books import Books
from outcry.ports.ledger_log import LogUnavailable
from outcry.ports.projection import TablesUnavailable
from outcry.ports.queries import Queries


#: How long each part is waited for.
PROBE_SECONDS: Final = 1.0


class Head(Protocol):
    """Where the ledger log stands; `outcry.ports.ledger_log.LedgerLog` can answer it."""

    async def head(self) -> int:
        """Return the number of the newest entry."""
        ...


class Readiness:
    """Asks ledger, tables and books."""

    def __init__(
        self,
        asset: Asset,
        queries: Queries,
        books: Books,
        log: Head,
        *,
        shards_count: int,
        lag_entries_max: int,
    ) -> None:
        """The tables count as ready when at most *lag_entries_max* behind *log*."""
        self._asset = asset
        self._queries = queries
        self._books = books
        self._log = log
        self._shards_count = shards_count
        self._lag_entries_max = lag_entries_max

    async def reasons(self) -> list[str]:
        """Return why the door is not ready; an empty list means that it is."""
        found = [await self._ledger(), await self._tables()]
        if not self._books.ready:
            found.append("the books are still catching up")
        return [reason for reason in found if reason]

    async def _ledger(self) -> str:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                for shard in range(self._shards_count):
                    await self._asset.applied(shard)
        except (AssetUnavailable, TimeoutError) as error:
            return f"the ledger does not answer: {_why(error)}"
        return ""

    async def _tables(self) -> str:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                position = await self._queries.position()
                head = await self._log.head()
        except (LogUnavailable, TablesUnavailable, TimeoutError) as error:
            return f"the tables cannot be read: {_why(error)}"
        if head - position > self._lag_entries_max:
            return f"the tables are at entry {position} of {head}"
        return ""


def _why(error: Exception) -> str:
    return str(error) or "too late"
