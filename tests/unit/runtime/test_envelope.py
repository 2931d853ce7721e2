"""The envelope: every reject has a fitting family and status, and the page about it is true."""

from pathlib import Path

import pytest

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import Declined, Done
from outcry.runtime import reject_page
from outcry.runtime.envelope import (
    FAMILIES,
    Refused,
    accept,
    family,
    http_status,
    refusal,
    success,
)


PAGE = Path(__file__).parents[3] / "docs/reference/rejects.md"


def test_every_reject_has_a_family_and_a_status() -> None:
    """No number is without a `code` that clients know and an HTTP status of an error."""
    for reject in Reject:
        assert family(reject) in FAMILIES
        assert 400 <= http_status(reject) < 600


@pytest.mark.parametrize(
    ("reject", "code", "status"),
    [
        (Reject.MALFORMED, 2003, 400),
        (Reject.BODY_TOO_LARGE, 2003, 413),
        (Reject.ROUTE_UNKNOWN, 2003, 404),
        (Reject.RATE_LIMITED, 2003, 429),
        (Reject.TOKEN_EXPIRED, 2001, 401),
        (Reject.SCOPE_MISSING, 2001, 403),
        (Reject.NOT_OWNER, 2001, 403),
        (Reject.USER_UNKNOWN, 2004, 404),
        (Reject.EVENT_UNKNOWN, 2005, 404),
        (Reject.MARKET_UNKNOWN, 2006, 404),
        (Reject.TOKEN_UNKNOWN, 2007, 404),
        (Reject.SIGNED_ORDERS_UNSUPPORTED, 2008, 422),
        (Reject.PRICE_OFF_GRID, 2003, 422),
        (Reject.MARKET_ENDED, 2010, 409),
        (Reject.FUNDS_INSUFFICIENT, 2997, 422),
        (Reject.MARKET_NOT_OPEN, 2006, 409),
        (Reject.BUSY, 2997, 503),
        (Reject.UNAVAILABLE, 2998, 503),
        (Reject.POST_ONLY_WOULD_TRADE, 2997, 422),
    ],
)
def test_the_families_are_those_of_the_contract(reject: Reject, code: int, status: int) -> None:
    """The kinds of refusal that clients tell apart have the codes and statuses they expect."""
    assert (family(reject), http_status(reject)) == (code, status)


def test_what_was_granted_passes() -> None:
    """Whatever is not a refusal comes out as it went in."""
    assert accept(Done(5)) == Done(5)
    assert success(Done(5)).code == 0


def test_refusals_end_the_request_with_all_they_know() -> None:
    """Circumstances, the time to come back, and the order's number all reach the client."""
    with pytest.raises(Refused) as caught:
        accept(Declined(Reject.BUSY, "a", "b", 250))
    answer = refusal(caught.value)
    assert (answer.data.reject, answer.data.name) == (701, "BUSY")
    assert (answer.data.got, answer.data.expected) == ("a", "b")
    assert answer.data.retry_after_ms == 250

    bare = refusal(Refused(Rejected(Reject.MALFORMED), order_id=7, n=8)).data
    assert (bare.got, bare.expected, bare.order_id, bare.n) == (None, None, 7, 8)


def test_the_page_about_rejects_is_up_to_date() -> None:
    """docs/reference/rejects.md is what tools/write_reference.py writes."""
    assert PAGE.read_text("utf-8") == reject_page.reference()
