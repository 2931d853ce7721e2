"""What the door reads: markets as records of the protocol, and user events from the log."""

from collections.abc import AsyncIterator
from typing import Final

from outcry.domain.market import MarketState
from outcry.messages.entry import NO_EVENTS, packed_events
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.projection import MarketRow
from outcry.services.gateway.line import now_us
from outcry_wire.records import InstrumentKind, InstrumentState
from outcry_wire.tcp import INSTRUMENT, NAME_SIZE, Message, fixed_text


_STATES: Final = {
    MarketState.OPEN: InstrumentState.OPEN,
    MarketState.DRAFT: InstrumentState.HALTED,
    MarketState.PAUSED: InstrumentState.HALTED,
}


def instrument_record(market: MarketRow, state: InstrumentState | None = None) -> bytes:
    """Return a market as clients are told of it; what takes no more orders counts as closed.

    With *state*, as its book is in that one already.
    """
    if state is None:
        state = _STATES.get(MarketState(market.state), InstrumentState.CLOSED)
    head = (Message.INSTRUMENT, 0, INSTRUMENT.size, market.market_id, 0, now_us(), 0)
    row = (market.tick, market.price_min, market.price_max, market.qty_min, market.qty_max)
    name = fixed_text(market.identifier, NAME_SIZE)
    return INSTRUMENT.pack(*head, InstrumentKind.MARKET, state, *row, market.orders_max, name)


async def events_after(log: LedgerLog, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
    """Yield what the stream of user events would hold above *after*, up to the log's head."""
    first = last = after
    async for row in log.entries(after):
        last = row.n
        events = packed_events(row.body) if row.body else NO_EVENTS
        if events != NO_EVENTS:
            yield first + 1, last, events
            first = last
    if last > first:
        yield first + 1, last, NO_EVENTS
