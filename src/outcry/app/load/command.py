"""The options of `outcry load`. Loads nothing heavy: `outcry --help` must not wait for it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from outcry.app.options import examples


if TYPE_CHECKING:
    from outcry.app.load.wire import Login


EPILOG: Final = examples(
    "outcry load",
    "outcry load 127.0.0.1:9200 --rate 50000 --seconds 30 --out report",
    "outcry load --sweep --batch 1 --connections 32",
    "outcry load http://127.0.0.1:8000 --api-key ok_12_0_...",
    "outcry load --echo",
)
TARGET: Final = "127.0.0.1:9200"
#: Seconds that a measurement of the generator itself takes.
ECHO_SECONDS: Final = 2.0


Target = Annotated[
    str, typer.Argument(help="HOST:PORT of an engine or a gateway, or http://HOST:PORT.")
]
Window = Annotated[
    int, typer.Option(min=1, help="Unanswered commands of each connection (closed loop).")
]
Rate = Annotated[float, typer.Option(min=0, help="Commands a second in all; 0: as answers come.")]
Instruments = Annotated[
    int, typer.Option(min=0, help="How many instruments to trade; 0: all there are.")
]
Places = Annotated[
    float, typer.Option(min=0, max=1, help="Share of new orders; above a half the books grow.")
]
Crossing = Annotated[
    float, typer.Option(min=0, max=1, help="Share of new orders that meet others.")
]
Keys = Annotated[
    list[str] | None,
    typer.Option(help="API key for a gateway or for HTTP; may be given again."),
]
EngineKeys = Annotated[
    Path | None, typer.Option(help="The file of keys that the engine was started with.")
]
Folder = Annotated[
    Path | None, typer.Option(help="Folder for result.json, chart.html and histograms.")
]


def load(  # noqa: PLR0913 - a command has as many options as it has
    target: Target = TARGET,
    *,
    connections: Annotated[int, typer.Option(min=1, max=10_000, help="Connections.")] = 16,
    window: Window = 64,
    batch: Annotated[int, typer.Option(min=1, max=744, help="Commands in one frame.")] = 16,
    rate: Rate = 0,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long.")] = 10,
    seed: Annotated[int, typer.Option(help="Another seed, other orders.")] = 1,
    instruments: Instruments = 0,
    places: Places = 0.5,
    crossing: Crossing = 0.15,
    out: Folder = None,
    api_key: Keys = None,
    keys: EngineKeys = None,
    echo: Annotated[
        bool, typer.Option("--echo", help="Measure the generator itself, against an echo.")
    ] = False,
    find_knee: Annotated[
        bool, typer.Option("--sweep", help="Offer rising rates; find the highest one carried.")
    ] = False,
) -> None:
    """Load an engine and say how long its answers take: p50, p90, p99, p99.9 and the longest.

    At a fixed rate a command is late from the moment it was due, whether or not it could be sent.
    Before, the generator measures itself for two seconds, and says so if it was the limit.
    """
    from outcry.app.load.flow import Mix  # noqa: PLC0415 - only this command needs all that
    from outcry.app.load.main import Job, main  # noqa: PLC0415
    from outcry.app.load.run import Shape  # noqa: PLC0415

    shape = Shape(
        connections=connections,
        window=max(window, batch),
        batch=batch,
        rate=rate,
        seconds=seconds,
        seed=seed,
        api_keys=tuple(api_key or ()),
        keys=_logins(keys),
        mix=Mix(places, crossing),
        instruments=instruments,
    )
    raise typer.Exit(main(Job(target, shape, out, echo=echo, sweep=find_knee)))


def _logins(keys: Path | None) -> "tuple[Login, ...]":
    """Return as whom the keys in a file log on."""
    from outcry.app.engine.files import read_keys  # noqa: PLC0415 - as above
    from outcry.app.load.wire import Login  # noqa: PLC0415

    known = read_keys(keys).values() if keys else ()
    return tuple(Login(key.account, key.name, key.secret) for key in known)
