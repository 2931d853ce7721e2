"""The two clocks: the machine's, and one that stands still until it is told to move."""

import time

from outcry.ports.clock import Clock


class SystemClock(Clock):
    """The machine's wall clock, as it is."""

    manual = False

    def now_us(self) -> int:
        """Return microseconds since 1970."""
        return time.time_ns() // 1_000

    def set(self, time_us: int) -> None:
        """Refuse: the machine's clock is not ours to move."""
        raise ValueError(f"cannot move the system clock to {time_us}; start with a manual clock")


class ManualClock(Clock):
    """A clock for replay and tests."""

    manual = True

    def __init__(self, time_us: int = 0) -> None:
        self._time_us = time_us

    def now_us(self) -> int:
        """Return the time it was set to last."""
        return self._time_us

    def set(self, time_us: int) -> None:
        """Advance to *time_us*; raises ValueError when that is in the past."""
        if time_us < self._time_us:
            raise ValueError(f"the clock shows {self._time_us}; it does not go back to {time_us}")
        self._time_us = time_us
