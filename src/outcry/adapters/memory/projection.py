"""Projection in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from outcry.adapters.memory.tables import MemoryTables
from outcry.ports.projection import OutOfPosition, Projection, Rows
from outcry.ports.scan import Scan


class MemoryProjection(Projection):
    """Writes `MemoryTables`, by default its own."""

    def __init__(self, tables: MemoryTables | None = None) -> None:
        self.tables = tables or MemoryTables()

    async def position(self) -> int:
        """Return the last entry whose rows are in the tables."""
        return self.tables.position

    async def apply(self, n_first: int, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write *rows* and the position; see `Projection`."""
        if n_first != self.tables.position + 1:
            raise OutOfPosition(self.tables.position, n_first)
        self.tables.write(n_last, rows, at_us)

    async def clear(self) -> None:
        """Empty every table."""
        self.tables.clear()

    @asynccontextmanager
    async def scan(self) -> AsyncIterator[Scan]:
        """Give the tables of one moment; see `Projection`."""
        yield _Scan(*await self.dump())

    async def dump(self) -> tuple[int, Rows]:
        """Return the position and every row; see `Projection`."""
        return self.tables.position, self.tables.dump()

    async def close(self) -> None:
        """Do nothing: the tables outlive the services that use them."""


class _Scan:
    """A copy of the tables."""

    def __init__(self, position: int, tables: Rows) -> None:
        self.position = position
        self._tables = tables

    async def rows(self, name: str) -> AsyncIterator[Sequence[Sequence[object]]]:
        """Yield the rows of a table, all at once."""
        yield getattr(self._tables, name)
