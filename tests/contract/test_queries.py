"""The laws of the queries, for every adapter."""

import asyncio

import pytest
from tests.contract.rows import (
    ACCOUNT,
    ACTIVITY,
    AUDIT,
    EVENT,
    KEY,
    LIMIT,
    MARKET,
    NO_ROWS,
    ORDER,
    POSITION,
    TRADE,
    USER,
    balance,
)
from tests.contract.worlds import TablesWorld

from outcry.domain.market import MarketState
from outcry.domain.order import OrderStatus
from outcry.ports.dealings import TradeFilter, TradePlace
from outcry.ports.projection import BalanceRow, PositionRow, Rows
from outcry.ports.queries import PAGE_SIZE_MAX, AccountActivity, Position


ME, OTHER = 1001, 1002
ANY = {"event_id": 0, "market_id": 0}


async def apply(world: TablesWorld, rows: Rows) -> None:
    """Write *rows* as the next entry."""
    n = await world.projection.position() + 1
    await world.projection.apply(n, n, rows)


async def test_what_is_not_there_is_none_or_empty(tables_world: TablesWorld) -> None:
    """Every query of empty tables has an answer."""
    queries = tables_world.queries
    assert await queries.user(1) is None
    assert await queries.user_by_external_id("x") is None
    assert await queries.key(1) is None
    assert await queries.event(1) is None
    assert await queries.market(1) is None
    assert await queries.order(1) is None
    assert await queries.topics() == []
    assert await queries.markets([1, 2]) == []
    assert await queries.all_markets() == []
    assert await queries.account(ME) is None
    assert await queries.accounts(1) == []
    assert await queries.balances(ME, []) == ([], 0)
    for page in (
        await queries.events(topic="", title="", sort="newest", page=1, page_size=10),
        await queries.positions(ME, **ANY, page=1, page_size=10),
        await queries.open_orders(ME, **ANY, page=1, page_size=10),
        await queries.order_history(ME, **ANY, page=1, page_size=10),
        await queries.activity(ME, **ANY, page=1, page_size=10),
        await queries.users(page=1, page_size=10),
        await queries.keys(0, page=1, page_size=10),
        await queries.audit("", page=1, page_size=10),
    ):
        assert page == ([], 0, 0)
    image = await queries.account_image(ME, 10)
    assert image == (0, BalanceRow(ME, 0, 0, 0), [], [], ())


async def test_pages_cut_one_total_order(tables_world: TablesWorld) -> None:
    """Pages give every row once, each with the total and n; beyond the last is nothing."""
    orders = [ORDER._replace(order_id=i) for i in range(1, 8)]
    await apply(tables_world, NO_ROWS._replace(markets=[MARKET], orders=orders))
    queries = tables_world.queries

    pages = [await queries.order_history(ME, **ANY, page=page, page_size=3) for page in range(1, 5)]

    assert [[o.order_id for o in page.rows] for page in pages] == [[7, 6, 5], [4, 3, 2], [1], []]
    assert {(page.total, page.n) for page in pages} == {(7, 1)}


async def test_pages_have_bounds(tables_world: TablesWorld) -> None:
    """A page number below 1 and a size outside 1 to PAGE_SIZE_MAX are the caller's mistake."""
    for page, size in ((0, 10), (-1, 10), (1, 0), (1, PAGE_SIZE_MAX + 1)):
        with pytest.raises(ValueError, match="page"):
            await tables_world.queries.open_orders(ME, **ANY, page=page, page_size=size)
    full = await tables_world.queries.open_orders(ME, **ANY, page=1, page_size=PAGE_SIZE_MAX)
    assert full.rows == []


async def test_users_are_found_by_their_subject(tables_world: TablesWorld) -> None:
    """The subject is compared as it is, case included."""
    second = USER._replace(user_id=2, account=OTHER, external_id="auth0|ONE")
    await apply(tables_world, NO_ROWS._replace(users=[USER, second]))

    assert await tables_world.queries.user_by_external_id("auth0|ONE") == second
    assert await tables_world.queries.user_by_external_id("auth0|one") is None


async def test_users_are_found_by_their_address(tables_world: TablesWorld) -> None:
    """However it is spelled; a link changes the address and nothing else of a user."""
    ann = USER._replace(address="0xAbCd")
    bob = USER._replace(user_id=2, account=OTHER, external_id="auth0|2", address="")
    await apply(tables_world, NO_ROWS._replace(users=[ann, bob]))
    queries = tables_world.queries

    assert await queries.user_by_address("0xaBCD") == ann
    assert await queries.user_by_address("") is None

    linked = bob._replace(account=0, external_id="", name="", created_at_us=0, address="0xef")
    await apply(tables_world, NO_ROWS._replace(users=[linked]))
    assert await queries.user_by_address("0xEF") == bob._replace(address="0xef")


async def test_users_accounts_and_keys(tables_world: TablesWorld) -> None:
    """Users and keys come newest first, accounts the first one first; of one user or of all."""
    users = [USER._replace(user_id=i, external_id=f"auth0|{i}") for i in (1, 2)]
    accounts = [ACCOUNT._replace(account=1_000 + i, user_id=1 + i % 2) for i in range(4)]
    keys = [KEY._replace(key_id=i, user_id=1 + i % 2) for i in range(1, 5)]
    await apply(tables_world, NO_ROWS._replace(users=users, accounts=accounts, keys=keys))
    queries = tables_world.queries

    assert (await queries.users(page=1, page_size=1)).rows == [users[1]]
    assert [row.account for row in await queries.accounts(2)] == [1_001, 1_003]
    assert await queries.account(1_002) == accounts[2]
    assert [row.key_id for row in (await queries.keys(1, page=1, page_size=10)).rows] == [4, 2]
    assert (await queries.keys(0, page=2, page_size=3)).rows == [keys[0]]
    assert (await queries.keys(0, page=1, page_size=3)).total == 4


async def test_limits_in_force(tables_world: TablesWorld) -> None:
    """By account and market; what was taken back is not shown, and the last word counts."""
    await apply(tables_world, NO_ROWS._replace(limits=[LIMIT, LIMIT._replace(account=0)]))
    gone = LIMIT._replace(orders_max=0, notional_max=0)
    other = LIMIT._replace(account=0, orders_max=7)
    await apply(tables_world, NO_ROWS._replace(limits=[gone, other]))

    page = await tables_world.queries.limits(page=1, page_size=10)
    assert (page.rows, page.total) == ([other], 1)


async def test_audit_newest_first(tables_world: TablesWorld) -> None:
    """What was done comes newest first, all of it or one kind."""
    rows = [AUDIT._replace(n=1, leg=leg, kind=kind) for leg, kind in enumerate(("a", "b", "a"))]
    await apply(tables_world, NO_ROWS._replace(audit=rows))

    page = await tables_world.queries.audit("a", page=1, page_size=10)
    assert page.rows == [rows[2], rows[0]]
    assert (await tables_world.queries.audit("", page=1, page_size=2)).total == 3


async def test_events_by_topic(tables_world: TablesWorld) -> None:
    """A topic selects exactly its events, no topic all; topics are listed once, sorted."""
    events = [
        EVENT._replace(event_id=i, topic=topic, created_at_us=i)
        for i, topic in enumerate(["sports", "Élections", "sports", "Zoo", "art"], 1)
    ]
    await apply(tables_world, NO_ROWS._replace(events=events))
    queries = tables_world.queries

    found = await queries.events(topic="sports", title="", sort="newest", page=1, page_size=10)

    assert [row.event_id for row in found.rows] == [3, 1]
    assert found.total == 2
    assert await queries.topics() == ["Zoo", "art", "sports", "Élections"]
    everything = await queries.events(topic="", title="", sort="newest", page=1, page_size=10)
    assert everything.total == 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("election", [1]),
        ("ELECTION", [1]),
        ("2028", [1, 2]),
        ("0", [1, 2, 3]),
        ("100%", [3]),
        ("%", [3]),
        ("_", [4]),
        ("a_b", [4]),
        ("\\", [4]),
        ("é", [5]),
        ("ÉTÉ", [5]),
        ("谁赢", [5]),
        ("赢", [5]),
        ("赢谁", []),
        ("strasse", [6]),
        ("aab", [7]),
        ("baa", []),
        ("abcd", [8]),
        ("abcde", []),
        ("'; drop table events; --", []),
        (" ", [1, 2, 3, 4, 5, 8]),
        ("x" * 500, []),
    ],
)
async def test_titles_are_searched_literally(
    tables_world: TablesWorld, text: str, found: list[int]
) -> None:
    """A title matches when it contains the text, whatever the case, script or character."""
    titles = [
        "Election 2028: who wins?",
        "Games of 2028",
        "100% rain on May 10",
        "a_b \\ axb",
        "L'été: 谁赢?",
        "Hauptstraße",
        "aaab",
        "abcd bcde",
    ]
    events = [EVENT._replace(event_id=i, title=title) for i, title in enumerate(titles, 1)]
    await apply(tables_world, NO_ROWS._replace(events=events))

    page = await tables_world.queries.events(
        topic="", title=text, sort="newest", page=1, page_size=100
    )

    assert sorted(row.event_id for row in page.rows) == found
    assert page.total == len(found)


async def test_events_sorted_by_age(tables_world: TablesWorld) -> None:
    """Newest first; of the same moment the higher id first."""
    events = [EVENT._replace(event_id=i, created_at_us=at) for i, at in enumerate([5, 9, 5, 1], 1)]
    await apply(tables_world, NO_ROWS._replace(events=events))

    page = await tables_world.queries.events(
        topic="", title="", sort="newest", page=1, page_size=10
    )

    assert [row.event_id for row in page.rows] == [2, 3, 1, 4]


async def test_events_sorted_by_volume(tables_world: TablesWorld) -> None:
    """The volumes of an event's markets count together; no market counts 0."""
    markets = [
        MARKET._replace(market_id=i, event_id=event, volume=volume)
        for i, (event, volume) in enumerate([(1, 5), (1, 6), (2, 10), (3, 11)], 1)
    ]
    events = [EVENT._replace(event_id=i) for i in range(1, 5)]
    await apply(tables_world, NO_ROWS._replace(events=events, markets=markets))

    page = await tables_world.queries.events(
        topic="", title="", sort="volume", page=1, page_size=10
    )

    assert [row.event_id for row in page.rows] == [3, 1, 2, 4]


async def test_events_sorted_by_their_end(tables_world: TablesWorld) -> None:
    """Those that still trade or have no market yet, soonest end first, without an end last."""
    ends = [50, 40, 0, 30, 20, 40]
    states = [
        [MarketState.OPEN],
        [MarketState.CLOSED, MarketState.PAUSED],
        [MarketState.OPEN],
        [MarketState.CLOSING, MarketState.RESOLVED],
        [],
        [MarketState.OPEN],
    ]
    events = [EVENT._replace(event_id=i, end_at_us=end) for i, end in enumerate(ends, 1)]
    markets = [
        MARKET._replace(market_id=event_id * 10 + i, event_id=event_id, state=state)
        for event_id, of_event in enumerate(states, 1)
        for i, state in enumerate(of_event)
    ]
    await apply(tables_world, NO_ROWS._replace(events=events, markets=markets))

    page = await tables_world.queries.events(
        topic="", title="", sort="ending_soon", page=1, page_size=10
    )

    assert [row.event_id for row in page.rows] == [5, 2, 6, 1, 3]
    assert page.total == 5


async def test_an_unknown_sort_is_refused(tables_world: TablesWorld) -> None:
    """A sort that is none is the caller's mistake, never a default."""
    with pytest.raises(ValueError, match="newest"):
        await tables_world.queries.events(topic="", title="", sort="best", page=1, page_size=10)


async def test_markets_of_events(tables_world: TablesWorld) -> None:
    """Markets come by id, of the events that were asked for."""
    markets = [
        MARKET._replace(market_id=i, event_id=event) for i, event in ((4, 1), (2, 2), (3, 1))
    ]
    await apply(tables_world, NO_ROWS._replace(markets=markets))
    queries = tables_world.queries

    assert [row.market_id for row in await queries.markets([1])] == [3, 4]
    assert [row.market_id for row in await queries.markets([2, 1])] == [2, 3, 4]
    assert await queries.markets([]) == []
    assert [row.market_id for row in await queries.all_markets()] == [2, 3, 4]


async def test_balances_of_an_account(tables_world: TablesWorld) -> None:
    """Those that exist among the assets asked for, by asset; no assets means all."""
    mine = [balance(ME, 0, 10, 1), balance(ME, 2, 3), balance(ME, 7, 0)]
    await apply(tables_world, NO_ROWS._replace(balances=[*mine, balance(OTHER, 0, 99)]))
    queries = tables_world.queries

    assert await queries.balances(ME, []) == (mine, 1)
    assert await queries.balances(ME, [7, 0, 5]) == ([mine[0], mine[2]], 1)
    assert await queries.balances(OTHER, [2]) == ([], 1)


async def test_positions_have_tokens_in_them(tables_world: TablesWorld) -> None:
    """Markets in which the account holds a token, newest first, with what the tokens cost."""
    markets = [MARKET._replace(market_id=i, event_id=1 + i // 3) for i in (1, 2, 3)]
    rows = NO_ROWS._replace(
        events=[EVENT],
        markets=markets,
        positions=[POSITION, POSITION._replace(market_id=2)],
        balances=[
            balance(ME, 0, 1_000_000, 5),
            balance(ME, 2, 10, 4),
            balance(ME, 3, 0),
            balance(ME, 4, 0),
            balance(ME, 5, 0),
            balance(ME, 7, 8, 8),
            balance(OTHER, 4, 50),
        ],
    )
    await apply(tables_world, rows)
    queries = tables_world.queries
    bare = PositionRow(ME, 3, *[0] * 11)
    third = Position(bare, markets[2], 0, 0, 8, 8)
    first = Position(POSITION, markets[0], 10, 4, 0, 0)

    page = await queries.positions(ME, **ANY, page=1, page_size=10)

    assert page == ([third, first], 2, 1)
    assert (await queries.positions(ME, event_id=2, market_id=0, page=1, page_size=9)).rows == [
        third
    ]
    assert (await queries.positions(ME, event_id=0, market_id=1, page=1, page_size=9)).rows == [
        first
    ]
    assert (await queries.positions(ME, event_id=2, market_id=1, page=1, page_size=9)).rows == []
    assert (await queries.positions(ME, **ANY, page=2, page_size=1)) == ([first], 2, 1)


async def test_orders_of_an_account(tables_world: TablesWorld) -> None:
    """History has all orders, open orders those that may still trade; newest first, by market."""
    markets = [MARKET, MARKET._replace(market_id=2, event_id=2)]
    orders = [
        ORDER._replace(order_id=i, status=status, market_id=1 + i % 2)
        for i, status in enumerate(OrderStatus, 1)
    ]
    theirs = ORDER._replace(order_id=99, account=OTHER)
    await apply(tables_world, NO_ROWS._replace(markets=markets, orders=[*orders, theirs]))
    queries = tables_world.queries

    live = await queries.open_orders(ME, **ANY, page=1, page_size=10)
    history = await queries.order_history(ME, **ANY, page=1, page_size=10)

    assert live == ([orders[1], orders[0]], 2, 1)
    assert history == (orders[::-1], 5, 1)
    for filters in ({"event_id": 2, "market_id": 0}, {"event_id": 0, "market_id": 2}):
        assert [
            order.order_id
            for order in (await queries.order_history(ME, **filters, page=1, page_size=9)).rows
        ] == [5, 3, 1]
        assert (await queries.open_orders(ME, **filters, page=1, page_size=9)).rows == [orders[0]]
    assert (await queries.open_orders(ME, event_id=1, market_id=2, page=1, page_size=9)).total == 0


async def test_activity_of_an_account(tables_world: TablesWorld) -> None:
    """Fills as taker or maker, splits, merges and redeems: newest entry first, each once."""
    markets = [MARKET, MARKET._replace(market_id=2, event_id=2)]
    trades = [
        TRADE._replace(trade_id=5, n=1, at_us=10),
        TRADE._replace(trade_id=6, fill=0, n=2, at_us=20, taker_account=OTHER, maker_account=ME),
        TRADE._replace(trade_id=6, fill=1, n=2, at_us=20, taker_account=OTHER, maker_account=ME),
        TRADE._replace(trade_id=7, n=4, at_us=40, taker_account=ME, maker_account=ME, market_id=2),
        TRADE._replace(trade_id=8, n=5, taker_account=OTHER, maker_account=1003),
    ]
    others = [
        ACTIVITY._replace(n=2, leg=0, at_us=20),
        ACTIVITY._replace(n=2, leg=3, kind="merge", at_us=20),
        ACTIVITY._replace(n=3, leg=0, kind="redeem", at_us=30, market_id=2),
        ACTIVITY._replace(n=3, leg=1, account=OTHER),
    ]
    await apply(tables_world, NO_ROWS._replace(markets=markets, trades=trades, activity=others))
    queries = tables_world.queries
    expected = [
        AccountActivity(trades[3], None, 40),
        AccountActivity(None, others[2], 30),
        AccountActivity(trades[2], None, 20),
        AccountActivity(trades[1], None, 20),
        AccountActivity(None, others[1], 20),
        AccountActivity(None, others[0], 20),
        AccountActivity(trades[0], None, 10),
    ]

    assert await queries.activity(ME, **ANY, page=1, page_size=10) == (expected, 7, 1)
    assert (await queries.activity(ME, **ANY, page=2, page_size=3)).rows == expected[3:6]
    for filters in ({"event_id": 2, "market_id": 0}, {"event_id": 0, "market_id": 2}):
        page = await queries.activity(ME, **filters, page=1, page_size=10)
        assert page == (expected[:2], 2, 1)


async def test_an_account_image_is_everything_of_one_moment(tables_world: TablesWorld) -> None:
    """Collateral, the newest open orders up to the bound, and positions, true for one n."""
    orders = [ORDER._replace(order_id=i, status=1 + (i == 3)) for i in range(1, 6)]
    rows = NO_ROWS._replace(
        markets=[MARKET],
        orders=orders,
        positions=[POSITION],
        balances=[balance(ME, 0, 70, 7), balance(ME, 2, 5, 5)],
    )
    await apply(tables_world, rows)

    image = await tables_world.queries.account_image(ME, 3)

    assert image.n == 1
    assert image.balance == balance(ME, 0, 70, 7)
    assert [order.order_id for order in image.orders] == [5, 4, 2]
    assert image.positions == [Position(POSITION, MARKET, 5, 5, 0, 0)]


async def test_an_account_image_has_the_users_further_accounts(tables_world: TablesWorld) -> None:
    """The other accounts of the same user come along, by number; nobody else's do."""
    accounts = [ACCOUNT._replace(account=a, user_id=1 + (a == OTHER)) for a in (ME, OTHER, 1003)]
    rows = NO_ROWS._replace(
        accounts=accounts, balances=[balance(1003, 0, 5), balance(OTHER, 0, 9)], markets=[MARKET]
    )
    await apply(tables_world, rows)

    image = await tables_world.queries.account_image(ME, 3)

    assert [one.balance for one in image.further] == [balance(1003, 0, 5)]
    assert (await tables_world.queries.account_image(OTHER, 3)).further == ()


async def test_answers_are_of_one_moment_while_the_tables_change(tables_world: TablesWorld) -> None:
    """Whatever a reader sees of one answer belongs to the n that it names."""
    queries = tables_world.queries
    await apply(tables_world, NO_ROWS._replace(markets=[MARKET]))

    async def write() -> None:
        for n in range(2, 40):
            await apply(
                tables_world,
                NO_ROWS._replace(
                    balances=[balance(ME, 0, n), balance(ME, 2, n)],
                    orders=[ORDER._replace(order_id=n, placed_n=n)],
                ),
            )
            await asyncio.sleep(0)

    writer = asyncio.create_task(write())
    while not writer.done():
        image = await queries.account_image(ME, 100)
        if image.n > 1:
            assert image.balance.total == image.n
            assert len(image.orders) == image.n - 1
            assert image.positions[0].qty_0 == image.n
        found, n = await queries.balances(ME, [])
        assert {row.total for row in found} <= {n}
        page = await queries.order_history(ME, **ANY, page=1, page_size=5)
        assert page.total == page.n - 1
        assert len(page.rows) == min(5, page.total)
        await asyncio.sleep(0)
    await writer


async def test_a_client_reads_its_own_write(tables_world: TablesWorld) -> None:
    """Waiting for an entry ends when the tables include it; many may wait for different ones."""
    queries = tables_world.queries
    await apply(tables_world, NO_ROWS)
    assert await queries.wait_for(0, 0)
    assert await queries.wait_for(1, 0)
    waits = [asyncio.create_task(queries.wait_for(n, 60_000)) for n in (2, 3, 3)]
    await asyncio.sleep(0.05)
    assert not any(wait.done() for wait in waits)

    await apply(tables_world, NO_ROWS)
    assert await waits[0]
    await asyncio.sleep(0.05)
    assert not waits[1].done()
    await apply(tables_world, NO_ROWS)

    assert await asyncio.gather(*waits) == [True, True, True]


async def test_waiting_for_an_entry_is_bounded(tables_world: TablesWorld) -> None:
    """When the entry does not come in time the answer is no, and later waits still work."""
    queries = tables_world.queries
    assert not await queries.wait_for(1, 0)
    assert not await queries.wait_for(1, 20)

    await apply(tables_world, NO_ROWS)

    assert await queries.wait_for(1, 60_000)


async def test_a_position_is_closed_when_its_last_token_is_gone(tables_world: TablesWorld) -> None:
    """What was bought and is gone is closed; what was never bought, or is still held, is not."""
    markets = [MARKET._replace(market_id=i, token_0=f"{i}0", token_1=f"{i}1") for i in range(1, 5)]
    positions = [
        POSITION._replace(market_id=1),
        POSITION._replace(market_id=2, bought_0=0),
        POSITION._replace(market_id=3, bought_0=0, bought_1=0),
        POSITION._replace(market_id=4),
        POSITION._replace(account=OTHER, market_id=4),
    ]
    balances = [balance(ME, 2, 0), balance(ME, 9, 5), balance(OTHER, 4, 7)]
    rows = NO_ROWS._replace(markets=markets, positions=positions, balances=balances)
    await apply(tables_world, rows)
    queries = tables_world.queries

    page = await queries.closed_positions(ME, **ANY, page=1, page_size=10)
    assert [row.market.market_id for row in page.rows] == [2, 1]
    assert page.rows[1] == Position(positions[0], markets[0], 0, 0, 0, 0)
    assert (page.total, page.n) == (2, 1)
    one = await queries.closed_positions(ME, event_id=1, market_id=1, page=1, page_size=10)
    assert [row.market.market_id for row in one.rows] == [1]
    none = await queries.closed_positions(ME, event_id=9, market_id=0, page=1, page_size=10)
    assert (none.rows, none.total) == ([], 0)


async def test_keys_are_found_many_at_a_time(tables_world: TablesWorld) -> None:
    """Those that exist among some ids, by id."""
    keys = [KEY._replace(key_id=i, generation=i) for i in (3, 1, 2)]
    await apply(tables_world, NO_ROWS._replace(keys=keys))
    found = await tables_world.queries.keys_by_id([3, 1, 9])
    assert found == [keys[1], keys[0]]
    assert await tables_world.queries.keys_by_id([]) == []


async def test_orders_by_name_and_by_id(tables_world: TablesWorld) -> None:
    """A name of 64 characters finds the account's newest order of it, nobody else's."""
    name = "ab" * 32
    orders = [
        ORDER._replace(order_id=1, account=ME, client_order_id=name),
        ORDER._replace(order_id=2, account=ME, client_order_id=name),
        ORDER._replace(order_id=3, account=OTHER, client_order_id=name),
    ]
    await apply(tables_world, NO_ROWS._replace(orders=orders))
    queries = tables_world.queries

    assert await queries.order_by_name(ME, name) == orders[1]
    assert await queries.order_by_name(OTHER, name) == orders[2]
    assert await queries.order_by_name(ME, "cd" * 32) is None
    assert await queries.orders_by_id([3, 1, 9]) == [orders[0], orders[2]]


async def test_live_orders_page_by_page(tables_world: TablesWorld) -> None:
    """Newest first, below the id that the page before ended with, of a market and outcome."""
    orders = [
        ORDER._replace(
            order_id=number, account=ME, market_id=1 + number % 2, outcome=number // 2 % 2,
            status=OrderStatus.OPEN if number < 7 else OrderStatus.FILLED,
        )
        for number in range(1, 9)
    ]  # fmt: skip
    await apply(tables_world, NO_ROWS._replace(orders=orders))

    async def ids(market_id: int, outcome: int, before: int, count: int) -> list[int]:
        found = await tables_world.queries.live_orders(
            ME, market_id=market_id, outcome=outcome, before=before, count=count
        )
        return [row.order_id for row in found]

    assert await ids(0, -1, 0, 3) == [6, 5, 4]
    assert await ids(0, -1, 4, 9) == [3, 2, 1]
    assert await ids(2, -1, 0, 9) == [5, 3, 1]
    assert await ids(0, 1, 0, 9) == [6, 3, 2]


async def test_trades_of_an_account_page_by_page(tables_world: TablesWorld) -> None:
    """Its own fills of the newest trades, whole trades, by market, outcome, id and time."""
    trades = [
        TRADE._replace(trade_id=1, fill=0, n=5, taker_account=ME, maker_account=OTHER, at_us=10),
        TRADE._replace(trade_id=1, fill=1, n=5, taker_account=ME, maker_account=OTHER, at_us=10),
        TRADE._replace(trade_id=2, fill=0, n=5, taker_account=OTHER, maker_account=ME, at_us=20),
        TRADE._replace(trade_id=2, fill=1, n=5, taker_account=OTHER, maker_account=7, at_us=20),
        TRADE._replace(trade_id=3, fill=0, n=6, taker_account=7, maker_account=OTHER, at_us=30),
    ]
    await apply(tables_world, NO_ROWS._replace(trades=trades))

    async def fills(
        wanted: TradeFilter, before: TradePlace | None = None, count: int = 9
    ) -> list[tuple[int, int]]:
        found = await tables_world.queries.trades_of(ME, wanted, before=before, count=count)
        return [(row.trade_id, row.fill) for row in found]

    assert await fills(TradeFilter()) == [(2, 0), (1, 0), (1, 1)]
    assert await fills(TradeFilter(), count=1) == [(2, 0)]
    assert await fills(TradeFilter(), TradePlace(5, 2)) == [(1, 0), (1, 1)]
    assert await fills(TradeFilter(trade_id=1)) == [(1, 0), (1, 1)]
    assert await fills(TradeFilter(from_us=11)) == [(2, 0)]
    assert await fills(TradeFilter(upto_us=10)) == [(1, 0), (1, 1)]
    assert await fills(TradeFilter(market_id=99)) == []
    own = TRADE.taker_outcome
    assert (1, 0) in await fills(TradeFilter(outcome=own))
    assert (1, 0) not in await fills(TradeFilter(outcome=1 - own))
