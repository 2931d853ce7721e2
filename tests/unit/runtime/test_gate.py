"""The gate and the rates behind it: failed attempts and visitors are bounded by address."""

import pytest

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.amounts import read_money, read_payout, read_price, read_quantity
from outcry.runtime.rates import KEYS_COUNT_MAX, Rates


class Clock:
    """Seconds that a test moves by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the present second."""
        return self.now


def test_a_bucket_holds_one_second_and_fills_with_time() -> None:
    """A burst of one second's worth passes, the next waits, and time makes room again."""
    clock = Clock()
    rates: Rates[str] = Rates(3, clock)

    assert [rates.take("a") is None for _ in range(4)] == [True, True, True, False]
    clock.now = 0.5
    assert [rates.take("a") is None for _ in range(2)] == [True, False]
    clock.now = 100.0
    assert [rates.take("a") is None for _ in range(4)] == [True, True, True, False]


def test_one_does_not_pay_for_another() -> None:
    """Each key has a bucket of its own."""
    rates: Rates[str] = Rates(1, Clock())
    assert rates.take("a") is None
    assert rates.take("b") is None
    refused = rates.take("a")
    assert refused == Rejected(Reject.RATE_LIMITED, "", "1 a second")


def test_memory_is_bounded_whoever_comes() -> None:
    """However many addresses come, no more than the bound are remembered."""
    rates: Rates[int] = Rates(1, Clock())
    for number in range(KEYS_COUNT_MAX + 10):
        rates.take(number)
    assert len(rates._buckets) == KEYS_COUNT_MAX


@pytest.mark.parametrize(
    ("text", "ticks"), [("0.5", 5_000), ("0.0001", 1), ("0.9999", 9_999), (".25", 2_500)]
)
def test_prices_are_ticks(text: str, ticks: int) -> None:
    """A price within the unit is exact ticks; trailing zeros change nothing."""
    assert read_price(text) == ticks
    assert read_price(f"{text}000") == ticks


def test_amounts_are_exact_or_refused() -> None:
    """Quantities are lots, money is micros, payouts are ticks that sum to one unit."""
    assert read_quantity("10000000") == 10**9
    assert read_money("0.000001") == 1
    assert read_money("999999999999.999999") == 10**18 - 1
    too_much = read_money("1000000000000")
    assert isinstance(too_much, Rejected)
    assert too_much.reject is Reject.AMOUNT_INVALID
    assert read_payout(["0.25", "0.75"]) == (2_500, 7_500)
    for texts in (["1", "0.0001"], ["1"], ["0.5", "0.5", "0"], [], ["x", "1"], ["2", "-1"]):
        refused = read_payout(texts)
        assert isinstance(refused, Rejected)
        assert refused.reject is Reject.PAYOUT_INVALID
