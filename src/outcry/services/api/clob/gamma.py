"""Gamma: lists of events and markets with filters, in the shapes that its clients know."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from outcry.domain.market import MarketState
from outcry.domain.rejects import Reject, Rejected
from outcry.ports.books import Books
from outcry.ports.projection import EventRow, MarketRow
from outcry.ports.queries import Queries
from outcry.ports.series import Series
from outcry.runtime.clob.conditions import condition_of, question_of
from outcry.runtime.clob.fees import FeeSchedules
from outcry.runtime.directory import Directory
from outcry.services.api.clob.cursors import cursor_of, read_cursor
from outcry.services.api.clob.gamma_forms import LIMIT_MAX, GammaQuery, SearchQuery
from outcry.services.api.clob.gamma_views import (
    EventKeysetPage,
    GammaEvent,
    GammaMarket,
    MarketKeysetPage,
    Paging,
    SearchView,
    TagView,
    event_view,
    market_view,
    tag_of,
)
from outcry.services.api.clob.shelf import Shelf
from outcry.services.api.lookups import Lookups
from outcry.services.api.render import is_closed


RowT = TypeVar("RowT", MarketRow, EventRow)

_MARKET_KEYS: Final[dict[str, Callable[[MarketRow], int]]] = {
    "id": lambda row: row.market_id,
    "volume": lambda row: row.volume,
    "volumeNum": lambda row: row.volume,
    "startDate": lambda row: row.created_at_us,
    "createdAt": lambda row: row.created_at_us,
    "endDate": lambda row: row.end_at_us,
}


class Gamma:
    """Events and markets."""

    def __init__(
        self,
        *,
        queries: Queries,
        directory: Directory,
        lookups: Lookups,
        books: Books,
        series: Series,
        fees: FeeSchedules,
    ) -> None:
        self._queries = queries
        self._directory = directory
        self._lookups = lookups
        self._books = books
        self._series = series
        self._fees = fees
        self._shelf = Shelf(queries)

    # ------------------------------------------------------------------ markets

    async def markets(self, form: GammaQuery) -> MarketKeysetPage | Rejected:
        """Return a page of markets with the cursor of the next one."""
        rows = await self._chosen(form)
        rows.sort(key=_MARKET_KEYS[form.order], reverse=not form.ascending)
        cut = _cut(form, len(rows))
        if isinstance(cut, Rejected):
            return cut
        page, cursor = cut
        return MarketKeysetPage(await self._views(rows[page]), cursor)

    async def market(self, market_id: str = "", slug: str = "") -> GammaMarket | Rejected:
        """Return one market by its id or its slug; the newest one of a slug."""
        row = await self._named(market_id, slug)
        if row is None:
            return Rejected(Reject.MARKET_UNKNOWN, (market_id or slug)[:80])
        # The directory may be old, and whether a market takes orders should not be.
        fresh = await self._queries.market(row.market_id)
        return (await self._views([fresh or row]))[0]

    # ------------------------------------------------------------------ events

    async def events(self, form: GammaQuery) -> EventKeysetPage | Rejected:
        """Return a page of events with the cursor of the next one."""
        markets = _by_event(await self._directory.markets())
        shelved = await self._shelf.events(markets)
        chosen = [row for row in shelved.values() if _fits(form, row, markets[row.event_id])]
        chosen.sort(key=_event_key(form.order, markets), reverse=not form.ascending)
        cut = _cut(form, len(chosen))
        if isinstance(cut, Rejected):
            return cut
        page, cursor = cut
        views = [await self._event(row, markets[row.event_id]) for row in chosen[page]]
        return EventKeysetPage(views, cursor)

    async def event(self, event_id: str = "", slug: str = "") -> GammaEvent | Rejected:
        """Return one event by its id or its slug."""
        row: EventRow | None = None
        if _is_number(event_id):
            row = await self._lookups.event(int(event_id))
        elif slug:
            await self._shelf.events(_by_event(await self._directory.markets()))
            row = self._shelf.slug(slug)
        if row is None:
            return Rejected(Reject.EVENT_UNKNOWN, (event_id or slug)[:80])
        return await self._event(row, await self._queries.markets([row.event_id]))

    async def search(self, form: SearchQuery) -> SearchView:
        """Return events whose title has a text."""
        size = min(form.limit_per_type, LIMIT_MAX)
        found = await self._queries.events(
            topic="", title=form.q, sort="newest", page=form.page, page_size=size
        )
        rows = _by_event(await self._queries.markets([row.event_id for row in found.rows]))
        views = [await self._event(row, rows.get(row.event_id, [])) for row in found.rows]
        wanted = {"active": False, "closed": True}.get(form.events_status)
        views = [view for view in views if wanted is None or view.closed == wanted]
        return SearchView(views, [], [], Paging(form.page * size < found.total, found.total))

    async def tags(self) -> list[TagView]:
        """Return every topic."""
        return [tag_of(topic) for topic in await self._queries.topics() if topic]

    async def tag(self, slug: str) -> TagView | Rejected:
        """Return one topic by its slug, which is its id as well."""
        found = [tag for tag in await self.tags() if tag.slug == slug]
        # A topic is there as long as an event has it.
        return found[0] if found else Rejected(Reject.EVENT_UNKNOWN, f"tag {slug[:80]}")

    async def tags_of_event(self, event_id: str) -> list[TagView] | Rejected:
        """Return the topic of an event."""
        event = await self.event(event_id)
        return event if isinstance(event, Rejected) else event.tags

    async def tags_of_market(self, market_id: str) -> list[TagView] | Rejected:
        """Return the topic of a market's event."""
        row = await self._named(market_id, "")
        if row is None:
            return Rejected(Reject.MARKET_UNKNOWN, market_id[:80])
        return await self.tags_of_event(str(row.event_id))

    # ------------------------------------------------------------------ parts

    async def _named(self, market_id: str, slug: str) -> MarketRow | None:
        if _is_number(market_id):
            return await self._lookups.market(int(market_id))
        rows = [row for row in await self._directory.markets() if row.slug == slug != ""]
        return rows[-1] if rows else None

    async def _chosen(self, form: GammaQuery) -> list[MarketRow]:
        rows = [row for row in await self._directory.markets() if _market_fits(form, row)]
        if not form.tag_slug:
            return rows
        events = await self._shelf.events({row.event_id: None for row in rows})
        topics = {
            row.event_id for row in events.values() if tag_of(row.topic).slug == form.tag_slug
        }
        return [row for row in rows if row.event_id in topics]

    async def _views(self, rows: list[MarketRow]) -> list[GammaMarket]:
        views = []
        days = await self._series.day_volumes([row.market_id for row in rows])
        for row in rows:
            event = await self._lookups.event(row.event_id)
            assert event is not None, f"event {row.event_id} is in the table of markets only"
            views.append(await self._view(row, event, days, whole=True))
        return views

    async def _event(self, event: EventRow, rows: list[MarketRow]) -> GammaEvent:
        days = await self._series.day_volumes([row.market_id for row in rows])
        views = [await self._view(row, event, days, whole=False) for row in rows]
        return event_view(event, rows, views)

    async def _view(
        self, row: MarketRow, event: EventRow, days: Mapping[int, int], *, whole: bool
    ) -> GammaMarket:
        schedule = await self._fees.schedule(row.fee_version)
        book = self._books.book(row.market_id)
        return market_view(row, event, book, schedule, days.get(row.market_id, 0), whole=whole)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < len(str(2**63))


def _market_fits(form: GammaQuery, row: MarketRow) -> bool:
    tokens = (row.token_0, row.token_1)
    return (
        (not form.id or str(row.market_id) in form.id)
        and (not form.slug or row.slug in form.slug)
        and (not form.condition_ids or condition_of(row) in form.condition_ids)
        and (not form.question_ids or question_of(row) in form.question_ids)
        and (not form.clob_token_ids or any(token in form.clob_token_ids for token in tokens))
        and form.closed in (None, is_closed(row))
        and form.active in (None, row.state != MarketState.DRAFT)
        and not form.archived
        and form.title_search.casefold() in row.question.casefold()
    )


def _fits(form: GammaQuery, event: EventRow, rows: list[MarketRow]) -> bool:
    conditions = form.condition_ids
    return (
        (not form.id or str(event.event_id) in form.id)
        and (not form.slug or event.slug in form.slug)
        and (not conditions or any(condition_of(row) in conditions for row in rows))
        and (not form.tag_slug or tag_of(event.topic).slug == form.tag_slug)
        and form.closed in (None, all(is_closed(row) for row in rows))
        and form.active is not False
        and not form.archived
        and form.title_search.casefold() in event.title.casefold()
    )


def _event_key(order: str, markets: Mapping[int, list[MarketRow]]) -> Callable[[EventRow], int]:
    if order in ("volume", "volumeNum"):
        return lambda row: sum(market.volume for market in markets[row.event_id])
    keys: dict[str, Callable[[EventRow], int]] = {
        "id": lambda row: row.event_id,
        "startDate": lambda row: row.start_at_us or row.created_at_us,
        "createdAt": lambda row: row.created_at_us,
        "endDate": lambda row: row.end_at_us,
    }
    return keys[order]


def _by_event(rows: Iterable[MarketRow]) -> dict[int, list[MarketRow]]:
    markets: dict[int, list[MarketRow]] = {}
    for row in rows:
        markets.setdefault(row.event_id, []).append(row)
    return markets


def _cut(form: GammaQuery, count: int) -> tuple[slice, str | None] | Rejected:
    """Return the page that was asked for of *count* rows, and the cursor of the next one."""
    after = read_cursor(form.after_cursor)
    if isinstance(after, Rejected):
        return after
    start = count if after is None else after or form.offset
    end = start + min(form.limit, LIMIT_MAX)
    return slice(start, end), cursor_of(end) if end < count else None
