"""Tickets: what a request came to, before the commit that makes it true."""

from msgspec import Struct

from outcry.domain.order import Order
from outcry.messages.requests import FundsResult, OrderResult


class Ticket(Struct, frozen=True, gc=False):
    """The answer once committed, and the commands that were numbered for it."""

    result: OrderResult | FundsResult
    seqs: tuple[tuple[int, int], ...] = ()
    #: The order it entered, changes or repeats, while that lives.
    order: Order | None = None
