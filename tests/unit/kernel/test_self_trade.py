"""Nobody trades with oneself: four modes, wherever in the queue the own order stands."""

import pytest
from tests.unit.kernel.book import NO, Book

from outcry_wire.records import SelfTrade, TimeInForce


TAKER, MAKER = SelfTrade.CANCEL_TAKER, SelfTrade.CANCEL_MAKER
BOTH, DECREMENT = SelfTrade.CANCEL_BOTH, SelfTrade.DECREMENT
MODES = list(SelfTrade)


def offer(book: Book, own: int) -> None:
    """Offer orders 1, 2 and 3 of 5 lots each at 4000; order *own* is of group 7."""
    for order_id in (1, 2, 3):
        book.sell(order_id, 5, at=4000, group=7 if order_id == own else 0)


def meet(book: Book, mode: int, qty: int = 20) -> list[str]:
    """Let order 9 of group 7 buy *qty* lots."""
    return book.buy(9, qty, at=4000, group=7, self_trade=mode)


@pytest.mark.parametrize("mode", MODES)
def test_group_zero_is_no_group(book: Book, mode: int) -> None:
    """Orders of group 0 trade with each other in every mode, even of one account."""
    book.sell(1, 5, at=4000)
    assert book.buy(2, 5, at=4000, self_trade=mode) == ["traded #2 x #1 5@4000 TRANSFER left 0|0"]


@pytest.mark.parametrize("mode", MODES)
def test_other_groups_trade(book: Book, mode: int) -> None:
    """Orders of two different groups trade, even of one account."""
    book.sell(1, 5, at=4000, group=8)
    assert book.buy(2, 5, at=4000, group=7, self_trade=mode) == [
        "traded #2 x #1 5@4000 TRANSFER left 0|0"
    ]


def test_group_not_account(book: Book) -> None:
    """Two accounts of one group are one person."""
    book.sell(1, 5, at=4000, group=7, account=71)
    assert book.buy(2, 5, at=4000, group=7, account=72) == [
        "cancelled #2 5@4000 SELF_TRADE incoming"
    ]


def test_own_order_out_of_reach(book: Book) -> None:
    """An own order that the taker never reaches changes nothing."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4000, group=7)
    assert meet(book, TAKER, qty=5) == ["traded #9 x #1 5@4000 TRANSFER left 0|0"]


def test_the_takers_mode_counts(book: Book) -> None:
    """The mode of the resting order says nothing when another order meets it."""
    book.sell(1, 5, at=4000, group=7, self_trade=MAKER)
    assert meet(book, TAKER) == ["cancelled #9 20@4000 SELF_TRADE incoming"]


def test_cancel_taker_at_the_head(book: Book) -> None:
    """Cancel-taker stops before the first fill if the own order stands first."""
    offer(book, own=1)
    assert meet(book, TAKER) == ["cancelled #9 20@4000 SELF_TRADE incoming"]
    assert book.resting() == ["#1 5@4000", "#2 5@4000", "#3 5@4000"]


def test_cancel_taker_in_the_middle(book: Book) -> None:
    """Cancel-taker keeps the fills before the own order and cancels the rest."""
    offer(book, own=2)
    assert meet(book, TAKER) == [
        "traded #9 x #1 5@4000 TRANSFER left 15|0",
        "cancelled #9 15@4000 SELF_TRADE incoming",
    ]
    assert book.resting() == ["#2 5@4000", "#3 5@4000"]


def test_cancel_taker_at_the_tail(book: Book) -> None:
    """Cancel-taker stops at an own order that stands last."""
    offer(book, own=3)
    assert meet(book, TAKER)[2:] == ["cancelled #9 10@4000 SELF_TRADE incoming"]
    assert book.resting() == ["#3 5@4000"]


@pytest.mark.parametrize("own", [1, 2, 3])
def test_cancel_maker_at_each_position(book: Book, own: int) -> None:
    """Cancel-maker takes the own order out where it stands and trades with all others."""
    offer(book, own)
    facts = []
    left = 20
    for order_id in (1, 2, 3):
        if order_id == own:
            facts.append(f"cancelled #{own} 5@4000 SELF_TRADE")
        else:
            left -= 5
            facts.append(f"traded #9 x #{order_id} 5@4000 TRANSFER left {left}|0")
    assert meet(book, MAKER) == [*facts, "placed #9 BUY YES 10@4000"]


def test_cancel_maker_names_the_maker(book: Book) -> None:
    """The fact about the maker carries the maker's account and its original price."""
    book.sell(1, 5, at=4000, group=7, account=71)
    book.buy(2, 5, at=4500, group=7, account=72, self_trade=MAKER)
    cancelled, placed = book.facts
    assert (cancelled.account, cancelled["price"]) == (71, 4000)
    assert (placed.account, placed["price"]) == (72, 4500)


def test_cancel_both_at_the_head(book: Book) -> None:
    """Cancel-both ends the maker, then the taker, and trades nothing."""
    offer(book, own=1)
    assert meet(book, BOTH) == [
        "cancelled #1 5@4000 SELF_TRADE",
        "cancelled #9 20@4000 SELF_TRADE incoming",
    ]
    assert book.resting() == ["#2 5@4000", "#3 5@4000"]


def test_cancel_both_in_the_middle(book: Book) -> None:
    """Cancel-both keeps the fills before the own order."""
    offer(book, own=2)
    assert meet(book, BOTH) == [
        "traded #9 x #1 5@4000 TRANSFER left 15|0",
        "cancelled #2 5@4000 SELF_TRADE",
        "cancelled #9 15@4000 SELF_TRADE incoming",
    ]
    assert book.resting() == ["#3 5@4000"]


def test_cancel_both_at_the_tail(book: Book) -> None:
    """Cancel-both at the last order leaves an empty book."""
    offer(book, own=3)
    assert meet(book, BOTH)[2:] == [
        "cancelled #3 5@4000 SELF_TRADE",
        "cancelled #9 10@4000 SELF_TRADE incoming",
    ]
    assert book.resting() == []


def test_decrement_larger_taker(book: Book) -> None:
    """Decrement takes the maker's quantity off both, ends the maker, and goes on."""
    offer(book, own=1)
    assert meet(book, DECREMENT, qty=7) == [
        "reduced #1 by 5 to 0@4000 SELF_TRADE",
        "reduced #9 by 5 to 2@4000 SELF_TRADE incoming",
        "cancelled #1 0@4000 SELF_TRADE",
        "traded #9 x #2 2@4000 TRANSFER left 0|3",
    ]


def test_decrement_smaller_taker(book: Book) -> None:
    """Decrement ends a taker that is smaller; the maker keeps its place with the rest."""
    offer(book, own=1)
    assert meet(book, DECREMENT, qty=2) == [
        "reduced #1 by 2 to 3@4000 SELF_TRADE",
        "reduced #9 by 2 to 0@4000 SELF_TRADE incoming",
        "cancelled #9 0@4000 SELF_TRADE incoming",
    ]
    assert book.resting() == ["#1 3@4000", "#2 5@4000", "#3 5@4000"]


def test_decrement_equal(book: Book) -> None:
    """Decrement of equals ends both, the maker first."""
    offer(book, own=1)
    assert meet(book, DECREMENT, qty=5) == [
        "reduced #1 by 5 to 0@4000 SELF_TRADE",
        "reduced #9 by 5 to 0@4000 SELF_TRADE incoming",
        "cancelled #1 0@4000 SELF_TRADE",
        "cancelled #9 0@4000 SELF_TRADE incoming",
    ]


def test_decrement_in_the_middle(book: Book) -> None:
    """Decrement between two strangers trades with both, and what remains rests."""
    offer(book, own=2)
    assert meet(book, DECREMENT) == [
        "traded #9 x #1 5@4000 TRANSFER left 15|0",
        "reduced #2 by 5 to 0@4000 SELF_TRADE",
        "reduced #9 by 5 to 10@4000 SELF_TRADE incoming",
        "cancelled #2 0@4000 SELF_TRADE",
        "traded #9 x #3 5@4000 TRANSFER left 5|0",
        "placed #9 BUY YES 5@4000",
    ]


def test_decrement_across_outcomes(book: Book) -> None:
    """Decrement works on a mint with oneself; each fact says its own outcome."""
    book.buy(1, 5, at=4000, outcome=NO, group=7)
    meet(book, DECREMENT, qty=5)
    assert [fact["outcome"] for fact in book.facts] == [1, 0, 1, 0]


def test_decrement_is_not_filled(book: Book) -> None:
    """A decrement does not count as filled: the old total gives the lots back."""
    book.sell(1, 5, at=4000, group=7)
    meet(book, DECREMENT, qty=2)
    assert book.replace(1, total=5, at=4000) == [
        "replaced #1 3@4000 -> 5@4000",
        "placed #1 SELL YES 5@4000",
    ]


def test_decrement_of_an_immediate_order(book: Book) -> None:
    """What an immediate order has left after a decrement is cancelled as immediate."""
    book.sell(1, 5, at=4000, group=7)
    assert book.ioc(2, 8, at=4000, group=7, self_trade=DECREMENT)[2:] == [
        "cancelled #1 0@4000 SELF_TRADE",
        "cancelled #2 3@4000 IMMEDIATE incoming",
    ]


def test_decrement_of_a_market_order(book: Book) -> None:
    """A market order by quantity may decrement."""
    book.sell(1, 5, at=4000, group=7)
    assert book.market(2, 5, bound=4000, group=7, self_trade=DECREMENT)[-1] == (
        "cancelled #2 0@4000 SELF_TRADE incoming"
    )


def test_two_own_orders_in_a_row(book: Book) -> None:
    """Each own order in the way is handled by itself, on every level."""
    book.sell(1, 5, at=4000, group=7)
    book.sell(2, 5, at=4000, group=7)
    book.sell(3, 5, at=4100, group=7)
    assert book.buy(9, 5, at=4100, group=7, self_trade=MAKER) == [
        "cancelled #1 5@4000 SELF_TRADE",
        "cancelled #2 5@4000 SELF_TRADE",
        "cancelled #3 5@4100 SELF_TRADE",
        "placed #9 BUY YES 5@4100",
    ]


def test_mode_survives_replace(book: Book) -> None:
    """A replaced order that crosses uses the mode it was placed with."""
    book.sell(1, 5, at=5000, group=7)
    book.buy(2, 5, at=4000, group=7, self_trade=MAKER)
    assert book.replace(2, total=5, at=5000) == [
        "replaced #2 5@4000 -> 5@5000",
        "cancelled #1 5@5000 SELF_TRADE",
        "placed #2 BUY YES 5@5000",
    ]


@pytest.mark.parametrize("mode", [TAKER, BOTH])
def test_replaced_order_stopped_by_its_own(book: Book, mode: int) -> None:
    """A replaced order that a self-trade stops is over; it no longer stands in the book."""
    book.sell(1, 5, at=5000, group=7)
    book.buy(2, 5, at=4000, group=7, self_trade=mode)
    assert book.replace(2, total=5, at=5000)[-1] == "cancelled #2 5@5000 SELF_TRADE incoming"
    assert book.cancel(2) == ["refused CANCEL_ORDER #2 ORDER_UNKNOWN"]


def test_cancelled_taker_frees_its_id(book: Book) -> None:
    """An order that a self-trade ended on entry leaves its id free."""
    book.sell(1, 5, at=4000, group=7)
    meet(book, TAKER)
    assert book.buy(9, 5, at=3000) == ["placed #9 BUY YES 5@3000"]


def test_expired_mode_of_gtd(book: Book) -> None:
    """A good-till-date maker cancelled by a self-trade does not expire later."""
    book.sell(1, 5, at=4000, group=7, tif=TimeInForce.GTD, expire=2_000)
    meet(book, BOTH)
    assert book.tick(2_000) == ["ticked"]
