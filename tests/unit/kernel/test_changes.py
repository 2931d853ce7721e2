"""Changing what rests: cancel, reduce, replace, cancel all."""

import pytest
from tests.unit.kernel.book import NO, SELL, Book

from outcry_wire.records import InstrumentState, TimeInForce


NOT_OPEN = [InstrumentState.CANCEL_ONLY, InstrumentState.HALTED]
ANY_STATE = [
    InstrumentState.OPEN,
    InstrumentState.POST_ONLY,
    InstrumentState.CANCEL_ONLY,
    InstrumentState.HALTED,
]


def test_cancel(book: Book) -> None:
    """A cancelled order says what was left of it and where it rested."""
    book.sell(1, 5, at=4000)
    book.buy(2, 2, at=4000)
    assert book.cancel(1) == ["cancelled #1 3@4000 USER"]
    assert book.resting() == []


def test_cancel_says_whose_and_which(book: Book) -> None:
    """The fact of a cancel carries the order's instrument and account, outcome and side."""
    book.add(2)
    book.sell(1, 5, at=4000, outcome=NO, account=72, instrument=2)
    book.cancel(1, instrument=0, account=72)
    (fact,) = book.facts
    assert (fact.instrument, fact.account) == (2, 72)
    assert (fact["outcome"], fact["side"], fact["budget_left"]) == (NO, SELL, 0)


def test_cancel_unknown(book: Book) -> None:
    """An id that never was, is negative, or is not live is unknown."""
    for order_id in (1, 0, -1, 2**63 - 1, -(2**63)):
        refused = book.cancel(order_id)
        assert refused[0].endswith("ORDER_UNKNOWN")
        assert book.facts[0]["order_id"] == order_id


def test_cancel_twice(book: Book) -> None:
    """The second cancel finds nothing."""
    book.sell(1, 5, at=4000)
    book.cancel(1)
    assert book.cancel(1) == ["refused CANCEL_ORDER #1 ORDER_UNKNOWN"]


def test_cancel_in_the_wrong_instrument(book: Book) -> None:
    """A cancel that names another instrument, known or not, is refused."""
    book.add(2)
    book.sell(1, 5, at=4000)
    assert book.cancel(1, instrument=2) == ["refused CANCEL_ORDER #1 INSTRUMENT_UNKNOWN"]
    assert book.cancel(1, instrument=9) == ["refused CANCEL_ORDER #1 INSTRUMENT_UNKNOWN"]
    assert book.facts[0].instrument == 9


def test_cancel_of_another_owner(book: Book) -> None:
    """Only the account that placed an order may cancel it; the reject names who asked."""
    book.sell(1, 5, at=4000, account=71)
    assert book.cancel(1, account=72) == ["refused CANCEL_ORDER #1 NOT_OWNER"]
    assert book.facts[0].account == 72


def test_instrument_is_checked_before_owner(book: Book) -> None:
    """With both wrong, the instrument is what is refused."""
    book.sell(1, 5, at=4000, account=71)
    assert book.cancel(1, instrument=9, account=72) == [
        "refused CANCEL_ORDER #1 INSTRUMENT_UNKNOWN"
    ]


@pytest.mark.parametrize("state", ANY_STATE)
def test_cancel_and_reduce_in_every_state(book: Book, state: int) -> None:
    """Whoever wants out gets out, whatever the state of the book."""
    book.sell(1, 5, at=4000)
    book.set(state=state)
    assert book.reduce(1, by=2) == ["reduced #1 by 2 to 3@4000 USER"]
    assert book.cancel(1) == ["cancelled #1 3@4000 USER"]


def test_reduce_keeps_priority(book: Book) -> None:
    """A reduced order stays first in its queue."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4000)
    assert book.reduce(1, by=3) == ["reduced #1 by 3 to 2@4000 USER"]
    assert book.buy(9, 3, at=4000) == [
        "traded #9 x #1 2@4000 TRANSFER left 1|0",
        "traded #9 x #2 1@4000 TRANSFER left 0|4",
    ]


def test_reduce_changes_the_level(book: Book) -> None:
    """A reduction takes its lots off the level, not the order."""
    book.sell(1, 5, at=4000)
    book.reduce(1, by=3)
    assert book.engine.levels(1, SELL, 1) == [(4000, 2, 1)]


@pytest.mark.parametrize("by", [5, 6, 2**63 - 1])
def test_reduce_by_all(book: Book, by: int) -> None:
    """A reduction by all that is left or more is a cancel."""
    book.sell(1, 5, at=4000)
    assert book.reduce(1, by) == ["cancelled #1 5@4000 USER"]


@pytest.mark.parametrize("by", [0, -1, -(2**63)])
def test_reduce_by_nothing(book: Book, by: int) -> None:
    """A reduction must be by at least one lot."""
    book.sell(1, 5, at=4000)
    assert book.reduce(1, by) == ["refused REDUCE_ORDER #1 REDUCE_INVALID"]


def test_reduce_checks_who_asks(book: Book) -> None:
    """A reduction is checked like a cancel, before its quantity."""
    book.sell(1, 5, at=4000)
    assert book.reduce(9, by=0) == ["refused REDUCE_ORDER #9 ORDER_UNKNOWN"]
    assert book.reduce(1, by=0, instrument=9) == ["refused REDUCE_ORDER #1 INSTRUMENT_UNKNOWN"]
    assert book.reduce(1, by=0, account=9) == ["refused REDUCE_ORDER #1 NOT_OWNER"]


def test_reduce_below_the_minimum(book: Book) -> None:
    """The minimum quantity is checked at entry only; a reduction may go below it."""
    book.set(lots=(5, 1000))
    book.sell(1, 5, at=4000)
    assert book.reduce(1, by=4) == ["reduced #1 by 4 to 1@4000 USER"]


def test_replace_in_place(book: Book) -> None:
    """Less quantity at the same price keeps the place in the queue."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4000)
    assert book.replace(1, total=3, at=4000) == ["replaced #1 5@4000 -> 3@4000 in place"]
    assert book.buy(9, 1, at=4000) == ["traded #9 x #1 1@4000 TRANSFER left 0|2"]


def test_replace_with_the_same_terms(book: Book) -> None:
    """The same price and quantity again changes nothing and keeps the place."""
    book.sell(1, 5, at=4000)
    assert book.replace(1, total=5, at=4000) == ["replaced #1 5@4000 -> 5@4000 in place"]


def test_replace_with_more(book: Book) -> None:
    """More quantity at the same price goes to the end of the queue."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4000)
    assert book.replace(1, total=6, at=4000) == [
        "replaced #1 5@4000 -> 6@4000",
        "placed #1 SELL YES 6@4000",
    ]
    assert book.resting() == ["#2 5@4000", "#1 6@4000"]


def test_replace_at_another_price(book: Book) -> None:
    """Another price is another queue, even with less quantity."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4100)
    assert book.replace(1, total=2, at=4100) == [
        "replaced #1 5@4000 -> 2@4100",
        "placed #1 SELL YES 2@4100",
    ]
    assert book.resting() == ["#2 5@4100", "#1 2@4100"]


def test_replace_counts_what_is_filled(book: Book) -> None:
    """The total of a replacement includes the lots filled before."""
    book.sell(1, 5, at=4000)
    book.buy(2, 2, at=4000)
    assert book.replace(1, total=4, at=4000) == ["replaced #1 3@4000 -> 2@4000 in place"]
    assert book.replace(1, total=9, at=4000)[0] == "replaced #1 2@4000 -> 7@4000"


def test_replace_counts_what_was_filled_on_entry(book: Book) -> None:
    """Fills as a taker count like fills as a maker."""
    book.sell(1, 2, at=4000)
    book.buy(2, 5, at=4000)
    assert book.replace(2, total=3, at=4000) == ["replaced #2 3@4000 -> 1@4000 in place"]


def test_replace_to_what_is_filled(book: Book) -> None:
    """A total that leaves nothing to fill is refused; that would be a cancel."""
    book.sell(1, 5, at=4000)
    book.buy(2, 2, at=4000)
    assert book.replace(1, total=2, at=4000) == ["refused REPLACE_ORDER #1 REPLACE_INVALID"]
    assert book.replace(1, total=1, at=4000) == ["refused REPLACE_ORDER #1 REPLACE_INVALID"]
    assert book.replace(1, total=3, at=4000)[0].endswith("1@4000 in place")


def test_replace_gives_reduced_lots_back(book: Book) -> None:
    """A reduction is not a fill: the old total means the old remainder, at the end of the queue."""
    book.sell(1, 5, at=4000)
    book.reduce(1, by=2)
    assert book.replace(1, total=5, at=4000)[0] == "replaced #1 3@4000 -> 5@4000"


def test_replace_into_a_cross_trades_at_the_makers_price(book: Book) -> None:
    """A replaced order that crosses is a taker: it pays what the maker asked."""
    book.sell(1, 5, at=5000)
    book.buy(2, 8, at=4000)
    assert book.replace(2, total=8, at=6000) == [
        "replaced #2 8@4000 -> 8@6000",
        "traded #2 x #1 5@5000 TRANSFER left 3|0",
        "placed #2 BUY YES 3@6000",
    ]
    assert book.facts[1]["trade_id"] == book.seq


def test_replace_that_fills_whole(book: Book) -> None:
    """A replaced order that is filled is over with its last fill, and its id is free."""
    book.sell(1, 5, at=5000)
    book.buy(2, 5, at=4000)
    assert book.replace(2, total=5, at=5000) == [
        "replaced #2 5@4000 -> 5@5000",
        "traded #2 x #1 5@5000 TRANSFER left 0|0",
    ]
    assert book.engine.order_count == 0
    assert book.buy(2, 5, at=4000) == ["placed #2 BUY YES 5@4000"]


def test_replace_never_meets_itself(book: Book) -> None:
    """The only order of a book may move anywhere, post-only too."""
    book.sell(1, 5, at=5000)
    assert book.replace(1, total=5, at=100, post_only=1)[1] == "placed #1 SELL YES 5@100"
    assert book.replace(1, total=9, at=9900)[1] == "placed #1 SELL YES 9@9900"


def test_replace_post_only_that_would_trade(book: Book) -> None:
    """A post-only replacement that would trade is refused, and the order stays as it was."""
    book.sell(1, 5, at=5000)
    book.buy(2, 5, at=4000)
    book.buy(3, 5, at=4000)
    assert book.replace(2, total=5, at=5000, post_only=1) == [
        "refused REPLACE_ORDER #2 POST_ONLY_WOULD_TRADE"
    ]
    assert book.resting() == ["#2 5@4000", "#3 5@4000", "#1 5@5000"]


def test_replace_post_only_in_place(book: Book) -> None:
    """A post-only replacement in place cannot trade."""
    book.sell(1, 5, at=5000)
    assert book.replace(1, total=4, at=5000, post_only=1) == [
        "replaced #1 5@5000 -> 4@5000 in place"
    ]


def test_replace_keeps_expiry(book: Book) -> None:
    """A replaced good-till-date order keeps its expiry."""
    book.sell(1, 5, at=4000, tif=TimeInForce.GTD, expire=2_000)
    book.replace(1, total=6, at=4100)
    assert book.tick(2_000) == ["cancelled #1 6@4100 EXPIRED", "ticked"]


def test_replace_keeps_outcome_and_side(book: Book) -> None:
    """A replaced order stays what it is; the fact says what that is."""
    book.buy(1, 5, at=4000, outcome=NO)
    assert book.replace(1, total=6, at=4100)[1] == "placed #1 BUY NO 6@4100"
    assert (book.facts[0]["outcome"], book.facts[0]["side"]) == (1, 0)


def test_replace_checks_who_asks(book: Book) -> None:
    """A replacement is checked like a cancel, before its terms."""
    book.sell(1, 5, at=4000)
    assert book.replace(9, 0, at=1) == ["refused REPLACE_ORDER #9 ORDER_UNKNOWN"]
    assert book.replace(1, 0, at=1, instrument=9) == ["refused REPLACE_ORDER #1 INSTRUMENT_UNKNOWN"]
    assert book.replace(1, 0, at=1, account=9) == ["refused REPLACE_ORDER #1 NOT_OWNER"]


@pytest.mark.parametrize("total", [0, -1, 1001, 2**63 - 1, -(2**63)])
def test_replace_quantity_bounds(book: Book, total: int) -> None:
    """The new total must lie within the instrument's bounds."""
    book.sell(1, 5, at=4000)
    assert book.replace(1, total, at=4000) == ["refused REPLACE_ORDER #1 REPLACE_INVALID"]


def test_replace_at_the_quantity_bounds(book: Book) -> None:
    """The new total may be the least and the most that the instrument allows."""
    book.sell(1, 5, at=4000)
    assert book.replace(1, total=1000, at=4000)[1] == "placed #1 SELL YES 1000@4000"
    assert book.replace(1, total=1, at=4000) == ["replaced #1 1000@4000 -> 1@4000 in place"]


def test_replace_below_the_minimum(book: Book) -> None:
    """The new total must reach the minimum quantity."""
    book.sell(1, 5, at=4000)
    book.set(lots=(3, 10))
    assert book.replace(1, total=2, at=4000) == ["refused REPLACE_ORDER #1 REPLACE_INVALID"]
    assert book.replace(1, total=3, at=4000) == ["replaced #1 5@4000 -> 3@4000 in place"]


def test_replace_post_only_flag(book: Book) -> None:
    """Post-only is 0 or 1, in a replacement too."""
    book.sell(1, 5, at=4000)
    assert book.replace(1, 5, at=4000, post_only=2) == ["refused REPLACE_ORDER #1 REPLACE_INVALID"]


def test_replace_price_checks(book: Book) -> None:
    """The new price must lie within the bounds and on the grid, checked after the quantity."""
    book.sell(1, 5, at=4000)
    assert book.replace(1, 5, at=10_000) == ["refused REPLACE_ORDER #1 PRICE_OUT_OF_BOUNDS"]
    assert book.replace(1, 5, at=0) == ["refused REPLACE_ORDER #1 PRICE_OUT_OF_BOUNDS"]
    assert book.replace(1, 5, at=4001) == ["refused REPLACE_ORDER #1 PRICE_OFF_GRID"]
    assert book.replace(1, 0, at=4001) == ["refused REPLACE_ORDER #1 REPLACE_INVALID"]


@pytest.mark.parametrize("state", NOT_OPEN)
def test_replace_when_not_open(book: Book, state: int) -> None:
    """A replacement is a new order: a book that accepts none refuses it, whatever its terms."""
    book.sell(1, 5, at=4000)
    book.set(state=state)
    refused = ["refused REPLACE_ORDER #1 INSTRUMENT_NOT_OPEN"]
    assert book.replace(1, 0, at=4000) == refused
    assert book.replace(1, 4, at=4000, post_only=1) == refused


def test_replace_in_post_only_state(book: Book) -> None:
    """A post-only book accepts post-only replacements and no others."""
    book.sell(1, 5, at=4000)
    book.set(state=InstrumentState.POST_ONLY)
    assert book.replace(1, 4, at=4000) == ["refused REPLACE_ORDER #1 INSTRUMENT_NOT_OPEN"]
    assert book.replace(1, 4, at=4000, post_only=2) == [
        "refused REPLACE_ORDER #1 INSTRUMENT_NOT_OPEN"
    ]
    assert book.replace(1, 9, at=4100, post_only=1)[1] == "placed #1 SELL YES 9@4100"


def test_replace_has_no_count_limits(book: Book) -> None:
    """A replacement is no further order: full books and accounts do not refuse it."""
    book.sell(1, 5, at=4000)
    book.set(orders_max=1)
    book.limits(account=1, total=1)
    assert book.replace(1, 9, at=4100)[1] == "placed #1 SELL YES 9@4100"


def test_replace_many_times(book: Book) -> None:
    """The filled lots of an order are remembered over any number of replacements."""
    book.sell(1, 10, at=4000)
    for number in range(1, 6):
        book.buy(10 + number, 1, at=4000)
        book.replace(1, total=10 + number, at=4100)
        book.replace(1, total=10, at=4000)
        assert book.resting() == [f"#1 {10 - number}@4000"]


def test_cancel_all_in_placing_order(book: Book) -> None:
    """Cancel-all goes through an account's orders as they were first placed, over all books."""
    book.add(2)
    book.sell(5, 1, at=4000)
    book.buy(3, 1, at=3000, instrument=2)
    book.sell(9, 1, at=4100)
    book.sell(4, 1, at=3900, account=2)
    book.buy(1, 1, at=2000)
    assert book.cancel_all() == [
        "cancelled #5 1@4000 ALL",
        "cancelled #3 1@3000 ALL",
        "cancelled #9 1@4100 ALL",
        "cancelled #1 1@2000 ALL",
        "done CANCEL_ALL 4",
    ]
    assert [fact.instrument for fact in book.facts] == [1, 2, 1, 1, 0]
    assert book.resting() == ["#4 1@3900"]


def test_cancel_all_of_one_book(book: Book) -> None:
    """Cancel-all of one instrument leaves the account's orders elsewhere."""
    book.add(2)
    book.sell(1, 1, at=4000)
    book.sell(2, 1, at=4000, instrument=2)
    assert book.cancel_all(instrument=2) == ["cancelled #2 1@4000 ALL", "done CANCEL_ALL 1"]
    assert book.resting() == ["#1 1@4000"]


def test_cancel_all_without_orders(book: Book) -> None:
    """Cancel-all of nothing is done, with count 0, in the command's name."""
    assert book.cancel_all(instrument=1, account=77) == ["done CANCEL_ALL 0"]
    assert (book.facts[0].instrument, book.facts[0].account) == (1, 77)


def test_cancel_all_of_an_unknown_instrument(book: Book) -> None:
    """Cancel-all in an instrument that does not exist is refused."""
    assert book.cancel_all(instrument=9) == ["refused CANCEL_ALL INSTRUMENT_UNKNOWN"]


@pytest.mark.parametrize("state", ANY_STATE)
def test_cancel_all_in_every_state(book: Book, state: int) -> None:
    """Cancel-all works in every state."""
    book.sell(1, 1, at=4000)
    book.set(state=state)
    assert book.cancel_all() == ["cancelled #1 1@4000 ALL", "done CANCEL_ALL 1"]


def test_cancel_all_in_a_closed_book(book: Book) -> None:
    """A closed book is known and has nothing to cancel."""
    book.set(state=InstrumentState.CLOSED)
    assert book.cancel_all(instrument=1) == ["done CANCEL_ALL 0"]


def test_replaced_order_keeps_its_place_for_cancel_all(book: Book) -> None:
    """A replacement moves an order in its book, not among its owner's orders."""
    for order_id in (1, 2, 3):
        book.sell(order_id, 1, at=4000)
    book.replace(1, total=5, at=4100)
    assert book.cancel_all()[:3] == [
        "cancelled #1 5@4100 ALL",
        "cancelled #2 1@4000 ALL",
        "cancelled #3 1@4000 ALL",
    ]


def test_reused_id_is_last_for_cancel_all(book: Book) -> None:
    """An id used again is a new order, placed after those that stand."""
    book.sell(1, 1, at=4000)
    book.sell(2, 1, at=4000)
    book.cancel(1)
    book.sell(1, 1, at=4000)
    assert book.cancel_all()[:2] == ["cancelled #2 1@4000 ALL", "cancelled #1 1@4000 ALL"]


def test_cancel_all_after_fills(book: Book) -> None:
    """Filled and expired orders are not among those that cancel-all finds."""
    book.sell(1, 1, at=4000)
    book.sell(2, 1, at=4100, tif=TimeInForce.GTD, expire=2_000)
    book.sell(3, 1, at=4200)
    book.buy(9, 1, at=4000, account=2)
    book.tick(2_000)
    assert book.cancel_all() == ["cancelled #3 1@4200 ALL", "done CANCEL_ALL 1"]
