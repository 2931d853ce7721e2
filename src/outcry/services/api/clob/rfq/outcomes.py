"""What the two orders of an approved quote came to. Pure."""

from outcry.domain.order import OrderStatus
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import Declined, OrderAccepted, OrderResult
from outcry.runtime.clob.names import trade_name
from outcry.services.api.clob.order_views import new_trades
from outcry.services.api.clob.rfq.deals import Outcome, QuoteState


def outcome_of(made: OrderResult, taken: OrderResult) -> Outcome:
    """Return what became of a quote by what became of the quoter's and the requester's order."""
    trades = new_trades(taken) if isinstance(taken, OrderAccepted) else []
    if isinstance(made, OrderAccepted) and made.filled:
        return Outcome(QuoteState.COMPLETED, tuple(trade_name(one) for one in trades))
    if isinstance(made, Declined):
        return Outcome(QuoteState.FAILED, (), reject_of(made))
    if isinstance(made, OrderAccepted) and made.status == OrderStatus.REJECTED:
        return Outcome(QuoteState.FAILED, (), Rejected(Reject(made.reject)))
    expected = "nobody in the book before the quoter" if trades else "an order of the requester"
    return Outcome(QuoteState.FAILED, (), Rejected(Reject.RFQ_UNFILLED, expected=expected))


def reject_of(declined: OrderResult) -> Rejected:
    """Return why an order was declined."""
    assert isinstance(declined, Declined), "it was declined"
    return Rejected(Reject(declined.reject), declined.got, declined.expected)
