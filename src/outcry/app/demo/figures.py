"""What a demo counts, and the summary made of it. Bounded however long it runs."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from hdrh.histogram import HdrHistogram


#: Longest latency that is told apart from longer ones, in microseconds.
LATENCY_MAX_US: Final = 60_000_000
DIGITS: Final = 3
HAPPENINGS_MAX: Final = 6
#: Names of rejects that are kept; there are fewer reject numbers than that.
NAMES_MAX: Final = 200
KINDS: Final = ("transfer", "mint", "merge")


class Percentiles(NamedTuple):
    """Latencies in milliseconds."""

    answers: int
    p50: float
    p90: float
    p99: float

    def __str__(self) -> str:
        if not self.answers:
            return "none"
        return f"p50 {self.p50:.1f}  p90 {self.p90:.1f}  p99 {self.p99:.1f} ms  ({self.answers:,})"


class Latencies:
    """How long answers took, in a histogram of fixed size."""

    def __init__(self) -> None:
        """Nothing has been measured yet."""
        self._histogram = HdrHistogram(1, LATENCY_MAX_US, DIGITS)

    def took(self, nanoseconds: int) -> None:
        """Count one answer."""
        self._histogram.record_value(min(max(nanoseconds // 1_000, 1), LATENCY_MAX_US))

    def percentiles(self) -> Percentiles:
        """Return the percentiles of everything so far."""
        at = (self._histogram.get_value_at_percentile(share) / 1_000 for share in (50, 90, 99))
        return Percentiles(self._histogram.get_total_count(), *at)


@dataclass(slots=True)
class Figures:
    """Everything that the bots did and were told."""

    orders: int = 0
    cancels: int = 0
    splits: int = 0
    merges: int = 0
    redemptions: int = 0
    redeemed: Decimal = Decimal(0)
    rounds: int = 0
    volume: Decimal = Decimal(0)
    fills: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    #: Of orders: until they were durable, and until the book had answered.
    accepted: Latencies = field(default_factory=Latencies)
    result: Latencies = field(default_factory=Latencies)
    #: How many things were told so far; the last of them, in words.
    told: int = 0
    happenings: deque[str] = field(default_factory=lambda: deque(maxlen=HAPPENINGS_MAX))

    def fill(self, kind: str, value: Decimal) -> None:
        """Count a fill, by the kind of its match and its value in money."""
        self.fills[kind] += 1
        self.volume += value

    def reject(self, name: str) -> None:
        """Count a refusal."""
        self.rejects[name if len(self.rejects) < NAMES_MAX else "OTHERS"] += 1

    def happened(self, text: str) -> None:
        """Take note of something worth telling."""
        self.happenings.append(text)
        self.told += 1

    def lines(self, seconds: float) -> Iterator[tuple[str, str]]:
        """Yield the figures of *seconds* of trading as names and texts."""
        pace = self.orders / seconds if seconds > 0 else 0.0
        yield "orders", f"{self.orders:,} ({pace:.1f}/s), {self.cancels:,} cancels"
        kinds = ", ".join(f"{self.fills[kind]:,} {kind}" for kind in KINDS)
        yield "fills", f"{self.fills.total():,}: {kinds}"
        yield "volume", f"{self.volume:,.2f}"
        yield "pairs", f"{self.splits:,} splits, {self.merges:,} merges"
        yield (
            "life",
            (
                f"{self.rounds:,} markets paid, "
                f"{self.redemptions:,} redemptions of {self.redeemed:,.2f}"
            ),
        )
        yield "accepted", str(self.accepted.percentiles())
        yield "result", str(self.result.percentiles())
        told = ", ".join(f"{name} {count:,}" for name, count in self.rejects.most_common())
        yield "rejects", told or "none"
