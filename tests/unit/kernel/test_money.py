"""Orders by money: as many whole lots as the budget buys, at the buyer's own price."""

from tests.unit.kernel.book import NO, Book

from outcry_wire.records import SelfTrade, TimeInForce


FOK = TimeInForce.FOK


def test_money_buys_whole_lots(book: Book) -> None:
    """20,500 micros buy five lots at 4000; the 500 left buy none."""
    book.sell(1, 9, at=4000)
    assert book.spend(2, 20_500, bound=9900) == [
        "traded #2 x #1 5@4000 TRANSFER left 0|4 money 500",
        "cancelled #2 0@9900 MONEY_SPENT money 500 incoming",
    ]


def test_money_spent_to_the_last_micro(book: Book) -> None:
    """The terminal fact comes also when nothing is left."""
    book.sell(1, 9, at=4000)
    assert book.spend(2, 20_000, bound=9900) == [
        "traded #2 x #1 5@4000 TRANSFER left 0|4",
        "cancelled #2 0@9900 MONEY_SPENT incoming",
    ]


def test_money_pays_the_makers_price_of_each_level(book: Book) -> None:
    """Each level is paid at its own price; the change is carried on."""
    book.sell(1, 2, at=4000)
    book.sell(2, 9, at=5000)
    assert book.spend(3, 20_500, bound=9900) == [
        "traded #3 x #1 2@4000 TRANSFER left 0|0 money 12500",
        "traded #3 x #2 2@5000 TRANSFER left 0|7 money 2500",
        "cancelled #3 0@9900 MONEY_SPENT money 2500 incoming",
    ]


def test_money_stops_at_a_level_it_cannot_pay(book: Book) -> None:
    """Money that bought all of a level but buys no lot of the next is spent."""
    book.sell(1, 2, at=4000)
    book.sell(2, 9, at=5000)
    assert book.spend(3, 12_999, bound=9900) == [
        "traded #3 x #1 2@4000 TRANSFER left 0|0 money 4999",
        "cancelled #3 0@9900 MONEY_SPENT money 4999 incoming",
    ]


def test_money_that_exhausts_the_book(book: Book) -> None:
    """Money that could buy more, had anybody offered it, ends as immediate."""
    book.sell(1, 2, at=4000)
    assert book.spend(2, 50_000, bound=9900) == [
        "traded #2 x #1 2@4000 TRANSFER left 0|0 money 42000",
        "cancelled #2 0@9900 IMMEDIATE money 42000 incoming",
    ]


def test_money_that_exhausts_the_bound(book: Book) -> None:
    """What stands beyond the bound is as good as not there."""
    book.sell(1, 2, at=4000)
    book.sell(2, 2, at=4200)
    assert book.spend(3, 50_000, bound=4199)[-1] == (
        "cancelled #3 0@4199 IMMEDIATE money 42000 incoming"
    )


def test_money_and_book_end_together(book: Book) -> None:
    """Less than the price of a last lot left is spent money, even if the book is empty now."""
    book.sell(1, 2, at=4000)
    assert book.spend(2, 11_999, bound=9900) == [
        "traded #2 x #1 2@4000 TRANSFER left 0|0 money 3999",
        "cancelled #2 0@9900 MONEY_SPENT money 3999 incoming",
    ]


def test_money_for_no_is_charged_the_complement(book: Book) -> None:
    """A buyer of NO pays 10,000 - p: at 4000 a lot costs 6000."""
    book.buy(1, 9, at=4000)
    assert book.spend(2, 20_000, bound=100, outcome=NO) == [
        "traded #2 x #1 3@4000 MINT left 0|6 money 2000",
        "cancelled #2 0@100 MONEY_SPENT money 2000 incoming",
    ]


def test_money_for_no_takes_the_highest_bid_first(book: Book) -> None:
    """For a buyer of NO the highest book price is the cheapest, and the bound is the lowest."""
    book.buy(1, 1, at=4000)
    book.buy(2, 1, at=4500)
    book.buy(3, 1, at=3900)
    assert book.spend(4, 90_000, bound=4000, outcome=NO) == [
        "traded #4 x #2 1@4500 MINT left 0|0 money 84500",
        "traded #4 x #1 1@4000 MINT left 0|0 money 78500",
        "cancelled #4 0@4000 IMMEDIATE money 78500 incoming",
    ]


def test_money_that_buys_nothing(book: Book) -> None:
    """Money below the price of one lot is refused, and one micro more is not."""
    book.sell(1, 2, at=4000)
    assert book.spend(2, 3_999, bound=9900) == ["rejected #2 BUYS_NOTHING"]
    assert book.spend(3, 4_000, bound=9900)[0] == "traded #3 x #1 1@4000 TRANSFER left 0|1"


def test_money_without_a_counterpart(book: Book) -> None:
    """Money that meets nothing within its bound is refused."""
    assert book.spend(1, 50_000, bound=9900) == ["rejected #1 BUYS_NOTHING"]
    book.sell(2, 2, at=4000)
    assert book.spend(3, 50_000, bound=3999) == ["rejected #3 BUYS_NOTHING"]


def test_money_that_buys_nothing_of_no(book: Book) -> None:
    """The price of one lot of NO is the complement of the best bid."""
    book.buy(1, 2, at=4000)
    assert book.spend(2, 5_999, bound=100, outcome=NO) == ["rejected #2 BUYS_NOTHING"]


def test_money_fok_that_spends_all(book: Book) -> None:
    """Fill-or-kill money trades if it will be spent within the bound."""
    book.sell(1, 2, at=4000)
    book.sell(2, 2, at=4500)
    assert book.spend(3, 13_000, bound=4500, tif=FOK) == [
        "traded #3 x #1 2@4000 TRANSFER left 0|0 money 5000",
        "traded #3 x #2 1@4500 TRANSFER left 0|1 money 500",
        "cancelled #3 0@4500 MONEY_SPENT money 500 incoming",
    ]


def test_money_fok_that_cannot_spend_all(book: Book) -> None:
    """Fill-or-kill money that the book cannot take is killed with its budget whole."""
    book.sell(1, 2, at=4000)
    assert book.spend(2, 12_000, bound=4500, tif=FOK) == [
        "cancelled #2 0@4500 FILL_OR_KILL money 12000 incoming"
    ]
    assert book.resting() == ["#1 2@4000"]


def test_money_fok_for_exactly_the_book(book: Book) -> None:
    """Fill-or-kill money for exactly all that is offered trades, also with some change left."""
    book.sell(1, 2, at=4000)
    assert book.spend(2, 8_000, bound=4500, tif=FOK)[-1] == (
        "cancelled #2 0@4500 MONEY_SPENT incoming"
    )
    book.sell(3, 2, at=4000)
    assert book.spend(4, 8_900, bound=4500, tif=FOK)[-1] == (
        "cancelled #4 0@4500 MONEY_SPENT money 900 incoming"
    )


def test_money_fok_spent_before_a_dearer_level(book: Book) -> None:
    """Change that buys a lot here but none at the next level is spent for a fill-or-kill too."""
    book.sell(1, 2, at=4000)
    book.sell(2, 2, at=9000)
    assert book.spend(3, 13_000, bound=9900, tif=FOK) == [
        "traded #3 x #1 2@4000 TRANSFER left 0|0 money 5000",
        "cancelled #3 0@9900 MONEY_SPENT money 5000 incoming",
    ]


def test_money_cancel_taker(book: Book) -> None:
    """Money that meets its own order stops there with what it has left."""
    book.sell(1, 2, at=4000)
    book.sell(2, 2, at=4000, group=7)
    assert book.spend(3, 50_000, bound=9900, group=7) == [
        "traded #3 x #1 2@4000 TRANSFER left 0|0 money 42000",
        "cancelled #3 0@9900 SELF_TRADE money 42000 incoming",
    ]


def test_money_cancel_maker(book: Book) -> None:
    """Money may cancel its own orders on the way, and goes on."""
    book.sell(1, 2, at=4000, group=7)
    book.sell(2, 2, at=4100)
    mode = SelfTrade.CANCEL_MAKER
    assert book.spend(3, 4_100, bound=9900, group=7, self_trade=mode) == [
        "cancelled #1 2@4000 SELF_TRADE",
        "traded #3 x #2 1@4100 TRANSFER left 0|1",
        "cancelled #3 0@9900 MONEY_SPENT incoming",
    ]


def test_money_spent_before_it_meets_its_own(book: Book) -> None:
    """An own order at a price that the money cannot pay is never met, so it stays."""
    book.sell(1, 1, at=4000)
    book.sell(2, 1, at=5000, group=7)
    mode = SelfTrade.CANCEL_MAKER
    assert book.spend(3, 8_500, bound=9900, group=7, self_trade=mode) == [
        "traded #3 x #1 1@4000 TRANSFER left 0|0 money 4500",
        "cancelled #3 0@9900 MONEY_SPENT money 4500 incoming",
    ]
    assert book.resting() == ["#2 1@5000"]


def test_money_with_only_its_own_to_meet(book: Book) -> None:
    """Money that cancelled its only counterpart, its own, ends as immediate with all of it."""
    book.sell(1, 1, at=4000, group=7)
    mode = SelfTrade.CANCEL_MAKER
    assert book.spend(2, 8_000, bound=9900, group=7, self_trade=mode) == [
        "cancelled #1 1@4000 SELF_TRADE",
        "cancelled #2 0@9900 IMMEDIATE money 8000 incoming",
    ]


def test_money_fok_meeting_its_own(book: Book) -> None:
    """Fill-or-kill money is killed by its own order in the way, unless that is skipped."""
    book.sell(1, 1, at=4000)
    book.sell(2, 1, at=4000, group=7)
    book.sell(3, 1, at=4000)
    killed = ["cancelled #8 0@9900 FILL_OR_KILL money 8000 incoming"]
    assert book.spend(8, 8_000, bound=9900, group=7, tif=FOK) == killed
    mode = SelfTrade.CANCEL_MAKER
    assert book.spend(9, 8_000, bound=9900, group=7, tif=FOK, self_trade=mode) == [
        "traded #9 x #1 1@4000 TRANSFER left 0|0 money 4000",
        "cancelled #2 1@4000 SELF_TRADE",
        "traded #9 x #3 1@4000 TRANSFER left 0|0",
        "cancelled #9 0@9900 MONEY_SPENT incoming",
    ]


def test_money_ignores_quantity(book: Book) -> None:
    """The quantity of a money order says nothing, whatever it is."""
    book.sell(1, 2, at=4000)
    assert book.spend(2, 4_000, bound=9900, qty=-5)[-1] == (
        "cancelled #2 0@9900 MONEY_SPENT incoming"
    )
    assert book.spend(3, 9_000, bound=9900, qty=77, tif=FOK) == [
        "cancelled #3 0@9900 FILL_OR_KILL money 9000 incoming"
    ]


def test_quantity_orders_ignore_money(book: Book) -> None:
    """The budget of an order by quantity says nothing, and its facts have none."""
    assert book.ioc(1, 5, at=4000, money=99) == ["cancelled #1 5@4000 IMMEDIATE incoming"]
    assert book.fok(2, 5, at=4000, money=-1) == ["cancelled #2 5@4000 FILL_OR_KILL incoming"]


def test_largest_budget(book: Book) -> None:
    """A budget just below 10**18 takes a whole book without loss."""
    book.add(2, lots=(1, 10**9), tick=1, prices=(1, 9999))
    book.sell(1, 10**9, at=9999, instrument=2)
    left = 10**18 - 1 - 10**9 * 9999
    assert book.spend(2, 10**18 - 1, bound=9999, instrument=2) == [
        f"traded #2 x #1 1000000000@9999 TRANSFER left 0|0 money {left}",
        f"cancelled #2 0@9999 IMMEDIATE money {left} incoming",
    ]


def test_more_lots_than_a_quantity_may_have(book: Book) -> None:
    """Money is bounded by the book, not by the largest quantity of one order."""
    book.set(lots=(1, 3))
    for order_id in (1, 2, 3):
        book.sell(order_id, 3, at=100)
    assert len(book.spend(9, 900, bound=100)) == 4
