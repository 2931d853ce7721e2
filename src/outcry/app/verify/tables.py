"""The tables a second time: written from the log into memory, then compared row by row."""

from collections.abc import Iterator, Sequence
from typing import cast

from outcry.adapters.memory.tables import MemoryTables
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.state import Ledger
from outcry.messages.entry import Entry
from outcry.ports.projection import Rows
from outcry.services.history.catalog import Catalog
from outcry.services.history.rows import Batch, records_of


#: Rows of one table, whatever their type.
Table = Sequence[tuple[object, ...]]

#: Rows gathered before they are written: netting is what keeps this cheap.
BATCH_ROWS_MAX = 20_000
#: Differing rows of one table that are told.
TOLD_MAX = 5


class TableAudit:
    """What the tables should hold at the position at which they were read."""

    def __init__(self, position: int, found: Rows) -> None:
        self.position = position
        self.rows_count = sum(len(rows) for rows in tables_of(found))
        self._found = found
        self._expected = MemoryTables()
        self._catalog = Catalog()
        self._batch = Batch(1)
        self._time_us = 0

    def take(self, n: int, entry: Entry | None, effects: Effects, ledger: Ledger) -> None:
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
        if self._batch.size >= BATCH_ROWS_MAX or n == self.position:
            self._expected.write(n, self._batch.rows(ledger, self._catalog))
            self._batch = Batch(n + 1)

    def compare(self) -> Iterator[str]:
        """Yield a sentence for each table that is not what the log says."""
        if self._expected.position != self.position:
            yield f"the tables stand at entry {self.position}, beyond the log"
            return
        expected, found = tables_of(self._expected.dump()), tables_of(self._found)
        for name, ours, theirs in zip(Rows._fields, expected, found, strict=True):
            if ours != theirs:
                yield from _differences(name, ours, theirs)


def tables_of(rows: Rows) -> Sequence[Table]:
    """Return the tables in the order of the fields."""
    return cast("Sequence[Table]", tuple(rows))


def _differences(name: str, ours: Table, theirs: Table) -> Iterator[str]:
    """Yield what is missing from the table *name*, and what is there too much."""
    missing = set(ours).difference(theirs)
    surplus = set(theirs).difference(ours)
    yield (
        f"table {name}: {len(missing)} rows that the log says are missing or different,"
        f" {len(surplus)} are there that it does not say"
    )
    for row in sorted(missing)[:TOLD_MAX]:
        yield f"table {name}: the log says {row}"
    for row in sorted(surplus)[:TOLD_MAX]:
        yield f"table {name}: there stands {row}"
