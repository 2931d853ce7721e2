"""What happened in a world, step by step: hashed as a whole, remembered at its end."""

from collections import deque
from collections.abc import Callable
from hashlib import blake2b
from typing import Final


#: Lines that are remembered for the report of a failure.
KEPT_COUNT: Final = 40


class Trace:
    """Lines ``time who what``; the same seed gives the same ones, and so the same hash."""

    def __init__(
        self, time: Callable[[], float], show: Callable[[str], None] | None = None
    ) -> None:
        """Stamp with *time*; *show* gets every line as it happens."""
        self._time = time
        self._show = show
        self._hash = blake2b(digest_size=16)
        self.kept: deque[str] = deque(maxlen=KEPT_COUNT)
        self.count = 0

    def note(self, who: str, what: str) -> None:
        """Add a line."""
        line = f"{self._time():10.6f} {who:14} {what}"
        self._hash.update(line.encode())
        self._hash.update(b"\n")
        self.kept.append(line)
        self.count += 1
        if self._show is not None:
            self._show(line)

    @property
    def digest(self) -> str:
        """The hash of all lines so far."""
        return self._hash.hexdigest()
