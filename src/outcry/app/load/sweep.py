"""Finds the knee: the highest rate that is carried as offered, and soon."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from outcry.app.load.run import Result, Shape


#: Parts of what a closed loop carries that are offered, one after the other.
_PARTS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
#: A rate is carried if this much of it is answered in time ...
CARRIED: Final = 0.98
#: ... and its p99 is no more than so many times that of the lowest rate.
SLOWER_MAX: Final = 10.0


def sweep(shape: Shape, run: Callable[[Shape], Result]) -> tuple[list[Result], Result | None]:
    """Run a closed loop, then rising rates until one is not carried; return them and the knee."""
    most = run(replace(shape, rate=0.0)).rate
    results: list[Result] = []
    knee: Result | None = None
    for part in _PARTS:
        result = run(replace(shape, rate=part * most))
        results.append(result)
        if not is_carried(result, results[0]):
            break
        knee = result
    return results, knee


def is_carried(result: Result, calm: Result) -> bool:
    """Return whether the engine keeps up with the rate of *result*; see the constants."""
    if result.rate < CARRIED * result.shape.rate:
        return False
    p99, least = (each.latencies.summary()["p99"] for each in (result, calm))
    return p99 <= SLOWER_MAX * least
