"""`verify` finds nothing in true books and something in every kind of false ones."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from tests.support.venue import Venue, limit

from outcry.adapters.memory import MemoryLedgerLog, MemoryProjection
from outcry.app.verify import verify
from outcry.messages.entry import Entry, Facts, pack_entry, unpack_entry
from outcry.messages.facts import Fact, OrderPlaced, Traded, concat, unpack_facts
from outcry.messages.requests import CheckpointOp, RedeemOp, ResolveOp, SetFeesOp, SplitOp
from outcry.services.history.config import HistoryConfig
from outcry.services.history.service import History
from outcry_wire.records import Side


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


@pytest.mark.parametrize("table", ["balances", "positions", "orders", "trades", "journal"])
async def test_a_changed_row_is_found(table: str) -> None:
    """One number altered in any table of money or orders is a finding that names the table."""
    venue = Venue()
    async with venue.running():
        await traded_day(venue)
    tables = await projected(venue.log)
    rows = getattr(tables.tables, table)
    key = next(iter(rows))
    rows[key] = rows[key]._replace(**{rows[key]._fields[-1]: 123_456})
    report = await verify(venue.log, tables)
    assert any(f"table {table}" in finding for finding in report.findings)


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
