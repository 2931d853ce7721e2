"""Every way to refuse a new order, and which refusal comes first."""

import pytest
from tests.unit.kernel.book import NO, SELL, YES, Book

from outcry_wire.records import InstrumentState, OrderKind, SelfTrade, TimeInForce


IOC, FOK, GTC, GTD = TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC, TimeInForce.GTD
LIMIT, MARKET, MONEY = OrderKind.LIMIT, OrderKind.MARKET_QTY, OrderKind.MARKET_MONEY


def refused(book: Book, name: str, **terms: int) -> None:
    """Place order 1 with *terms* over a good order's and expect to be refused by *name*."""
    before = book.engine.book_hash(1)
    order_id = terms.pop("order_id", 1)
    assert book.place(order_id, **{"qty": 5, "at": 4000, **terms}) == [
        f"rejected #{order_id} {name}"
    ]
    assert book.engine.book_hash(1) == before


def test_the_good_order(book: Book) -> None:
    """The order that the cases below spoil is itself accepted."""
    assert book.place(1, 5, at=4000) == ["placed #1 BUY YES 5@4000"]


@pytest.mark.parametrize("instrument", [0, 2, 2**32 - 1])
def test_instrument_unknown(book: Book, instrument: int) -> None:
    """An order must name an instrument that exists."""
    refused(book, "INSTRUMENT_UNKNOWN", instrument=instrument)
    assert book.facts[0].instrument == instrument


@pytest.mark.parametrize("order_id", [0, -1, -(2**63)])
def test_order_id_not_positive(book: Book, order_id: int) -> None:
    """Order ids start at 1."""
    refused(book, "ORDER_ID_REUSED", order_id=order_id)


@pytest.mark.parametrize("outcome", [2, 255])
def test_outcome(book: Book, outcome: int) -> None:
    """There are two outcomes."""
    refused(book, "OUTCOME_INVALID", outcome=outcome)


@pytest.mark.parametrize("side", [2, 255])
def test_side(book: Book, side: int) -> None:
    """There are two sides."""
    refused(book, "SIDE_INVALID", side=side)


@pytest.mark.parametrize("kind", [3, 255])
def test_kind(book: Book, kind: int) -> None:
    """There are three kinds of order."""
    refused(book, "KIND_INVALID", kind=kind)


@pytest.mark.parametrize("kind", [LIMIT, MARKET, MONEY])
@pytest.mark.parametrize("tif", [4, 255])
def test_time_in_force(book: Book, kind: int, tif: int) -> None:
    """There are four times in force."""
    refused(book, "TIME_IN_FORCE_INVALID", kind=kind, tif=tif)


@pytest.mark.parametrize("kind", [MARKET, MONEY])
@pytest.mark.parametrize("tif", [GTC, GTD])
def test_market_orders_do_not_wait(book: Book, kind: int, tif: int) -> None:
    """A market order is immediate or fill-or-kill."""
    refused(book, "TIME_IN_FORCE_INVALID", kind=kind, tif=tif, money=10**6, expire=9_999)


@pytest.mark.parametrize("post_only", [2, 255])
def test_post_only_flag(book: Book, post_only: int) -> None:
    """Post-only is 0 or 1."""
    refused(book, "POST_ONLY_IMMEDIATE", post_only=post_only)


@pytest.mark.parametrize("kind", [LIMIT, MARKET, MONEY])
@pytest.mark.parametrize("tif", [IOC, FOK])
def test_post_only_must_be_able_to_rest(book: Book, kind: int, tif: int) -> None:
    """An order that never rests cannot be post-only."""
    refused(book, "POST_ONLY_IMMEDIATE", kind=kind, tif=tif, post_only=1)


@pytest.mark.parametrize("mode", [4, 255])
def test_self_trade_mode(book: Book, mode: int) -> None:
    """There are four self-trade modes, checked for orders without a group too."""
    refused(book, "SELF_TRADE_INVALID", self_trade=mode)


def test_money_cannot_decrement(book: Book) -> None:
    """A money order has no quantity that could be decremented."""
    decrement = SelfTrade.DECREMENT
    refused(book, "SELF_TRADE_INVALID", kind=MONEY, tif=IOC, money=1, self_trade=decrement)


@pytest.mark.parametrize("tif", [GTC, IOC, FOK])
def test_expiry_without_gtd(book: Book, tif: int) -> None:
    """Only a good-till-date order has an expiry."""
    refused(book, "EXPIRY_WITHOUT_GTD", tif=tif, expire=9_999)


def test_gtd_without_expiry(book: Book) -> None:
    """A good-till-date order must say until when."""
    refused(book, "EXPIRY_WITHOUT_GTD", tif=GTD)


@pytest.mark.parametrize("expire", [1_000, 999, -1])
def test_expiry_in_past(book: Book, expire: int) -> None:
    """An expiry must be later than the command's own time."""
    refused(book, "EXPIRY_IN_PAST", tif=GTD, expire=expire)


def test_expiry_in_the_next_microsecond(book: Book) -> None:
    """One microsecond later than the command is late enough."""
    assert book.place(1, 5, at=4000, tif=GTD, expire=1_001) == ["placed #1 BUY YES 5@4000"]


@pytest.mark.parametrize(
    "state", [InstrumentState.CANCEL_ONLY, InstrumentState.HALTED, InstrumentState.CLOSED]
)
def test_not_open(book: Book, state: int) -> None:
    """A book that is not open refuses orders of every kind."""
    book.set(state=state)
    refused(book, "INSTRUMENT_NOT_OPEN")
    refused(book, "INSTRUMENT_NOT_OPEN", post_only=1)
    refused(book, "INSTRUMENT_NOT_OPEN", tif=IOC)
    refused(book, "INSTRUMENT_NOT_OPEN", kind=MONEY, tif=IOC, money=10**6)


def test_post_only_state(book: Book) -> None:
    """A post-only book accepts post-only orders and no others."""
    book.set(state=InstrumentState.POST_ONLY)
    refused(book, "INSTRUMENT_NOT_OPEN")
    refused(book, "INSTRUMENT_NOT_OPEN", tif=IOC)
    assert book.place(1, 5, at=4000, post_only=1) == ["placed #1 BUY YES 5@4000"]


def test_post_only_state_does_not_trade(book: Book) -> None:
    """In a post-only book an order that would trade is refused as post-only."""
    book.buy(9, 5, at=4000)
    book.set(state=InstrumentState.POST_ONLY)
    refused(book, "POST_ONLY_WOULD_TRADE", side=SELL, post_only=1)


def test_money_sells_nothing(book: Book) -> None:
    """Only a buy can be given by money."""
    refused(book, "MONEY_SELL", kind=MONEY, tif=IOC, side=SELL, money=10**6)
    refused(book, "MONEY_SELL", kind=MONEY, tif=IOC, side=SELL, outcome=NO, money=10**6)


@pytest.mark.parametrize("money", [0, -1, 10**18, 2**63 - 1])
def test_budget(book: Book, money: int) -> None:
    """A budget is positive and below 10**18."""
    refused(book, "BUDGET_INVALID", kind=MONEY, tif=IOC, money=money)


@pytest.mark.parametrize("qty", [0, -1, -(2**63)])
def test_quantity(book: Book, qty: int) -> None:
    """A quantity is positive; that is another refusal than being too small."""
    book.set(lots=(3, 10))
    refused(book, "QUANTITY_INVALID", qty=qty)
    refused(book, "QUANTITY_INVALID", qty=qty, kind=MARKET, tif=FOK)


def test_quantity_bounds(book: Book) -> None:
    """A quantity lies within the instrument's bounds, both included."""
    book.set(lots=(3, 10))
    refused(book, "QUANTITY_BELOW_MINIMUM", qty=2)
    refused(book, "QUANTITY_ABOVE_MAXIMUM", qty=11)
    refused(book, "QUANTITY_ABOVE_MAXIMUM", qty=2**63 - 1, kind=MARKET, tif=IOC)
    assert book.place(1, 3, at=4000) == ["placed #1 BUY YES 3@4000"]
    assert book.place(2, 10, at=4000) == ["placed #2 BUY YES 10@4000"]


@pytest.mark.parametrize("price", [0, 1, 99, 9901, 10_000, -4000, 2**63 - 1, -(2**63)])
def test_price_bounds(book: Book, price: int) -> None:
    """Limit and bound lie within the instrument's prices; that comes before the grid."""
    refused(book, "PRICE_OUT_OF_BOUNDS", at=price)
    refused(book, "PRICE_OUT_OF_BOUNDS", at=price, kind=MARKET, tif=IOC)
    refused(book, "PRICE_OUT_OF_BOUNDS", at=price, kind=MONEY, tif=IOC, money=10**6)


@pytest.mark.parametrize("price", [101, 4001, 4050, 9899])
@pytest.mark.parametrize("tif", [GTC, IOC, FOK])
def test_price_grid(book: Book, price: int, tif: int) -> None:
    """A limit is a multiple of the tick, for orders that never rest too."""
    refused(book, "PRICE_OFF_GRID", at=price, tif=tif)


def test_account_limit(book: Book) -> None:
    """An account may have so many resting orders over all books, and one more once one ends."""
    book.add(2)
    book.limits(account=2, total=100)
    book.buy(11, 5, at=3000)
    book.buy(12, 5, at=3000, instrument=2)
    refused(book, "ACCOUNT_ORDERS_LIMIT")
    assert book.buy(13, 5, at=3000, account=2) == ["placed #13 BUY YES 5@3000"]
    book.cancel(12, instrument=2)
    assert book.buy(14, 5, at=3000) == ["placed #14 BUY YES 5@3000"]


def test_book_limit(book: Book) -> None:
    """A book may hold so many orders of both sides; other books are not concerned."""
    book.add(2)
    book.set(orders_max=2)
    book.buy(11, 5, at=3000)
    book.sell(12, 5, at=6000, account=2)
    refused(book, "BOOK_ORDERS_LIMIT", account=3)
    assert book.buy(13, 5, at=3000, instrument=2) == ["placed #13 BUY YES 5@3000"]


def test_total_limit(book: Book) -> None:
    """All books together may hold so many orders."""
    book.add(2)
    book.limits(account=100, total=2)
    book.buy(11, 5, at=3000)
    book.buy(12, 5, at=3000, instrument=2, account=2)
    refused(book, "TOTAL_ORDERS_LIMIT", account=3)


def test_limits_concern_orders_that_may_rest(book: Book) -> None:
    """The limits refuse an order that could rest even if it would not; immediate ones pass."""
    book.sell(11, 5, at=4000)
    book.limits(account=1, total=1)
    refused(book, "ACCOUNT_ORDERS_LIMIT")
    refused(book, "TOTAL_ORDERS_LIMIT", account=2)
    refused(book, "TOTAL_ORDERS_LIMIT", account=2, tif=GTD, expire=9_999)
    assert book.ioc(12, 1, at=4000, account=2) == ["traded #12 x #11 1@4000 TRANSFER left 0|4"]
    assert book.market(13, 4, bound=4000)[0] == "traded #13 x #11 4@4000 TRANSFER left 0|0"
    assert book.buy(14, 5, at=4000) == ["placed #14 BUY YES 5@4000"]


def test_limits_below_what_rests(book: Book) -> None:
    """Lower limits cancel nothing; they only let nobody in."""
    for order_id in (11, 12, 13):
        book.buy(order_id, 5, at=3000)
    book.limits(account=2, total=2)
    book.set(orders_max=1)
    assert book.engine.order_count == 3
    refused(book, "ACCOUNT_ORDERS_LIMIT")
    refused(book, "BOOK_ORDERS_LIMIT", account=2)


def test_post_only_is_checked_after_the_limits(book: Book) -> None:
    """A full book refuses a post-only order as full, not as crossing."""
    book.sell(11, 5, at=4000)
    book.set(orders_max=1)
    refused(book, "BOOK_ORDERS_LIMIT", post_only=1)


def test_rejected_order_names_who_asked(book: Book) -> None:
    """A reject carries the account and the order id of the command."""
    refused(book, "SIDE_INVALID", side=2, order_id=55, account=-3)
    assert book.facts[0].account == -3


#: Each line spoils one term more than the next; the refusal is always that of the line itself.
SPOILED: list[tuple[str, dict[str, int]]] = [
    ("INSTRUMENT_UNKNOWN", {"instrument": 9}),
    ("ORDER_ID_REUSED", {"order_id": 77}),
    ("OUTCOME_INVALID", {"outcome": 2}),
    ("SIDE_INVALID", {"side": 2}),
    ("KIND_INVALID", {"kind": 3}),
    ("TIME_IN_FORCE_INVALID", {"tif": 4}),
    ("POST_ONLY_IMMEDIATE", {"post_only": 2}),
    ("SELF_TRADE_INVALID", {"self_trade": 4}),
    ("EXPIRY_WITHOUT_GTD", {"expire": 5}),
    ("INSTRUMENT_NOT_OPEN", {}),
    ("QUANTITY_INVALID", {"qty": 0}),
    ("PRICE_OUT_OF_BOUNDS", {"at": 0}),
]


@pytest.mark.parametrize("first", range(len(SPOILED)))
def test_order_of_checks(book: Book, first: int) -> None:
    """With many things wrong at once, the first check of the list is the one that refuses."""
    book.buy(77, 5, at=3000)
    names = [name for name, _ in SPOILED]
    if first <= names.index("INSTRUMENT_NOT_OPEN"):
        book.set(state=InstrumentState.HALTED)
    terms: dict[str, int] = {}
    for _, spoiled in SPOILED[first:]:
        terms |= spoiled
    refused(book, names[first], **terms)


def test_order_of_the_last_checks(book: Book) -> None:
    """Quantity before bounds before grid before limits."""
    book.set(lots=(3, 10), orders_max=1)
    book.buy(77, 5, at=3000)
    refused(book, "QUANTITY_BELOW_MINIMUM", qty=1, at=0)
    refused(book, "QUANTITY_ABOVE_MAXIMUM", qty=11, at=0)
    refused(book, "PRICE_OUT_OF_BOUNDS", at=9901)
    refused(book, "PRICE_OFF_GRID", at=4001)
    refused(book, "BOOK_ORDERS_LIMIT", at=4000)


def test_order_of_money_checks(book: Book) -> None:
    """Side before budget before bounds before what the money buys."""
    money: dict[str, int] = {"kind": MONEY, "tif": IOC}
    refused(book, "MONEY_SELL", side=SELL, money=0, at=0, **money)
    refused(book, "BUDGET_INVALID", money=0, at=0, **money)
    refused(book, "PRICE_OUT_OF_BOUNDS", money=1, at=0, **money)
    refused(book, "BUYS_NOTHING", money=1, at=4001, outcome=YES, **money)
