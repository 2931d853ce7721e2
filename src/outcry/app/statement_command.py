"""The command `outcry statement`: its arguments and its help."""

# ruff: noqa: PLC0415 - each command loads what it needs: `outcry --help` must not wait for drivers

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from outcry.app.options import ConfigFile, DataFolder, examples, load_config


EPILOG: Final = examples(
    "outcry statement 1000",
    "outcry statement 1000 --since 2027-01-01 --until 2027-02-01",
    "outcry statement 1000 --out january.csv",
)


def statement(
    account: Annotated[int, typer.Argument(min=1, help="The account's number.")],
    *,
    since: Annotated[str, typer.Option(help="First date or time, UTC.")] = "",
    until: Annotated[str, typer.Option(help="First date or time that is left out, UTC.")] = "",
    form: Annotated[
        str, typer.Option("--format", help="text, csv or json (default: as the file is called).")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File (default: standard output).")
    ] = None,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Print what moved on an account, with the balance after each posting.

    Begins with the balances at the start of the period and ends with those at its end; they are
    summed up from the account's first posting, and a journal that does not add up is an error.
    """
    from outcry.adapters.postgres.export import Wanted
    from outcry.app import statement as statements
    from outcry.app.export import time_us

    suffix = out.suffix.removeprefix(".") if out else ""
    chosen = form or (suffix if suffix in statements.FORMATS else "text")
    wanted = Wanted(time_us(since), time_us(until))
    settings = load_config(config, data_dir)
    asyncio.run(statements.statement(settings, account, chosen, out, wanted))
