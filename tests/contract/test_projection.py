"""The laws of the projection, for every adapter, seen through the queries that read it."""

import pytest
from tests.contract.rows import (
    ACCOUNT,
    ACTIVITY,
    AUDIT,
    BIG,
    CANDLE,
    EVENT,
    JOURNAL,
    KEY,
    LIMIT,
    MARKET,
    NO_ROWS,
    ORDER,
    PORTFOLIO,
    POSITION,
    PROFILE,
    SEASON,
    TRADE,
    TURNOVER,
    USER,
    VERDICT,
    WITHDRAWAL,
    balance,
)
from tests.contract.worlds import TablesWorld

from outcry.ports.projection import OutOfPosition, Rows


FULL = Rows(
    users=[USER, USER._replace(user_id=2, account=1002, external_id="auth0|2")],
    keys=[KEY],
    events=[EVENT],
    markets=[MARKET],
    balances=[balance(1001, 0, 900, 100), balance(1, 0, -900), balance(1001, 2, 10)],
    positions=[POSITION],
    orders=[ORDER, ORDER._replace(order_id=2, status=2, remaining=0, filled=100)],
    trades=[TRADE],
    journal=[JOURNAL],
    activity=[ACTIVITY],
    audit=[AUDIT],
    candles=[CANDLE],
    turnovers=[TURNOVER],
    portfolios=[PORTFOLIO],
    accounts=[ACCOUNT],
    profiles=[PROFILE],
    seasons=[SEASON],
    limits=[LIMIT],
    verdicts=[VERDICT],
    withdrawals=[WITHDRAWAL],
)


async def test_tables_begin_empty(tables_world: TablesWorld) -> None:
    """Before the first entry the position is 0, for writer and readers."""
    assert await tables_world.projection.position() == 0
    assert await tables_world.queries.position() == 0


async def test_rows_and_position_are_there_after_apply(tables_world: TablesWorld) -> None:
    """Every kind of row is written as it was given, and the position is that of the last entry."""
    await tables_world.projection.apply(1, 7, FULL)

    queries = tables_world.queries
    assert await tables_world.projection.position() == await queries.position() == 7
    assert await queries.user(1) == USER
    assert await queries.key(1) == KEY
    assert await queries.account(ACCOUNT.account) == ACCOUNT
    assert await queries.event(1) == EVENT
    assert await queries.market(1) == MARKET
    assert await queries.balances(1, []) == ([balance(1, 0, -900)], 7)
    assert await queries.order(1) == ORDER
    (position,) = (await queries.account_image(1001, 10)).positions
    assert position.row == POSITION
    lines = await queries.activity(1001, event_id=0, market_id=0, page=1, page_size=10)
    assert [line.trade or line.other for line in lines.rows] == [TRADE, ACTIVITY]


async def test_rows_must_follow_the_position(tables_world: TablesWorld) -> None:
    """Entries that repeat or skip some change nothing and say where the tables stand."""
    projection = tables_world.projection
    await projection.apply(1, 5, FULL)
    changed = NO_ROWS._replace(balances=[balance(1001, 0, 1)])

    for first in (1, 5, 7):
        with pytest.raises(OutOfPosition) as out:
            await projection.apply(first, 9, changed)
        assert out.value.position == 5
    assert await projection.position() == 5
    assert (await tables_world.queries.balances(1001, [0]))[0] == [balance(1001, 0, 900, 100)]

    await projection.apply(6, 6, changed)
    assert (await tables_world.queries.balances(1001, [0])) == ([balance(1001, 0, 1)], 6)


async def test_nothing_but_the_position_may_move(tables_world: TablesWorld) -> None:
    """Entries without rows are taken too."""
    await tables_world.projection.apply(1, 3, NO_ROWS)

    assert await tables_world.projection.position() == 3


async def test_changed_rows_overwrite_and_new_ones_are_added(tables_world: TablesWorld) -> None:
    """In one batch, each of the kinds that change takes new versions and new rows side by side."""
    projection, queries = tables_world.projection, tables_world.queries
    await projection.apply(1, 1, FULL)
    key = KEY._replace(revoked_at_us=9)
    market = MARKET._replace(volume=77, last_price=5_100, state=2)
    filled = ORDER._replace(remaining=40, filled=60, volume=300_000, updated_n=2, update_id=9)
    placed = ORDER._replace(order_id=3, placed_n=2, updated_n=2)
    position = POSITION._replace(realised=1, cost_0=2)
    paid = WITHDRAWAL._replace(status=1, tx_hash="0x1", ended_at_us=1_800)

    await projection.apply(
        2,
        2,
        NO_ROWS._replace(
            keys=[KEY._replace(key_id=2), key],
            withdrawals=[WITHDRAWAL._replace(withdrawal_id=2), paid],
            markets=[MARKET._replace(market_id=2), market],
            balances=[balance(1002, 0, 5), balance(1001, 2, 11), balance(1001, 4, 1)],
            positions=[POSITION._replace(market_id=2), position],
            orders=[placed, filled],
        ),
    )

    assert await queries.key(1) == key
    page = await queries.withdrawals(1001, -1, page=1, page_size=5)
    assert page.rows == [WITHDRAWAL._replace(withdrawal_id=2), paid]
    assert await queries.key(2) == KEY._replace(key_id=2)
    assert await queries.all_markets() == [market, MARKET._replace(market_id=2)]
    found, _ = await queries.balances(1001, [])
    assert found == [balance(1001, 0, 900, 100), balance(1001, 2, 11), balance(1001, 4, 1)]
    assert await queries.order(1) == filled
    assert await queries.order(3) == placed
    image = await queries.account_image(1001, 10)
    assert [p.row for p in image.positions] == [POSITION._replace(market_id=2), position]


async def test_an_order_may_change_after_it_has_ended(tables_world: TablesWorld) -> None:
    """One that lives, ends and is then told of a settlement is one row, among those that ended."""
    projection, queries = tables_world.projection, tables_world.queries
    await projection.apply(1, 1, NO_ROWS._replace(orders=[ORDER, ORDER._replace(order_id=2)]))
    filled = ORDER._replace(remaining=0, filled=100, status=2, updated_n=2, update_id=2)
    partly = ORDER._replace(order_id=2, remaining=50, filled=50, updated_n=2, update_id=2)
    await projection.apply(2, 2, NO_ROWS._replace(orders=[filled, partly]))
    failed = filled._replace(filled=90, volume=1, updated_n=3, update_id=3)
    ended = partly._replace(status=3, updated_n=3, update_id=3)

    await projection.apply(3, 3, NO_ROWS._replace(orders=[failed, ended]))

    assert (await projection.dump())[1].orders == [failed, ended]
    assert await queries.live_orders(1001, market_id=0, outcome=-1, before=0, count=9) == []
    assert (await queries.orders_by_id([1, 2])) == [failed, ended]


async def test_the_same_log_gives_the_same_tables(tables_world: TablesWorld) -> None:
    """Emptied and written again, in other batches, the tables answer as before."""
    projection, queries = tables_world.projection, tables_world.queries
    second = NO_ROWS._replace(
        orders=[ORDER._replace(status=3, remaining=0, updated_n=2)],
        balances=[balance(1001, 0, 500)],
    )
    await projection.apply(1, 1, FULL)
    await projection.apply(2, 2, second)
    before = await queries.account_image(1001, 10), await queries.order(1)

    await projection.clear()
    assert await projection.position() == await queries.position() == 0
    assert await queries.order(1) is None
    assert await queries.all_markets() == []
    assert await queries.topics() == []
    cancelled = ORDER._replace(status=3, remaining=0, updated_n=2)
    netted = FULL._replace(
        orders=[cancelled, FULL.orders[1]],
        balances=[balance(1001, 0, 500), *FULL.balances[1:]],
    )
    await projection.apply(1, 2, netted)

    assert (await queries.account_image(1001, 10), await queries.order(1)) == before


async def test_numbers_are_exact_and_texts_are_whole(tables_world: TablesWorld) -> None:
    """Numbers of 63 bits, token ids of 78 digits and any script of text come back as they were."""
    queries = tables_world.queries
    market = MARKET._replace(token_0="1" + "0" * 77, volume=BIG, question="谁赢? 🏆\t\n'\"\\%_")
    event = EVENT._replace(title="Ünï — 谁赢", rules="a" * 100_000)
    rows = NO_ROWS._replace(
        events=[event],
        markets=[market],
        balances=[balance(-1, 0, BIG), balance(1, 0, -BIG)],
        orders=[ORDER._replace(order_id=BIG, client_order_id="~" * 64)],
        trades=[TRADE._replace(trade_id=BIG, maker_fee=-BIG)],
    )

    await tables_world.projection.apply(1, 1, rows)

    assert await queries.market(1) == market
    assert await queries.event(1) == event
    assert (await queries.balances(1, []))[0] == [balance(1, 0, -BIG)]
    assert await queries.order(BIG) == rows.orders[0]
    lines = await queries.activity(1001, event_id=0, market_id=0, page=1, page_size=1)
    assert lines.rows[0].trade == rows.trades[0]


async def test_no_text_stops_the_tables(tables_world: TablesWorld) -> None:
    """A zero character, for which a database may have no room, does not stop the projection."""
    user = USER._replace(external_id="a\0b", name="\0")

    await tables_world.projection.apply(1, 1, NO_ROWS._replace(users=[user]))

    found = await tables_world.queries.user_by_external_id("a\0b")
    assert found is not None
    assert found.user_id == user.user_id


async def test_a_scan_shows_one_moment(tables_world: TablesWorld) -> None:
    """What is written while somebody looks is not in what they see, in any table."""
    projection = tables_world.projection
    await projection.apply(1, 4, FULL)
    position, expected = await projection.dump()

    async with projection.scan() as scan:
        assert scan.position == position == 4
        more = NO_ROWS._replace(trades=[TRADE._replace(trade_id=987)], balances=[balance(9, 9, 9)])
        await projection.apply(5, 5, more)
        for name, rows in expected._asdict().items():
            found = [tuple(row) async for some in scan.rows(name) for row in some]
            assert sorted(found) == sorted(map(tuple, rows)), name
    async with projection.scan() as scan:
        assert scan.position == 5
