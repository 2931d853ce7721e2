"""Coalescer: many small submissions become few large batches.

What arrives while a batch is being sent waits for the next one; a batch leaves at most every
`PAUSE_SECONDS`, with everything that waits by then. No task runs while nothing waits.

* Requests keep their order; all requests of one submission travel in one batch.
* At most `WAITING_COUNT_MAX` requests wait; more are declined `BUSY` at once, and nothing is sent.
* A caller that gives up before its batch left takes its requests out of it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from outcry.messages.requests import Declined, OrderRequest, OrderResult
from outcry.ports.asset import SUBMIT_COUNT_MAX, AssetUnavailable
from outcry_wire.rejects import Reject


#: The least time between two batches.
PAUSE_SECONDS: Final = 0.000_5
#: Requests that wait for a batch.
WAITING_COUNT_MAX: Final = 20_000
#: Batches that were sent and not answered yet.
IN_FLIGHT_MAX: Final = 64
#: What a client is told to wait when too many wait already.
RETRY_AFTER_MS: Final = 100

Send = Callable[[Sequence[OrderRequest]], Awaitable[list[OrderResult]]]


class _Submission(NamedTuple):
    requests: Sequence[OrderRequest]
    answer: asyncio.Future[list[OrderResult]]


class Coalescer:
    """Gathers submissions and hands them to *send* in batches of at most *count_max* requests."""

    def __init__(
        self,
        send: Send,
        *,
        count_max: int = SUBMIT_COUNT_MAX,
        waiting_count_max: int = WAITING_COUNT_MAX,
        in_flight_max: int = IN_FLIGHT_MAX,
    ) -> None:
        """Use *send*, which answers each request in its place or raises `AssetUnavailable`."""
        self._send = send
        self._count_max = count_max
        self._waiting_count_max = waiting_count_max
        self._in_flight_max = in_flight_max
        self._waiting: deque[_Submission] = deque()
        self._waiting_count = 0
        self._flights: set[asyncio.Task[None]] = set()
        self._next_flush: asyncio.TimerHandle | None = None
        self._not_before = 0.0
        self._closed = False

    async def submit(self, requests: Sequence[OrderRequest]) -> list[OrderResult]:
        """Return the answers to *requests*, at most *count_max* of them."""
        assert len(requests) <= self._count_max
        if self._closed:
            raise AssetUnavailable("the connection to the ledger is closed")
        if not requests:
            return []
        if self._waiting_count + len(requests) > self._waiting_count_max:
            busy = Declined(Reject.BUSY, retry_after_ms=RETRY_AFTER_MS)
            return [busy] * len(requests)
        answer: asyncio.Future[list[OrderResult]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Submission(requests, answer))
        self._waiting_count += len(requests)
        self._plan()
        return await answer

    async def close(self) -> None:
        """Send nothing more; who still waits for an answer gets `AssetUnavailable`."""
        self._closed = True
        if self._next_flush is not None:
            self._next_flush.cancel()
        waiting, self._waiting = self._waiting, deque()
        for submission in waiting:
            _fail(submission, "the connection to the ledger was closed")
        for flight in self._flights:
            flight.cancel()
        await asyncio.gather(*self._flights, return_exceptions=True)

    def _plan(self) -> None:
        """Plan the next batch, unless one is planned or too many are in flight."""
        if self._next_flush is None and len(self._flights) < self._in_flight_max:
            loop = asyncio.get_running_loop()
            self._next_flush = loop.call_at(max(loop.time(), self._not_before), self._flush)

    def _flush(self) -> None:
        self._next_flush = None
        batch = self._take()
        if batch:
            loop = asyncio.get_running_loop()
            self._not_before = loop.time() + PAUSE_SECONDS
            flight = loop.create_task(self._fly(batch))
            self._flights.add(flight)
            flight.add_done_callback(self._landed)
        if self._waiting:
            self._plan()

    def _take(self) -> list[_Submission]:
        batch: list[_Submission] = []
        count = 0
        while self._waiting and count + len(self._waiting[0].requests) <= self._count_max:
            submission = self._waiting.popleft()
            self._waiting_count -= len(submission.requests)
            if not submission.answer.done():
                batch.append(submission)
                count += len(submission.requests)
        return batch

    async def _fly(self, batch: list[_Submission]) -> None:
        requests = [request for submission in batch for request in submission.requests]
        try:
            results = await self._send(requests)
        except asyncio.CancelledError:
            for submission in batch:
                _fail(submission, "the connection to the ledger was closed")
            raise
        except Exception as error:  # noqa: BLE001 - whatever it was, the callers must know
            for submission in batch:
                if not submission.answer.done():
                    submission.answer.set_exception(_copy(error))
            return
        start = 0
        for submission in batch:
            end = start + len(submission.requests)
            if not submission.answer.done():
                submission.answer.set_result(results[start:end])
            start = end

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._flights.discard(flight)
        if self._waiting and not self._closed:
            self._plan()


def _fail(submission: _Submission, sentence: str) -> None:
    if not submission.answer.done():
        submission.answer.set_exception(AssetUnavailable(sentence))


def _copy(error: Exception) -> Exception:
    """Return an error of its own for each caller: a shared one would gather their tracebacks."""
    return AssetUnavailable(str(error)) if isinstance(error, AssetUnavailable) else error
