"""Latencies of a run, counted in tenths of a microsecond while it runs, a histogram afterwards."""

import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogWriter


_UNIT_NS: Final = 100
_HIGHEST_NS: Final = 3_600 * 1_000_000_000
_DIGITS: Final = 3
SHOWN: Final = (50.0, 90.0, 99.0, 99.9)


class Latencies:
    """How long commands took."""

    def __init__(self) -> None:
        self._counts: defaultdict[int, int] = defaultdict(int)
        self.count = 0

    def add(self, nanoseconds: int, count: int) -> None:
        """Note that *count* commands took as long."""
        self._counts[nanoseconds // _UNIT_NS] += count
        self.count += count

    def histogram(self) -> Any:  # noqa: ANN401 - the library has no types
        """Return an HDR histogram in nanoseconds."""
        histogram = HdrHistogram(1, _HIGHEST_NS, _DIGITS)
        for tenths, count in self._counts.items():
            histogram.record_value(max(1, tenths * _UNIT_NS), count)
        return histogram

    def summary(self) -> dict[str, float]:
        """Return percentiles and maximum in microseconds."""
        histogram = self.histogram()
        longest = max(self._counts, default=0) * _UNIT_NS / 1_000
        shown = {
            # The histogram tells the upper edge of a bucket, which may be beyond all values in it.
            f"p{percentile:g}": min(histogram.get_value_at_percentile(percentile) / 1_000, longest)
            for percentile in SHOWN
        }
        return shown | {"max": longest}

    def curve(self) -> list[tuple[float, float]]:
        """Return percentiles from 0 to 99.999 and what they are in microseconds."""
        histogram = self.histogram()
        percentiles = [100 * (1 - 10 ** (-step / 10)) for step in range(51)]
        return [
            (percentile, histogram.get_value_at_percentile(percentile) / 1_000)
            for percentile in percentiles
        ]

    def write(self, folder: Path) -> None:
        """Write latency.hgrm (a table) and latency.hlog (for the usual tools) into *folder*."""
        histogram = self.histogram()
        with (folder / "latency.hgrm").open("wb") as file:
            histogram.output_percentile_distribution(file, 1_000)
        with (folder / "latency.hlog").open("w") as file:
            log = HistogramLogWriter(file)
            now_ms = time.time() * 1_000
            log.output_log_format_version()
            log.output_legend()
            log.output_interval_histogram(histogram, now_ms, now_ms)
