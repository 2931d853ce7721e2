"""Projection and queries in PostgreSQL: crashes, failed batches, tables that are emptied."""

import asyncio

import asyncpg
import pytest
from tests.contract.rows import (
    JOURNAL,
    MARKET,
    NO_ROWS,
    ORDER,
    POSITION,
    TRADE,
    balance,
)
from tests.integration.adapters.doomed import Doomed, eventually

from outcry.adapters.postgres import (
    PostgresProjection,
    PostgresQueries,
    tables,
)
from outcry.domain.errors import InvariantError
from outcry.domain.ledger.effects import POSTING_KINDS
from outcry.ports.projection import TablesUnavailable
from outcry.ports.rows import JournalRow, Leg, pack_leg, unpack_legs


POSTGRES = "postgresql"
ANY = {"event_id": 0, "market_id": 0}


async def apply_until_killed(tables_: PostgresProjection) -> None:
    """Apply entries whose rows all carry their number, until the server is gone."""
    for n in range(await tables_.position() + 1, 1 << 40):
        rows = NO_ROWS._replace(
            balances=[balance(account, 0, n) for account in range(1000, 1050)],
            orders=[ORDER._replace(order_id=n, placed_n=n)],
            journal=[JOURNAL._replace(n=n)],
        )
        await tables_.apply(n, n, rows)


async def test_rows_and_position_survive_a_crash_together(servers: Doomed) -> None:
    """Whenever the server is killed, the position says exactly which rows are there."""
    for _ in range(3):
        tables_ = await PostgresProjection.connect(servers.dsn)
        applying = asyncio.create_task(apply_until_killed(tables_))
        await asyncio.sleep(0.4)
        servers.kill(POSTGRES)
        with pytest.raises(TablesUnavailable):
            await applying
        servers.restart()

        await eventually(tables_.position, TablesUnavailable)
        position = await tables_.position()
        counts = await servers.sql(
            "select (select count(*) from orders), (select max(n) from journal), "
            "(select min(total) from balances), (select max(total) from balances)"
        )
        assert counts == [(position, position or None, position or None, position or None)]
        await tables_.close()


async def test_queries_fail_while_the_server_is_away_and_go_on_after(servers: Doomed) -> None:
    """Reads and waits raise TablesUnavailable, also those under way, and work again afterwards."""
    queries = await PostgresQueries.connect(servers.dsn)
    assert await queries.position() == 0
    waiting = asyncio.create_task(queries.wait_for(1, 60_000))
    await asyncio.sleep(0.05)

    servers.kill(POSTGRES)

    with pytest.raises(TablesUnavailable):
        await waiting
    with pytest.raises(TablesUnavailable):
        await queries.account_image(1, 1)
    with pytest.raises(TablesUnavailable):
        await queries.topics()
    servers.restart()
    await eventually(queries.topics, TablesUnavailable)
    assert (await queries.account_image(1, 1)).n == 0
    await queries.close()


async def test_an_order_that_should_be_there_and_is_not_is_an_error(database: str) -> None:
    """Tables that lost a row are not patched up: nothing is written, the position stays."""
    tables_ = await PostgresProjection.connect(database)
    await tables_.apply(1, 5, NO_ROWS._replace(orders=[ORDER]))

    with pytest.raises(InvariantError, match="1 of 2 orders"):
        await tables_.apply(
            6, 6, NO_ROWS._replace(orders=[ORDER, ORDER._replace(order_id=2, placed_n=5)])
        )

    assert await tables_.position() == 5
    await tables_.close()


async def test_a_failed_batch_leaves_nothing_behind(database: str) -> None:
    """When the last kind of row is refused, no other row and no position is written."""
    tables_ = await PostgresProjection.connect(database)
    queries = await PostgresQueries.connect(database)
    rows = NO_ROWS._replace(balances=[balance(1001, 0, 5)], trades=[TRADE, TRADE])

    for _ in range(2):
        with pytest.raises(asyncpg.UniqueViolationError):
            await tables_.apply(1, 1, rows)
        assert await queries.balances(1001, []) == ([], 0)

    await tables_.apply(1, 1, rows._replace(trades=[TRADE]))
    assert await queries.balances(1001, []) == ([balance(1001, 0, 5)], 1)
    await tables_.close()
    await queries.close()


async def test_answers_while_the_tables_are_emptied_and_rebuilt(database: str) -> None:
    """A reader beside a rebuild sees full tables or empty ones, never a mixture."""
    tables_ = await PostgresProjection.connect(database)
    queries = await PostgresQueries.connect(database)
    rows = NO_ROWS._replace(
        markets=[MARKET],
        positions=[POSITION],
        orders=[ORDER._replace(order_id=i) for i in range(1, 51)],
        balances=[balance(1001, 0, 5), balance(1001, 2, 5)],
    )

    async def rebuild() -> None:
        for _ in range(10):
            await tables_.apply(1, 1, rows)
            await tables_.clear()

    rebuilding = asyncio.create_task(rebuild())
    seen = set()
    while not rebuilding.done():
        image = await queries.account_image(1001, 100)
        seen.add((image.n, image.balance.total, len(image.orders), len(image.positions)))
        page = await queries.order_history(1001, **ANY, page=1, page_size=100)
        seen.add((page.n, 5 * page.n, len(page.rows), page.n))
    await rebuilding

    assert seen <= {(0, 0, 0, 0), (1, 5, 50, 1)}
    await tables_.close()
    await queries.close()


async def test_a_reader_holds_up_no_writer(database: str) -> None:
    """While an answer is being read the projection goes on, and the answer stays as it was."""
    tables_ = await PostgresProjection.connect(database)
    queries = await PostgresQueries.connect(database)
    await tables_.apply(1, 1, NO_ROWS._replace(balances=[balance(1001, 0, 1)], orders=[ORDER]))

    async with queries._moment() as connection:
        before = await connection.fetchval("select total from balances")
        await connection.fetch("select * from orders")
        changed = NO_ROWS._replace(balances=[balance(1001, 0, 2)], orders=[ORDER])
        await tables_.apply(2, 2, changed)
        assert await connection.fetchval("select total from balances") == before == 1

    assert await queries.balances(1001, []) == ([balance(1001, 0, 2)], 2)
    await tables_.close()
    await queries.close()


async def test_queries_cannot_write(database: str) -> None:
    """The sessions of the queries refuse to change anything."""
    queries = await PostgresQueries.connect(database)

    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await queries._fetch("delete from orders")

    await queries.close()


async def test_a_second_projector_writes_nothing(database: str) -> None:
    """Of two that apply the same entries at once, one succeeds and the other is out of position."""
    both = [await PostgresProjection.connect(database) for _ in range(2)]
    rows = NO_ROWS._replace(journal=[JOURNAL])

    results = await asyncio.gather(*(t.apply(1, 1, rows) for t in both), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "OutOfPosition"]
    for tables_ in both:
        await tables_.close()


async def test_the_journal_reads_the_same_in_sql(database: str) -> None:
    """The view of the journal's legs says in SQL what `unpack_legs` says, kinds by their names."""
    projection = await PostgresProjection.connect(database)
    said = [
        Leg(0, 0, -50_000, -(10**18) + 1, POSTING_KINDS.index("trade"), 7, 1_700),
        Leg(3, 5, 1, 10**18 - 1, POSTING_KINDS.index("refund"), (1 << 60) + 1, 1_701),
    ]
    packed = b"".join(pack_leg(*leg) for leg in said)
    await projection.apply(1, 1, NO_ROWS._replace(journal=[JournalRow(-3, 1, packed)]))

    reader = await asyncpg.connect(database)
    legs = await reader.fetch(
        "select account, n, leg, asset, amount, balance_after, kind, ref, at_us "
        "from journal_legs order by leg"
    )

    assert unpack_legs(packed) == said
    assert [tuple(leg) for leg in legs] == [
        (-3, 1, *leg[:4], POSTING_KINDS[leg.kind], *leg[5:]) for leg in said
    ]
    await reader.close()
    await projection.close()


def test_pieces_of_a_title_are_those_that_a_search_looks_for() -> None:
    """Whatever a title contains, the pieces that a search asks for are among the title's pieces."""
    title = tables.folded("Straße: 谁赢 2028?")
    have = set(tables.grams(title))

    for start in range(len(title)):
        for end in range(start + 1, len(title) + 1):
            assert have.issuperset(tables.search_grams(title[start:end]))
