"""Plans: on grown tables every statement goes by the index that was made for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
from tests.contract.rows import EVENT, MARKET

from outcry.adapters.embedded import Endpoints
from outcry.adapters.postgres import (
    dealings,
    migrate,
    people,
    query_texts,
    series,
    standings,
    tables,
)
from outcry.adapters.postgres.connection import BY_INDEX
from outcry.adapters.postgres.tables import Table


@pytest.fixture(scope="module")
def grown_dsn(standing: Endpoints) -> str:
    """Return the DSN of tables of some size, that the planner has looked at."""
    dsn = standing.postgres_dsn.replace("@/postgres?", "@/grown?")
    asyncio.run(grow(standing.postgres_dsn, dsn))
    return dsn


async def grow(server: str, dsn: str) -> None:
    """Make the database."""
    connection = await asyncpg.connect(server)
    await connection.execute("create database grown")
    await connection.close()
    await migrate(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        """
        insert into orders (order_id, account, market_id, price, qty, budget, remaining, filled,
            volume, fee, hold, expire_at_us, created_at_us, updated_at_us, update_id, placed_n,
            updated_n, fee_version, outcome, side, kind, tif, post_only, status, reason, reject,
            client_order_id)
        select i, 1000 + i % 500, 1 + i % 100, 1, 1, 0, 1, 0, 0, 0, 1, 0, i, i, i, i, i, 0, 0, 0, 0,
            0, 0, case when i % 50 = 0 then 1 else 2 end, 0, 0,
            case when i % 2 = 0 then lpad(i::text, 64, '0') else '' end
            from generate_series(1, 50000) i;
        insert into users select i, 1000 + i, 's' || i, '0x' || lpad(i::text, 40, '0'), '', 0, 0
            from generate_series(1, 50000) i;
        insert into balances select 1000 + i % 500, i / 500, 1, 0 from generate_series(0, 49999) i;
        insert into positions select 1000 + i % 500, 1 + i / 500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
            from generate_series(0, 49999) i;
        insert into trades (trade_id, fill, market_id, price, qty, taker_order, taker_account,
            taker_fee, maker_order, maker_account, maker_fee, at_us, n, match, taker_outcome,
            taker_side, maker_outcome, maker_side)
        select i, 0, 1 + i % 100, 1, 1, i, 1000 + i % 500, 0, i, 1000 + (i + 7) % 500, 0, i, i, 0,
            0, 0, 0, 0 from generate_series(1, 50000) i;
        insert into candles select 1 + i % 100, 60, i / 100 * 60000000::bigint, 1, 1, 1, 1, 1, 1, 1
            from generate_series(0, 49999) i;
        insert into turnovers select 1 + i % 500, i / 500 * 86400000000::bigint, 1, 1, 1
            from generate_series(0, 49999) i;
        insert into profiles select i, '', '', '' from generate_series(1, 50000) i;
        insert into seasons select i, '', 0, 1 from generate_series(1, 50000) i;
        insert into standings select 1 + i % 20, i, 1, 1, 1, 1, 1, i / 20, i / 20
            from generate_series(0, 49999) i;
        insert into portfolios select 1000 + i % 500, i / 500 * 3600000000::bigint, 1, 1
            from generate_series(0, 49999) i;
        """
    )
    events = [
        (*EVENT._replace(event_id=i, title=f"t {i}"), f"t {i}", tables.grams(f"t {i}"))
        for i in range(1, 5_001)
    ]
    await connection.copy_records_to_table(
        "events", records=events, columns=tables.EVENTS.columns + tables.EVENT_SEARCH_COLUMNS
    )
    markets = [MARKET._replace(market_id=i, event_id=i) for i in range(1, 5_001)]
    await connection.copy_records_to_table(
        "markets", records=markets, columns=tables.MARKETS.columns
    )
    await connection.execute("analyze")
    await connection.close()


@pytest.fixture
async def grown(grown_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Return a connection to the grown tables."""
    connection = await asyncpg.connect(grown_dsn)
    yield connection
    await connection.close()


def scans(plan: Any) -> Iterator[tuple[str, str, str]]:
    """Yield each scan of a table: how, of which table, by which index."""
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan["Node Type"], plan["Relation Name"], plan.get("Index Name", "")
    if plan["Node Type"] == "Bitmap Index Scan":
        yield plan["Node Type"], "", plan["Index Name"]
    for inner in plan.get("Plans", ()):
        yield from scans(inner)


@pytest.mark.parametrize("table", [t for t in tables.STAGED if t != tables.KEYS])
async def test_upserts_of_a_grown_table_go_by_its_index(
    grown: asyncpg.Connection, table: Table
) -> None:
    """Neither overwriting nor adding reads a grown table from end to end, or hashes it."""
    for name, value in BY_INDEX.items():
        await grown.execute(f"set {name} = {value}")
    await grown.execute(table.create_stage())

    statement = await grown.prepare(table.merge_stage())
    (explained,) = await statement.explain()
    found = [scan for scan in scans(explained["Plan"]) if scan[1] == table.name]

    assert len(found) == 1
    assert found[0][0] in ("Index Scan", "Index Only Scan")
    # The other index of turnovers has the whole key as well.
    assert found[0][2] in (f"{table.name}_pkey", "turnovers_day")


@pytest.mark.parametrize("part", tables.PARTS)
async def test_orders_are_removed_from_a_grown_part_by_their_key(
    grown: asyncpg.Connection, part: Table
) -> None:
    """An order that leaves its part is found by its id, however many others there are."""
    for name, value in BY_INDEX.items():
        await grown.execute(f"set {name} = {value}")
    statement = await grown.prepare(part.remove())
    (explained,) = await statement.explain([7, 8])

    assert list(scans(explained["Plan"])) == [("Index Scan", part.name, f"{part.name}_pkey")]


@pytest.mark.parametrize(
    ("text", "arguments", "indexes"),
    [
        (
            query_texts.ORDER_PAGE,
            (1001, 0, 0, 20, 0),
            {"orders_live_account", "orders_ended_account"},
        ),
        (query_texts.POSITION_PAGE, (1001, 0, 0, 20, 0), {"balances_pkey", "positions_pkey"}),
        (query_texts.CLOSED_POSITION_PAGE, (1001, 0, 0, 20, 0), {"positions_pkey"}),
        (standings.LEADERS["points"], (3, 20, 0), {"standings_points"}),
        (standings.LEADERS["volume"], (3, 20, 0), {"standings_volume"}),
        (query_texts.ACTIVITY_PAGE, (1001, 0, 0, 20, 0), {"trades_taker", "trades_maker"}),
        (query_texts.EVENT_PAGES["newest", False], ("", 20, 0), {"events_newest"}),
        (
            query_texts.EVENT_PAGES["newest", True],
            ("", 20, 0, "t 4321", tables.search_grams("t 4321")),
            {"events_title"},
        ),
        (series.CANDLES, (7, 60, 0, 1 << 62, 1_500, 900, 100), {"candles_pkey"}),
        (series.LAST_TRADES, (7, 1 << 62, 0, 100), {"trades_pkey"}),
        (series.NEWEST_TRADES, ([7, 8],), {"trades_pkey"}),
        (series.DAY_VOLUMES, ([7, 8],), {"candles_pkey"}),
        (series.PORTFOLIO, (1001, 3_600_000_000, 0, 1 << 62, 100), {"portfolios_pkey"}),
        (series.TURNOVER, (1001,), {"turnovers_pkey"}),
        (
            dealings.ORDER_BY_NAME,
            (1001, f"{2:064d}"),
            {"orders_ended_name"},
        ),
        (dealings.ORDERS_BY_ID, ([7, 8],), {"orders_live_pkey", "orders_ended_pkey"}),
        (
            dealings.TRADES_OF,
            (1001, 1 << 62, 0, 100, 0, -1, 0, 0, 1 << 62),
            {"trades_taker", "trades_maker", "trades_pkey"},
        ),
        (people.USER_BY_ADDRESS, (f"0x{7:040d}",), {"users_address"}),
    ],
)
async def test_queries_of_grown_tables_go_by_an_index(
    grown: asyncpg.Connection, text: str, arguments: tuple[object, ...], indexes: set[str]
) -> None:
    """A page of one account, and a search, use the index that was made for them."""
    statement = await grown.prepare(text)
    (explained,) = await statement.explain(*arguments)

    assert indexes <= {index for _, _, index in scans(explained["Plan"])}


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (query_texts.LIVE_ORDER_PAGE, (1001, 0, 0, 20, 0)),
        (dealings.LIVE_ORDERS, (1001, 0, -1, 0, 100)),
    ],
)
async def test_who_asks_for_live_orders_meets_no_others(
    grown: asyncpg.Connection, text: str, arguments: tuple[object, ...]
) -> None:
    """The part of orders that have ended is not looked at, nor are live ones of other accounts."""
    statement = await grown.prepare(text)
    (explained,) = await statement.explain(*arguments)
    found = [scan for scan in scans(explained["Plan"]) if scan[1].startswith("orders")]

    assert found
    assert {(table, index) for _, table, index in found} == {("orders_live", "orders_live_account")}
