"""The tables a second time: made from the log, and compared in sums, with bounded memory.

Rows that never change again are counted and forgotten at once: fills, postings, ended orders, past
candles. Only what still may change is kept, which is no more than the ledger itself knows.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from outcry.adapters.memory.tables import MemoryTables
from outcry.app.verify.sums import BUCKETS_COUNT, Row, Sums, digest
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.state import Ledger
from outcry.domain.order import OrderStatus
from outcry.domain.units import MICROS_PER_SECOND
from outcry.messages.entry import Entry, FoldedEntry
from outcry.ports.projection import Rows
from outcry.ports.scan import Scan
from outcry.services.history.catalog import Catalog
from outcry.services.history.rows import Batch, records_of
from outcry.services.history.series import DAY_US


#: Rows gathered before they are counted: netting is what keeps this cheap.
BATCH_ROWS_MAX: Final = 20_000
#: Differing rows of one table that are told.
TOLD_MAX: Final = 5
#: Tables of which a row is written once.
_WRITTEN_ONCE: Final = (
    "events", "trades", "journal", "activity", "audit", "portfolios", "accounts",
    "verdicts",
)  # fmt: skip

#: Takes a table's name and a row of it that will not change any more.
Sink = Callable[[str, Row], None]


class Tables(Protocol):
    """The projection as `verify` reads it."""

    def scan(self) -> AbstractAsyncContextManager[Scan]:
        """Give the tables as they are at one moment."""
        ...


class TableMaker:
    """Makes from the log every row that the tables hold at entry *position*."""

    def __init__(self, position: int, sink: Sink) -> None:
        """Hand each row to *sink*, once, when it is what it will be."""
        self.position = position
        self.reached = 0
        self._sink = sink
        self._open = MemoryTables()
        self._catalog = Catalog()
        self._batch = Batch(1)
        self._time_us = 0
        self._ended: set[int] = set()

    def take(
        self, n: int, entry: Entry | FoldedEntry | None, effects: Effects, ledger: Ledger
    ) -> None:
        """Take entry *n*; *ledger* stands right after it."""
        if n > self.position:
            return
        if entry is None:
            self._batch.skip(n)
        else:
            for record in records_of(entry):
                self._catalog.take(record)
            self._batch.add(n, entry, effects)
            self._batch.look_back(ledger, self._time_us)
            self._time_us = ledger.time_us
        self.reached = n
        if self._batch.size >= BATCH_ROWS_MAX or n == self.position:
            self._write(n, ledger)
        if n == self.position:
            self._hand_over(zip(Rows._fields, self._open.dump(), strict=True))

    def _write(self, n: int, ledger: Ledger) -> None:
        rows = self._batch.rows(ledger, self._catalog)
        self._catalog.forget_ended()
        self._batch = Batch(n + 1)
        self._hand_over((name, getattr(rows, name)) for name in _WRITTEN_ONCE)
        self._open.write(n, rows._replace(**{name: [] for name in _WRITTEN_ONCE}))
        self._close_orders(
            ledger, [row.order_id for row in rows.orders if row.status > OrderStatus.OPEN]
        )
        if all(shard.applied == shard.numbered for shard in ledger.shards.values()):
            # Every fill to come has a later time than the ledger's.
            self._close_periods(ledger.time_us)

    def _close_orders(self, ledger: Ledger, ended: Iterable[int]) -> None:
        """Let go of orders that ended, but for those of which a fill may still fail on a chain."""
        self._ended.update(ended)
        settling = ledger.chain.settling
        for order_id in [order_id for order_id in self._ended if order_id not in settling]:
            self._ended.discard(order_id)
            self._sink("orders", self._open.orders.pop(order_id))

    def _close_periods(self, now_us: int) -> None:
        candles, turnovers = self._open.candles, self._open.turnovers
        for candle_key, candle in list(candles.items()):
            if candle.start_us + candle.seconds * MICROS_PER_SECOND <= now_us:
                self._sink("candles", candles.pop(candle_key))
        for day_key, day in list(turnovers.items()):
            if day.day_us + DAY_US <= now_us:
                self._sink("turnovers", turnovers.pop(day_key))

    def _hand_over(self, tables: Iterable[tuple[str, Iterable[Row]]]) -> None:
        for name, rows in tables:
            for row in rows:
                self._sink(name, row)


class TableAudit:
    """Compares the tables of one moment with what the log makes of them."""

    def __init__(self, scan: Scan, found: Sums) -> None:
        self._scan = scan
        self._found = found
        self._expected = Sums(Rows._fields)
        self.maker = TableMaker(scan.position, self._expected.add)
        self.rows_count = sum(found.counts.values())

    @classmethod
    async def of(cls, scan: Scan) -> "TableAudit":
        """Count what the tables hold, table by table, a few rows at a time."""
        found = Sums(Rows._fields)
        for name in Rows._fields:
            async for rows in scan.rows(name):
                for row in rows:
                    found.add(name, row)
        return cls(scan, found)

    @property
    def differing(self) -> Mapping[str, frozenset[int]]:
        """The buckets that differ, by table; empty when all is as the log says."""
        return self._expected.differing(self._found)

    async def explain(self, made: "Differences") -> AsyncIterator[str]:
        """Yield what differs, once *made* has seen what the log makes of the same buckets."""
        for name in made.wanted:
            async for rows in self._scan.rows(name):
                for row in rows:
                    made.found(name, row)
        for sentence in made.told():
            yield sentence


class Differences:
    """The rows of the buckets that differ, from both sides."""

    def __init__(self, wanted: Mapping[str, frozenset[int]]) -> None:
        self.wanted = wanted
        self._missing: dict[str, dict[int, Row]] = {name: {} for name in wanted}
        self._surplus: dict[str, dict[int, Row]] = {name: {} for name in wanted}

    def made(self, name: str, row: Row) -> None:
        """The log makes *row*."""
        number = digest(row)
        if number % BUCKETS_COUNT in self.wanted.get(name, ()):
            self._missing[name][number] = row

    def found(self, name: str, row: Row) -> None:
        """The table holds *row*; call after all that the log makes."""
        number = digest(row)
        if number % BUCKETS_COUNT in self.wanted[name] and not self._missing[name].pop(number, ()):
            self._surplus[name][number] = row

    def told(self) -> Iterator[str]:
        """Yield what is missing from each table, and what is there too much."""
        for name, missing in self._missing.items():
            surplus = self._surplus[name]
            yield (
                f"table {name}: {len(missing)} rows that the log says are missing or different,"
                f" {len(surplus)} are there that it does not say"
            )
            for row in sorted(map(tuple, missing.values()))[:TOLD_MAX]:
                yield f"table {name}: the log says {row}"
            for row in sorted(map(tuple, surplus.values()))[:TOLD_MAX]:
                yield f"table {name}: there stands {row}"
