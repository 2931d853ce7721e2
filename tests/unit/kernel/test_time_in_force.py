"""Orders that do not wait, orders that wait until a time, and orders that only wait."""

import pytest
from tests.unit.kernel.book import NO, SELL, Book

from outcry_wire.records import InstrumentState, OrderKind, SelfTrade, TimeInForce


GTD = TimeInForce.GTD


def test_ioc_fills_what_it_can(book: Book) -> None:
    """The rest of an immediate order is cancelled; it never stood in the book."""
    book.sell(1, 3, at=4000)
    assert book.ioc(2, 5, at=4500) == [
        "traded #2 x #1 3@4000 TRANSFER left 2|0",
        "cancelled #2 2@4500 IMMEDIATE incoming",
    ]
    assert book.resting() == []


def test_ioc_that_meets_nothing(book: Book) -> None:
    """An immediate order without counterpart is cancelled as a whole."""
    assert book.ioc(1, 5, at=4500) == ["cancelled #1 5@4500 IMMEDIATE incoming"]


def test_ioc_filled_has_no_cancel(book: Book) -> None:
    """The last fill is the last fact of an immediate order that is filled."""
    book.sell(1, 5, at=4000)
    assert book.ioc(2, 5, at=4500) == ["traded #2 x #1 5@4000 TRANSFER left 0|0"]


def test_ioc_stops_at_its_price(book: Book) -> None:
    """An immediate order does not trade beyond its limit either."""
    book.sell(1, 3, at=4000)
    book.sell(2, 3, at=4100)
    assert book.ioc(3, 6, at=4000)[-1] == "cancelled #3 3@4000 IMMEDIATE incoming"


def test_id_of_an_order_that_never_rested_is_free(book: Book) -> None:
    """An immediate order leaves nothing behind: its id may be used at once."""
    book.ioc(1, 5, at=4500)
    assert book.buy(1, 5, at=4500) == ["placed #1 BUY YES 5@4500"]


def test_market_by_quantity_stops_at_its_bound(book: Book) -> None:
    """A market order takes everything up to its bound and cancels the rest."""
    book.sell(1, 3, at=4000)
    book.sell(2, 3, at=4100)
    book.sell(3, 3, at=4200)
    assert book.market(9, 9, bound=4100) == [
        "traded #9 x #1 3@4000 TRANSFER left 6|0",
        "traded #9 x #2 3@4100 TRANSFER left 3|0",
        "cancelled #9 3@4100 IMMEDIATE incoming",
    ]


def test_market_bound_need_not_be_on_the_grid(book: Book) -> None:
    """A bound between two prices of the grid works like the nearer one inside it."""
    book.buy(1, 3, at=4100)
    book.buy(2, 3, at=4000)
    assert book.market(9, 6, bound=4001, side=SELL) == [
        "traded #9 x #1 3@4100 TRANSFER left 3|0",
        "cancelled #9 3@4001 IMMEDIATE incoming",
    ]


def test_market_selling_no(book: Book) -> None:
    """A market sale of NO bids in the book: its bound is a highest book price."""
    book.buy(1, 3, at=4000, outcome=NO)
    book.sell(2, 3, at=4100)
    assert book.market(9, 6, bound=4099, side=SELL, outcome=NO) == [
        "traded #9 x #1 3@4000 TRANSFER left 3|0",
        "cancelled #9 3@4099 IMMEDIATE incoming",
    ]


def test_fok_that_just_fills(book: Book) -> None:
    """A fill-or-kill for exactly what stands within its limit trades."""
    book.sell(1, 3, at=4000)
    book.sell(2, 2, at=4100)
    assert book.fok(3, 5, at=4100) == [
        "traded #3 x #1 3@4000 TRANSFER left 2|0",
        "traded #3 x #2 2@4100 TRANSFER left 0|0",
    ]


def test_fok_that_just_fails(book: Book) -> None:
    """A fill-or-kill for one lot more than there is changes nothing."""
    book.sell(1, 3, at=4000)
    book.sell(2, 2, at=4100)
    assert book.fok(3, 6, at=4100) == ["cancelled #3 6@4100 FILL_OR_KILL incoming"]
    assert book.resting() == ["#1 3@4000", "#2 2@4100"]


def test_fok_does_not_count_beyond_its_limit(book: Book) -> None:
    """What stands one tick too far is no help to a fill-or-kill."""
    book.sell(1, 3, at=4000)
    book.sell(2, 9, at=4200)
    assert book.fok(3, 4, at=4100) == ["cancelled #3 4@4100 FILL_OR_KILL incoming"]


def test_fok_on_an_empty_book(book: Book) -> None:
    """A fill-or-kill that meets nothing is killed, not refused."""
    assert book.fok(1, 1, at=4100) == ["cancelled #1 1@4100 FILL_OR_KILL incoming"]


def test_fok_takes_part_of_a_maker(book: Book) -> None:
    """A fill-or-kill that needs only part of a maker leaves the rest where it stood."""
    book.sell(1, 9, at=4000)
    assert book.fok(2, 4, at=4000) == ["traded #2 x #1 4@4000 TRANSFER left 0|5"]


def test_fok_across_outcomes(book: Book) -> None:
    """A fill-or-kill counts both outcomes of the opposite side."""
    book.buy(1, 3, at=4000, outcome=NO)
    book.sell(2, 3, at=4000)
    assert len(book.fok(3, 6, at=4000)) == 2


def test_market_fok(book: Book) -> None:
    """A market order by quantity may be fill-or-kill, within its bound."""
    book.sell(1, 3, at=4000)
    fok = TimeInForce.FOK
    assert book.market(2, 4, bound=4050, tif=fok) == ["cancelled #2 4@4050 FILL_OR_KILL incoming"]
    assert book.market(3, 3, bound=4050, tif=fok) == ["traded #3 x #1 3@4000 TRANSFER left 0|0"]


@pytest.mark.parametrize(
    "mode", [SelfTrade.CANCEL_TAKER, SelfTrade.CANCEL_BOTH, SelfTrade.DECREMENT]
)
def test_fok_meeting_its_own_is_killed(book: Book, mode: int) -> None:
    """An order of one's own in the way, before the quantity is complete, kills a fill-or-kill."""
    book.sell(1, 3, at=4000)
    book.sell(2, 3, at=4000, group=7)
    book.sell(3, 3, at=4000)
    assert book.fok(9, 4, at=4000, group=7, self_trade=mode) == [
        "cancelled #9 4@4000 FILL_OR_KILL incoming"
    ]
    assert book.resting() == ["#1 3@4000", "#2 3@4000", "#3 3@4000"]


def test_fok_complete_before_its_own(book: Book) -> None:
    """An order of one's own behind the last lot needed is no obstacle."""
    book.sell(1, 3, at=4000)
    book.sell(2, 3, at=4000, group=7)
    assert book.fok(9, 3, at=4000, group=7) == ["traded #9 x #1 3@4000 TRANSFER left 0|0"]


def test_fok_cancel_maker_skips_its_own(book: Book) -> None:
    """With cancel-maker own orders do not count; those in the way are cancelled on the way."""
    book.sell(1, 3, at=4000, group=7)
    book.sell(2, 3, at=4100)
    book.sell(3, 3, at=4100, group=7)
    mode = SelfTrade.CANCEL_MAKER
    assert book.fok(8, 4, at=4100, group=7, self_trade=mode) == [
        "cancelled #8 4@4100 FILL_OR_KILL incoming"
    ]
    assert book.fok(9, 3, at=4100, group=7, self_trade=mode) == [
        "cancelled #1 3@4000 SELF_TRADE",
        "traded #9 x #2 3@4100 TRANSFER left 0|0",
    ]
    assert book.resting() == ["#3 3@4100"]


def test_post_only_rests(book: Book) -> None:
    """A post-only order that crosses nothing rests like any other."""
    book.sell(1, 5, at=4100)
    assert book.buy(2, 5, at=4000, post_only=1) == ["placed #2 BUY YES 5@4000"]


@pytest.mark.parametrize("price", [4000, 4100])
def test_post_only_that_would_trade(book: Book, price: int) -> None:
    """A post-only order at or beyond the best opposite price is refused and changes nothing."""
    book.sell(1, 5, at=4000)
    assert book.buy(2, 5, at=price, post_only=1) == ["rejected #2 POST_ONLY_WOULD_TRADE"]
    assert book.resting() == ["#1 5@4000"]


def test_post_only_counts_own_orders(book: Book) -> None:
    """Post-only looks at the best opposite price, whoever stands there."""
    book.sell(1, 5, at=4000, group=7)
    mode = SelfTrade.CANCEL_MAKER
    assert book.buy(2, 5, at=4000, post_only=1, group=7, self_trade=mode) == [
        "rejected #2 POST_ONLY_WOULD_TRADE"
    ]


def test_gtd_trades_until_a_tick_says_so(book: Book) -> None:
    """Time passes on ticks only: past its expiry an order trades until one comes."""
    book.sell(1, 5, at=4000, tif=GTD, expire=2_000)
    book.time_us = 3_000
    assert book.buy(2, 2, at=4000) == ["traded #2 x #1 2@4000 TRANSFER left 0|3"]
    assert book.tick(3_000) == ["cancelled #1 3@4000 EXPIRED", "ticked"]


def test_gtd_ends_exactly_at_its_expiry(book: Book) -> None:
    """The expiry is exclusive: a tick one microsecond before keeps the order, at it does not."""
    book.sell(1, 5, at=4000, tif=GTD, expire=2_000)
    assert book.tick(1_999) == ["ticked"]
    assert book.tick(2_000) == ["cancelled #1 5@4000 EXPIRED", "ticked"]


def test_earliest_expiry(book: Book) -> None:
    """The first microsecond of all is an expiry."""
    book.time_us = 0
    book.sell(1, 5, at=4000, tif=GTD, expire=1)
    assert book.tick(1) == ["cancelled #1 5@4000 EXPIRED", "ticked"]


def test_expiry_order(book: Book) -> None:
    """Orders expire by time, then by id, over all books, whatever their age and price."""
    book.add(2)
    book.sell(9, 1, at=4000, tif=GTD, expire=2_000)
    book.sell(3, 1, at=4100, tif=GTD, expire=3_000)
    book.sell(5, 1, at=4200, tif=GTD, expire=2_000, instrument=2)
    book.buy(7, 1, at=3000, tif=GTD, expire=1_500)
    book.buy(8, 1, at=3000, tif=GTD, expire=3_001)
    book.buy(6, 1, at=3000)
    assert book.tick(3_000) == [
        "cancelled #7 1@3000 EXPIRED",
        "cancelled #5 1@4200 EXPIRED",
        "cancelled #9 1@4000 EXPIRED",
        "cancelled #3 1@4100 EXPIRED",
        "ticked",
    ]
    assert [fact.instrument for fact in book.facts] == [1, 2, 1, 1, 0]


def test_expiry_of_filled_and_cancelled_orders_is_forgotten(book: Book) -> None:
    """An order that is over before its expiry does not expire, nor does a new one with its id."""
    book.sell(1, 1, at=4000, tif=GTD, expire=2_000)
    book.sell(2, 1, at=4000, tif=GTD, expire=2_000)
    book.buy(3, 1, at=4000)
    book.cancel(2)
    book.sell(1, 1, at=4000)
    book.sell(2, 1, at=4000, tif=GTD, expire=9_000)
    assert book.tick(2_000) == ["ticked"]
    assert book.resting() == ["#1 1@4000", "#2 1@4000"]


def test_gtd_that_trades_at_once(book: Book) -> None:
    """A good-till-date order that is filled on entry leaves nothing to expire."""
    book.buy(1, 5, at=4000)
    book.sell(2, 5, at=4000, tif=GTD, expire=2_000)
    assert book.tick(2_000) == ["ticked"]


def test_expiry_in_every_state(book: Book) -> None:
    """Orders expire in a halted book too."""
    book.sell(1, 5, at=4000, tif=GTD, expire=2_000)
    book.set(state=InstrumentState.HALTED)
    assert book.tick(2_000) == ["cancelled #1 5@4000 EXPIRED", "ticked"]


def test_expiry_is_later_than_the_command_not_the_kernel(book: Book) -> None:
    """An expiry that the kernel's time has passed is accepted, and ends at the next tick."""
    book.tick(5_000)
    book.time_us = 1_000
    assert book.sell(1, 5, at=4000, tif=GTD, expire=2_000) == ["placed #1 SELL YES 5@4000"]
    assert book.tick(1_000) == ["cancelled #1 5@4000 EXPIRED", "ticked"]


def test_time_never_goes_back(book: Book) -> None:
    """An earlier tick leaves the kernel's time alone; its fact carries its own time."""
    book.tick(5_000)
    assert book.tick(4_000) == ["ticked"]
    assert book.facts[0].time_us == 4_000
    assert book.engine.time_us == 5_000


def test_only_ticks_move_the_time(book: Book) -> None:
    """The times of other commands are carried into facts and otherwise ignored."""
    book.time_us = 9_000
    book.sell(1, 5, at=4000, tif=GTD, expire=9_001)
    assert book.engine.time_us == 0


def test_kind_of_a_market_order_never_rests(book: Book) -> None:
    """A market order leaves the book empty even if nothing was there."""
    assert book.place(1, 5, at=4000, kind=OrderKind.MARKET_QTY, tif=TimeInForce.IOC) == [
        "cancelled #1 5@4000 IMMEDIATE incoming"
    ]
    assert book.engine.order_count == 0
