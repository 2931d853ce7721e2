"""The options of `outcry engine`. Loads nothing heavy: `outcry --help` must not wait for it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from outcry.app.options import examples


EPILOG: Final = examples(
    "outcry engine --instruments instruments.toml --keys none",
    "outcry engine --instruments instruments.toml --keys keys.toml --port 9200",
    "outcry engine --instruments instruments.toml --keys keys.toml --journal /srv/engine",
)
NO_KEYS: Final = "none"
PORT: Final = 9_200
PORT_MAX: Final = 65_535


class Durability(StrEnum):
    """What an answer means for the journal."""

    #: It is on the disk: one sync for all that waited.
    fsync = "fsync"
    #: It will be within a second.
    second = "second"


def engine(  # noqa: PLR0913 - one argument for each option
    *,
    instruments: Annotated[Path, typer.Option(help="TOML file of the instruments.")],
    keys: Annotated[
        str,
        typer.Option(help="TOML file of the keys that may log on; 'none' lets everybody in."),
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=PORT_MAX, help="TCP port; 0: a free one.")] = PORT,
    journal: Annotated[
        Path | None,
        typer.Option(help="Folder of journal and snapshots. Without it nothing is kept."),
    ] = None,
    durability: Annotated[
        Durability, typer.Option(help="When an answer may be sent: after the sync, or before.")
    ] = Durability.fsync,
    cpu: Annotated[int | None, typer.Option(min=0, help="Core to run on, and no other.")] = None,
    rate: Annotated[
        int, typer.Option(min=0, help="Commands a second of one session; 0 is no bound.")
    ] = 0,
    metrics_port: Annotated[
        int | None,
        typer.Option(min=1, max=PORT_MAX, help="Port of /metrics, /healthz and /readyz, on HOST."),
    ] = None,
) -> None:
    """Serve the matching kernel over TCP: no ledger, no money, any number of instruments.

    SIGHUP reads the instruments again. The first Ctrl-C says goodbye to everybody and saves, the
    second ends at once; with a journal neither loses what was answered. See docs/reference/tcp.md.
    """
    from outcry.app.engine.run import Terms, run  # noqa: PLC0415 - only this command needs all that

    terms = Terms(
        instruments=instruments,
        keys=None if keys == NO_KEYS else Path(keys),
        host=host,
        port=port,
        journal=journal,
        waits=durability is Durability.fsync,
        cpu=cpu,
        rate=rate,
        metrics_port=metrics_port,
    )
    raise typer.Exit(run(terms))
