"""The command `outcry archive`."""

# ruff: noqa: PLC0415 - as in `commands`: loaded when it is needed

import asyncio
from typing import Annotated, Final

import typer

from outcry.app.options import ConfigFile, DataFolder, examples, load_config


EPILOG: Final = examples(
    "outcry archive", "outcry archive --dry-run", "outcry archive --upto 4000000"
)


def archive(
    *,
    upto: Annotated[
        int | None, typer.Option(min=1, help="The last entry to move; default: all that may go.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Move the oldest entries of the ledger log into compressed files, and free their place.

    Goes as far as the oldest checkpoint and the tables, never further. Works while the exchange
    runs. `verify` and a rebuild read the files and the log as one: keep them.
    """
    from outcry.app.archiving import archive as move

    typer.echo(asyncio.run(move(load_config(config, data_dir), upto, dry_run=dry_run)))
