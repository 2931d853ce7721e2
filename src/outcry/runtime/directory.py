"""Directory: which markets there are, kept in memory from the tables, for doors.

Looking up is a dictionary access and may be a little behind; what moves (state, volume, last price)
is as old as the last refresh, what names a market (ids, tokens, outcome names) never changes. A
miss waits for the tables to be read again, which all misses of `MISS_SECONDS` share, so that
guessing ids costs the database next to nothing. `run` refreshes periodically.

It never decides anything: the ledger alone says whether a market takes an order.
"""

import asyncio
import time
from typing import Final

from structlog import get_logger

from outcry.domain.market import MarketState
from outcry.ports.projection import MarketRow
from outcry.ports.queries import Queries
from outcry.runtime.clob.conditions import condition_of


REFRESH_SECONDS: Final = 10.0
#: Shortest time between two refreshes that a miss asks for.
MISS_SECONDS: Final = 0.2
#: Markets that are remembered; beyond it, the oldest of those that have ended are not found here.
MARKETS_MAX: Final = 50_000

_ENDED: Final = frozenset({MarketState.RESOLVED, MarketState.VOIDED})

_log = get_logger("outcry.directory")


class Directory:
    """Markets by id, by outcome token, by condition and by event."""

    def __init__(self, queries: Queries, *, refresh_seconds: float = REFRESH_SECONDS) -> None:
        self._queries = queries
        self._refresh_seconds = refresh_seconds
        self._markets: dict[int, MarketRow] = {}
        self._tokens: dict[str, tuple[int, int]] = {}
        self._conditions: dict[str, int] = {}
        self._events: dict[int, list[int]] = {}
        self._refreshing = asyncio.Lock()
        self._refreshed_at = float("-inf")

    # ------------------------------------------------------------------ what is known now

    def market(self, market_id: int) -> MarketRow | None:
        """Return the market, None when it is not known here (yet)."""
        return self._markets.get(market_id)

    def token(self, token_id: str) -> tuple[MarketRow, int] | None:
        """Return market and outcome of a token id, None when it is not known here (yet)."""
        found = self._tokens.get(token_id)
        return None if found is None else (self._markets[found[0]], found[1])

    def condition(self, condition_id: str) -> MarketRow | None:
        """Return the market of a condition id, None when it is not known here (yet).

        Of several that were listed with the same id it is the oldest.
        """
        found = self._conditions.get(condition_id.lower())
        return None if found is None else self._markets[found]

    def event(self, event_id: int) -> list[MarketRow]:
        """Return the markets of an event by id, [] when none is known here (yet)."""
        return [self._markets[market_id] for market_id in self._events.get(event_id, ())]

    def known_markets(self) -> list[MarketRow]:
        """Return every market that is known here, by id."""
        return list(self._markets.values())

    # ------------------------------------------------------------------ looking again on a miss

    async def find_market(self, market_id: int) -> MarketRow | None:
        """Return the market, looking into the tables when it is not known here."""
        found = self.market(market_id)
        if found is None:
            await self._refresh_after_miss()
            found = self.market(market_id)
        return found

    async def find_token(self, token_id: str) -> tuple[MarketRow, int] | None:
        """Return market and outcome of a token id, looking into the tables likewise."""
        found = self.token(token_id)
        if found is None:
            await self._refresh_after_miss()
            found = self.token(token_id)
        return found

    async def find_condition(self, condition_id: str) -> MarketRow | None:
        """Return the market of a condition id, looking into the tables likewise."""
        found = self.condition(condition_id)
        if found is None:
            await self._refresh_after_miss()
            found = self.condition(condition_id)
        return found

    async def find_event(self, event_id: int) -> list[MarketRow]:
        """Return the markets of an event, looking into the tables likewise."""
        found = self.event(event_id)
        if not found:
            await self._refresh_after_miss()
            found = self.event(event_id)
        return found

    async def markets(self) -> list[MarketRow]:
        """Return every market, those of a moment ago included."""
        await self._refresh_after_miss()
        return self.known_markets()

    # ------------------------------------------------------------------ keeping up

    async def refresh(self) -> None:
        """Read all markets again."""
        async with self._refreshing:
            await self._read()

    async def run(self) -> None:
        """Refresh periodically until cancelled; a failure is said and tried again."""
        while True:
            await asyncio.sleep(self._refresh_seconds)
            try:
                await self.refresh()
            except Exception as error:  # noqa: BLE001 - whatever it was, the next one may succeed
                _log.warning("directory_not_refreshed", error=repr(error))

    async def _refresh_after_miss(self) -> None:
        """Read again, unless somebody begins to after this was called; never too often."""
        asked_at = time.monotonic()
        async with self._refreshing:
            if self._refreshed_at >= asked_at:
                return
            pause = self._refreshed_at + MISS_SECONDS - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            await self._read()

    async def _read(self) -> None:
        begun_at = time.monotonic()
        rows = await self._queries.all_markets()
        if len(rows) > MARKETS_MAX:
            rows = sorted(rows, key=lambda row: (row.state in _ENDED, -row.market_id))
            rows = sorted(rows[:MARKETS_MAX], key=lambda row: row.market_id)
        self._markets = {row.market_id: row for row in rows}
        self._tokens = {}
        self._conditions = {}
        self._events = {}
        for row in rows:
            self._tokens[row.token_0] = (row.market_id, 0)
            self._tokens[row.token_1] = (row.market_id, 1)
            self._conditions.setdefault(condition_of(row), row.market_id)
            self._events.setdefault(row.event_id, []).append(row.market_id)
        self._refreshed_at = begun_at
