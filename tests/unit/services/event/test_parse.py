"""Events and markets as operators write them."""

from typing import Any

import pytest
from msgspec import json

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import CreateEventOp, MarketSpec
from outcry.runtime.forms import read_body
from outcry.services.event import parse
from outcry.services.event.forms import EVENT_BODY, ResolveBody, VoidBody


MARKET = {"market_identifier": "m", "question": "Will it?"}
EVENT = {"event_identifier": "e", "title": "E", "markets": [MARKET]}


def created(**changes: Any) -> CreateEventOp | Rejected:
    """Return what the event with *changes* becomes."""
    form = read_body(EVENT_BODY, json.encode({**EVENT, **changes}))
    return form if isinstance(form, Rejected) else parse.create_event(form, 9)


def test_defaults_are_those_of_the_contract() -> None:
    """An event needs an identifier and a title, a market an identifier and a question."""
    assert created() == CreateEventOp(
        9, "e", "E", "", "", "", "", "", 0, 0, [MarketSpec("m", "Will it?")]
    )


def test_times_and_amounts_become_integers() -> None:
    """Seconds become microseconds, prices ticks and quantities lots."""
    market = {
        **MARKET,
        "tick_size": "0.01",
        "min_price": "0.05",
        "min_quantity": "1",
        "max_quantity": "500.5",
        "end_date": 60,
        "outcome_0_name": "Up",
        "outcome_1_name": "Down",
        "outcome_0_token_id": "1",
        "outcome_1_token_id": "2",
        "fee_version": 3,
    }

    op = created(start_date=10, end_date=70, markets=[market])

    assert isinstance(op, CreateEventOp)
    assert (op.start_at_us, op.end_at_us) == (10_000_000, 70_000_000)
    assert op.markets == [
        MarketSpec(
            "m", "Will it?", outcome_0="Up", outcome_1="Down", token_0="1", token_1="2",
            tick=100, price_min=500, qty_min=100, qty_max=50_050, fee_version=3,
            end_at_us=60_000_000,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("market", "reject", "where"),
    [
        ({"tick_size": "0"}, Reject.FIELD_INVALID, "markets[0].tick_size"),
        ({"tick_size": "0.00001"}, Reject.FIELD_INVALID, "markets[0].tick_size"),
        ({"tick_size": 0.01}, Reject.FIELD_INVALID, "markets[0].tick_size"),
        ({"min_price": "NaN"}, Reject.FIELD_INVALID, "markets[0].min_price"),
        ({"min_quantity": "-1"}, Reject.FIELD_INVALID, "markets[0].min_quantity"),
        ({"max_quantity": "9" * 30}, Reject.FIELD_INVALID, "markets[0].max_quantity"),
        ({"outcome_0_name": "No"}, Reject.FIELD_INVALID, "markets[0].outcomes"),
        ({"outcome_0_token_id": "1" * 79}, Reject.FIELD_INVALID, "outcome_0_token_id"),
        ({"question": ""}, Reject.FIELD_INVALID, "markets[0].question"),
        ({"market_identifier": None}, Reject.FIELD_INVALID, "markets[0].market_identifier"),
        ({"end_date": -1}, Reject.FIELD_INVALID, "markets[0].end_date"),
        ({"size": 1}, Reject.FIELD_UNKNOWN, "markets[0].size"),
    ],
)
def test_a_wrong_market_is_named_inside_its_event(
    market: dict[str, Any], reject: Reject, where: str
) -> None:
    """What is wrong with one of many markets is named with its place in the list."""
    refused = created(markets=[{**MARKET, **market}])

    assert isinstance(refused, Rejected)
    assert refused.reject is reject
    assert where in refused.got + refused.expected


TOKENS, NAMES = ("111", "222"), ("Yes", "No")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (ResolveBody(winner="Yes"), (10_000, 0)),
        (ResolveBody(winner="No"), (0, 10_000)),
        (ResolveBody(winner="222"), (0, 10_000)),
        (ResolveBody(payout=["0.5", "0.5"]), (5_000, 5_000)),
        (ResolveBody(payout=["0", "1"]), (0, 10_000)),
        (ResolveBody(), Reject.FIELD_MISSING),
        (ResolveBody(payout=["1", "0"], winner="Yes"), Reject.FIELD_MISSING),
        (ResolveBody(winner="yes"), Reject.OUTCOME_INVALID),
        (ResolveBody(payout=["0.5", "0.6"]), Reject.PAYOUT_INVALID),
    ],
)
def test_a_resolution(form: ResolveBody, expected: tuple[int, int] | Reject) -> None:
    """A payout is a vector that sums to one, or the one outcome that takes all."""
    payout = parse.resolution(form, TOKENS, NAMES)

    assert (payout.reject if isinstance(payout, Rejected) else payout) == expected


def test_a_void_pays_half_each_unless_told_otherwise() -> None:
    """Without an outcome the default is half for each token."""
    assert parse.void_payout(VoidBody()) == (5_000, 5_000)
    assert parse.void_payout(VoidBody(payout=["0.3", "0.7"])) == (3_000, 7_000)
    refused = parse.void_payout(VoidBody(payout=["1", "1"]))
    assert isinstance(refused, Rejected)
