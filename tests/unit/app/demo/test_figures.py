"""The figures of a demo."""

from decimal import Decimal

from outcry.app.demo.figures import HAPPENINGS_MAX, NAMES_MAX, Figures
from outcry.app.demo.rounds import life_of


def test_a_summary_has_every_figure() -> None:
    """Orders and pace, fills by kind, volume, latencies and rejects by name."""
    figures = Figures(orders=1_500, cancels=20, splits=2, merges=1, rounds=1)
    figures.fill("mint", Decimal("1.50"))
    figures.fill("transfer", Decimal("2.25"))
    figures.fill("mint", Decimal("0.25"))
    for name in ("BUYS_NOTHING", "ORDER_UNKNOWN", "BUYS_NOTHING"):
        figures.reject(name)
    for milliseconds in range(1, 101):
        figures.result.took(milliseconds * 1_000_000)
    lines = dict(figures.lines(30))
    assert lines["orders"] == "1,500 (50.0/s), 20 cancels"
    assert lines["fills"] == "3: 1 transfer, 2 mint, 0 merge"
    assert lines["volume"] == "4.00"
    assert lines["result"] == "p50 50.0  p90 90.0  p99 99.0 ms  (100)"
    assert lines["accepted"] == "none"
    assert lines["rejects"] == "BUYS_NOTHING 2, ORDER_UNKNOWN 1"


def test_a_demo_of_no_time_has_no_pace() -> None:
    """A demo that failed at once has a summary too."""
    lines = dict(Figures().lines(0))
    assert lines["orders"] == "0 (0.0/s), 0 cancels"
    assert lines["rejects"] == "none"


def test_nothing_grows_with_time() -> None:
    """Happenings and names of rejects are bounded, and counted beyond the bound."""
    figures = Figures()
    for number in range(1_000):
        figures.happened(str(number))
        figures.reject(f"NAME_{number}")
    assert figures.told == 1_000
    assert list(figures.happenings)[-1] == "999"
    assert len(figures.happenings) == HAPPENINGS_MAX
    assert len(figures.rejects) == NAMES_MAX + 1
    assert figures.rejects.total() == 1_000


def test_a_round_fits_into_every_demo() -> None:
    """The shortest demo sees a market end; long ones have rounds of bounded length."""
    assert [life_of(seconds) for seconds in (5, 30, 3_600, None)] == [3, 10, 20, 20]
