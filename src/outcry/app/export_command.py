"""The command `outcry export`: its arguments and its help."""

# ruff: noqa: PLC0415 - each command loads what it needs: `outcry --help` must not wait for drivers

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from outcry.app.options import ConfigFile, DataFolder, examples, load_config


EPILOG = examples(
    "outcry export trades --out trades.csv",
    "outcry export candles --market 7 --since 2027-01-01 --out candles.parquet",
    "outcry export journal --account 1001 | less",
)


def export(  # noqa: PLR0913 - one for each option
    table: Annotated[
        str,
        typer.Argument(
            help="trades, candles, orders, events, markets, balances, positions, journal, "
            "turnovers, portfolios, profiles or seasons."
        ),
    ],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File (default: standard output).")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="csv or parquet (default: as the file is called).")
    ] = "",
    since: Annotated[str, typer.Option(help="First date or time, UTC.")] = "",
    until: Annotated[str, typer.Option(help="First date or time that is left out, UTC.")] = "",
    market: Annotated[int, typer.Option(min=0, help="One market only.")] = 0,
    account: Annotated[int, typer.Option(min=0, help="One account only.")] = 0,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Write a table of the exchange to a file, as it is at one moment.

    Amounts are integers (ticks of 0.0001, lots of 0.01 share, micros), times microseconds. Works
    while the exchange runs and while it does not.
    """
    from outcry.adapters.postgres.export import Wanted
    from outcry.app import export as exporting

    suffix = out.suffix.removeprefix(".") if out else ""
    chosen = form or (suffix if suffix in exporting.FORMATS else "csv")
    wanted = Wanted(exporting.time_us(since), exporting.time_us(until), market, account)
    settings = load_config(config, data_dir)
    exporting.check(table, chosen, out, wanted)
    count = asyncio.run(exporting.export(settings, table, chosen, out, wanted))
    if out:
        typer.echo(f"{count} rows of {table} are in {out}.")
