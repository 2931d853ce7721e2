"""How the CLOB surface says no: every reject has a text, and every text that clients compare."""

import pytest

from outcry.domain.rejects import Reject, Rejected
from outcry.services.api.clob import texts


#: What official clients compare, and a reject that has to be told so.
COMPARED = {
    "the market is not yet ready to process new orders": Rejected(Reject.MARKET_NOT_OPEN, "paused"),
    "invalid nonce": Rejected(Reject.ORDER_NONCE_INVALID),
    "invalid expiration": Rejected(Reject.EXPIRY_IN_PAST),
    "invalid post-only order: order crosses book": Rejected(Reject.POST_ONLY_WOULD_TRADE),
    "post-only mode: only post-only orders and cancels are allowed": Rejected(
        Reject.MODE_FORBIDS, "post_only"
    ),
    "order couldn't be fully filled. FOK orders are fully filled or killed.": Rejected(
        Reject.FOK_UNFILLED
    ),
    "no orders found to match with FAK order. FAK orders are partially filled or killed if no "
    "match is found.": Rejected(Reject.FAK_UNMATCHED),
    "order_version_mismatch": Rejected(Reject.ORDER_VERSION),
    "Could not create api key": Rejected(Reject.CLOB_KEY_EXISTS),
}


@pytest.mark.parametrize("reject", list(Reject))
def test_every_reject_is_told(reject: Reject) -> None:
    """No number is without a text, a name and an HTTP status that is no success."""
    view = texts.error_view(Rejected(reject, "this", "that"))
    assert view.error
    assert (view.reject, view.name) == (reject, reject.name)
    assert 400 <= texts.http_status(reject) < 600


@pytest.mark.parametrize("text", list(COMPARED))
def test_every_text_that_clients_compare_is_told(text: str) -> None:
    """Official clients decide by these texts, so they stand alone in `error`."""
    assert texts.error_view(COMPARED[text]).error == text


def test_what_is_missing_follows_the_text_that_clients_look_for() -> None:
    """Clients compare only the beginning of this one; the amounts come after it."""
    error = texts.error_view(Rejected(Reject.FUNDS_INSUFFICIENT, "1.00", "at least 2.00")).error
    assert error == "not enough balance / allowance: 1.00, at least 2.00"


def test_a_closed_market_is_not_said_to_open() -> None:
    """Who is told to wait may wait: a market that is over is said to be over."""
    assert texts.text_of(Rejected(Reject.MARKET_NOT_OPEN, "resolved")).code == ""
