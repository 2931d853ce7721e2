"""`verify` finds nothing in true books and something in every kind of false ones."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from tests.support.venue import START_US, Venue, limit

from outcry.adapters.memory import MemoryLedgerLog, MemoryProjection
from outcry.app.verify import tables as audited
from outcry.app.verify import verify
from outcry.app.verify.tables import TableMaker
from outcry.domain.ledger.effects import Effects
from outcry.messages.entry import Entry, Facts, pack_entry, unpack_entry
from outcry.messages.facts import Fact, OrderPlaced, Traded, concat, unpack_facts
from outcry.messages.requests import (
    CheckpointOp,
    CreateUserOp,
    LinkAddressOp,
    RedeemOp,
    ResolveOp,
    SetClockOp,
    SetFeesOp,
    SplitOp,
)
from outcry.ports.projection import Rows
from outcry.runtime.fold import Fold
from outcry.runtime.ledger_recovery import apply_row
from outcry.services.history.config import HistoryConfig
from outcry.services.history.series import DAY_US
from outcry.services.history.service import History
from outcry_wire.records import Side


async def traded(venue: Venue, name: str) -> None:
    """One fill, in a market of its own."""
    ann, bob = await venue.user(f"ann {name}", 10**8), await venue.user(f"bob {name}", 10**8)
    market = await venue.market(name)
    await venue.placed(limit(ann, market, Side.BUY, 4_000, 100))
    await venue.placed(limit(bob, market, Side.BUY, 6_100, 70, outcome=1))


async def traded_day(venue: Venue) -> None:
    """Trades of every kind, one market resolved and one still open."""
    ann, bob = await venue.user("ann", 10**8), await venue.user("bob", 10**8)
    fees = await venue.fund(SetFeesOp(0, 2, 500, 100, 2_000))
    first = await venue.market("first", fee_version=fees.id)
    second = await venue.market("second")
    await venue.fund(SplitOp(0, ann, first, 500, "pairs"))
    for market in (first, second):
        await venue.placed(limit(ann, market, Side.BUY, 4_000, 100))
        await venue.placed(limit(bob, market, Side.BUY, 6_100, 70, outcome=1))
        await venue.placed(limit(bob, market, Side.BUY, 5_000, 50))
    await venue.placed(limit(ann, first, Side.SELL, 4_500, 80))
    await venue.fund(CheckpointOp(0))
    await venue.close(first)
    await venue.fund(ResolveOp(0, first, 0, 10_000))
    await venue.fund(RedeemOp(0, ann, first, ""))


async def projected(log: MemoryLedgerLog) -> MemoryProjection:
    """Return the tables that history writes for *log*."""
    projection = MemoryProjection()
    history = History(HistoryConfig(), log=log, projection=projection)
    await history.start()
    await history._project(await log.head())
    await history.stop()
    return projection


async def test_true_books_are_clean() -> None:
    """Log, ledger, kernel and tables of an honest day agree in every row."""
    venue = Venue()
    async with venue.running():
        await traded_day(venue)
    report = await verify(venue.log, await projected(venue.log))
    assert report.clean, report.lines()
    assert report.fills == 3
    assert report.table_rows > 40
    assert report.orders_open == 2


async def test_a_user_who_moved_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is linked long after its user came changes the row that is there."""
    monkeypatch.setattr(audited, "BATCH_ROWS_MAX", 1)
    venue = Venue()
    async with venue.running():
        user = (await venue.fund(CreateUserOp(0, "ann", "", "Ann"))).id
        await traded(venue, "meanwhile")
        await venue.fund(LinkAddressOp(user, user, "0x" + "ab" * 20))
        await venue.fund(LinkAddressOp(user, user, "0x" + "cd" * 20))
    report = await verify(venue.log, await projected(venue.log))
    assert report.clean, report.lines()


async def test_rows_that_are_final_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row of the tables is made once, and what cannot change again is forgotten on the way."""
    monkeypatch.setattr(audited, "BATCH_ROWS_MAX", 5)
    venue = Venue()
    async with venue.running():
        for day in range(4):
            await traded(venue, f"day {day}")
            await venue.fund(SetClockOp(0, START_US + (day + 1) * DAY_US))
    head = await venue.log.head()
    tables = (await projected(venue.log)).tables
    made: dict[str, list[Any]] = {name: [] for name in Rows._fields}
    maker = TableMaker(head, lambda name, row: made[name].append(row))
    fold = Fold()
    most = 0
    async for row in venue.log.entries(0):
        entry, effects = apply_row(fold, row) or (None, Effects())
        maker.take(row.n, entry, effects, fold.ledger)
        kept = maker._open
        if row.n < head:
            most = max(most, len(kept.orders) + len(kept.candles) + len(kept.turnovers))
        assert not kept.trades
        assert not kept.journal
    assert made["orders"]
    assert most < len(tables.orders) + len(tables.candles) + len(tables.turnovers)
    assert {name: sorted(map(tuple, rows)) for name, rows in made.items()} == {
        name: sorted(map(tuple, rows)) for name, rows in tables.dump()._asdict().items()
    }
    assert (await verify(venue.log, await projected(venue.log))).clean


@pytest.mark.parametrize(
    "table",
    [
        "balances", "positions", "orders", "trades", "journal", "candles", "turnovers", "users",
        "markets", "accounts",
    ],
)  # fmt: skip
async def test_a_changed_row_is_found(table: str) -> None:
    """One number altered in any table is a finding that names the table and both rows."""
    venue = Venue()
    async with venue.running():
        await traded_day(venue)
    tables = await projected(venue.log)
    rows = getattr(tables.tables, table)
    key = next(iter(rows))
    rows[key] = rows[key]._replace(**{rows[key]._fields[-1]: 123_456})
    report = await verify(venue.log, tables)
    assert f"table {table}: 1 rows that the log says are missing" in report.findings[0]
    assert len(report.findings) == 3


@pytest.mark.parametrize("table", ["orders", "trades", "balances", "activity"])
async def test_a_missing_and_a_surplus_row_are_found(table: str) -> None:
    """A row that is not there, and one too many, are findings of their own."""
    venue = Venue()
    async with venue.running():
        await traded_day(venue)
    for missing in (True, False):
        tables = await projected(venue.log)
        rows = getattr(tables.tables, table)
        key = next(iter(rows))
        if missing:
            del rows[key]
        else:
            rows[(*key, 1) if isinstance(key, tuple) else key + 10**6] = rows[key]._replace(
                **{rows[key]._fields[0]: 77_777}
            )
        report = await verify(venue.log, tables)
        told = (1, 0) if missing else (0, 1)
        assert report.findings[0] == (
            f"table {table}: {told[0]} rows that the log says are missing or different,"
            f" {told[1]} are there that it does not say"
        )


def tamper(
    log: MemoryLedgerLog, kind: type[Fact], change: Callable[[list[Fact]], list[Fact]]
) -> None:
    """Rewrite the first run of facts that has one of *kind*, as if the log had always said so."""
    rows = log._rows
    for place, row in enumerate(rows):
        entry = unpack_entry(row.body) if row.body else Entry(1, 0, [], [])
        for index, item in enumerate(entry.items):
            facts = list(unpack_facts(item.body)) if isinstance(item, Facts) else []
            if any(isinstance(fact, kind) for fact in facts):
                entry.items[index] = Facts(0, concat(change(facts)))
                rows[place] = row._replace(body=pack_entry(entry))
                return
    raise AssertionError(f"the day had no {kind.__name__}")


async def test_a_changed_fact_is_found() -> None:
    """A log in which fills have another price than the kernel made is not clean."""
    venue = Venue()
    async with venue.running():
        await traded_day(venue)

    def dearer(facts: list[Fact]) -> list[Fact]:
        return [replace(f, price=f.price + 1) if isinstance(f, Traded) else f for f in facts]

    tamper(venue.log, Traded, dearer)
    report = await verify(venue.log)
    assert any("the kernel makes" in finding for finding in report.findings)


async def test_changed_news_are_found() -> None:
    """A log that tells a user of another balance than the fold comes to is not clean."""
    venue = Venue()
    async with venue.running():
        await traded_day(venue)
    rows = venue.log._rows
    place, entry = next(
        (place, entry)
        for place, row in enumerate(rows)
        if row.body and (entry := unpack_entry(row.body)).events
    )
    entry.events[0] = replace(entry.events[0], events=[])
    rows[place] = rows[place]._replace(body=pack_entry(entry))
    report = await verify(venue.log)
    assert any("other news" in finding for finding in report.findings)


async def test_a_missing_fact_is_found() -> None:
    """A log that forgot that an order came to rest is not clean."""
    venue = Venue()
    async with venue.running():
        await traded_day(venue)
    tamper(venue.log, OrderPlaced, lambda facts: facts[:-1])
    assert not (await verify(venue.log)).clean


@pytest.mark.parametrize("wrong", ["altered", "missing", "surplus"])
async def test_a_wrong_span_is_found(wrong: str) -> None:
    """The log's index must say of each entry what it holds: no more, no less, nothing else."""
    venue = Venue()
    async with venue.running():
        await traded_day(venue)
    spans = venue.log._spans
    n, span = spans[7]
    if wrong == "altered":
        spans[7] = (n, span._replace(last_seq=span.last_seq + 1))
    elif wrong == "missing":
        del spans[7]
    else:
        spans.insert(8, (n, span._replace(shard=3)))
    report = await verify(venue.log)
    assert any(f"entry {n}: ledger_span says" in finding for finding in report.findings)
