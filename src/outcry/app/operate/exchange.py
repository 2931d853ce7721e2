"""`outcry exchange`: what holds for all of a running exchange: its mode, fees and seasons."""

from typing import TYPE_CHECKING, Annotated, Final, Literal, cast, get_args

import typer

from outcry.app.failures import UsageError
from outcry.app.operate.reading import moment, table, time_of
from outcry.app.operate.session import Told, operating
from outcry.app.options import examples


if TYPE_CHECKING:
    from outcry_sdk import Client

Mode = Literal["normal", "post_only", "cancel_only", "halted"]
Fees = Literal["none", "flat", "quadratic"]

exchange_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Switch the mode, set fees and name seasons of a running exchange.",
)

#: What each mode takes; cancels are taken in every one.
_TAKES: Final = {
    "normal": "every order",
    "post_only": "orders that only make",
    "cancel_only": "cancels only",
    "halted": "cancels only, for this is an emergency",
}


@exchange_app.command(
    "mode", epilog=examples("outcry exchange mode halted", "outcry exchange mode normal")
)
@operating
def exchange_mode(
    client: "Client",
    mode: Annotated[str, typer.Argument(help="normal, post_only, cancel_only or halted.")],
) -> Told:
    """Switch what the whole exchange accepts. Cancels are accepted in every mode."""
    _one_of(mode, get_args(Mode), "mode")
    done = client.set_mode(cast("Mode", mode))
    return Told(done, f"The exchange is {mode} (log entry {done.n}): it takes {_TAKES[mode]}.")


@exchange_app.command(
    "fees",
    epilog=examples(
        "outcry exchange fees flat --taker-bps 20",
        "outcry exchange fees quadratic --taker-bps 700 --rebate-bps 2500",
    ),
)
@operating
def exchange_fees(
    client: "Client",
    kind: Annotated[str, typer.Argument(help="none, flat or quadratic.")],
    *,
    taker_bps: Annotated[int, typer.Option(min=0, help="Of who takes, 1 in 10,000.")] = 0,
    maker_bps: Annotated[int, typer.Option(min=0, help="Of who makes.")] = 0,
    rebate_bps: Annotated[int, typer.Option(min=0, help="Part of it that makers get.")] = 0,
) -> Told:
    """Create the next version of fees, which new markets name with `--fee-version`."""
    _one_of(kind, get_args(Fees), "kind of fees")
    made = client.set_fees(
        cast("Fees", kind), taker_bps=taker_bps, maker_bps=maker_bps, rebate_bps=rebate_bps
    )
    return Told(made, f"Fees {made.fee_version} are {kind} (log entry {made.n}).")


@exchange_app.command(
    "season", epilog=examples('outcry exchange season "Spring" 2027-03-01 2027-06-01')
)
@operating
def exchange_season(
    client: "Client",
    name: Annotated[str, typer.Argument(help="What it is called.")],
    start: Annotated[str, typer.Argument(help="Its first day, UTC.")],
    end: Annotated[str, typer.Argument(help="The day after its last one.")],
) -> Told:
    """Rank users over some days. The same again changes nothing."""
    made = client.create_season(name, time_of(start), time_of(end))
    state = "exists already" if made.repeated else "is created"
    return Told(made, f"Season {made.season_id} {state} (log entry {made.n}).")


@exchange_app.command("seasons", epilog=examples("outcry exchange seasons"))
@operating
def exchange_seasons(client: "Client") -> Told:
    """List all seasons, by when they begin."""
    seasons = client.seasons()
    rows = ((one.season_id, moment(one.start), moment(one.end), one.name) for one in seasons)
    headings = ("season", "begins", "ends before", "name")
    return Told(seasons, table(headings, rows, "There is no season."))


def _one_of(text: str, names: tuple[str, ...], what: str) -> None:
    if text not in names:
        raise UsageError(f"{text!r} is no {what}; there are {', '.join(names)}")
