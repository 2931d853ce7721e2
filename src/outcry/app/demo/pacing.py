"""A common pace of all bots: so many requests a second, first come, first served."""

import asyncio


class Pacer:
    """Gives out moments at which a request may leave. Missed moments are not made up for."""

    def __init__(self, per_second: int) -> None:
        """Give *per_second* moments."""
        self._interval = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Return when it is the caller's turn."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + self._interval
        await asyncio.sleep(at - now)
