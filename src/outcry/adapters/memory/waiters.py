"""Waiters: tasks of one event loop that sleep until something changes, in the order they came."""

import asyncio


class Waiters:
    """Wakes everybody at once; whoever wakes looks for itself whether its wish came true."""

    def __init__(self) -> None:
        self._sleeping: list[asyncio.Future[None]] = []

    async def sleep(self, seconds: float) -> bool:
        """Sleep until `wake`, at most *seconds*; return whether it was `wake`."""
        future = asyncio.get_running_loop().create_future()
        self._sleeping.append(future)
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            return False
        finally:
            if future in self._sleeping:
                self._sleeping.remove(future)
        return True

    def wake(self) -> None:
        """Wake everybody who sleeps now."""
        sleeping, self._sleeping = self._sleeping, []
        for future in sleeping:
            if not future.done():
                future.set_result(None)
