"""The commands `outcry backup`, `restore` and `start`: their arguments and their help."""

# ruff: noqa: PLC0415 - each command loads what it needs: `outcry --help` must not wait for drivers

from pathlib import Path
from typing import Annotated, Final

import typer

from outcry.app.options import ConfigFile, DataFolder, examples, load_config


BACKUP_EPILOG: Final = examples("outcry backup market.tar", "outcry backup $(date +%F).tar")
RESTORE_EPILOG: Final = examples("outcry restore market.tar --data-dir /srv/restored")
START_EPILOG: Final = examples("outcry start core", "outcry start match --shard 1")


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    *,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Write everything that cannot be made again to one file, while the exchange runs or not.

    The ledger log, its archive, checkpoints, the secrets and what was signed for a chain: keep the
    file where secrets may be.
    """
    from outcry.app.upkeep.backups import backup as write

    typer.echo(write(load_config(config, data_dir), file.absolute()))


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `outcry backup` wrote.")],
    *,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Make the exchange of a backup in an empty data folder.

    Every file is proved by its digest before anything is written. Tables are written anew from the
    log at the next start; `outcry verify` then proves them.
    """
    from outcry.app.upkeep.backups import restore as read
    from outcry.runtime import logging

    settings = load_config(config, data_dir)
    logging.configure(settings.log, "outcry")
    typer.echo(read(settings, file.absolute()))


def start(
    name: Annotated[str, typer.Argument(help="A service or a group of services.")],
    *,
    shard: Annotated[int | None, typer.Option(help="Serve one shard only.")] = None,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Run one service, or one group, in the background, and wait until it is ready.

    The same as `outcry run`, with a pid file in run/ and a log in log/ of the data folder.
    `outcry stop NAME` stops it, `outcry status` shows it.
    """
    from outcry.app.upkeep.background import start as begin

    typer.echo(begin(load_config(config, data_dir), name, shard))
