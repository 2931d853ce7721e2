"""The directory: markets by any name, and tables that are asked rarely."""

import asyncio

import pytest
from tests.support.rows import market_row

from outcry.adapters.memory import MemoryQueries, MemoryTables
from outcry.domain.market import MarketState
from outcry.ports.projection import MarketRow
from outcry.runtime import directory
from outcry.runtime.directory import Directory


class CountingQueries(MemoryQueries):
    """Tables that note how often all markets were read."""

    reads = 0

    async def all_markets(self) -> list[MarketRow]:
        """Return every market."""
        self.reads += 1
        return await super().all_markets()


@pytest.fixture
def tables() -> MemoryTables:
    """Give tables with two markets of one event and one of another."""
    made = MemoryTables()
    for market_id, event_id in ((1, 1), (2, 1), (3, 2)):
        made.markets[market_id] = market_row(market_id, event_id)
    return made


async def test_a_market_is_found_by_id_token_and_event(tables: MemoryTables) -> None:
    """Each market is known by its id, by either token with its outcome, and by its event."""
    known = Directory(MemoryQueries(tables))
    assert known.market(1) is None
    await known.refresh()
    row = tables.markets[1]
    assert known.market(1) == row
    assert known.token("y1") == (row, 0)
    assert known.token("n1") == (row, 1)
    assert known.event(1) == [row, tables.markets[2]]
    assert known.event(9) == []
    assert known.token("y9") is None


async def test_a_miss_looks_into_the_tables(tables: MemoryTables) -> None:
    """What was listed after the last look is found by looking again, however recent that was."""
    known = Directory(MemoryQueries(tables))
    await known.refresh()
    tables.markets[4] = market_row(4, 5)
    assert await known.find_market(4) == tables.markets[4]
    tables.markets[5] = market_row(5, 5)
    assert await known.find_token("n5") == (tables.markets[5], 1)
    tables.markets[6] = market_row(6, 6)
    assert await known.find_event(6) == [tables.markets[6]]


async def test_guessing_costs_the_tables_little(tables: MemoryTables) -> None:
    """A thousand misses at once share a look or two, and a further miss costs one."""
    queries = CountingQueries(tables)
    known = Directory(queries)
    found = await asyncio.gather(*(known.find_market(100 + i) for i in range(1_000)))
    assert not any(found)
    assert queries.reads <= 2
    assert await known.find_token("nonsense") is None
    assert queries.reads <= 3


async def test_ended_markets_go_first_when_there_are_too_many(
    tables: MemoryTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the bound, what has ended is forgotten before what is alive, old before new."""
    monkeypatch.setattr(directory, "MARKETS_MAX", 2)
    tables.markets[3] = tables.markets[3]._replace(state=MarketState.RESOLVED)
    known = Directory(MemoryQueries(tables))
    await known.refresh()
    assert [bool(known.market(market_id)) for market_id in (1, 2, 3)] == [True, True, False]


async def test_a_failed_refresh_is_said_and_tried_again(tables: MemoryTables) -> None:
    """A look that fails leaves what is known, and the next one goes on."""

    class Flaky(CountingQueries):
        async def all_markets(self) -> list[MarketRow]:
            if self.reads == 1:
                self.reads += 1
                raise ConnectionError("the tables are away")
            return await super().all_markets()

    queries = Flaky(tables)
    known = Directory(queries, refresh_seconds=0.01)
    await known.refresh()
    tables.markets[4] = market_row(4)
    running = asyncio.create_task(known.run())
    while known.market(4) is None:
        assert known.market(1) is not None
        await asyncio.sleep(0.005)
    running.cancel()
