"""Amounts of signed orders: what official clients round, by their own tables, is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_clob_client.order_builder import builder as first
from py_clob_client_v2.order_builder import builder as second

from outcry.domain.rejects import Reject, Rejected
from outcry.services.api.signed_amounts import (
    Amounts,
    Grid,
    Signed,
    limit_amounts,
    market_amounts,
)


#: Price, size and amount decimals of each tick, as both packages publish them.
TABLE = {
    "0.1": (1, 2, 3),
    "0.01": (2, 2, 4),
    "0.005": (3, 2, 5),
    "0.0025": (4, 2, 6),
    "0.001": (3, 2, 5),
    "0.0001": (4, 2, 6),
}
BUILDERS = [first.OrderBuilder(None, 0, "0x"), second.OrderBuilder(None, 0, "0x")]
CONFIGS = [first.ROUNDING_CONFIG, second.ROUNDING_CONFIG]


def grid(tick: int) -> Grid:
    """Return a grid as wide as can be."""
    return Grid(tick, tick, 10_000 - tick)


def test_the_tables_are_the_published_ones() -> None:
    """Should a client change its table, this says so."""
    assert {tick: tuple(vars(row).values()) for tick, row in CONFIGS[1].items()} == TABLE
    for tick, row in CONFIGS[0].items():
        assert tuple(vars(row).values()) == TABLE[tick]


@pytest.mark.parametrize("generation", [0, 1])
@pytest.mark.parametrize("side", ["BUY", "SELL"])
@given(data=st.data())
def test_limit_orders_of_official_clients_are_exact(
    generation: int, side: str, data: st.DataObject
) -> None:
    """Whatever price on the grid and size a client rounds, price and quantity are found again."""
    text = data.draw(st.sampled_from(sorted(CONFIGS[generation])))
    tick = round(float(text) * 10_000)
    price = data.draw(st.integers(1, 10_000 // tick - 1)) * tick
    lots = data.draw(st.integers(1, 10_000_000))
    _, maker, taker = BUILDERS[generation].get_order_amounts(
        side, lots / 100, price / 10_000, CONFIGS[generation][text]
    )
    shares, money = (taker, maker) if side == "BUY" else (maker, taker)
    found = limit_amounts(Signed(side == "BUY", shares, money), grid(tick))
    # A client's own float may lose the last hundredth of a share.
    assert isinstance(found, Amounts), found
    assert found.price == price
    assert lots - 1 <= found.qty <= lots


@pytest.mark.parametrize("generation", [0, 1])
@given(data=st.data())
def test_market_orders_of_official_clients_are_bounded_by_their_price(
    generation: int, data: st.DataObject
) -> None:
    """The bound is the client's price wherever its own rounding leaves that much of it."""
    text = data.draw(st.sampled_from(sorted(CONFIGS[generation])))
    tick, config = round(float(text) * 10_000), CONFIGS[generation][text]
    price = data.draw(st.integers(1, 10_000 // tick - 1)) * tick
    cents = data.draw(st.integers(100, 10_000_000))
    builder = BUILDERS[generation]
    _, maker, taker = builder.get_market_order_amounts("BUY", cents / 100, price / 10_000, config)
    bought = market_amounts(Signed(buying=True, shares=taker, money=maker), grid(tick))
    assert isinstance(bought, Amounts)
    assert bought.budget == maker
    # Never more than was signed, but for one unit of the shares.
    assert bought.price * (taker - 1) <= maker * 10_000

    _, maker, taker = builder.get_market_order_amounts("SELL", cents / 100, price / 10_000, config)
    sold = market_amounts(Signed(buying=False, shares=maker, money=taker), grid(tick))
    assert isinstance(sold, Amounts)
    assert sold.qty * 10_000 == maker
    assert sold.price * maker >= (taker - 1) * 10_000


@pytest.mark.parametrize(
    ("signed", "found"),
    [
        (Signed(True, 10_560_000, 5_280_000), Amounts(5_000, 1_056, 0)),
        (Signed(True, 10_000_000, 5_500_001), Amounts(5_500, 1_000, 0)),
        (Signed(False, 10_000_000, 5_499_999), Amounts(5_500, 1_000, 0)),
    ],
)
def test_a_unit_more_or_less_is_the_same_price(signed: Signed, found: Amounts) -> None:
    """Rounding of one atomic unit is let be; where a contract checks too, none is."""
    assert limit_amounts(signed, grid(100)) == found
    exact = limit_amounts(signed._replace(tolerance=0), grid(100))
    assert (exact == found) == (signed.money * 10_000 == found.price * signed.shares)


@pytest.mark.parametrize(
    ("signed", "reject"),
    [
        (Signed(True, 10_000_000, 5_500_002), Reject.AMOUNT_INVALID),
        (Signed(True, 10_000_000, 5_550_000), Reject.PRICE_OFF_GRID),
        (Signed(True, 10_001, 5_500), Reject.AMOUNT_INVALID),
        (Signed(True, 0, 5_500), Reject.AMOUNT_INVALID),
        (Signed(True, 10_000, 0), Reject.AMOUNT_INVALID),
        (Signed(True, 10_000_000, 1), Reject.AMOUNT_INVALID),
    ],
)
def test_what_is_no_price_is_refused(signed: Signed, reject: Reject) -> None:
    """Off the grid, finer than a lot, or nothing."""
    found = limit_amounts(signed, grid(100))
    assert isinstance(found, Rejected)
    assert found.reject is reject


def test_market_orders_have_the_bound_that_was_signed() -> None:
    """The examples of the research: ten dollars at 0.52; a sale never goes below its ratio."""
    assert market_amounts(Signed(True, 19_230_700, 10_000_000), grid(100)) == Amounts(
        5_200, 0, 10_000_000
    )
    assert market_amounts(Signed(False, 10_000_000, 5_200_000), grid(100)) == Amounts(
        5_200, 1_000, 0
    )
    assert market_amounts(Signed(False, 10_000_000, 5_210_000), grid(100)) == Amounts(
        5_300, 1_000, 0
    )
    # Whoever offers more than any price pays no more than the highest there is.
    assert market_amounts(Signed(True, 1_000_000, 5_000_000), grid(100)) == Amounts(
        9_900, 0, 5_000_000
    )


@pytest.mark.parametrize("signed", [Signed(True, 10**12, 1), Signed(False, 10_000, 10**12)])
def test_a_bound_beyond_all_prices_is_refused(signed: Signed) -> None:
    """A bound that nobody could meet must not become no bound at all."""
    found = market_amounts(signed, grid(100))
    assert isinstance(found, Rejected)
    assert found.reject is Reject.PRICE_OUT_OF_BOUNDS
