"""Catalogue: what anybody may see. From tables and books only, never from the ledger's memory."""

from collections.abc import Mapping
from typing import Final

from outcry.domain.rejects import Reject, Rejected
from outcry.ports.books import Books
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.projection import EventRow, MarketRow, UserRow
from outcry.ports.queries import Queries
from outcry.ports.series import Series
from outcry.services.api import render
from outcry.services.api.forms import DepthQuery, EventsQuery
from outcry.services.api.lookups import Lookups
from outcry.services.api.views import DepthView, EventDetailView, EventsView, MarketView


SORTS: Final = ("ending_soon", "newest", "volume")


class Catalogue:
    """Events, markets and books."""

    def __init__(
        self, queries: Queries, series: Series, books: Books, lookups: Lookups, log: LedgerLog
    ) -> None:
        """Read from *queries*, *series* and *books*; *log* tells how far books must be."""
        self._log = log
        self._queries = queries
        self._series = series
        self._books = books
        self._lookups = lookups

    async def topics(self) -> list[str]:
        """Return the names of all topics."""
        return await self._queries.topics()

    async def events(self, form: EventsQuery) -> EventsView | Rejected:
        """Return a page of events with their markets."""
        chosen = [name for name in SORTS if getattr(form, name)]
        if len(chosen) > 1:
            return Rejected(Reject.FIELD_INVALID, ", ".join(chosen), "one of them")
        page = await self._queries.events(
            topic=form.topic,
            title=form.title,
            sort=chosen[0] if chosen else "newest",
            page=form.page,
            page_size=form.page_size,
        )
        rows = await self._queries.markets([event.event_id for event in page.rows])
        days = await self._series.day_volumes([row.market_id for row in rows])
        views = []
        for event in page.rows:
            markets = [row for row in rows if row.event_id == event.event_id]
            views.append(render.event_view(event, markets, self._views(markets, days), days))
        return EventsView(views, page.total, form.page * form.page_size < page.total)

    async def event_detail(self, event_id: int) -> EventDetailView | Rejected:
        """Return one event with everything about it."""
        event = await self._lookups.event(event_id)
        if event is None:
            return Rejected(Reject.EVENT_UNKNOWN, str(event_id))
        markets = await self._queries.markets([event_id])
        days = await self._series.day_volumes([row.market_id for row in markets])
        return render.event_detail_view(event, markets, self._views(markets, days), days)

    async def depth(self, form: DepthQuery) -> DepthView | Rejected:
        """Return the book of one market."""
        market = await self.market(form.market_id, form.event_id)
        if isinstance(market, Rejected):
            return market
        if form.after and not await self._shown(market.shard, form.after):
            return Rejected(Reject.UNAVAILABLE, "the book is behind", f"entry {form.after}")
        return render.depth_view(market, self._books.book(market.market_id))

    async def _shown(self, shard: int, n: int) -> bool:
        """Wait until books have what the ledger had applied at entry *n*; False when too late."""
        if not await self._lookups.include(n):
            return False
        try:
            seq = await self._log.applied(shard, at=n)
        except LogUnavailable:
            return False
        return await self._books.include(shard, seq, self._lookups.wait_ms_max)

    async def market(self, market_id: int, event_id: int = 0) -> MarketRow | Rejected:
        """Return the market, which must be one of *event_id* unless that is 0."""
        row = await self._lookups.market(market_id)
        if row is None:
            return Rejected(Reject.MARKET_UNKNOWN, str(market_id))
        if event_id not in (0, row.event_id):
            got = f"market {market_id} of event {event_id}"
            return Rejected(Reject.MARKET_UNKNOWN, got, f"event {row.event_id}")
        return row

    async def user(self, user_id: int, registered_n: int = 0) -> UserRow | Rejected:
        """Return the user, who was registered in log entry *registered_n* when that is given."""
        self._lookups.note(registered_n)
        row = await self._lookups.user(user_id)
        return Rejected(Reject.USER_UNKNOWN, str(user_id)) if row is None else row

    async def names(self, market_id: int) -> tuple[MarketRow, EventRow]:
        """Return market and event of something that stands in the tables."""
        market = await self._lookups.market(market_id)
        assert market is not None, f"market {market_id} is in the tables of orders only"
        event = await self._lookups.event(market.event_id)
        assert event is not None, f"event {market.event_id} is in the table of markets only"
        return market, event

    def _views(self, markets: list[MarketRow], days: Mapping[int, int]) -> list[MarketView]:
        return [
            render.market_view(row, self._books.top(row.market_id), days.get(row.market_id, 0))
            for row in markets
        ]
