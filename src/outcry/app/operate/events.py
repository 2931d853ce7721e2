"""`outcry event`: create, list, show and move the events of a running exchange."""

# ruff: noqa: PLC0415 - `outcry --help` must not wait for the client library

from typing import TYPE_CHECKING, Annotated

import typer

from outcry.app.operate.markets import (
    PayoutText,
    Reason,
    Refund,
    Settles,
    Window,
    events_of,
    market_rows,
)
from outcry.app.operate.reading import (
    facts,
    moment,
    pair_of,
    payout_of,
    seconds_of,
    table,
    time_of,
)
from outcry.app.operate.session import Told, operating
from outcry.app.options import examples


if TYPE_CHECKING:
    from outcry_sdk import Client, MarketPayout, NewMarket
    from outcry_sdk.admin_models import EventMoved

event_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Create, list, show and move the events of a running exchange.",
)

EventId = Annotated[int, typer.Argument(min=1, help="The event.")]
Payouts = Annotated[
    list[str], typer.Argument(help="MARKET=OUTCOME (a name, a token, or 0.5,0.5), one or more.")
]


@event_app.command(
    "create",
    epilog=examples(
        'outcry event create rain-2027 "Rain in Lisbon?" -m any="Will it rain?" --topic weather',
        'outcry event create cup "Who wins?" -m reds="Reds?" -m blues="Blues?" --end 2027-06-01',
    ),
)
@operating
def event_create(  # noqa: PLR0913 - one for each option
    client: "Client",
    identifier: Annotated[str, typer.Argument(help="Your own name of it, unique.")],
    title: Annotated[str, typer.Argument(help="What it is about.")],
    *,
    market: Annotated[
        list[str] | None, typer.Option("--market", "-m", help="IDENTIFIER=QUESTION, repeatable.")
    ] = None,
    topic: Annotated[str, typer.Option(help="What it is found under.")] = "",
    description: Annotated[str, typer.Option(help="More about it.")] = "",
    rules: Annotated[str, typer.Option(help="How it is decided.")] = "",
    image: Annotated[str, typer.Option(help="Address of an image.")] = "",
    start: Annotated[str, typer.Option(help="When it begins, UTC.")] = "",
    end: Annotated[str, typer.Option(help="When its markets close, UTC.")] = "",
    tick: Annotated[str, typer.Option(help="Step of prices of its markets.")] = "0.0001",
    fee_version: Annotated[int, typer.Option(min=0, help="Fees of its markets.")] = 0,
    dispute_window: Window = "",
    settlement: Settles = "",
) -> Told:
    """Create an event with its first markets. The same again changes nothing."""
    made = client.create_event(
        identifier,
        title,
        _new_markets(market or [], tick, fee_version, seconds_of(dispute_window), settlement),
        description=description,
        image=image,
        topic=topic,
        rules=rules,
        start_date=time_of(start),
        end_date=time_of(end),
    )
    listed = f" with markets {_ids(made.market_ids)}" if made.market_ids else ""
    state = "exists already" if made.repeated else "is created"
    return Told(made, f"Event {made.event_id} {state}{listed}.")


def _new_markets(
    texts: list[str], tick: str, fee_version: int, dispute_window: int, settlement: str
) -> "list[NewMarket]":
    from outcry_sdk import NewMarket

    return [
        NewMarket(
            market_identifier=name,
            question=question,
            tick_size=tick,
            fee_version=fee_version,
            dispute_window=dispute_window,
            settlement=settlement,
        )
        for name, question in (pair_of(text, "IDENTIFIER=QUESTION") for text in texts)
    ]


@event_app.command("list", epilog=examples("outcry event list", "outcry event list --json"))
@operating
def event_list(client: "Client") -> Told:
    """List all events, newest first."""
    events = events_of(client)
    headings = ("event", "markets", "volume", "topic", "title")
    rows = (
        (event.event_id, len(event.markets), event.volume, event.topic, event.title)
        for event in events
    )
    return Told(events, table(headings, rows, "There is no event."))


@event_app.command("show", epilog=examples("outcry event show 3"))
@operating
def event_show(client: "Client", event: EventId) -> Told:
    """Show one event with its markets."""
    detail = client.event_detail(event)
    head = facts(
        (
            ("event", detail.event_id),
            ("identifier", detail.event_identifier),
            ("title", detail.title),
            ("topic", detail.topic),
            ("rules", detail.rules),
            ("begins", moment(detail.starttime)),
            ("ends", moment(detail.endtime)),
            ("volume", detail.volume),
        )
    )
    return Told(detail, f"{head}\n\n{market_rows(detail.markets)}")


@event_app.command("pause", epilog=examples("outcry event pause 3"))
@operating
def event_pause(client: "Client", event: EventId, *, reason: Reason = "") -> Told:
    """Pause every open market of an event."""
    return _moved(client.pause_event(event, reason=reason), "paused")


@event_app.command("resume", epilog=examples("outcry event resume 3"))
@operating
def event_resume(client: "Client", event: EventId, *, reason: Reason = "") -> Told:
    """Resume every paused market of an event."""
    return _moved(client.resume_event(event, reason=reason), "resumed")


@event_app.command("close", epilog=examples("outcry event close 3"))
@operating
def event_close(client: "Client", event: EventId, *, reason: Reason = "") -> Told:
    """Close every market of an event that is open or paused, for good."""
    return _moved(client.close_event(event, reason=reason), "closed")


@event_app.command("dispute", epilog=examples("outcry event dispute 3"))
@operating
def event_dispute(client: "Client", event: EventId, *, reason: Reason = "") -> Told:
    """Dispute every proposed payout of an event."""
    return _moved(client.dispute_event(event, reason=reason), "disputed")


@event_app.command("propose", epilog=examples("outcry event propose 3 7=Yes 8=No"))
@operating
def event_propose(client: "Client", event: EventId, payouts: Payouts) -> Told:
    """Propose what markets of an event pay, all or none."""
    return _moved(client.propose_event(event, _payouts(payouts)), "proposed")


@event_app.command("resolve", epilog=examples("outcry event resolve 3 7=Yes 8=No 9=0.5,0.5"))
@operating
def event_resolve(client: "Client", event: EventId, payouts: Payouts) -> Told:
    """Fix what markets of an event pay, all or none."""
    return _moved(client.resolve_event(event, _payouts(payouts)), "resolved")


@event_app.command("void", epilog=examples("outcry event void 3", "outcry event void 3 --refund"))
@operating
def event_void(
    client: "Client", event: EventId, *, payout: PayoutText = "", refund: Refund = False
) -> Told:
    """Void every market of an event that has no payout yet, all or none."""
    return _moved(client.void_event(event, payout=payout_of(payout), refund=refund), "voided")


def _payouts(texts: list[str]) -> "list[MarketPayout]":
    from outcry.app.failures import UsageError
    from outcry_sdk import MarketPayout

    payouts = []
    for text in texts:
        market, outcome = pair_of(text, "MARKET=OUTCOME")
        if not market.isdecimal():
            raise UsageError(f"{text!r}: {market!r} is no market's number")
        payout = payout_of(outcome)
        winner = None if payout else outcome
        payouts.append(MarketPayout(market_id=int(market), payout=payout, winner=winner))
    return payouts


def _ids(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def _moved(moved: "EventMoved", what: str) -> Told:
    if moved.repeated:
        return Told(moved, f"Event {moved.event_id} was {what} already.")
    markets = _ids(moved.market_ids)
    return Told(moved, f"Event {moved.event_id}: {what} {markets} (log entry {moved.n}).")
