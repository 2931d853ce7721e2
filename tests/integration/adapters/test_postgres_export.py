"""Export: what is in the file is what is in the table, in either format."""

import csv
import sys
from pathlib import Path

import pytest
from pyarrow import parquet
from tests.contract.rows import BIG, EVENT, NO_ROWS, TRADE

from outcry.adapters.postgres import PostgresProjection
from outcry.adapters.postgres.export import EXPORTED, Wanted
from outcry.app import export as exporting
from outcry.app.failures import UsageError
from outcry.runtime.config import Config, Postgres, Redis


TRADES = [TRADE._replace(trade_id=i, market_id=1 + i % 2, at_us=i * 1_000) for i in range(25_000)]


@pytest.fixture
async def config(database: str) -> Config:
    """Return the configuration of an exchange with some trades and an event."""
    projection = await PostgresProjection.connect(database)
    event = EVENT._replace(title='Rain, "heavy"?\nÉtà', created_at_us=BIG)
    await projection.apply(1, 1, NO_ROWS._replace(trades=TRADES, events=[event]))
    await projection.close()
    return Config(postgres=Postgres(dsn=database), redis=Redis(url="redis://nobody"))


async def test_csv_has_every_row_and_every_character(config: Config, tmp_path: Path) -> None:
    """Rows come in the order of the key; texts survive commas, quotes, lines and accents."""
    out = tmp_path / "trades.csv"
    assert await exporting.export(config, "trades", "csv", out, Wanted()) == len(TRADES)
    with out.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    assert tuple(names) == EXPORTED["trades"].table.columns
    assert [tuple(map(int, row)) for row in rows] == sorted(
        TRADES, key=lambda row: (row.market_id, row.trade_id)
    )

    out = tmp_path / "events.csv"
    await exporting.export(config, "events", "csv", out, Wanted())
    with out.open(encoding="utf-8", newline="") as file:
        (event,) = csv.DictReader(file)
    assert (event["title"], event["created_at_us"]) == ('Rain, "heavy"?\nÉtà', str(BIG))


async def test_parquet_has_the_same_rows_with_their_types(config: Config, tmp_path: Path) -> None:
    """Integers stay integers of 64 bits; rows are those of the market and the time asked for."""
    out = tmp_path / "trades.parquet"
    wanted = Wanted(since_us=1_000_000, until_us=20_000_000, market_id=2)
    count = await exporting.export(config, "trades", "parquet", out, wanted)
    table = parquet.read_table(out)
    assert table.column_names == list(EXPORTED["trades"].table.columns)
    assert str(table.schema.field("price").type) == "int64"
    expected = [row for row in TRADES if row.market_id == 2 and 1_000 <= row.trade_id < 20_000]
    assert [tuple(row.values()) for row in table.to_pylist()] == expected
    assert count == len(expected)

    assert await exporting.export(config, "trades", "parquet", out, Wanted(market_id=9)) == 0
    assert parquet.read_table(out).num_rows == 0


async def test_without_pyarrow_parquet_says_what_to_install(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named, and nothing is left behind."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = tmp_path / "trades.parquet"
    with pytest.raises(UsageError, match=r"pip install openoutcry\[parquet\]"):
        await exporting.export(config, "trades", "parquet", out, Wanted())
    assert not out.exists()


async def test_every_table_can_be_exported(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each name stands for a table that is there, written to standard output."""
    for name, exported in EXPORTED.items():
        await exporting.export(config, name, "csv", None, Wanted())
        assert capsys.readouterr().out.startswith(",".join(exported.table.columns))
