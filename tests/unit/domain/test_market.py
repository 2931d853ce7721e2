"""How two outcomes share a book, and the life of a market as a table."""

import pytest

from outcry.domain.market import (
    MOVES,
    MarketMove,
    MarketState,
    is_bid,
    match_kind,
    move,
    own_price,
)
from outcry_wire.records import MatchKind, Side


@pytest.mark.parametrize(
    ("outcome", "side", "bid", "own"),
    [
        (0, Side.BUY, True, 6_000),
        (0, Side.SELL, False, 6_000),
        (1, Side.BUY, False, 4_000),
        (1, Side.SELL, True, 4_000),
    ],
)
def test_each_outcome_and_side_has_one_place(outcome: int, side: Side, bid: bool, own: int) -> None:
    """Buying YES and selling NO bid, the others ask; the own price of NO is the complement."""
    assert is_bid(outcome, side) is bid
    assert own_price(outcome, 6_000) == own
    assert own_price(outcome, own) == 6_000


@pytest.mark.parametrize(
    ("taker_outcome", "taker_side", "maker_outcome", "kind"),
    [
        (0, Side.BUY, 0, MatchKind.TRANSFER),
        (0, Side.SELL, 0, MatchKind.TRANSFER),
        (1, Side.BUY, 1, MatchKind.TRANSFER),
        (1, Side.SELL, 1, MatchKind.TRANSFER),
        (0, Side.BUY, 1, MatchKind.MINT),
        (1, Side.BUY, 0, MatchKind.MINT),
        (0, Side.SELL, 1, MatchKind.MERGE),
        (1, Side.SELL, 0, MatchKind.MERGE),
    ],
)
def test_the_kind_of_a_match_follows_from_both_orders(
    taker_outcome: int, taker_side: Side, maker_outcome: int, kind: MatchKind
) -> None:
    """Same outcome transfers, two buyers mint, two sellers merge: all eight rows."""
    assert match_kind(taker_outcome, taker_side, maker_outcome) == kind


def test_only_the_moves_of_the_table_exist() -> None:
    """Of all pairs of state and move exactly those of the design are legal."""
    legal = {
        (state, action)
        for state in MarketState
        for action in MarketMove
        if move(state, action) is not None
    }
    assert legal == set(MOVES)
    assert len(legal) == 15


@pytest.mark.parametrize("state", [MarketState.RESOLVED, MarketState.VOIDED])
def test_a_paid_market_never_moves_again(state: MarketState) -> None:
    """Nothing leads out of resolved or voided."""
    assert all(move(state, action) is None for action in MarketMove)
