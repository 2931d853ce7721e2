"""Watch: wait for a number in the database to grow, with one question for all who wait.

NOTIFY would wake waiters sooner and cost the writer 10 to 20 % of each commit, so nobody is told:
somebody asks, more rarely the longer nothing happens. Who writes the number itself says so with
`saw`, and then nobody in that process waits at all.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final


#: Pause between two questions: at first, and at most.
PAUSE_MIN_MS: Final = 1
PAUSE_MAX_MS: Final = 8


class Watch:
    """Follows one growing number; *ask* reads it from the database."""

    def __init__(self, ask: Callable[[], Awaitable[int]]) -> None:
        self._ask = ask
        self._seen = 0
        #: How often `saw` was called: an answer that was overtaken by news is none.
        self._news = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def until(self, number: int, timeout_ms: int) -> int:
        """Return what the number is once it reached *number*, or after *timeout_ms*.

        Raises whatever *ask* raises.
        """
        if self._seen < number:
            await self._ask_once()
        if self._seen < number and timeout_ms > 0:
            await self._wait(number, timeout_ms)
        return self._seen

    def saw(self, number: int) -> None:
        """Take note that the number is *number*, and wake those who waited for it."""
        self._seen = number
        self._news += 1
        for wanted, future in self._waiting:
            if wanted <= number and not future.done():
                future.set_result(None)

    async def close(self) -> None:
        """Stop asking; those who still wait are cancelled."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
        for _, future in self._waiting:
            future.cancel()

    async def _wait(self, number: int, timeout_ms: int) -> None:
        entry = (number, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._keep_asking())
        try:
            async with asyncio.timeout(timeout_ms / 1_000):
                await entry[1]
        except TimeoutError:
            pass
        finally:
            self._waiting.remove(entry)

    async def _keep_asking(self) -> None:
        pause_ms = PAUSE_MIN_MS
        while self._waiting:
            await asyncio.sleep(pause_ms / 1_000)
            pause_ms = min(pause_ms * 2, PAUSE_MAX_MS)
            before = self._seen
            try:
                await self._ask_once()
            except Exception as error:  # noqa: BLE001 - it is handed to those who wait
                self._fail(error)
            if self._seen != before:
                pause_ms = PAUSE_MIN_MS

    async def _ask_once(self) -> None:
        news = self._news
        number = await self._ask()
        if news == self._news:
            self.saw(number)

    def _fail(self, error: Exception) -> None:
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(error)
