"""Connecting again: how long to wait, how often to try, and which failures are worth it."""

import random
from dataclasses import dataclass
from typing import Any, Final

from websockets.exceptions import InvalidHandshake, WebSocketException

from outcry_sdk.errors import CapacityError, UnreachableError
from outcry_sdk.feeds.private import Missed


#: What a new connection may mend.
FAILURES: Final = (
    OSError,
    TimeoutError,
    InvalidHandshake,
    WebSocketException,
    Missed,
    CapacityError,
)
#: Silence in which the connection is checked; pings of both sides keep it alive.
OPEN_SECONDS_MAX: Final = 10.0
MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
OPTIONS: Final[dict[str, Any]] = {
    "compression": None,
    "open_timeout": OPEN_SECONDS_MAX,
    "max_size": MESSAGE_BYTES_MAX,
}


@dataclass(slots=True)
class Backoff:
    """Pauses between attempts: doubled each time up to a bound, a random part of it taken off."""

    attempts_max: int = 10
    first_pause_seconds: float = 0.1
    pause_seconds_max: float = 5.0
    failures: int = 0

    def good(self) -> None:
        """Take note that a connection works."""
        self.failures = 0

    def pause(self, why: BaseException) -> float:
        """Return the seconds to wait after a failure; raises `UnreachableError` after too many."""
        self.failures += 1
        if self.failures >= self.attempts_max:
            raise UnreachableError(
                f"the feed failed {self.failures} times in a row: {why}"
            ) from why
        longest: float = self.first_pause_seconds * 2 ** (self.failures - 1)
        # So that not all clients of a restarted exchange come at the same moment.
        return min(longest, self.pause_seconds_max) * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret
