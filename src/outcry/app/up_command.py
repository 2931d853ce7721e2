"""The command `outcry up`: its arguments and its help."""

import asyncio
from typing import Annotated, Final

import typer

from outcry.app.options import ConfigFile, DataFolder, examples, load_config


UP_EPILOG: Final = examples(
    "outcry up",
    "outcry up --data-dir /srv/market",
    "OUTCRY_HTTP_PORT=9000 outcry up",
    "outcry up --config market.toml",
    "outcry up --chain",
)


def up(
    *,
    chain: Annotated[
        bool, typer.Option("--chain", help="Settle on a development chain beside it.")
    ] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Start a whole exchange here and keep it running until Ctrl-C.

    Starts PostgreSQL and Valkey unless the configuration names others, then every service. The
    first Ctrl-C finishes what was begun, the second ends at once; neither loses anything. With
    `--chain` it runs a development chain too, like `outcry chain dev`, fetched first if need be.
    """
    # What only this command needs: `outcry --help` must not wait for it.
    from outcry.app.embedded import up as run_exchange  # noqa: PLC0415
    from outcry.runtime import logging  # noqa: PLC0415

    settings = load_config(config, data_dir)
    logging.configure(settings.log, "up")
    if chain:
        from outcry.app.chain.beside import run  # noqa: PLC0415

        run(settings)
    else:
        asyncio.run(run_exchange(settings))
