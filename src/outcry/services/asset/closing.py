"""Closing a market with many open orders: in steps, so that no entry and no apply is without bound.

A book of a few orders is closed by one command. A larger one is halted, its orders are cancelled
some at a time, each step when the facts of the one before are applied, and then it is closed. What
is next follows from the ledger alone: a process that starts goes on where the other one stopped.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from outcry.domain.market import INSTRUMENT_STATES, MarketState
from outcry.messages.commands import CancelOrder, SetInstrument
from outcry_wire.records import InstrumentState


if TYPE_CHECKING:
    from outcry.domain.ledger.state import Ledger, Market
    from outcry.services.asset.sequencer import Sequencer


class Closing:
    """Markets whose books are being closed, each with the last command that was numbered for it."""

    def __init__(self, ledger: Ledger) -> None:
        """Find those that *ledger* is in the middle of: whatever is on its way comes first."""
        self._after = {
            market.market_id: ledger.shard(market.shard).numbered
            for market in ledger.markets.values()
            if market.state == MarketState.CLOSING and not market.book_closed
        }

    def __len__(self) -> int:
        return len(self._after)

    def begin(self, sequencer: Sequencer, market: Market) -> int:
        """Number the first command for *market*, which has just begun to close; returns its seq."""
        if len(market.orders) <= sequencer.config.closing_step_max:
            return set_book(sequencer, market, INSTRUMENT_STATES[MarketState.CLOSING])
        seq = set_book(sequencer, market, InstrumentState.HALTED)
        self._after[market.market_id] = seq
        return seq

    def go_on(self, sequencer: Sequencer, number: int) -> None:
        """Number what is next for the markets of shard *number* whose last step is applied.

        All of them together take one step; who does not get a turn has it after the next facts.
        """
        shard, left = sequencer.ledger.shard(number), sequencer.config.closing_step_max
        for market_id, seq in list(self._after.items()):
            market = sequencer.ledger.markets[market_id]
            if market.shard != number or seq > shard.applied or left <= 0:
                continue
            if market.book_closed:
                del self._after[market_id]
                continue
            count = len(market.orders)
            if count <= left:
                self._after[market_id] = set_book(sequencer, market, InstrumentState.CLOSED)
            else:
                self._after[market_id] = _cancel_some(sequencer, market, left)
            left -= count


def set_book(sequencer: Sequencer, market: Market, state: InstrumentState) -> int:
    """Number the command that puts the book of *market* into *state*; returns its seq."""
    command = SetInstrument(
        market.market_id,
        sequencer.next_seq(market.shard),
        sequencer.time_us,
        0,
        state,
        market.tick,
        market.qty_min,
        market.qty_max,
        market.orders_max,
    )
    return sequencer.number(market.shard, command)


def _cancel_some(sequencer: Sequencer, market: Market, count: int) -> int:
    """Number cancels of the *count* oldest orders; returns the seq of the last."""
    seq = 0
    for order in list(islice(market.orders.values(), count)):
        seq = sequencer.next_seq(market.shard)
        command = CancelOrder(
            market.market_id, seq, sequencer.time_us, order.account, order.order_id
        )
        sequencer.number(market.shard, command)
    return seq
