"""Pacing: wakes an event loop at fixed times, to some microseconds.

A loop's own timers are rounded up to a whole millisecond, which would be a third of what is
measured. Linux only (timerfd), like the figures of CPU time.
"""

import asyncio
import ctypes
import os
from collections.abc import AsyncIterator
from typing import Final


_CLOCK_MONOTONIC: Final = 1
_ABSOLUTE: Final = 1
_NANOSECONDS: Final = 1_000_000_000
_libc: Final = ctypes.CDLL(None, use_errno=True)


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Timer(ctypes.Structure):
    _fields_ = (("interval", _Time), ("value", _Time))


async def ticks(start: float, pause: float, count: int) -> AsyncIterator[float]:
    """Yield *count* times on the monotonic clock, each when it has come, *pause* seconds apart."""
    loop = asyncio.get_running_loop()
    timer = _checked(_libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
    due = asyncio.Event()
    loop.add_reader(timer, due.set)
    try:
        setting = _Timer(_time(pause), _time(start))
        _checked(_libc.timerfd_settime(timer, _ABSOLUTE, ctypes.byref(setting), None))
        number = 0
        while number < count:
            await due.wait()
            due.clear()
            passed = int.from_bytes(os.read(timer, 8), "little")
            for _ in range(min(passed, count - number)):
                yield start + number * pause
                number += 1
    finally:
        loop.remove_reader(timer)
        os.close(timer)


def _time(seconds: float) -> _Time:
    return _Time(*divmod(round(seconds * _NANOSECONDS), _NANOSECONDS))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
