"""TableWriter: puts rows into tables, new ones by COPY, changed ones through a stage.

Rows become what COPY takes here and not in the driver: that was a quarter of what history does.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Self

import asyncpg

from outcry.adapters.postgres import tables
from outcry.adapters.postgres.tables import Table
from outcry.runtime.rules_twin import build_info, twin_of


if TYPE_CHECKING:
    from outcry.adapters.postgres import copy_rows
else:
    copy_rows = twin_of("outcry.adapters.postgres.copy_rows")

#: Else the driver packs, which is faster than packing interpreted.
_COMPILED: Final = build_info() == "compiled"
#: How long one statement may take.
STATEMENT_TIMEOUT_S: Final = 120.0
#: Rows that are made into bytes at once.
PACKED_ROWS_MAX: Final = 1_000

#: Bytes of a value of each type that our columns have; 0 where they vary.
_WIDTHS: Final = {"int2": 2, "int4": 4, "int8": 8, "text": 0, "bytea": 0}
_TYPES: Final = """
select c.relname, a.attname, t.typname
from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_type t on t.oid = a.atttypid
where c.relnamespace = current_schema()::regnamespace and c.relname = any($1) and a.attnum > 0
"""


class TableWriter:
    """Writes over one connection, each call within the caller's transaction."""

    def __init__(self, connection: asyncpg.Connection, types: dict[tuple[str, str], str]) -> None:
        """Write to columns of *types*. Make it with `open`."""
        self.connection = connection
        self._types = types
        self._widths: dict[str, bytes] = {}

    @classmethod
    async def open(cls, connection: asyncpg.Connection) -> Self:
        """Return the writer of *connection*, on which the stages are made."""
        for table in tables.STAGED:
            await connection.execute(table.create_stage())
        names = [table.name for table in (*tables.ALL, *tables.PARTS)]
        found = await connection.fetch(_TYPES, names)
        return cls(connection, {(name, column): kind for name, column, kind in found})

    async def add(self, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Add rows that are new."""
        await self._copy(table, table.name, rows)

    async def merge(self, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
        """Overwrite the rows that exist and add the others; each key comes once."""
        # By their key, which comes first in them: neighbours in the batch are so in the index.
        ordered = sorted(rows)
        if ordered:
            await self._copy(table, table.stage, ordered)
            await self.connection.execute(table.merge_stage(), timeout=STATEMENT_TIMEOUT_S)

    async def remove(self, table: Table, keys: Sequence[int]) -> int:
        """Remove the rows of these keys, each one number; returns how many there were."""
        status: str = await self.connection.execute(
            table.remove(), keys, timeout=STATEMENT_TIMEOUT_S
        )
        return int(status.removeprefix("DELETE "))

    async def _copy(self, table: Table, target: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows and _COMPILED:
            await self.connection.copy_to_table(
                target,
                source=_packed(rows, self._widths_of(table)),
                columns=table.columns,
                format="binary",
                timeout=STATEMENT_TIMEOUT_S,
            )
        elif rows:
            await self.connection.copy_records_to_table(
                target, records=rows, columns=table.columns, timeout=STATEMENT_TIMEOUT_S
            )

    def _widths_of(self, table: Table) -> bytes:
        widths = self._widths.get(table.name)
        if widths is None:
            types = (self._types[table.name, column] for column in table.columns)
            widths = self._widths[table.name] = bytes(_WIDTHS[kind] for kind in types)
        return widths


async def _packed(
    rows: Sequence[tuple[object, ...]], widths: bytes
) -> AsyncIterator[bytes | bytearray]:
    yield copy_rows.BEGIN
    for start in range(0, len(rows), PACKED_ROWS_MAX):
        yield copy_rows.pack_rows(rows[start : start + PACKED_ROWS_MAX], widths)
    yield copy_rows.END
