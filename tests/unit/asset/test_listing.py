"""Terms that no market can have: each is declined in words of its own."""

from typing import Any

import pytest
from tests.support.venue import START_US, Venue

from outcry.domain.units import QUANTITY_MAX
from outcry.messages.requests import CreateEventOp, MarketSpec
from outcry.services.asset.listing import DISPUTE_WINDOW_US_MAX, MARKET_IDS_MAX
from outcry_wire.rejects import Reject
from outcry_wire.sentences import SENTENCES


CASES: list[tuple[dict[str, Any], Reject, str, str]] = [
    ({"identifier": ""}, Reject.FIELD_INVALID, "no identifier", "identifier: at least one"),
    ({"question": ""}, Reject.FIELD_INVALID, "no question", "question: at least one"),
    ({"outcome_1": ""}, Reject.FIELD_INVALID, "no outcome_1", "outcome_1: at least one"),
    ({"outcome_0": "A", "outcome_1": "A"}, Reject.FIELD_INVALID, "'A' twice", "two different"),
    ({"tick": 3}, Reject.TICK_INVALID, "0.0003", "one of 0.1000, "),
    ({"price_min": 0}, Reject.BOUNDS_INVALID, "0.0000", "0.0001 to 0.4999"),
    ({"price_min": 5_000}, Reject.BOUNDS_INVALID, "0.5000", "0.0001 to 0.4999"),
    ({"qty_min": 0}, Reject.QUANTITY_BOUNDS_INVALID, "0.00 to ", "0.01 to 10000000.00"),
    ({"qty_min": 9, "qty_max": 8}, Reject.QUANTITY_BOUNDS_INVALID, "0.09 to 0.08", "smaller"),
    ({"qty_max": QUANTITY_MAX + 1}, Reject.QUANTITY_BOUNDS_INVALID, "to 10000000.01", "0.01 to"),
    ({"fee_version": 9}, Reject.FEE_VERSION_UNKNOWN, "9", ""),
    ({"dispute_window_us": -1}, Reject.FIELD_INVALID, "a dispute window of -1 s", "0 to "),
    ({"dispute_window_us": DISPUTE_WINDOW_US_MAX + 1_000_000}, Reject.FIELD_INVALID,
     "a dispute window of ", "0 to 7776000 s"),
    ({"settlement": 9}, Reject.FIELD_INVALID, "9", "settlement: book or chain"),
    ({"token_0": "x"}, Reject.FIELD_INVALID, "token id 'x'", "at most 78 decimal digits"),
    ({"end_at_us": START_US}, Reject.END_IN_PAST, "", "after "),
]  # fmt: skip


@pytest.mark.parametrize(("terms", "reject", "got", "expected"), CASES)
async def test_terms_that_no_market_can_have(
    terms: dict[str, Any], reject: Reject, got: str, expected: str
) -> None:
    """Number, what was got and what would do are about that term; nothing is listed."""
    async with Venue().running() as venue:
        spec = MarketSpec(**{"identifier": "m", "question": "Is it?"} | terms)
        refused = await venue.refused(CreateEventOp(0, "e", "E", "", "", "", "", "", 0, 0, [spec]))
        assert (refused.reject, SENTENCES[Reject(refused.reject)]) == (reject, SENTENCES[reject])
        assert got in refused.got
        assert expected in refused.expected
        assert not venue.asset.ledger.events


async def test_numbers_of_markets_run_out_with_words_about_markets() -> None:
    """The last number is given; after it comes MARKETS_LIMIT."""
    async with Venue().running() as venue:
        venue.asset.ledger.next_market_id = MARKET_IDS_MAX + 1
        spec = MarketSpec(identifier="m", question="Is it?")
        refused = await venue.refused(CreateEventOp(0, "e", "E", "", "", "", "", "", 0, 0, [spec]))
        assert refused.reject == Reject.MARKETS_LIMIT
