"""History: tables that say exactly what the ledger says, however they came to be written."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec import json
from tests.support.venue import Venue, limit

from outcry.adapters.memory import MemoryProjection, MemoryQueries
from outcry.adapters.memory.tables import MemoryTables
from outcry.domain.errors import CorruptError
from outcry.domain.ids import token_asset, trade_id
from outcry.domain.ledger.pending import Outcome
from outcry.domain.ledger.state import Ledger, balance_key, split_key
from outcry.domain.market import MarketState, SettlementMode
from outcry.domain.order import OrderStatus
from outcry.messages import ledger_records as rec
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict, ReleaseOp
from outcry.messages.entry import Recorded
from outcry.messages.requests import (
    CreateKeyOp,
    MergeOp,
    RedeemOp,
    ResolveOp,
    RevokeKeyOp,
    SetFeesOp,
    SplitOp,
)
from outcry.ports.projection import Projection, Rows, TablesUnavailable
from outcry.ports.rows import unpack_legs
from outcry.services.history.config import HistoryConfig
from outcry.services.history.record_rows import audit_row
from outcry.services.history.service import History
from outcry_wire.records import Side, TimeInForce


HUNDRED = 100_000_000
SECOND = 1_000_000


@asynccontextmanager
async def history(
    venue: Venue, projection: Projection, config: HistoryConfig | None = None
) -> AsyncIterator[History]:
    """Run a history beside *venue*, and let its failure fail the test."""
    service = History(config or HistoryConfig(), log=venue.log, projection=projection)
    await service.start()
    task = asyncio.create_task(service.run())
    try:
        yield service
    finally:
        task.cancel()
        ended = (await asyncio.gather(task, return_exceptions=True))[0]
        await service.stop()
        if isinstance(ended, Exception):
            raise ended


async def caught_up(projection: MemoryProjection, venue: Venue) -> None:
    """Wait until the tables stand where the log ends."""
    queries = MemoryQueries(projection.tables)
    assert await queries.wait_for(await venue.log.head(), 30_000), "the tables do not catch up"


async def trade_a_while(venue: Venue, seed: int, count: int) -> list[int]:
    """Let three traders do *count* random things in two markets with fees; returns the markets."""
    rng = random.Random(seed)
    users = [await venue.user(name, HUNDRED) for name in ("ann", "bob", "cyd")]
    fees = await venue.fund(SetFeesOp(0, 2, 300, 100, 2_000))
    markets = [await venue.market(name, fee_version=fees.id) for name in ("rain", "snow")]
    for user in users:
        await venue.fund(SplitOp(user, user, rng.choice(markets), 500, ""))
    for _ in range(count):
        user, market = rng.choice(users), rng.choice(markets)
        request = limit(
            user,
            market,
            rng.choice((Side.BUY, Side.SELL)),
            100 * rng.randint(30, 70),
            rng.randint(1, 40),
            outcome=rng.randint(0, 1),
            tif=rng.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC)),
        )
        await venue.place(request)
        if rng.random() < 0.2 and venue.asset.ledger.orders:
            order = rng.choice(list(venue.asset.ledger.orders.values()))
            await venue.cancel(order.account, order.order_id)
        if rng.random() < 0.1:
            await venue.asset.funds(MergeOp(user, user, market, rng.randint(1, 5), ""))
    return markets


def tables_of(projection: MemoryProjection) -> dict[str, object]:
    """Return every table; the position goes on by itself, with the ticks of the venue."""
    apart = ("waiters", "position", "at_us")
    return {name: value for name, value in vars(projection.tables).items() if name not in apart}


def assert_same(tables: MemoryTables, ledger: Ledger) -> None:
    """Assert that the tables say what the ledger says, and that the journal explains it."""
    for (account, asset), row in tables.balances.items():
        balance = ledger.balances[balance_key(account, asset)]
        assert (row.total, row.held) == (balance.total, balance.held)
    for key, balance in ledger.balances.items():
        assert split_key(key) in tables.balances or (balance.total, balance.held) == (0, 0)
    live = {o.order_id for o in tables.orders.values() if o.status <= OrderStatus.OPEN}
    assert live == set(ledger.orders)
    for order_id, order in ledger.orders.items():
        written = tables.orders[order_id]
        assert (written.remaining, written.hold, written.filled, written.fee) == (
            order.remaining, order.hold, order.filled, order.fee,
        )  # fmt: skip
    for key, position in ledger.positions.items():
        made = tables.positions[split_key(key)]
        assert [made.cost_0, made.cost_1] == position.cost
        assert (made.realised, made.fees, made.net_cash) == (
            position.realised, position.fees, position.net_cash,
        )  # fmt: skip
    sums: defaultdict[tuple[int, int], int] = defaultdict(int)
    after: dict[tuple[int, int], int] = {}
    for posted in sorted(tables.journal.values(), key=lambda posted: posted.n):
        for leg in unpack_legs(posted.legs):
            sums[posted.n, leg.asset] += leg.amount
            after[posted.account, leg.asset] = leg.balance_after
    assert not any(sums.values())
    totals = {key: row.total for key, row in tables.balances.items() if row.total or key in after}
    assert totals == after


async def test_what_comes_quickly_shares_a_transaction() -> None:
    """Entries that follow within the pace are written together, not one transaction each."""
    projection = MemoryProjection()
    config = HistoryConfig(pace_seconds=0.3)
    async with Venue().running() as venue, history(venue, projection, config) as service:
        market = await venue.market("rain")
        user = await venue.user("ann", HUNDRED)
        for _ in range(30):
            await venue.place(limit(user, market, Side.BUY, 4_000, 1))
        await caught_up(projection, venue)
        head = await venue.log.head()

    assert head > 60
    assert service.status()["batches_total"] < 20


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_tables_say_what_the_ledger_says(seed: int) -> None:
    """After any trading, balances, positions, orders and journal are those of the ledger."""
    projection = MemoryProjection()
    async with Venue().running() as venue, history(venue, projection) as service:
        await trade_a_while(venue, seed, 120)
        await caught_up(projection, venue)
        assert_same(projection.tables, venue.asset.ledger)
        assert projection.tables.trades
        await asyncio.sleep(0)
        assert service.status()["position"] == projection.tables.position


async def test_what_waits_for_a_chain_is_in_the_tables() -> None:
    """Incoming and outgoing stand beside the total until the verdict; what people do is audited."""
    venue, projection = Venue(), MemoryProjection()
    async with venue.running(), history(venue, projection):
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market(settlement=SettlementMode.CHAIN)
        await venue.placed(limit(ann, market, Side.BUY, 6_000, 100))
        met = await venue.placed(limit(bob, market, Side.BUY, 4_000, 100, outcome=1))
        await caught_up(projection, venue)
        yes = token_asset(market, 0)
        balances = projection.tables.balances
        assert balances[ann, 0] == (ann, 0, HUNDRED - 600_000, 0, 0, 600_000)
        assert balances[ann, yes] == (ann, yes, 0, 0, 100, 0)
        verdict = ChainVerdict(trade_id(0, met.update_id), 0, Outcome.CONFIRMED, "0x1")
        await venue.fund(ChainReportOp(0, [verdict]))
        await caught_up(projection, venue)
        assert balances[ann, 0] == (ann, 0, HUNDRED - 600_000, 0, 0, 0)
        assert balances[ann, yes] == (ann, yes, 100, 0, 0, 0)
        back = ChainVerdict(trade_id(0, met.update_id), 0, Outcome.REVERTED, "0x1", "deep")
        await venue.fund(ChainReportOp(0, [back]))
        await venue.fund(ReleaseOp(7, ann, yes, 100, "agreed"))
        await caught_up(projection, venue)
        audited = [row.kind for row in projection.tables.audit.values()]
        assert audited[-2:] == ["chain_reverted", "transfer"]


async def test_a_rebuild_gives_the_same_tables() -> None:
    """Cleared tables are written again, in batches of any size, to exactly what they were."""
    first = MemoryProjection()
    async with Venue().running() as venue:
        async with history(venue, first):
            await trade_a_while(venue, 3, 60)
            await caught_up(first, venue)
        for config in (HistoryConfig(), HistoryConfig(1, 1), HistoryConfig(7, 23)):
            again = MemoryProjection()
            async with history(venue, again, config):
                await caught_up(again, venue)
            assert tables_of(again) == tables_of(first)
        before = tables_of(first)
        await first.clear()
        async with history(venue, first):
            await caught_up(first, venue)
        assert tables_of(first) == before


async def test_a_restart_goes_on_where_the_tables_stand() -> None:
    """Stopped and started again anywhere, nothing is missing and nothing is there twice."""
    whole, parts = MemoryProjection(), MemoryProjection()
    async with Venue().running() as venue:
        markets = await trade_a_while(venue, 4, 20)
        async with history(venue, parts):
            await caught_up(parts, venue)
        for price in (4_000, 4_100, 4_200):
            ann = venue.asset.ledger.user_ids["ann"]
            account = venue.asset.ledger.users[ann].account
            await venue.placed(limit(account, markets[0], Side.BUY, price, 10))
            async with history(venue, parts):
                await caught_up(parts, venue)
        async with history(venue, whole):
            await caught_up(whole, venue)
    assert tables_of(parts) == tables_of(whole)


class Recording(MemoryProjection):
    """Tables that note each transaction, and go away when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[tuple[int, int]] = []
        self.failures: list[str] = []

    async def apply(self, n_first: int, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write, or fail before or after writing."""
        failure = self.failures.pop() if self.failures else ""
        if failure == "before":
            raise TablesUnavailable("gone before the commit")
        await super().apply(n_first, n_last, rows, at_us)
        self.spans.append((n_first, n_last))
        if failure == "after":
            raise TablesUnavailable("gone after the commit")


async def test_tables_that_go_away_are_written_once() -> None:
    """A transaction whose answer was lost is not repeated; one that failed is."""
    flaky, steady = Recording(), MemoryProjection()
    flaky.failures = ["after", "before", "before", "after", "after"]
    async with Venue().running() as venue:
        async with history(venue, flaky, HistoryConfig(5)) as service:
            await trade_a_while(venue, 5, 30)
            await caught_up(flaky, venue)
            assert service.status()["retries_total"] == 5
        async with history(venue, steady) as service:
            await caught_up(steady, venue)
    assert tables_of(flaky)["journal"] == tables_of(steady)["journal"]
    assert tables_of(flaky)["orders"] == tables_of(steady)["orders"]


async def test_batches_follow_each_other_and_keep_their_bounds() -> None:
    """Transactions cover the log without a gap, fences included, and none is above its bound."""
    tables = Recording()
    venue = Venue()
    async with venue.running():
        await trade_a_while(venue, 6, 30)
    async with venue.running(), history(venue, tables, HistoryConfig(4)):
        await caught_up(tables, venue)
    ends = [0, *(last for _, last in tables.spans)]
    assert [first for first, _ in tables.spans] == [last + 1 for last in ends[:-1]]
    assert max(last - first + 1 for first, last in tables.spans) == 4


async def test_tables_of_another_log_are_refused() -> None:
    """Tables ahead of the log end the service with a sentence instead of being written to."""
    projection = MemoryProjection()
    projection.tables.position = 1_000
    async with Venue().running() as venue:
        service = History(HistoryConfig(), log=venue.log, projection=projection)
        with pytest.raises(CorruptError, match="stand at entry 1000"):
            await service.start()


async def test_lives_of_markets_and_keys_are_written_with_their_texts() -> None:
    """A market's state, payout and times change in its row, its texts stay; a key is revoked."""
    projection = MemoryProjection()
    async with Venue().running() as venue, history(venue, projection):
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market("rain", title="Rain", image="rain.png", outcome_0="Wet")
        await venue.fund(SplitOp(1, ann, market, 200, "split-1"))
        await venue.placed(limit(ann, market, Side.SELL, 5_000, 10))
        key = (await venue.fund(CreateKeyOp(0, 1, ("read", "trade"), "bot"))).id
        await venue.close(market)
        await venue.fund(ResolveOp(0, market, 10_000, 0))
        await venue.fund(RedeemOp(1, ann, market, ""))
        venue.clock.set(venue.clock.now_us() + SECOND)
        await venue.fund(RevokeKeyOp(0, 1, key))
        await caught_up(projection, venue)
        ledger = venue.asset.ledger
    tables = projection.tables
    row = tables.markets[market]
    assert (row.title, row.image, row.outcome_0, row.state, row.payout_0) == (
        "Rain", "rain.png", "Wet", MarketState.RESOLVED, 10_000,
    )  # fmt: skip
    assert 0 < row.created_at_us <= row.closed_at_us <= row.resolved_at_us
    assert (row.token_0, row.token_1) == ledger.markets[market].tokens
    assert tables.keys[key].scopes == "read trade"
    assert tables.keys[key].revoked_at_us > tables.keys[key].created_at_us
    (order,) = tables.orders.values()
    assert (order.status, order.hold, order.remaining) == (OrderStatus.CANCELLED, 0, 10)
    assert order.updated_n > order.placed_n
    kinds = [line.kind for line in tables.activity.values()]
    assert kinds == ["split", "redeem"]
    said = {line.kind: json.decode(line.body) for line in tables.audit.values()}
    assert said["deposit"]["amount"] == HUNDRED
    assert said["resolved"] == {"market_id": market, "payout_0": 10_000, "payout_1": 0}
    assert "split" not in said


def test_an_old_record_has_the_audit_row_it_had() -> None:
    """A field that a later version gave its record, with a default, changes no row of before."""

    class Later(rec.ModeSet, frozen=True, tag="mode", array_like=True, gc=False):
        why: str = ""

    before, now = rec.ModeSet(5, 7, 1), Later(5, 7, 1)
    assert audit_row(3, 0, Recorded(before)) == audit_row(3, 0, Recorded(now))
    told = audit_row(3, 0, Recorded(Later(5, 7, 1, "fog")))
    assert json.decode(told.body) == {"mode": 1, "why": "fog"}
