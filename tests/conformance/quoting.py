"""Requests for quotes by the official clients of Python, both generations asked alike."""

from typing import Any

import py_clob_client.rfq as rfq_1
import py_clob_client_v2.rfq as rfq_2
from tests.conformance.clients import Trader


RFQ: dict[int, Any] = {1: rfq_1, 2: rfq_2}


class Quoter:
    """What one trader does by the client's own methods."""

    def __init__(self, trader: Trader) -> None:
        """Use the client of *trader*."""
        self.trader = trader
        self.forms = RFQ[trader.generation]
        client: Any = trader.client
        self.rfq = client.rfq

    def request(self, token: str, price: float, side: str, size: float) -> str:
        """Ask for quotes."""
        wanted = self.forms.RfqUserRequest(token_id=token, price=price, side=side, size=size)
        return str(self.rfq.create_rfq_request(wanted)["requestId"])

    def quote(self, request_id: str, token: str, price: float, side: str, size: float) -> str:
        """Quote."""
        offered = self.forms.RfqUserQuote(
            request_id=request_id, token_id=token, price=price, side=side, size=size
        )
        return str(self.rfq.create_rfq_quote(offered)["quoteId"])

    def requests(self, **which: Any) -> Any:
        """List requests."""
        return self.rfq.get_rfq_requests(self.forms.GetRfqRequestsParams(**which))["data"]

    def best(self, request_id: str) -> Any:
        """Return the best quote."""
        return self.rfq.get_rfq_best_quote(
            self.forms.GetRfqBestQuoteParams(request_id=request_id)
        )  # fmt: skip

    def accept(self, request_id: str, quote_id: str) -> Any:
        """Accept a quote with an order that the client makes of it."""
        return self.rfq.accept_rfq_quote(self.forms.AcceptQuoteParams(request_id, quote_id, 0))

    def approve(self, request_id: str, quote_id: str) -> Any:
        """Approve with an order that the client makes of the quote."""
        return self.rfq.approve_rfq_order(self.forms.ApproveOrderParams(request_id, quote_id, 0))
