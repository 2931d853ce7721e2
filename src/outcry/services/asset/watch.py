"""The guard against a wall clock that cannot be right: expiries and end times hang on it."""

from collections.abc import Callable

import structlog

from outcry.domain.units import MICROS_PER_SECOND
from outcry.ports.clock import Clock


_log = structlog.get_logger(__name__)


class JumpGuard:
    """Compares wall time with monotonic time; a jump beyond the bound stops numbering.

    It ends when the wall clock comes back, or when an operator restarts the exchange and so accepts
    it. A clock that stands before the last stamped time by more than the bound counts too. A manual
    clock is exempt.
    """

    def __init__(self, clock: Clock, monotonic: Callable[[], float], jump_max_s: int) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._jump_max_us = jump_max_s * MICROS_PER_SECOND
        self._expected_us = 0
        self._seen_at = 0.0
        self.jumped = False

    def start(self, last_stamped_us: int) -> None:
        """Accept the present wall time, unless it is far before what was stamped last."""
        self._expected_us = max(self._clock.now_us(), last_stamped_us)
        self._seen_at = self._monotonic()
        self.check()

    def check(self) -> None:
        """Look at both clocks and set `jumped`."""
        if self._clock.manual:
            return
        seen_at, now_us = self._monotonic(), self._clock.now_us()
        expected_us = self._expected_us + int((seen_at - self._seen_at) * MICROS_PER_SECOND)
        jump_us = now_us - expected_us
        jumped = abs(jump_us) > self._jump_max_us
        if jumped != self.jumped:
            say = _log.error if jumped else _log.info
            say("clock_jumped" if jumped else "clock_is_back", by_us=jump_us)
        self.jumped = jumped
        if not jumped:
            self._expected_us, self._seen_at = now_us, seen_at
