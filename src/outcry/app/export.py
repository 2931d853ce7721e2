"""`outcry export`: tables of the exchange as CSV or Parquet, for whoever studies markets.

Amounts are the integers of the tables: ticks, lots, micros; times are microseconds since 1970.
"""

import csv
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from outcry.adapters.postgres.export import EXPORTED, Wanted, rows_of
from outcry.app.access import servers_of
from outcry.app.failures import UsageError
from outcry.domain.units import MICROS_PER_SECOND
from outcry.runtime.config import Config


FORMATS: Final = ("csv", "parquet")

Rows = Sequence[tuple[int | str, ...]]
#: Takes some rows.
Write = Callable[[Rows], None]


def check(table: str, form: str, out: Path | None, wanted: Wanted) -> None:
    """Raise `UsageError` when this cannot be exported so."""
    if table not in EXPORTED:
        raise UsageError(f"there is no table {table!r} to export; there are {', '.join(EXPORTED)}")
    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}; there are {', '.join(FORMATS)}")
    if form == "parquet" and out is None:
        raise UsageError("Parquet is not for a terminal: name a file with --out")
    exported = EXPORTED[table]
    for option, column, value in (
        ("--since and --until", exported.time, wanted.since_us or wanted.until_us),
        ("--market", exported.market, wanted.market_id),
        ("--account", exported.account, wanted.account),
    ):
        if value and not column:
            raise UsageError(f"{table} have nothing that {option} could choose by")


async def export(config: Config, table: str, form: str, out: Path | None, wanted: Wanted) -> int:
    """Write the rows and return how many; raises `UsageError`."""
    check(table, form, out, wanted)
    columns = EXPORTED[table].table.columns
    count = 0
    async with servers_of(config) as endpoints:
        found = rows_of(endpoints.postgres_dsn, table, wanted)
        with _csv(out, columns) if form == "csv" else _parquet(out, columns) as write:
            count = await _pour(found, write)
    return count


async def _pour(found: AsyncIterator[list[tuple[int | str, ...]]], write: Write) -> int:
    count = 0
    async for rows in found:
        write(rows)
        count += len(rows)
    return count


@contextmanager
def _csv(out: Path | None, columns: Sequence[str]) -> Any:  # noqa: ANN401 - a generator's own type says nothing
    stream: AbstractContextManager[IO[str]] = (
        nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8", newline="")
    )
    with stream as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        yield writer.writerows


@contextmanager
def _parquet(out: Path | None, columns: Sequence[str]) -> Any:  # noqa: ANN401 - likewise
    assert out is not None, "checked before"
    try:
        import pyarrow as pa  # noqa: PLC0415 - not everybody has it
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "Parquet needs pyarrow: install it with `pip install openoutcry[parquet]`, "
            "or use --format csv"
        ) from error
    writer = None
    schema = None

    def write(rows: Rows) -> None:
        nonlocal writer, schema
        table = pa.table(
            dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)), schema
        )
        if writer is None:
            schema = table.schema
            writer = parquet.ParquetWriter(out, schema, compression="zstd")
        writer.write_table(table)

    yield write
    if writer is None:
        parquet.write_table(pa.table({name: pa.array([], pa.int64()) for name in columns}), out)
    else:
        writer.close()


def time_us(text: str) -> int:
    """Return a date or time in UTC (``2027-06-01``, ``2027-06-01T12:00``) in microseconds.

    "" is 0. Raises `UsageError`.
    """
    if not text:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no date or time; write 2027-06-01 or 2027-06-01T12:00"
        ) from (error)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * MICROS_PER_SECOND
