"""Two outcomes in one book: who bids, who asks, and what a fill does to the supply of tokens."""

import pytest
from tests.unit.kernel.book import BUY, NO, SELL, YES, Book

from outcry_wire.records import MatchKind, SelfTrade


#: (outcome, side) of the taker, (outcome, side) of the maker, kind of match.
EIGHT_ROWS = [
    ((YES, BUY), (YES, SELL), "TRANSFER"),
    ((YES, BUY), (NO, BUY), "MINT"),
    ((YES, SELL), (YES, BUY), "TRANSFER"),
    ((YES, SELL), (NO, SELL), "MERGE"),
    ((NO, BUY), (NO, SELL), "TRANSFER"),
    ((NO, BUY), (YES, BUY), "MINT"),
    ((NO, SELL), (NO, BUY), "TRANSFER"),
    ((NO, SELL), (YES, SELL), "MERGE"),
]
BIDDERS = [(YES, BUY), (NO, SELL)]
ASKERS = [(YES, SELL), (NO, BUY)]


@pytest.mark.parametrize(("taker", "maker", "kind"), EIGHT_ROWS)
def test_eight_rows(book: Book, taker: tuple[int, int], maker: tuple[int, int], kind: str) -> None:
    """Each taker meets its two counterparts, and outcome and side decide the kind of match."""
    book.place(1, 5, at=4000, outcome=maker[0], side=maker[1])
    assert book.place(2, 5, at=4000, outcome=taker[0], side=taker[1]) == [
        f"traded #2 x #1 5@4000 {kind} left 0|0"
    ]
    (fact,) = book.facts
    assert (fact["taker_outcome"], fact["taker_side"]) == taker
    assert (fact["maker_outcome"], fact["maker_side"]) == maker
    assert MatchKind(fact["match"]).name == kind


@pytest.mark.parametrize("first", BIDDERS)
@pytest.mark.parametrize("second", BIDDERS)
def test_bidders_never_meet(book: Book, first: tuple[int, int], second: tuple[int, int]) -> None:
    """Buyers of YES and sellers of NO stand on the same side and queue together."""
    book.place(1, 5, at=4000, outcome=first[0], side=first[1])
    book.place(2, 5, at=4000, outcome=second[0], side=second[1])
    assert book.engine.levels(1, BUY, 9) == [(4000, 10, 2)]
    assert book.engine.levels(1, SELL, 9) == []


@pytest.mark.parametrize("first", ASKERS)
@pytest.mark.parametrize("second", ASKERS)
def test_askers_never_meet(book: Book, first: tuple[int, int], second: tuple[int, int]) -> None:
    """Sellers of YES and buyers of NO stand on the same side and queue together."""
    book.place(1, 5, at=4000, outcome=first[0], side=first[1])
    book.place(2, 5, at=4000, outcome=second[0], side=second[1])
    assert book.engine.levels(1, SELL, 9) == [(4000, 10, 2)]
    assert book.engine.levels(1, BUY, 9) == []


def test_time_order_across_outcomes(book: Book) -> None:
    """At one price the oldest order trades first, whichever outcome it is for."""
    book.buy(1, 3, at=4000, outcome=NO)
    book.sell(2, 3, at=4000, outcome=YES)
    book.buy(3, 3, at=4000, outcome=NO)
    assert book.buy(9, 9, at=4000) == [
        "traded #9 x #1 3@4000 MINT left 6|0",
        "traded #9 x #2 3@4000 TRANSFER left 3|0",
        "traded #9 x #3 3@4000 MINT left 0|0",
    ]


def test_sweep_mixes_kinds_when_selling(book: Book) -> None:
    """A seller of NO gives some pairs back and sells the rest to buyers of NO."""
    book.sell(1, 3, at=4000, outcome=YES)
    book.buy(2, 3, at=3900, outcome=NO)
    assert book.sell(9, 5, at=4000, outcome=NO) == [
        "traded #9 x #2 3@3900 TRANSFER left 2|0",
        "traded #9 x #1 2@4000 MERGE left 0|1",
    ]


def test_no_buyer_gets_the_improvement(book: Book) -> None:
    """A buyer of NO who offers 7000 (book 3000) pays 5500 to a YES bid of 4500."""
    book.buy(1, 5, at=4500)
    assert book.buy(2, 5, at=3000, outcome=NO) == ["traded #2 x #1 5@4500 MINT left 0|0"]


def test_no_limit_is_a_limit_from_above(book: Book) -> None:
    """A buyer of NO with book limit 4600 does not trade with a YES bid of 4500."""
    book.buy(1, 5, at=4500)
    assert book.buy(2, 5, at=4600, outcome=NO) == ["placed #2 BUY NO 5@4600"]


def test_residual_of_the_other_outcome_rests(book: Book) -> None:
    """What remains of a NO order rests in book prices, under its own outcome."""
    book.buy(1, 2, at=4500)
    assert book.buy(2, 5, at=4400, outcome=NO) == [
        "traded #2 x #1 2@4500 MINT left 3|0",
        "placed #2 BUY NO 3@4400",
    ]
    assert book.engine.orders(1) == [(2, 1, 0, NO, BUY, 4400, 3, 0)]


def test_minting_with_oneself_is_a_self_trade(book: Book) -> None:
    """Buying YES against one's own buy of NO is stopped like any trade with oneself."""
    book.buy(1, 5, at=4000, outcome=NO, group=7)
    assert book.buy(2, 5, at=4000, outcome=YES, group=7) == [
        "cancelled #2 5@4000 SELF_TRADE incoming"
    ]


def test_merging_with_oneself_is_a_self_trade(book: Book) -> None:
    """Selling NO against one's own sale of YES is stopped, here by cancelling the maker."""
    book.sell(1, 5, at=4000, outcome=YES, group=7)
    mode = SelfTrade.CANCEL_MAKER
    assert book.sell(2, 5, at=4000, outcome=NO, group=7, self_trade=mode) == [
        "cancelled #1 5@4000 SELF_TRADE",
        "placed #2 SELL NO 5@4000",
    ]
