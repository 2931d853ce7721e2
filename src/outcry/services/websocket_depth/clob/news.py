"""Listings and resolutions to those who asked for them, from what markets did in the log.

News come from the stream of market events, from the log when the stream does not continue or is
silent. A listing waits for the tables, which are a little behind: what a market is called stands
there.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

from structlog import get_logger

from outcry.domain.market import PAID_STATES, MarketState
from outcry.messages.entry import NOTHING, packed_outputs
from outcry.messages.settlements import MarketNews, unpack_news
from outcry.messages.streams import MARKET_EVENTS
from outcry.ports.bus import Bus
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.projection import TablesBehind, TablesUnavailable
from outcry.ports.queries import Queries
from outcry.runtime.clob.fees import FeeSchedules
from outcry.runtime.directory import Directory
from outcry.runtime.follow import Follower
from outcry.runtime.ws_session import encode
from outcry.services.websocket_depth.clob.feed import ClobMarkets
from outcry.services.websocket_depth.clob.frames import new_market, resolved


#: How long the tables are waited for before a listing is told late or not at all.
TABLES_MS_MAX: Final = 5_000

_log: Final = get_logger("outcry.websocket_depth")


class ClobNews:
    """The service that tells `ClobMarkets` of listings and resolutions."""

    name = "websocket_clob_news"

    def __init__(
        self,
        feed: ClobMarkets,
        *,
        bus: Bus,
        log: LedgerLog,
        queries: Queries,
        directory: Directory,
        fees: FeeSchedules,
    ) -> None:
        self._feed = feed
        self._bus = bus
        self._log = log
        self._queries = queries
        self._directory = directory
        self._fees = fees
        self._follower: Follower
        self._ready = False
        self._told = 0
        #: The newest market that is not news; ids rise.
        self._newest = 0

    async def start(self) -> None:
        """Stand at the end of the log: what was before is not news."""
        self._follower = Follower(
            self._bus, MARKET_EVENTS, position=await self._log.head(), refill=self._committed
        )
        known = await self._directory.markets()
        self._newest = max((row.market_id for row in known), default=0)
        self._ready = True

    async def run(self) -> None:
        """Follow and tell until cancelled."""
        while True:
            for entry in await self._follower.read():
                for news in unpack_news(entry.body):
                    await self._tell(entry.last, news)
                await asyncio.sleep(0)

    async def stop(self) -> None:
        """Nothing is under way."""
        self._ready = False

    def status(self) -> Mapping[str, int]:
        """Return readiness and how much was told."""
        return {"ready": int(self._ready), "told_total": self._told}

    async def _tell(self, n: int, news: MarketNews) -> None:
        """Tell of one move of one market, if it is one that clients of CLOBs know."""
        listed = news.state == MarketState.OPEN and news.market_id > self._newest
        self._newest = max(self._newest, news.market_id)
        if not listed and news.state not in PAID_STATES:
            return
        try:
            frame = await self._frame(n, news)
        except TablesUnavailable as error:
            _log.warning("market_news_not_told", market=news.market_id, reason=str(error))
            return
        self._told += 1
        if listed:
            self._feed.to_all(frame)
        else:
            self._feed.to_followers(news.market_id, frame)

    async def _frame(self, n: int, news: MarketNews) -> bytes:
        if not await self._queries.wait_for(n, TABLES_MS_MAX):
            raise TablesBehind(f"they are behind entry {n}")
        row = await self._queries.market(news.market_id)
        event = await self._queries.event(news.event_id)
        assert row is not None, "what is in the log is in the tables"
        assert event is not None, "an event comes before its markets"
        if news.state in PAID_STATES:
            return encode(resolved(row, event, news))
        await self._directory.find_market(news.market_id)
        return encode(new_market(row, event, await self._fees.schedule(row.fee_version)))

    async def _committed(self, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield what the stream would hold above *after*, from the log up to its head."""
        first = last = after
        async for row in self._log.entries(after):
            last = row.n
            news = packed_outputs(row.body).news if row.body else NOTHING
            if news != NOTHING:
                yield first + 1, last, news
                first = last
        if last > first:
            yield first + 1, last, NOTHING
