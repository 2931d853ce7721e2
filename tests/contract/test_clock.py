"""The laws of the clock, for both."""

import time
from unittest import mock

import pytest

from outcry.adapters.clock import ManualClock, SystemClock


def test_the_system_clock_shows_microseconds_since_1970() -> None:
    """Its reading lies between two readings of the machine's clock."""
    before = time.time_ns() // 1_000
    shown = SystemClock().now_us()

    assert before <= shown <= time.time_ns() // 1_000


def test_the_system_clock_hides_no_jump() -> None:
    """When the machine's clock is set back, ours says so: whoever stamps with it must know."""
    clock = SystemClock()
    readings = [5_000_000, 3_000_000, 5_001_000]
    with mock.patch("time.time_ns", side_effect=readings):
        shown = [clock.now_us() for _ in readings]

    assert shown == [5_000, 3_000, 5_001]


def test_the_system_clock_is_not_ours_to_move() -> None:
    """Setting it is refused, and it says that it is not manual."""
    clock = SystemClock()

    assert not clock.manual
    with pytest.raises(ValueError, match="manual"):
        clock.set(clock.now_us() + 1)


def test_a_manual_clock_moves_only_when_told_and_only_forward() -> None:
    """It shows what was set last; the past is refused and changes nothing."""
    clock = ManualClock(100)
    assert clock.manual
    assert clock.now_us() == 100

    clock.set(250)
    clock.set(250)
    with pytest.raises(ValueError, match="249"):
        clock.set(249)

    assert clock.now_us() == 250
