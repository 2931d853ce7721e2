"""Units convert exactly or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcry.domain import units


@pytest.mark.parametrize(
    ("text", "decimals", "value"),
    [
        ("0.5", 4, 5_000),
        (".5", 4, 5_000),
        ("1", 2, 100),
        ("1.50", 2, 150),
        ("0.290000", 2, 29),
        ("10000000.00", 2, 1_000_000_000),
        ("0", 6, 0),
    ],
)
def test_decimal_text_becomes_an_exact_integer(text: str, decimals: int, value: int) -> None:
    """Plain decimal text with few enough decimals is scaled without rounding."""
    assert units.parse_decimal(text, decimals) == value


@pytest.mark.parametrize(
    "text",
    ["", ".", "1.", "-1", "+1", "1e3", "NaN", "inf", "1,5", " 1", "1 ", "0x1", "٣", "1.005",
     "1" * 41, "1_000", "½"],
)  # fmt: skip
def test_anything_else_is_no_number(text: str) -> None:
    """Signs, exponents, spaces, other digits and further decimals are refused, not guessed."""
    assert units.parse_decimal(text, 2) is None


@given(st.integers(-(10**18), 10**18), st.sampled_from([2, 4, 6]))
def test_format_and_parse_are_inverse(value: int, decimals: int) -> None:
    """What is written for a customer reads back as the same integer."""
    text = units.format_decimal(value, decimals)
    back = units.parse_decimal(text.removeprefix("-"), decimals)
    assert back == abs(value)
    assert text.startswith("-") == (value < 0)


def test_every_tick_size_keeps_complements_on_the_grid() -> None:
    """10,000 minus a multiple of a tick is a multiple of that tick, for all tick sizes."""
    for size in units.TICK_SIZES:
        for price in range(size, units.TICKS_PER_UNIT, size):
            assert units.complement(price) % size == 0


@pytest.mark.parametrize(
    ("time_us", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_811_808_000_000_000, "2027-06-01T00:00:00Z"),
        (1_811_808_000_123_999, "2027-06-01T00:00:00.123Z"),
        (units.TIME_US_MAX, "9999-12-31T23:59:59.999Z"),
        (units.TIME_US_MAX + 1, "253402300800000000 us"),
        (-1, "-1 us"),
    ],
)
def test_a_time_is_written_as_a_calendar_has_it(time_us: int, text: str) -> None:
    """UTC to the millisecond; what lies outside every calendar stays a number."""
    assert units.format_time(time_us) == text
