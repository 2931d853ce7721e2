"""The guard against a wall clock that cannot be right: expiries and end times hang on it."""

import time
from collections.abc import Callable

import structlog

from outcry.domain.units import MICROS_PER_SECOND
from outcry.ports.clock import Clock


_log = structlog.get_logger(__name__)


class JumpGuard:
    """Compares wall time with steady time; a jump beyond the bound stops numbering.

    It is asked right before anything is stamped, so that a jumped time never enters the log.

    It ends when the wall clock comes back, or when an operator restarts the exchange and so accepts
    it. A clock that stands before the last stamped time by more than the bound counts too. A manual
    clock is exempt.
    """

    def __init__(self, clock: Clock, steady: Callable[[], float], jump_max_s: int) -> None:
        self._clock = clock
        self._steady = steady
        self._jump_max_us = jump_max_s * MICROS_PER_SECOND
        self._expected_us = 0
        self._seen_at = 0.0
        self.jumped = False

    def start(self, last_stamped_us: int) -> None:
        """Accept the present wall time, unless it is far before what was stamped last."""
        self._expected_us = max(self._clock.now_us(), last_stamped_us)
        self._seen_at = self._steady()
        self.look()

    def look(self) -> int:
        """Look at both clocks, set `jumped`, and return the wall time that was seen."""
        seen_at, now_us = self._steady(), self._clock.now_us()
        if self._clock.manual:
            return now_us
        expected_us = self._expected_us + int((seen_at - self._seen_at) * MICROS_PER_SECOND)
        jump_us = now_us - expected_us
        jumped = abs(jump_us) > self._jump_max_us
        if jumped != self.jumped:
            say = _log.error if jumped else _log.info
            say("clock_jumped" if jumped else "clock_is_back", by_us=jump_us)
        self.jumped = jumped
        if not jumped:
            self._expected_us, self._seen_at = now_us, seen_at
        return now_us


def steady_seconds() -> float:
    """Return seconds of a clock that nobody sets and that goes on while the machine sleeps."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)
