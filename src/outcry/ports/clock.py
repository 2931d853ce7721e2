"""Clock: the time that counts, read by the sequencer alone."""

from typing import Protocol


class Clock(Protocol):
    """Microseconds since 1970.

    A real clock may be set back or forward under us: the sequencer never lets its time decrease,
    and refuses to go on when the clock jumps. A clock that hid the jump would hide the danger.
    """

    #: Whether time stands still until `set` is called.
    manual: bool

    def now_us(self) -> int:
        """Return the current time."""
        ...

    def set(self, time_us: int) -> None:
        """Advance a manual clock to *time_us*; raises ValueError on a real clock or backwards."""
        ...
