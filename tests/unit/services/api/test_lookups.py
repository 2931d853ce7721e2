"""Lookups: what this door was just told to exist is found, though the tables run behind."""

import asyncio

import pytest

from outcry.adapters.memory import MemoryProjection, MemoryQueries, MemoryTables
from outcry.domain.market import MarketState
from outcry.ports.projection import EventRow, MarketRow, Rows, TablesBehind, UserRow
from outcry.runtime.directory import Directory
from outcry.services.api.lookups import Lookups


USER = UserRow(1, 1000, "ann", "", "", 0)
EVENT = EventRow(3, "e", "e", "Event", "", "", "t", "", 0, 0, 0)
MARKET = MarketRow(
    7, 3, 0, "m", "m", "M", "M?", "", "", "", "Yes", "No", "111", "222", 10, 10, 9_990, 1,
    10**9, 1_000, 0, MarketState.OPEN, 0, 0, 0, 0, 0, 0, 0, 0,
)  # fmt: skip
ROWS = Rows(*([] for _ in Rows._fields))._replace(users=[USER], events=[EVENT], markets=[MARKET])


@pytest.fixture
def tables() -> MemoryTables:
    """Give empty tables."""
    return MemoryTables()


def lookups_over(tables: MemoryTables, wait_ms_max: int) -> Lookups:
    """Return lookups that read from *tables*."""
    queries = MemoryQueries(tables)
    return Lookups(queries, Directory(queries), wait_ms_max=wait_ms_max)


async def test_a_miss_waits_for_what_is_known_to_come(tables: MemoryTables) -> None:
    """A user, event and market that an answer named are found when the tables have caught up."""
    lookups = lookups_over(tables, 5_000)
    lookups.note(4)
    asked = [
        asyncio.create_task(lookups.user(1)),
        asyncio.create_task(lookups.event(3)),
        asyncio.create_task(lookups.market(7)),
    ]
    await asyncio.sleep(0.02)
    assert not any(task.done() for task in asked)

    await MemoryProjection(tables).apply(1, 4, ROWS)

    assert await asyncio.gather(*asked) == [USER, EVENT, MARKET]


class LateQueries(MemoryQueries):
    """Tables that catch up at the worst moment: right after a read found nothing."""

    def __init__(self, tables: MemoryTables) -> None:
        super().__init__(tables)
        self._late = tables

    async def user(self, user_id: int) -> UserRow | None:
        row = await super().user(user_id)
        if row is None:
            await MemoryProjection(self._late).apply(1, 4, ROWS)
        return row


async def test_a_miss_is_read_again_when_the_tables_came_meanwhile(tables: MemoryTables) -> None:
    """A row that lands between a miss and the look at how far the tables are is found."""
    queries = LateQueries(tables)
    lookups = Lookups(queries, Directory(queries), wait_ms_max=5_000)
    lookups.note(4)
    assert await lookups.user(1) == USER


async def test_waiting_is_bounded(tables: MemoryTables) -> None:
    """Tables that never catch up make a miss late, not endless: nothing is called unknown then."""
    lookups = lookups_over(tables, 10)
    lookups.note(4)

    for asked in (lookups.user(1), lookups.event(3), lookups.market(7), lookups.account(1000, 1)):
        with pytest.raises(TablesBehind):
            await asked
    assert await lookups.include(4) is False
    assert await lookups.include(0) is True


async def test_a_miss_that_nothing_explains_is_answered_at_once(tables: MemoryTables) -> None:
    """Where the tables are not behind, an unknown id is unknown without a wait."""
    lookups = lookups_over(tables, 60_000)
    await MemoryProjection(tables).apply(1, 4, ROWS)
    lookups.note(4)

    async with asyncio.timeout(90):
        assert await lookups.user(99) is None
        assert await lookups.market(99) is None
        assert await lookups.event(99) is None


async def test_tokens_of_other_markets_are_known(tables: MemoryTables) -> None:
    """After a market was looked up, its tokens count as known."""
    await MemoryProjection(tables).apply(1, 4, ROWS)
    lookups = lookups_over(tables, 10)
    assert "111" not in lookups

    await lookups.market(7)

    assert "111" in lookups
    assert "222" in lookups
    assert "333" not in lookups
    assert 111 not in lookups
