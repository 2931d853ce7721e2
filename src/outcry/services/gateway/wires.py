"""The memory of connections that are served without Python, and the calls of the system for them.

As in the kernel's `layout`: interpreted, these classes and functions are used; compiled, the
structs and inline functions of the same names in wires.pxd. What may fail returns a number below 0.
"""

import os
import time


#: Descriptors that one wait may find ready; the others are found by the next one.
READY_MAX = 256
#: What is found: as `selectors` has it.
READABLE = 1
WRITABLE = 2
#: Whose a descriptor is: the event loop's, a connection's, a served connection's.
OTHER = 0
ASKED = 1
SERVED = 2
#: What calls of the system return instead of a count.
NOT_NOW = -1
BROKEN = -2
#: The wait is not for C: somebody else waits.
NOT_HERE = -3
#: Bytes that a connection may keep for the next time; what is larger is given back.
SPARE_BYTES = 4096


class Wire:
    """One descriptor. That of a served connection has the place of its session."""

    def __init__(self) -> None:
        self.kind = OTHER
        self.place = 0
        #: Whether something waits in Python that has to be sent first.
        self.is_held = False
        #: Whether something is to be sent at the end of the round.
        self.is_due = False
        self.heard_us = self.spoke_us = 0
        #: The begin of a frame that is not complete.
        self.tail = memoryview(bytearray())
        self.tail_bytes = self.tail_room = 0
        #: What is to be sent at the end of the round.
        self.soon = memoryview(bytearray())
        self.soon_bytes = self.soon_room = 0


class Ready:
    """A descriptor that was found ready, and for what."""

    def __init__(self) -> None:
        self.number = self.events = 0


class Wires:
    """All descriptors by their numbers, and what the last wait found."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self.wire_room = 0
        #: The connected descriptor of each session by its place; 0: there is none.
        self.seats: list[int] = []
        self.seat_room = 0
        self.ready = [Ready() for _ in range(READY_MAX)]
        #: Descriptors to which something is sent at the end of the round.
        self.due: list[int] = []
        self.due_count = self.due_room = 0
        self.now_us = 0


def new_wires() -> Wires:
    """Return the memory of no descriptors."""
    return Wires()


def more_wires(old: list[Wire], count: int, room: int) -> list[Wire]:
    """Grow the descriptors; in C one obtained before has moved."""
    return old[:count] + [Wire() for _ in range(room - count)]


def wire_at(state: Wires, number: int) -> Wire:
    """Return a descriptor, to be read and changed."""
    return state.wires[number]


def ready_at(state: Wires, turn: int) -> Ready:
    """Return one of those that the last wait found."""
    return state.ready[turn]


def wait_ready(state: Wires, poll: int, timeout_ms: int) -> int:
    """Wait until a descriptor of the epoll instance *poll* is ready; return how many are.

    The Python form does not wait: who calls it has `selectors` for that.
    """
    del state, poll, timeout_ms
    return NOT_HERE


def receive(number: int, octets: memoryview, at: int, room: int) -> int:
    """Read at most *room* bytes into *octets*; return how many came, 0 at the end."""
    try:
        return os.readv(number, [octets[at : at + room]])
    except (BlockingIOError, InterruptedError):
        return NOT_NOW
    except OSError:
        return BROKEN


def transmit(number: int, octets: memoryview, at: int, count: int) -> int:
    """Send *count* bytes; return how many the system took."""
    try:
        return os.write(number, octets[at : at + count])
    except (BlockingIOError, InterruptedError):
        return NOT_NOW
    except OSError:
        return BROKEN


def clock_us() -> int:
    """Return the time, in microseconds since 1970."""
    return time.time_ns() // 1_000


def ticks_us() -> int:
    """Return microseconds of a clock that nobody sets."""
    return time.monotonic_ns() // 1_000
