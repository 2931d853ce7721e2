"""Fees: exact until the last step, neutral to splitting, never more than what is held for them."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcry.domain import fees
from outcry.domain.fees import FeeKind, FeeSchedule


rates = st.integers(0, fees.RATE_BPS_MAX)
schedules = st.builds(
    FeeSchedule,
    st.just(1),
    st.sampled_from([FeeKind.FLAT, FeeKind.QUADRATIC]),
    rates,
    rates,
    st.integers(0, fees.BPS),
)
prices = st.integers(1, 9_999)
lots = st.integers(1, 10**9)


def plain(schedule: FeeSchedule, rate: int, price: int, qty: int) -> Fraction:
    """The fee in micros as a formula anyone can check."""
    p = Fraction(price, 10_000)
    base = p * (1 - p) if schedule.kind == FeeKind.QUADRATIC else min(p, 1 - p)
    return Fraction(rate, 10_000) * base * qty * 10_000


def test_flat_fee_of_the_documentation() -> None:
    """1 % flat on 200 lots at 0.70 is 1 % of 0.30 x 2 shares: 0.006."""
    schedule = FeeSchedule(1, FeeKind.FLAT, 100, 0, 0)
    assert fees.charge(fees.exact(schedule, 100, 7_000, 200), 0) == (6_000, 0)


def test_quadratic_fee_of_the_documentation() -> None:
    """Rate 0.05 on 100 lots at 0.50 is 0.05 x 0.5 x 0.5 x 1 share: 0.0125."""
    schedule = FeeSchedule(1, FeeKind.QUADRATIC, 500, 0, 0)
    assert fees.charge(fees.exact(schedule, 500, 5_000, 100), 0) == (12_500, 0)


@given(schedules, prices, lots)
def test_the_exact_fee_is_the_formula(schedule: FeeSchedule, price: int, qty: int) -> None:
    """The integer numerator over its denominator is the published formula."""
    exact = fees.exact(schedule, schedule.taker_bps, price, qty)
    assert Fraction(exact, fees.DENOMINATOR) == plain(schedule, schedule.taker_bps, price, qty)


@given(schedules, st.lists(st.tuples(prices, lots), min_size=1, max_size=20))
def test_splitting_an_order_into_fills_changes_nothing(
    schedule: FeeSchedule, fills: list[tuple[int, int]]
) -> None:
    """What fills are charged one by one is the ceiling of their exact sum."""
    charged = slack = 0
    for price, qty in fills:
        micros, slack = fees.charge(fees.exact(schedule, schedule.taker_bps, price, qty), slack)
        charged += micros
        assert 0 <= slack < fees.DENOMINATOR
    total = sum((plain(schedule, schedule.taker_bps, price, qty) for price, qty in fills),
                Fraction(0))  # fmt: skip
    assert charged == ceil(total)


@given(schedules, st.lists(st.tuples(prices, lots), min_size=1, max_size=20))
def test_rebates_never_exceed_the_fees_they_are_paid_from(
    schedule: FeeSchedule, fills: list[tuple[int, int]]
) -> None:
    """However fills fall, the house has at least as much in fees as it paid in rebates."""
    charged = slack = paid = remainder = 0
    for price, qty in fills:
        exact = fees.exact(schedule, schedule.taker_bps, price, qty)
        micros, slack = fees.charge(exact, slack)
        back, remainder = fees.rebate(schedule.rebate_bps, exact, remainder)
        charged, paid = charged + micros, paid + back
        assert paid <= charged


@given(schedules, prices, st.data())
def test_the_hold_of_a_buy_covers_every_way_to_fill_it(
    schedule: FeeSchedule, limit: int, data: st.DataObject
) -> None:
    """At any prices up to the limit, as taker or maker, cost and fees fit into what is held."""
    remaining = data.draw(st.integers(1, 1_000))
    hold, slack = limit * remaining + fees.bound(schedule, limit, remaining), 0
    while remaining:
        qty = data.draw(st.integers(1, remaining))
        price = data.draw(st.integers(1, limit))
        rate = data.draw(st.sampled_from([schedule.taker_bps, schedule.maker_bps]))
        fee, slack = fees.charge(fees.exact(schedule, rate, price, qty), slack)
        remaining -= qty
        needed = limit * remaining + fees.bound(schedule, limit, remaining, slack)
        assert hold - price * qty - fee >= needed >= 0
        hold = needed
    assert hold == 0


@given(schedules, st.integers(1, 10**15), prices)
def test_money_orders_never_spend_more_than_asked(
    schedule: FeeSchedule, money: int, price: int
) -> None:
    """Spending the whole net budget at one price leaves room for the largest fee."""
    budget = fees.budget_net_of_fee(schedule, money)
    qty = budget // price
    fee, _ = fees.charge(fees.exact(schedule, schedule.rate_bps_max, price, qty), 0)
    assert price * qty + fee <= money


@pytest.mark.parametrize(
    "schedule",
    [
        FeeSchedule(1, 3, 0, 0, 0),
        FeeSchedule(1, FeeKind.NONE, 1, 0, 0),
        FeeSchedule(1, FeeKind.FLAT, 1_001, 0, 0),
        FeeSchedule(1, FeeKind.FLAT, -1, 0, 0),
        FeeSchedule(1, FeeKind.QUADRATIC, 0, 0, 10_001),
    ],
)
def test_schedules_out_of_bounds_are_refused(schedule: FeeSchedule) -> None:
    """A rate above 10 %, a negative one, an unknown kind or a rebate above all has a problem."""
    assert fees.problem(schedule)
