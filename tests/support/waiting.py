"""Waiting for something that other tasks bring about; the test's own timeout bounds it."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool]) -> None:
    """Return once *holds()*, letting other tasks run meanwhile."""
    while not holds():  # noqa: ASYNC110 - any state of any task, not one event of our own
        await asyncio.sleep(0.001)
