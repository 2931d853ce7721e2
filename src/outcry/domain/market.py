"""A market: its life as a table of moves, and how two outcomes share one book.

Life. Every legal move is a row of `MOVES`; a move that is not there is a reject and changes
nothing. ``closing`` ends by itself, when the ledger has applied every fact of the market and
nothing of it is open, held or pending.

Book. One book per market in outcome-0 ticks. Who buys YES or sells NO bids; who sells YES or buys
NO asks. The owner's own price is the book price for outcome 0 and its complement for outcome 1.
"""

from enum import IntEnum
from typing import Final

from outcry.domain.outcomes import own_price as own_price  # noqa: PLC0414 - said here as well
from outcry_wire.records import InstrumentState, MatchKind, Side


class MarketState(IntEnum):
    """Where a market is in its life."""

    DRAFT = 0
    OPEN = 1
    PAUSED = 2
    CLOSING = 3
    CLOSED = 4
    PROPOSED = 5
    DISPUTED = 6
    RESOLVED = 7
    VOIDED = 8


class SettlementMode(IntEnum):
    """When a trade of a market is final; chosen when it is listed, for ever."""

    #: At the match: the ledger is the truth.
    BOOK = 0
    #: When a chain has confirmed it: until then its value is pending.
    CHAIN = 1


class MarketMove(IntEnum):
    """What may be done to a market."""

    LIST = 0
    PAUSE = 1
    RESUME = 2
    #: By an admin, or by the sequencer at the end time.
    CLOSE = 3
    #: By the ledger itself: every fact applied, nothing open, held or pending.
    DRAIN = 4
    PROPOSE = 5
    DISPUTE = 6
    RESOLVE = 7
    VOID = 8


#: Every legal move. Resolving straight from ``closed`` is for markets without a dispute window; a
#: proposed payout stands by itself when the window ends, and only then.
MOVES: Final[dict[tuple[MarketState, MarketMove], MarketState]] = {
    (MarketState.DRAFT, MarketMove.LIST): MarketState.OPEN,
    (MarketState.DRAFT, MarketMove.CLOSE): MarketState.CLOSING,
    (MarketState.OPEN, MarketMove.PAUSE): MarketState.PAUSED,
    (MarketState.PAUSED, MarketMove.RESUME): MarketState.OPEN,
    (MarketState.OPEN, MarketMove.CLOSE): MarketState.CLOSING,
    (MarketState.PAUSED, MarketMove.CLOSE): MarketState.CLOSING,
    (MarketState.CLOSING, MarketMove.DRAIN): MarketState.CLOSED,
    (MarketState.CLOSED, MarketMove.PROPOSE): MarketState.PROPOSED,
    (MarketState.CLOSED, MarketMove.RESOLVE): MarketState.RESOLVED,
    (MarketState.CLOSED, MarketMove.VOID): MarketState.VOIDED,
    (MarketState.PROPOSED, MarketMove.DISPUTE): MarketState.DISPUTED,
    (MarketState.PROPOSED, MarketMove.RESOLVE): MarketState.RESOLVED,
    (MarketState.DISPUTED, MarketMove.PROPOSE): MarketState.PROPOSED,
    (MarketState.DISPUTED, MarketMove.RESOLVE): MarketState.RESOLVED,
    (MarketState.DISPUTED, MarketMove.VOID): MarketState.VOIDED,
}

#: What the book of a market in each state accepts.
INSTRUMENT_STATES: Final[dict[MarketState, InstrumentState]] = {
    MarketState.DRAFT: InstrumentState.HALTED,
    MarketState.OPEN: InstrumentState.OPEN,
    MarketState.PAUSED: InstrumentState.HALTED,
    MarketState.CLOSING: InstrumentState.CLOSED,
}

#: States that end by themselves at the market's end time.
TRADING_STATES: Final = frozenset({MarketState.DRAFT, MarketState.OPEN, MarketState.PAUSED})
#: States in which tokens may still be split and merged.
ISSUING_STATES: Final = frozenset(
    {MarketState.OPEN, MarketState.PAUSED, MarketState.CLOSING, MarketState.CLOSED},
)
#: States in which a token is worth its payout.
PAID_STATES: Final = frozenset({MarketState.RESOLVED, MarketState.VOIDED})


def move(state: MarketState, action: MarketMove) -> MarketState | None:
    """Return the state after *action*, or None when the move is illegal."""
    return MOVES.get((state, action))


def is_bid(outcome: int, side: int) -> bool:
    """Return whether an order of *side* on *outcome* bids in the book (else it asks)."""
    return outcome == side


def match_kind(taker_outcome: int, taker_side: int, maker_outcome: int) -> MatchKind:
    """Return how a fill between the two changes the supply of tokens."""
    if taker_outcome == maker_outcome:
        return MatchKind.TRANSFER
    return MatchKind.MINT if taker_side == Side.BUY else MatchKind.MERGE
