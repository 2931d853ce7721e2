"""What clients see: chances, both sides of one book, positions, orders, all as exact text."""

import pytest
from msgspec import convert

from outcry.domain.market import MarketState
from outcry.domain.order import OrderStatus
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import OrderAccepted
from outcry.ports.books import BookImage, TopOfBook
from outcry.ports.projection import (
    ActivityRow,
    EventRow,
    MarketRow,
    OrderRow,
    PositionRow,
    TradeRow,
)
from outcry.ports.queries import AccountActivity, Position
from outcry.services.api.forms import PositionsQuery
from outcry.services.api.positions import holdings, ranked
from outcry.services.api.render import chance, depth_view, event_detail_view, market_view, worth
from outcry.services.api.render_orders import activity_view, order_view, placed_view
from outcry_wire.records import CancelReason, OrderKind, Side, TimeInForce


NOBODY = TopOfBook(0, 0, 0)
EVENT = EventRow(3, "e", "e", "Event", "", "", "t", "", 0, 60_000_000, 0)
MARKET = MarketRow(
    7, 3, 0, "m", "m", "M", "M?", "", "", "", "Yes", "No", "111", "222", 10, 10, 9_990, 1,
    10**9, 1_000, 0, MarketState.OPEN, 0, 0, 0, 0, 0, 0, 1_500_000, 0,
)  # fmt: skip
ORDER = OrderRow(
    5, 1000, 7, 1, Side.BUY, OrderKind.LIMIT, TimeInForce.GTC, 0, 6_500, 2_000, 0, 2_000, 0, 0,
    0, 7_000_000, 0, OrderStatus.OPEN, 0, 0, "mine", 0, 1_000_000, 2_000_000, 9, 4, 4,
)  # fmt: skip


@pytest.mark.parametrize(
    ("top", "last", "expected"),
    [
        (NOBODY, 0, 0),
        (TopOfBook(6_000, 6_100, 5_000), 0, 6_050),
        (TopOfBook(5_000, 6_000, 0), 0, 5_500),
        (TopOfBook(4_000, 6_000, 4_500), 0, 4_500),
        (TopOfBook(4_000, 6_000, 0), 4_200, 4_200),
        (TopOfBook(4_000, 6_000, 0), 0, 5_000),
        (TopOfBook(4_000, 0, 0), 0, 0),
        (TopOfBook(4_000, 0, 3_900), 0, 3_900),
    ],
)
def test_the_chance(top: TopOfBook, last: int, expected: int) -> None:
    """The middle of a tight book, else the last price, else the middle, else nothing."""
    assert chance(MARKET._replace(last_price=last), top) == expected


def test_a_paid_market_is_worth_its_payout() -> None:
    """After resolution the payout counts, also nothing at all, whatever the book once said."""
    lost = MARKET._replace(state=MarketState.RESOLVED, payout_0=0, payout_1=10_000)
    book = TopOfBook(6_000, 6_100, 6_000)

    assert (worth(lost, book, 0), worth(lost, book, 1)) == (0, 10_000)
    assert worth(MARKET, NOBODY, 0) is None
    view = market_view(lost, book)
    assert (view.closed, view.winner_outcome_name, view.winner_outcome_token_id) == (
        True,
        "No",
        "222",
    )
    half = MARKET._replace(state=MarketState.VOIDED, payout_0=5_000, payout_1=5_000)
    assert market_view(half, book).winner_outcome_name == ""
    assert market_view(half, book).payout == ("0.5000", "0.5000")


def test_an_event_is_closed_and_resolved_with_its_last_market() -> None:
    """One open market keeps an event open; an event without markets is neither."""
    closed = MARKET._replace(state=MarketState.CLOSED)
    paid = MARKET._replace(state=MarketState.RESOLVED)

    def state(*markets: MarketRow) -> tuple[bool, bool]:
        detail = event_detail_view(EVENT, list(markets), [], {})
        return detail.closed, detail.resolved

    assert state(paid, MARKET) == (False, False)
    assert state(paid, closed) == (True, False)
    assert state(paid, paid) == (True, True)
    assert state() == (False, False)


def test_each_token_sees_the_one_book_its_own_way() -> None:
    """Asks of YES are bids for NO at the complement; the best level stays first for both."""
    book = BookImage(7, 12, 5_000_000, [(6_000, 100), (5_900, 50)], [(6_200, 30)], 6_100)

    view = depth_view(MARKET, book)

    yes, no = view.depths["111"], view.depths["222"]
    assert (view.update_id, view.timestamp) == (12, 5_000)
    assert [level.price for level in yes.bids] == ["0.6000", "0.5900"]
    assert [level.price for level in no.asks] == ["0.4000", "0.4100"]
    assert [(level.price, level.total_quantity, level.total_size) for level in no.bids] == [
        ("0.3800", "0.30", "0.114000")
    ]
    assert (yes.latest_trade_price, no.latest_trade_price) == ("0.6100", "0.3900")


def test_a_market_that_nobody_touched_has_an_empty_book() -> None:
    """Without a book both tokens have no level, and the last price is that of the tables."""
    view = depth_view(MARKET._replace(last_price=2_500), None)

    assert view.update_id == 0
    assert view.depths["222"].latest_trade_price == "0.7500"
    assert view.depths["111"].bids == view.depths["111"].asks == []


@pytest.mark.parametrize(
    ("changes", "status", "cancelled", "reason"),
    [
        ({}, "new", "0.00", ""),
        ({"status": OrderStatus.NEW}, "new", "0.00", ""),
        ({"filled": 500, "remaining": 1_500}, "partially_filled", "0.00", ""),
        ({"status": OrderStatus.FILLED, "filled": 2_000, "remaining": 0}, "filled", "0.00", ""),
        (
            {"status": OrderStatus.CANCELLED, "filled": 500, "reason": CancelReason.EXPIRED},
            "cancelled", "15.00", "expired",
        ),
        (
            {"status": OrderStatus.REJECTED, "reject": Reject.POST_ONLY_WOULD_TRADE},
            "rejected", "20.00", "post_only_would_trade",
        ),
    ],
)  # fmt: skip
def test_the_life_of_an_order(
    changes: dict[str, int], status: str, cancelled: str, reason: str
) -> None:
    """Status, what was cancelled and why are told in the contract's words."""
    view = order_view(ORDER._replace(**changes), MARKET, EVENT)  # type: ignore[arg-type]

    assert (view.status, view.cancelled_quantity, view.reason) == (status, cancelled, reason)
    assert (view.price, view.quantity, view.volume) == ("0.3500", "20.00", "7.000000")
    assert (view.outcome_name, view.token_id, view.created_at) == ("No", "222", 1)


def test_an_order_by_money_has_its_money_as_volume() -> None:
    """A money order has no quantity of its own: its volume is what it may spend."""
    row = ORDER._replace(kind=OrderKind.MARKET_MONEY, qty=0, budget=12_500_000)
    view = order_view(row, MARKET, EVENT)
    assert (view.order_type, view.quantity, view.volume) == ("market", "0.00", "12.500000")


def test_an_answer_to_an_order() -> None:
    """What the ledger answers becomes text, a rebate being a negative fee."""
    view = placed_view(OrderAccepted(5, 9, OrderStatus.OPEN, 100, 900, 600_000, -25, result_n=11))

    assert (view.status, view.filled_quantity, view.remaining_quantity) == (
        "partially_filled",
        "1.00",
        "9.00",
    )
    assert (view.filled_volume, view.fee, view.result_n) == ("0.600000", "-0.000025", 11)


TRADE = TradeRow(1, 0, 7, 1, 6_000, 500, 8, 1000, 1, Side.BUY, 25, 5, 1001, 0, Side.BUY, -5, 0, 3)


@pytest.mark.parametrize(
    ("account", "outcome", "price", "fee"),
    [(1000, "No", "0.4000", "0.000025"), (1001, "Yes", "0.6000", "-0.000005")],
)
def test_a_fill_has_two_sides(account: int, outcome: str, price: str, fee: str) -> None:
    """Taker and maker of a mint each see their own outcome, price and fee."""
    view = activity_view(AccountActivity(TRADE, None, 4_000_000), account, MARKET, EVENT)

    assert (view.types, view.outcome_name, view.price, view.fee) == ("buy", outcome, price, fee)
    assert (view.quantity, view.timestamp) == ("5.00", 4)


def test_other_activity_names_no_outcome() -> None:
    """A split is of the market, not of an outcome."""
    row = ActivityRow(1000, 9, 0, "split", 7, 500, 5_000_000, "0xabc", 4_000_000)

    view = activity_view(AccountActivity(None, row, 4_000_000), 1000, MARKET, EVENT)

    assert (view.types, view.outcome_name, view.price) == ("split", "", "")
    assert (view.quantity, view.value, view.tx_hash) == ("5.00", "5.000000", "0xabc")


def position(qty_0: int, cost_0: int, qty_1: int = 0, cost_1: int = 0) -> Position:
    """Return a position with these lots and micros."""
    row = PositionRow(1000, 7, cost_0, cost_1, 0, 0, 0, 0, 0, qty_0, qty_1)
    return Position(row, MARKET, qty_0, 0, qty_1, 0)


def test_a_position_is_a_line_for_each_outcome_held() -> None:
    """Average, value and profit are exact; what nobody prices is left empty."""
    both = holdings(position(300, 1_000_000, 100, 0), TopOfBook(4_000, 4_100, 0))
    assert [holding.outcome for holding in both] == [0, 1]
    yes, no = (holding.view(EVENT) for holding in both)
    assert (yes.avg_price, yes.value, yes.profit_value) == ("0.333333", "1.215000", "0.215000")
    assert (yes.profit_percentage, yes.current_price) == ("21.50", "0.4050")
    assert (no.avg_price, no.profit_percentage) == ("0.000000", "0.00")

    loss = holdings(position(300, 3_000_001), TopOfBook(4_000, 4_100, 0))[0].view(EVENT)
    assert (loss.profit_value, loss.profit_percentage) == ("-1.785001", "-59.50")

    (unpriced,) = (holding.view(EVENT) for holding in holdings(position(300, 1), NOBODY))
    assert (unpriced.value, unpriced.profit_value, unpriced.current_price) == ("", "", "")


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, [300, 100, 200]),
        ({"profit_value": False}, [200, 100, 300]),
        ({"quantity": True}, [300, 200, 100]),
        ({"avg_price": False}, [300, 100, 200]),
        ({"value": True}, [300, 200, 100]),
        ({"profit_percentage": True}, [300, 100, 200]),
    ],
)
def test_positions_are_sorted_by_one_figure(flags: dict[str, bool], expected: list[int]) -> None:
    """Each flag sorts by its figure, true falling and false rising; profit falling by default."""
    top = TopOfBook(5_000, 5_000, 0)
    found = [
        holding
        for qty, cost in ((100, 400_000), (200, 1_400_000), (300, 300_000))
        for holding in holdings(position(qty, cost), top)
    ]
    ranking = ranked(convert({"uid": 1, **flags}, PositionsQuery))
    assert not isinstance(ranking, Rejected)

    found.sort(key=ranking.key, reverse=ranking.falling)

    assert [holding.qty for holding in found] == expected
