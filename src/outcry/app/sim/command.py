"""The options of `outcry sim`. Loads nothing heavy: `outcry --help` must not wait for it."""

from typing import Annotated, Final

import typer

from outcry.app.options import examples


EPILOG: Final = examples(
    "outcry sim", "outcry sim --seeds 10000", "outcry sim --seed 42 --seeds 1 --trace"
)
SEEDS_MAX: Final = 10_000_000


def sim(
    *,
    seeds: Annotated[
        int, typer.Option(min=1, max=SEEDS_MAX, help="How many worlds, one for each seed.")
    ] = 100,
    seed: Annotated[int, typer.Option(min=0, help="The first seed.")] = 1,
    trace: Annotated[bool, typer.Option("--trace", help="Print every step as it happens.")] = False,
) -> None:
    """Live through whole exchanges in virtual time, with crashes and losses, and audit each.

    Every world is wholly decided by its seed: the same seed gives the same steps, and the same hash
    of them. Ends with 1 after a world in which something was wrong, and shows its last steps.
    """
    from outcry.app.sim.run import run  # noqa: PLC0415 - only this command needs all that

    raise typer.Exit(run(range(seed, seed + seeds), trace=trace))
