"""Clock: the time that counts, read by the sequencer alone."""

from typing import Protocol


class Clock(Protocol):
    """Microseconds since 1970, never decreasing within one process."""

    #: Whether time stands still until `set` is called.
    manual: bool

    def now_us(self) -> int:
        """Return the current time."""
        ...

    def set(self, time_us: int) -> None:
        """Advance a manual clock to *time_us*; raises ValueError on a real clock or backwards."""
        ...
