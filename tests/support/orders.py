"""Commands of one small market, numbered as they are made."""

from outcry.messages.commands import (
    AddInstrument,
    CancelOrder,
    Command,
    PlaceOrder,
    SetInstrument,
    Tick,
    pack_command,
)
from outcry_wire.records import InstrumentKind, InstrumentState, OrderKind, Side, TimeInForce
from outcry_wire.snapshot import RULES_VERSION


MARKET = 7
LIMIT = 10**6


class Desk:
    """Makes command records with rising seqs; account = order id, so nobody meets himself."""

    def __init__(self) -> None:
        self.seq = 0

    def add(self, market: int = MARKET) -> bytes:
        """Open a market."""
        kind, state = InstrumentKind.MARKET, InstrumentState.OPEN
        terms = (kind, state, 1, 1, 9_999, 1, LIMIT, LIMIT, RULES_VERSION)
        return self._pack(AddInstrument(market, *self._next(), 0, *terms))

    def set_state(self, state: InstrumentState, market: int = MARKET) -> bytes:
        """Set a market's state."""
        return self._pack(SetInstrument(market, *self._next(), 0, state, 1, 1, LIMIT, LIMIT))

    def order(self, order_id: int, side: Side, price: int, qty: int, *, outcome: int = 0) -> bytes:
        """Place a limit order; *price* in outcome-0 ticks."""
        terms = (outcome, side, OrderKind.LIMIT, TimeInForce.GTC, 0, 0, price, qty, 0, 0)
        return self._pack(PlaceOrder(MARKET, *self._next(), order_id, order_id, 0, *terms))

    def buy(self, order_id: int, price: int, qty: int) -> bytes:
        """Buy YES."""
        return self.order(order_id, Side.BUY, price, qty)

    def sell(self, order_id: int, price: int, qty: int) -> bytes:
        """Sell YES."""
        return self.order(order_id, Side.SELL, price, qty)

    def cancel(self, order_id: int) -> bytes:
        """Cancel an order."""
        return self._pack(CancelOrder(MARKET, *self._next(), order_id, order_id))

    def tick(self) -> bytes:
        """Let time pass."""
        return self._pack(Tick(0, *self._next(), 0))

    def _next(self) -> tuple[int, int]:
        self.seq += 1
        return self.seq, self.seq * 1_000

    def _pack(self, command: Command) -> bytes:
        return pack_command(command)
