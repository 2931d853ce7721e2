"""The options of `outcry demo`. Loads nothing heavy: `outcry --help` must not wait for it."""

from pathlib import Path
from typing import Annotated, Final

import typer

from outcry.app.options import ConfigFile, examples


EPILOG: Final = examples(
    "outcry demo",
    "outcry demo --seconds 30",
    "outcry demo --bots 12 --rate 200 --seed 7",
    "outcry demo --data-dir /srv/demo",
    "outcry demo --chain --seconds 30",
)
SECONDS_MIN: Final = 5
SECONDS_MAX: Final = 7 * 86_400
BOTS_MIN: Final = 2
BOTS_MAX: Final = 50
RATE_MAX: Final = 2_000

DemoFolder = Annotated[
    Path | None,
    typer.Option("--data-dir", "-d", help="Folder of the demo (default: ./outcry-demo-data)."),
]


def demo(
    *,
    seconds: Annotated[
        int | None,
        typer.Option(
            min=SECONDS_MIN, max=SECONDS_MAX, help="How long to trade; without it until Ctrl-C."
        ),
    ] = None,
    bots: Annotated[
        int, typer.Option(min=BOTS_MIN, max=BOTS_MAX, help="How many bots; half of them quote.")
    ] = 6,
    seed: Annotated[int, typer.Option(help="Another seed, other decisions of the bots.")] = 1,
    rate: Annotated[
        int, typer.Option(min=1, max=RATE_MAX, help="Requests a second of all bots together.")
    ] = 60,
    chain: Annotated[
        bool, typer.Option("--chain", help="Settle signed orders on a chain of its own.")
    ] = False,
    config: ConfigFile = None,
    data_dir: DemoFolder = None,
) -> None:
    """Show a living exchange: bots quote and trade, a market closes and pays, `verify` ends it.

    Runs in a folder of its own and refuses one that holds a venue which is not a demo. Ends with 1
    unless the verification is clean and every order is gone.
    """
    from outcry.app.demo.run import Terms, run  # noqa: PLC0415 - only this command needs all that
    from outcry.app.demo.venue import demo_config  # noqa: PLC0415 - likewise

    settings = demo_config(config, data_dir, chain=chain)
    terms = Terms(seconds=seconds, bots=bots, seed=seed, rate=rate)
    if chain:
        from outcry.app.demo.chain.run import run as run_on_chain  # noqa: PLC0415 - likewise

        raise typer.Exit(run_on_chain(settings, terms))
    raise typer.Exit(run(settings, terms))
