"""`outcry market`: list, show and move the markets of a running exchange."""

# ruff: noqa: PLC0415 - `outcry --help` must not wait for the client library

from typing import TYPE_CHECKING, Annotated

import typer

from outcry.app.operate.reading import facts, moment, payout_of, seconds_of, table, time_of
from outcry.app.operate.session import Refused, Told, operating
from outcry.app.options import examples


if TYPE_CHECKING:
    from outcry_sdk import Client
    from outcry_sdk.admin_models import MarketMoved
    from outcry_sdk.models import Event, Market

market_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="List, show and move the markets of a running exchange.",
)

MarketId = Annotated[int, typer.Argument(min=1, help="The market.")]
Reason = Annotated[str, typer.Option(help="Why; it stays in the audit.")]
Outcome = Annotated[
    str, typer.Argument(help="Who wins (name or token of an outcome), or what each pays: 0.5,0.5.")
]
PayoutText = Annotated[str, typer.Option("--payout", help="What each outcome pays: 0.5,0.5.")]
Refund = Annotated[bool, typer.Option("--refund", help="Give back what everybody paid in.")]
Window = Annotated[str, typer.Option(help="How long payouts may be disputed: 90s, 12h, 3d.")]
Settles = Annotated[
    str, typer.Option(help="When trades are final: book or chain (default: settlement.mode).")
]
EVENTS_PAGE = 100


def events_of(client: "Client") -> "list[Event]":
    """Return every event of the exchange."""
    from outcry_sdk.calls import market

    return list(
        client.every(lambda page: market.events(order="newest", page=page, page_size=EVENTS_PAGE))
    )


def market_rows(markets: "list[Market]") -> str:
    """Return markets as a table."""
    return table(
        ("market", "state", "chance", "volume", "ends", "question"),
        (
            (
                market.market_id,
                market.state,
                market.outcome_0_chance if market.outcome_0_chance is not None else "",
                market.volume,
                moment(market.endtime),
                market.question,
            )
            for market in markets
        ),
        "There is no market.",
    )


@market_app.command("list", epilog=examples("outcry market list", "outcry market list --event 3"))
@operating
def market_list(
    client: "Client", *, event: Annotated[int, typer.Option(min=0, help="One event only.")] = 0
) -> Told:
    """List markets: all of them, or those of one event."""
    found = [client.event_detail(event)] if event else events_of(client)
    markets = [market for one in found for market in one.markets]
    return Told(markets, market_rows(markets))


@market_app.command("show", epilog=examples("outcry market show 7"))
@operating
def market_show(client: "Client", market: MarketId) -> Told:
    """Show one market: its state, prices, and what is proposed or paid."""
    for event in events_of(client):
        for one in event.markets:
            if one.market_id == market:
                return Told(one, _described(event, one))
    raise Refused(f"there is no market {market}")


def _described(event: "Event", market: "Market") -> str:
    pays = " / ".join(str(part) for part in market.payout or ())
    proposed = " / ".join(str(part) for part in market.proposed_payout or ())
    return facts(
        (
            ("market", market.market_id),
            ("event", f"{event.event_id} {event.title}"),
            ("question", market.question),
            ("state", "refunded" if market.refunded else market.state),
            ("outcomes", f"{market.outcome_0_name} / {market.outcome_1_name}"),
            ("chance", market.outcome_0_chance if market.outcome_0_chance is not None else ""),
            (
                "bid / ask",
                f"{market.outcome_0_best_bid or '-'} / {market.outcome_0_best_ask or '-'}",
            ),
            ("volume", market.volume),
            ("tick", market.tick_size),
            ("ends", moment(market.endtime)),
            ("proposed", proposed),
            ("stands at", moment(market.final_at)),
            ("pays", pays),
        )
    )


@market_app.command(
    "create", epilog=examples('outcry market create 3 heavy "More than 10 mm?" --tick 0.01')
)
@operating
def market_create(  # noqa: PLR0913 - one for each option
    client: "Client",
    event: Annotated[int, typer.Argument(min=1, help="The event.")],
    identifier: Annotated[str, typer.Argument(help="Your own name of it, unique in the event.")],
    question: Annotated[str, typer.Argument(help="What is asked.")],
    *,
    yes: Annotated[str, typer.Option(help="Name of outcome 0.")] = "Yes",
    no: Annotated[str, typer.Option(help="Name of outcome 1.")] = "No",
    tick: Annotated[str, typer.Option(help="Step of prices.")] = "0.0001",
    min_price: Annotated[str, typer.Option(help="Lowest price.")] = "0.0010",
    min_quantity: Annotated[str, typer.Option(help="Smallest order, in shares.")] = "0.01",
    fee_version: Annotated[int, typer.Option(min=0, help="Fees it has.")] = 0,
    end: Annotated[str, typer.Option(help="When it closes, UTC (default: with the event).")] = "",
    dispute_window: Window = "",
    settlement: Settles = "",
) -> Told:
    """Add a market to an event. The same again changes nothing."""
    from outcry_sdk import NewMarket

    new = NewMarket(
        market_identifier=identifier,
        question=question,
        outcome_0_name=yes,
        outcome_1_name=no,
        tick_size=tick,
        min_price=min_price,
        min_quantity=min_quantity,
        fee_version=fee_version,
        end_date=time_of(end),
        dispute_window=seconds_of(dispute_window),
        settlement=settlement,
    )
    made = client.add_market(event, new)
    state = "exists already" if made.repeated else "is listed"
    return Told(made, f"Market {made.market_id} {state}.")


@market_app.command("pause", epilog=examples('outcry market pause 7 --reason "storm warning"'))
@operating
def market_pause(client: "Client", market: MarketId, *, reason: Reason = "") -> Told:
    """Pause a market: nothing trades, orders rest and may be cancelled."""
    return _moved(client.pause_market(market, reason=reason), "is paused")


@market_app.command("resume", epilog=examples("outcry market resume 7"))
@operating
def market_resume(client: "Client", market: MarketId, *, reason: Reason = "") -> Told:
    """Resume a paused market."""
    return _moved(client.resume_market(market, reason=reason), "is open")


@market_app.command("close", epilog=examples("outcry market close 7"))
@operating
def market_close(client: "Client", market: MarketId, *, reason: Reason = "") -> Told:
    """Close a market for good: every order of it is cancelled when this ends."""
    return _moved(client.close_market(market, reason=reason), "is closed")


@market_app.command(
    "propose", epilog=examples("outcry market propose 7 Yes", "outcry market propose 7 0.5,0.5")
)
@operating
def market_propose(client: "Client", market: MarketId, outcome: Outcome) -> Told:
    """Propose what a closed market pays; it stands when its dispute window ends."""
    payout = payout_of(outcome)
    winner = None if payout else outcome
    return _moved(client.propose_market(market, payout=payout, winner=winner), "has a proposal")


@market_app.command("dispute", epilog=examples('outcry market dispute 7 --reason "wrong station"'))
@operating
def market_dispute(client: "Client", market: MarketId, *, reason: Reason = "") -> Told:
    """Dispute a proposed payout: nothing is paid until it is decided anew."""
    return _moved(client.dispute_market(market, reason=reason), "is disputed")


@market_app.command(
    "resolve", epilog=examples("outcry market resolve 7 No", "outcry market resolve 7 0.5,0.5")
)
@operating
def market_resolve(client: "Client", market: MarketId, outcome: Outcome) -> Told:
    """Fix what a closed or disputed market pays; tokens can be redeemed from then on."""
    payout = payout_of(outcome)
    winner = None if payout else outcome
    return _moved(client.resolve_market(market, payout=payout, winner=winner), "is resolved")


@market_app.command(
    "void", epilog=examples("outcry market void 7", "outcry market void 7 --refund")
)
@operating
def market_void(
    client: "Client", market: MarketId, *, payout: PayoutText = "", refund: Refund = False
) -> Told:
    """End a closed or disputed market without an outcome: half each, a payout, or a refund."""
    pays = payout_of(payout)
    return _moved(client.void_market(market, payout=pays, refund=refund), "is void")


def _moved(moved: "MarketMoved", what: str) -> Told:
    already = " already" if moved.repeated else ""
    return Told(moved, f"Market {moved.market_id} {what}{already} (log entry {moved.n}).")
