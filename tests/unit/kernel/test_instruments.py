"""Instruments: adding, changing, closing; grids, limits, checkpoints; plain instruments."""

from typing import Any

import pytest
from tests.unit.kernel.book import NO, SELL, Book

from outcry_wire.bookhash import OFFSET, book_hash
from outcry_wire.records import InstrumentKind, InstrumentState, OrderKind, TimeInForce


PLAIN = InstrumentKind.PLAIN
OPEN, POST_ONLY = InstrumentState.OPEN, InstrumentState.POST_ONLY
CANCEL_ONLY, HALTED, CLOSED = (
    InstrumentState.CANCEL_ONLY,
    InstrumentState.HALTED,
    InstrumentState.CLOSED,
)
TOP = 2**63 - 1


def add(book: Book, **settings: Any) -> str:
    """Add instrument 2 and return the reject's name, or the fact."""
    (fact,) = book.add(settings.pop("instrument", 2), **settings)
    return fact.removeprefix("refused ADD_INSTRUMENT ")


def test_add_tells_its_settings(book: Book) -> None:
    """The fact of a new instrument has its id and every setting."""
    fact = add(book, tick=25, prices=(50, 9950), lots=(2, 7), orders_max=3, state=HALTED)
    assert fact == "instrument 2 MARKET HALTED tick 25 prices 50..9950 lots 2..7 max 3"


@pytest.mark.parametrize("state", [OPEN, POST_ONLY, CANCEL_ONLY, HALTED])
def test_add_in_each_state(book: Book, state: int) -> None:
    """An instrument may begin in every state but closed."""
    assert add(book, state=state).startswith(f"instrument 2 MARKET {InstrumentState(state).name}")


@pytest.mark.parametrize("state", [CLOSED, 5, 255])
def test_add_state_invalid(book: Book, state: int) -> None:
    """An instrument does not begin closed, nor in a state that does not exist."""
    assert add(book, state=state) == "STATE_INVALID"


def test_add_twice(book: Book) -> None:
    """An id is given once, even if the book is closed since."""
    assert add(book, instrument=1) == "INSTRUMENT_EXISTS"
    book.set(state=CLOSED)
    assert add(book, instrument=1) == "INSTRUMENT_EXISTS"


def test_add_id_bounds(book: Book) -> None:
    """0 is no instrument; the largest 32-bit number is one."""
    assert add(book, instrument=0) == "INSTRUMENT_UNKNOWN"
    assert add(book, instrument=2**32 - 1).startswith("instrument 4294967295 MARKET OPEN")
    assert book.buy(1, 1, at=4000, instrument=2**32 - 1) == ["placed #1 BUY YES 1@4000"]


@pytest.mark.parametrize("kind", [2, 255])
def test_add_kind_invalid(book: Book, kind: int) -> None:
    """There are two kinds of instrument."""
    assert add(book, kind=kind) == "KIND_INVALID"


@pytest.mark.parametrize("tick", [0, -1, -100, 3, 99, 10_001, 20_000, TOP, -(2**63)])
def test_tick_invalid(book: Book, tick: int) -> None:
    """A market's tick is positive and divides 10,000, when added and when set."""
    assert add(book, tick=tick) == "TICK_INVALID"
    assert book.set(tick=tick) == ["refused SET_INSTRUMENT TICK_INVALID"]


@pytest.mark.parametrize("tick", [1, 2, 16, 25, 625, 5000, 10_000])
def test_tick_valid(book: Book, tick: int) -> None:
    """Every divisor of 10,000 is a tick."""
    assert add(book, tick=tick).startswith(f"instrument 2 MARKET OPEN tick {tick} ")
    assert f" tick {tick} " in book.set(tick=tick)[0]


@pytest.mark.parametrize(
    "prices",
    [
        (0, 10_000),
        (0, 0),
        (5000, 5000),
        (6000, 4000),
        (100, 9800),
        (-100, 10_100),
        (1, 9998),
        (TOP, TOP),
        (-TOP, TOP),
    ],
)
def test_bounds_invalid(book: Book, prices: tuple[int, int]) -> None:
    """A market's bounds are symmetric, in order, and inside 1..9999."""
    assert add(book, prices=prices) == "BOUNDS_INVALID"


@pytest.mark.parametrize("prices", [(1, 9999), (4999, 5001), (50, 9950)])
def test_bounds_valid(book: Book, prices: tuple[int, int]) -> None:
    """Symmetric bounds need not lie on the grid."""
    assert f"prices {prices[0]}..{prices[1]}" in add(book, prices=prices)


@pytest.mark.parametrize("lots", [(0, 10), (-1, 10), (10, 9), (1, 10**9 + 1), (1, 0), (TOP, TOP)])
def test_quantity_bounds_invalid(book: Book, lots: tuple[int, int]) -> None:
    """Quantity bounds are in order, from 1 to 10**9, when added and when set."""
    assert add(book, lots=lots) == "QUANTITY_INVALID"
    assert book.set(lots=lots) == ["refused SET_INSTRUMENT QUANTITY_INVALID"]


def test_quantity_bounds_valid(book: Book) -> None:
    """The widest and the narrowest bounds are allowed, when added and when set."""
    assert "lots 1..1000000000" in add(book, lots=(1, 10**9))
    assert "lots 7..7" in add(book, instrument=3, lots=(7, 7))
    assert "lots 1..1000000000" in book.set(lots=(1, 10**9))[0]
    assert "lots 7..7" in book.set(lots=(7, 7))[0]


def test_room_for_one(book: Book) -> None:
    """A book may have room for a single order, when added and when set."""
    assert add(book, orders_max=1).endswith(" max 1")
    assert book.set(orders_max=1)[0].endswith(" max 1")


@pytest.mark.parametrize("orders_max", [0, -1, -(2**63)])
def test_orders_max_invalid(book: Book, orders_max: int) -> None:
    """A book must have room for an order, when added and when set."""
    assert add(book, orders_max=orders_max) == "LIMITS_INVALID"
    assert book.set(orders_max=orders_max) == ["refused SET_INSTRUMENT LIMITS_INVALID"]


@pytest.mark.parametrize("rules_version", [0, 2, -1])
def test_rules_version(book: Book, rules_version: int) -> None:
    """An instrument made for other rules is refused."""
    assert add(book, rules_version=rules_version) == "RECORD_INVALID"


ADD_SPOILED: list[tuple[str, dict[str, Any]]] = [
    ("INSTRUMENT_EXISTS", {"instrument": 1}),
    ("KIND_INVALID", {"kind": 9}),
    ("STATE_INVALID", {"state": 4}),
    ("TICK_INVALID", {"tick": 3}),
    ("BOUNDS_INVALID", {"prices": (2, 1)}),
    ("QUANTITY_INVALID", {"lots": (2, 1)}),
    ("LIMITS_INVALID", {"orders_max": 0}),
    ("RECORD_INVALID", {"rules_version": 9}),
]


@pytest.mark.parametrize("first", range(len(ADD_SPOILED)))
def test_order_of_checks_when_adding(book: Book, first: int) -> None:
    """With many settings wrong, the first check of the list refuses."""
    settings: dict[str, Any] = {}
    for _, spoiled in ADD_SPOILED[first:]:
        settings |= spoiled
    assert add(book, **settings) == ADD_SPOILED[first][0]


def test_refused_instrument_is_not_there(book: Book) -> None:
    """A refused addition leaves its id free."""
    add(book, tick=3)
    assert add(book).startswith("instrument 2")


def test_set_tells_its_settings(book: Book) -> None:
    """Setting sets all that may change and keeps kind and bounds."""
    assert book.set(state=HALTED, tick=50, lots=(2, 7), orders_max=3) == [
        "instrument 1 MARKET HALTED tick 50 prices 100..9900 lots 2..7 max 3"
    ]


def test_set_unknown(book: Book) -> None:
    """An instrument that does not exist cannot be set."""
    assert book.set(2) == ["refused SET_INSTRUMENT INSTRUMENT_UNKNOWN"]
    assert book.set(0) == ["refused SET_INSTRUMENT INSTRUMENT_UNKNOWN"]


@pytest.mark.parametrize("state", [5, 255])
def test_set_state_invalid(book: Book, state: int) -> None:
    """There are five states."""
    assert book.set(state=state) == ["refused SET_INSTRUMENT STATE_INVALID"]


def test_set_state_is_checked_first(book: Book) -> None:
    """State before tick before quantity before room."""
    assert book.set(state=5, tick=3)[0].endswith("STATE_INVALID")
    assert book.set(tick=3, lots=(0, 0))[0].endswith("TICK_INVALID")
    assert book.set(lots=(0, 0), orders_max=0)[0].endswith("QUANTITY_INVALID")


def test_refused_set_changes_nothing(book: Book) -> None:
    """A setting refused for its last field has set none of the others."""
    before = book.engine.snapshot()[32:]
    book.set(state=HALTED, tick=50, orders_max=0)
    assert book.engine.snapshot()[32:] == before


@pytest.mark.parametrize("first", [OPEN, POST_ONLY, CANCEL_ONLY, HALTED])
@pytest.mark.parametrize("second", [OPEN, POST_ONLY, CANCEL_ONLY, HALTED])
def test_states_change_freely(book: Book, first: int, second: int) -> None:
    """Each state may follow each other; what rests stays."""
    book.sell(1, 5, at=4000)
    book.set(state=first)
    book.set(state=second)
    assert book.resting() == ["#1 5@4000"]
    accepted = {OPEN: True, POST_ONLY: False, CANCEL_ONLY: False, HALTED: False}[
        InstrumentState(second)
    ]
    assert (book.buy(2, 1, at=1000) == ["placed #2 BUY YES 1@1000"]) is accepted


def test_orders_wait_through_a_halt(book: Book) -> None:
    """Orders that rested before a halt trade after it, in their old order."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4000)
    book.set(state=HALTED)
    book.set(state=OPEN)
    assert book.buy(3, 5, at=4000) == ["traded #3 x #1 5@4000 TRANSFER left 0|0"]


def test_close_cancels_in_book_order(book: Book) -> None:
    """Closing cancels bids from the best, then asks from the best, oldest first."""
    book.sell(1, 1, at=6000)
    book.buy(2, 1, at=3000, account=2)
    book.sell(3, 1, at=5000)
    book.buy(4, 1, at=4000)
    book.buy(5, 1, at=5000, outcome=NO)
    assert book.set(state=CLOSED, tick=50, lots=(2, 3), orders_max=1) == [
        "cancelled #4 1@4000 CLOSED",
        "cancelled #2 1@3000 CLOSED",
        "cancelled #3 1@5000 CLOSED",
        "cancelled #5 1@5000 CLOSED",
        "cancelled #1 1@6000 CLOSED",
        "instrument 1 MARKET CLOSED tick 50 prices 100..9900 lots 2..3 max 1",
    ]
    assert [fact.account for fact in book.facts] == [1, 2, 1, 1, 1, 0]
    assert book.engine.order_count == 0


def test_close_leaves_other_books(book: Book) -> None:
    """Closing one book concerns no other."""
    book.add(2)
    book.sell(1, 1, at=4000)
    book.sell(2, 1, at=4000, instrument=2)
    book.set(state=CLOSED)
    assert book.cancel_all() == ["cancelled #2 1@4000 ALL", "done CANCEL_ALL 1"]


def test_closed_is_for_ever(book: Book) -> None:
    """A closed instrument accepts neither orders nor settings, not even closing."""
    book.set(state=CLOSED)
    assert book.buy(1, 1, at=4000) == ["rejected #1 INSTRUMENT_NOT_OPEN"]
    for state in (OPEN, HALTED, CLOSED, 9):
        assert book.set(state=state) == ["refused SET_INSTRUMENT STATE_INVALID"]


def test_closing_needs_valid_settings(book: Book) -> None:
    """Closing is a setting like any other: all its fields must be valid."""
    book.sell(1, 1, at=4000)
    assert book.set(state=CLOSED, tick=0) == ["refused SET_INSTRUMENT TICK_INVALID"]
    assert book.resting() == ["#1 1@4000"]


def test_ids_of_a_closed_book_are_free(book: Book) -> None:
    """What closing cancelled is forgotten: ids are free, expiries void."""
    book.add(2)
    book.sell(1, 1, at=4000, tif=TimeInForce.GTD, expire=2_000)
    book.set(state=CLOSED)
    assert book.sell(1, 1, at=4000, instrument=2) == ["placed #1 SELL YES 1@4000"]
    assert book.tick(2_000) == ["ticked"]


def test_refined_tick(book: Book) -> None:
    """A finer grid lets new orders in between; the old ones keep price and place."""
    book.sell(1, 5, at=4000)
    book.sell(2, 5, at=4100)
    book.set(tick=10)
    assert book.sell(3, 5, at=4050) == ["placed #3 SELL YES 5@4050"]
    assert book.buy(9, 15, at=4100) == [
        "traded #9 x #1 5@4000 TRANSFER left 10|0",
        "traded #9 x #3 5@4050 TRANSFER left 5|0",
        "traded #9 x #2 5@4100 TRANSFER left 0|0",
    ]


def test_coarsened_tick(book: Book) -> None:
    """On a coarser grid an order off it still trades at its price; new ones must be on it."""
    book.sell(1, 5, at=4100)
    book.sell(2, 5, at=4900)
    book.set(tick=1000)
    assert book.sell(3, 5, at=4100) == ["rejected #3 PRICE_OFF_GRID"]
    assert book.sell(4, 5, at=5000) == ["placed #4 SELL YES 5@5000"]
    assert book.buy(9, 15, at=5000) == [
        "traded #9 x #1 5@4100 TRANSFER left 10|0",
        "traded #9 x #2 5@4900 TRANSFER left 5|0",
        "traded #9 x #4 5@5000 TRANSFER left 0|0",
    ]


def test_off_grid_order_can_shrink_or_leave(book: Book) -> None:
    """Off the grid an order can be reduced, moved onto it or cancelled, but not replaced there."""
    book.set(tick=50)
    book.buy(1, 5, at=4050)
    book.set(tick=100)
    assert book.reduce(1, by=1) == ["reduced #1 by 1 to 4@4050 USER"]
    assert book.replace(1, total=3, at=4050) == ["refused REPLACE_ORDER #1 PRICE_OFF_GRID"]
    assert book.replace(1, total=3, at=4000)[1] == "placed #1 BUY YES 3@4000"


def test_tick_there_and_back(book: Book) -> None:
    """Coarsening and refining again leaves every order where it was."""
    for number, price in enumerate((3900, 4000, 4100), start=1):
        book.buy(number, 5, at=price)
        book.sell(number + 10, 5, at=price + 1000)
    before = book.engine.orders(1)
    for tick in (5000, 1, 625, 100):
        book.set(tick=tick)
        assert book.engine.orders(1) == before
    assert book.cancel_all()[-1] == "done CANCEL_ALL 6"


def test_tick_without_any_price(book: Book) -> None:
    """A tick of 10,000 leaves no price for a new limit order, but market orders still trade."""
    book.sell(1, 5, at=4000)
    book.set(tick=10_000)
    assert book.buy(2, 5, at=4000) == ["rejected #2 PRICE_OFF_GRID"]
    assert book.market(3, 5, bound=4000) == ["traded #3 x #1 5@4000 TRANSFER left 0|0"]


def test_limits_tell_they_are_set(book: Book) -> None:
    """Setting the limits is done with count 0."""
    assert book.limits(account=1, total=TOP) == ["done SET_LIMITS 0"]


@pytest.mark.parametrize(("account", "total"), [(0, 1), (1, 0), (-1, 1), (1, -(2**63))])
def test_limits_invalid(book: Book, account: int, total: int) -> None:
    """Both limits must be positive; a refused pair sets neither."""
    book.limits(account=1, total=5)
    assert book.limits(account=account, total=total) == ["refused SET_LIMITS LIMITS_INVALID"]
    book.buy(1, 1, at=4000)
    assert book.buy(2, 1, at=4000) == ["rejected #2 ACCOUNT_ORDERS_LIMIT"]


def test_no_limits_at_first(book: Book) -> None:
    """Before any are set, both limits are out of reach."""
    for order_id in range(1, 300):
        assert book.buy(order_id, 1, at=4000)[0].startswith("placed")


def test_checkpoint_of_all(book: Book) -> None:
    """A checkpoint without instrument hashes every book that is not closed, by rising id."""
    for instrument in (7, 3, 5):
        book.add(instrument)
    book.sell(1, 5, at=4000, instrument=3)
    book.sell(2, 5, at=4000, instrument=3)
    book.set(5, state=CLOSED)
    book.set(7, state=HALTED)
    assert book.checkpoint(99) == [
        "hashed 1 of 0 orders",
        "hashed 3 of 2 orders",
        "hashed 7 of 0 orders",
        "done CHECKPOINT 3",
    ]
    assert {fact["checkpoint_id"] for fact in book.facts[:-1]} == {99}
    assert book.facts[-1].instrument == 0


def test_checkpoint_of_one(book: Book) -> None:
    """The hash is that of the book's orders; an empty book hashes to the offset."""
    book.checkpoint(instrument=1)
    assert book.facts[0]["hash"] == OFFSET
    book.sell(1, 5, at=4000, account=71, group=9, tif=TimeInForce.GTD, expire=5_000)
    book.buy(2, 6, at=3000, outcome=0)
    assert book.checkpoint(instrument=1) == ["hashed 1 of 2 orders", "done CHECKPOINT 1"]
    orders = [(2, 1, 0, 0, 0, 3000, 6, 0), (1, 71, 9, 0, 1, 4000, 5, 5_000)]
    assert book.facts[0]["hash"] == book_hash(orders) == book.engine.book_hash(1)


def test_checkpoint_of_a_closed_book(book: Book) -> None:
    """Named, a closed book is hashed as the empty book it is."""
    book.sell(1, 5, at=4000)
    book.set(state=CLOSED)
    assert book.checkpoint(instrument=1) == ["hashed 1 of 0 orders", "done CHECKPOINT 1"]
    assert book.checkpoint() == ["done CHECKPOINT 0"]


def test_checkpoint_of_an_unknown_instrument(book: Book) -> None:
    """A checkpoint of an instrument that does not exist is refused."""
    assert book.checkpoint(instrument=9) == ["refused CHECKPOINT INSTRUMENT_UNKNOWN"]


def test_checkpoint_changes_nothing(book: Book) -> None:
    """A checkpoint only looks."""
    book.sell(1, 5, at=4000)
    before = book.engine.snapshot()[32:]
    book.checkpoint()
    assert book.engine.snapshot()[32:] == before


def plain(book: Book, **settings: Any) -> Book:
    """Add instrument 2 without outcomes: tick 5, no bounds unless *settings* say so."""
    fact = add(book, **{"kind": PLAIN, "tick": 5, "prices": (0, 0), **settings})
    assert fact.startswith("instrument 2 PLAIN"), fact
    return book


def test_plain_trades_as_transfer(book: Book) -> None:
    """Every fill of a plain instrument is a transfer between a buyer and a seller."""
    plain(book).sell(1, 5, at=123_455, instrument=2)
    assert book.buy(2, 3, at=123_460, instrument=2) == ["traded #2 x #1 3@123455 TRANSFER left 0|2"]


def test_plain_has_one_outcome(book: Book) -> None:
    """A plain instrument knows outcome 0 only."""
    assert plain(book).sell(1, 5, at=5, outcome=NO, instrument=2) == ["rejected #1 OUTCOME_INVALID"]


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC])
def test_plain_has_no_money_orders(book: Book, tif: int) -> None:
    """A plain instrument has no orders by money, and says so before the time in force."""
    money = OrderKind.MARKET_MONEY
    assert plain(book).place(1, at=5, kind=money, tif=tif, money=10, instrument=2) == [
        "rejected #1 KIND_INVALID"
    ]


def test_plain_prices_may_be_negative(book: Book) -> None:
    """Prices below zero order and trade like any other."""
    plain(book).buy(1, 1, at=-20, instrument=2)
    book.buy(2, 1, at=-15, instrument=2)
    book.buy(3, 1, at=0, instrument=2)
    assert book.resting(2) == ["#3 1@0", "#2 1@-15", "#1 1@-20"]
    assert book.market(9, 3, bound=-17, side=SELL, instrument=2) == [
        "traded #9 x #3 1@0 TRANSFER left 2|0",
        "traded #9 x #2 1@-15 TRANSFER left 1|0",
        "cancelled #9 1@-17 IMMEDIATE incoming",
    ]


def test_plain_price_grid(book: Book) -> None:
    """Negative prices have the same grid, through zero."""
    plain(book)
    assert book.buy(1, 1, at=-14, instrument=2) == ["rejected #1 PRICE_OFF_GRID"]
    assert book.buy(1, 1, at=14, instrument=2) == ["rejected #1 PRICE_OFF_GRID"]
    assert book.buy(1, 1, at=-15, instrument=2) == ["placed #1 BUY YES 1@-15"]


def test_plain_without_bounds_far_apart(book: Book) -> None:
    """Without bounds every price below 2**53 works, however far apart and in whatever order."""
    plain(book, tick=1)
    far = 2**53 - 1
    prices = [0, far, -far, 10**9, -(10**9), 70_000, -70_000, 1, -1, 4_096, 65_536]
    for number, price in enumerate(prices, start=1):
        book.sell(number, 1, at=price, instrument=2)
    assert [order[5] for order in book.engine.orders(2)] == sorted(prices)
    fills = book.buy(99, 50, at=far, instrument=2)[:-1]
    assert [fact.split()[3:5] for fact in fills] == [
        [f"#{prices.index(price) + 1}", f"1@{price}"] for price in sorted(prices)
    ]


@pytest.mark.parametrize("price", [2**53, -(2**53), TOP, -(2**63)])
def test_plain_without_bounds_has_one(book: Book, price: int) -> None:
    """Prices of 2**53 and beyond are out of every bounds."""
    plain(book, tick=1)
    assert book.buy(1, 1, at=price, instrument=2) == ["rejected #1 PRICE_OUT_OF_BOUNDS"]


def test_plain_with_bounds(book: Book) -> None:
    """A plain instrument may have bounds, on either side of zero, on the grid or not."""
    plain(book, prices=(-7, 12))
    assert book.buy(1, 1, at=-10, instrument=2) == ["rejected #1 PRICE_OUT_OF_BOUNDS"]
    assert book.buy(1, 1, at=15, instrument=2) == ["rejected #1 PRICE_OUT_OF_BOUNDS"]
    assert book.buy(1, 1, at=-5, instrument=2) == ["placed #1 BUY YES 1@-5"]
    assert book.sell(2, 1, at=10, instrument=2) == ["placed #2 SELL YES 1@10"]


@pytest.mark.parametrize("tick", [1, 7, 2**52])
def test_plain_with_the_widest_bounds(book: Book, tick: int) -> None:
    """Bounds may reach as far as any price; the book works between them."""
    far = 2**53 - 1
    plain(book, tick=tick, prices=(-far, far))
    top = far // tick * tick
    prices = sorted({top, -top, 0, tick, -tick})
    for number, price in enumerate(reversed(prices), start=1):
        placed = [f"placed #{number} SELL YES 1@{price}"]
        assert book.sell(number, 1, at=price, instrument=2) == placed
    fills = book.buy(9, 9, at=top, instrument=2)[:-1]
    assert [fill.split()[4] for fill in fills] == [f"1@{price}" for price in prices]


def test_plain_with_the_widest_tick(book: Book) -> None:
    """On a grid too wide for any other price, 0 is a price."""
    plain(book, tick=TOP)
    assert book.sell(1, 1, at=0, instrument=2) == ["placed #1 SELL YES 1@0"]
    assert book.buy(2, 1, at=1, instrument=2) == ["rejected #2 PRICE_OFF_GRID"]
    book.set(2, tick=1)
    assert book.buy(2, 1, at=1, instrument=2) == ["traded #2 x #1 1@0 TRANSFER left 0|0"]


@pytest.mark.parametrize(
    "prices", [(5, 5), (1, 0), (0, -1), (TOP, -TOP), (-(2**53), 0), (0, 2**53), (-(2**63), TOP)]
)
def test_plain_bounds_invalid(book: Book, prices: tuple[int, int]) -> None:
    """Bounds of a plain instrument are in order, or both 0."""
    assert add(book, kind=PLAIN, prices=prices) == "BOUNDS_INVALID"


@pytest.mark.parametrize("tick", [0, -5])
def test_plain_tick_invalid(book: Book, tick: int) -> None:
    """A plain tick is positive."""
    assert add(book, kind=PLAIN, prices=(0, 0), tick=tick) == "TICK_INVALID"


def test_plain_tick_is_free(book: Book) -> None:
    """A plain tick need not divide anything, when added and when set."""
    plain(book, tick=7)
    assert book.set(2, tick=123_457)[0].startswith("instrument 2 PLAIN OPEN tick 123457")


def test_plain_window_moves(book: Book) -> None:
    """Prices that wander far away and come back find the orders they left."""
    plain(book, tick=1)
    for number, price in enumerate(range(0, 2_000_000, 50_000), start=1):
        book.buy(number, 1, at=price, instrument=2)
        assert book.engine.top(2)[0] == price
    for number, price in reversed(list(enumerate(range(0, 2_000_000, 50_000), start=1))):
        assert book.engine.top(2)[0] == price
        assert book.sell(99, 1, at=price, instrument=2) == [
            f"traded #99 x #{number} 1@{price} TRANSFER left 0|0"
        ]
