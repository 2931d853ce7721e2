"""The shelf: every event, read once, for lists that are filtered by what the tables do not index.

Events never change, so only those that came since are read, the newest first, down to what is known
already. Beyond a bound the oldest are not listed; they are found by their id.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from outcry.ports.projection import EventRow
from outcry.ports.queries import Queries


EVENTS_COUNT_MAX: Final = 20_000
PAGE_COUNT: Final = 100


class Shelf:
    """Events by id and by slug."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._events: dict[int, EventRow] = {}
        self._slugs: dict[str, int] = {}
        self._reading = asyncio.Lock()

    async def events(self, wanted: Iterable[int]) -> dict[int, EventRow]:
        """Return those of the events *wanted* that are on the shelf, after looking for new ones."""
        ids = list(wanted)
        if any(event_id not in self._events for event_id in ids[-EVENTS_COUNT_MAX:]):
            async with self._reading:
                await self._read()
        return {event_id: self._events[event_id] for event_id in ids if event_id in self._events}

    def slug(self, slug: str) -> EventRow | None:
        """Return the newest event of a slug, as far as is known."""
        found = self._slugs.get(slug)
        return None if found is None else self._events[found]

    async def _read(self) -> None:
        page, found = 1, dict[int, EventRow]()
        while len(found) < EVENTS_COUNT_MAX:
            read = await self._queries.events(
                topic="", title="", sort="newest", page=page, page_size=PAGE_COUNT
            )
            found.update((row.event_id, row) for row in read.rows)
            if page * PAGE_COUNT >= read.total or any(
                row.event_id in self._events for row in read.rows
            ):
                break
            page += 1
        kept = sorted({**self._events, **found}.items())[-EVENTS_COUNT_MAX:]
        self._events = dict(kept)
        self._slugs = {row.slug: event_id for event_id, row in kept}
