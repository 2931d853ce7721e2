"""The options of `outcry replay`. Loads nothing heavy: `outcry --help` must not wait for it."""

from pathlib import Path
from typing import Annotated, Final

import typer

from outcry.app.options import ConfigFile, examples, load_config


EPILOG: Final = examples(
    "outcry replay --markets markets.jsonl.gz --prices prices.csv.gz",
    "outcry replay --markets mine.jsonl --prices mine.csv --data-dir /srv/replay --out report",
)
STEP_SECONDS: Final = 15
STEP_SECONDS_MAX: Final = 3_600

ReplayFolder = Annotated[
    Path | None,
    typer.Option("--data-dir", "-d", help="Folder of the venue (default: ./outcry-replay-data)."),
]


def replay(
    *,
    markets: Annotated[Path, typer.Option(help="Markets: JSON lines, also as .gz.")],
    prices: Annotated[Path, typer.Option(help="The settlement feed: CSV, also as .gz.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report (default: the data folder).")
    ] = None,
    step: Annotated[
        int,
        typer.Option(min=1, max=STEP_SECONDS_MAX, help="Seconds of the feed between two steps."),
    ] = STEP_SECONDS,
    config: ConfigFile = None,
    data_dir: ReplayFolder = None,
) -> None:
    """Trade a day of recorded markets again, with bots, and settle it from the recorded feed.

    Runs on an exchange of its own with a manual clock. Stopped or killed, the same command goes on
    and ends with the same report. Ends with 1 unless every market that the feed decides agrees
    with the record and the verification is clean. Formats: docs/operating/replay.md.
    """
    from outcry.app.replay.run import Terms, run  # noqa: PLC0415 - only this command needs all that

    terms = Terms(markets, prices, step, out)
    raise typer.Exit(run(load_config(config, None), data_dir, terms))
