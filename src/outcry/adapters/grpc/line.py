"""The door's end of a line: batches of orders on one stream to the ledger, opened when needed.

A line that breaks fails everybody who waits on it, for nobody knows what of it happened; the next
submission opens another. One that takes nothing, or says nothing to anybody, is hung up.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any, Final

import grpc

from outcry.domain.errors import OutcryError
from outcry.ports.asset import AssetUnavailable
from outcry.rpc.asset_pb2 import Answer, Ask


#: How long a line may take one batch off our hands.
WRITE_SECONDS_MAX: Final = 5.0
#: A line that was not used for so long is left for a new one: the ledger ends it before long, and
#: what is asked in that moment gets no answer.
IDLE_SECONDS_MAX: Final = 600.0


class CallRefused(OutcryError):
    """The ledger does not take this call from us, now or later. Nothing happened."""


_REFUSALS: Final = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
    },
)


def failure_of(status: Any, details: str | None) -> OutcryError:  # noqa: ANN401 - untyped grpc
    """Return what a call that ended with *status* means for whoever made it."""
    if status in _REFUSALS:
        return CallRefused(f"the ledger refused the call: {status.name}: {details}")
    return AssetUnavailable(f"the ledger did not answer: {status.name}: {details}")


class SubmitLine:
    """Sends packed batches and hands out their answers, in whatever order they come."""

    def __init__(self, dial: Callable[[], Any], seconds: float) -> None:
        """Open streams with *dial*; whoever waits longer than *seconds* gets no answer."""
        self._dial = dial
        self._seconds = seconds
        self._stream: _Stream | None = None

    async def submit(self, body: bytes) -> bytes:
        """Return the answer to the batch in *body*; raises `CallRefused`, `AssetUnavailable`."""
        if self._stream is not None and self._stream.is_idle():
            await self._stream.close()
        if self._stream is None or self._stream.ended:
            self._stream = _Stream(self._dial(), self._seconds)
        return await self._stream.ask(body)

    async def close(self) -> None:
        """Hang up; whoever waits gets `AssetUnavailable`."""
        if self._stream is not None:
            await self._stream.close()


class _Stream:
    """One open stream, from its call to whatever ends it."""

    def __init__(self, call: Any, seconds: float) -> None:  # noqa: ANN401 - an untyped grpc call
        self._call = call
        self._seconds = seconds
        self._heard_at = self._asked_at = asyncio.get_running_loop().time()
        self._tags = count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._outgoing: deque[Ask] = deque()
        self._more = asyncio.Event()
        #: Nothing is taken any more, and nobody waits.
        self.ended = False
        self._writing = asyncio.create_task(self._write())
        self._listening = asyncio.create_task(self._listen())

    async def ask(self, body: bytes) -> bytes:
        """Send one batch and return its answer; see `SubmitLine.submit`."""
        loop = asyncio.get_running_loop()
        tag = next(self._tags)
        self._asked_at = loop.time()
        answer: asyncio.Future[bytes] = loop.create_future()
        self._waiting[tag] = answer
        self._outgoing.append(Ask(tag=tag, body=body))
        self._more.set()
        timer = loop.call_later(self._seconds, self._give_up, answer, loop.time())
        try:
            return await answer
        finally:
            timer.cancel()
            self._waiting.pop(tag, None)

    def is_idle(self) -> bool:
        """Return whether nobody waits, and nobody asked for `IDLE_SECONDS_MAX`."""
        idle = asyncio.get_running_loop().time() - self._asked_at
        return not self._waiting and not self.ended and idle >= IDLE_SECONDS_MAX

    async def close(self) -> None:
        """End the stream and wait until it has ended."""
        self._hang_up("the connection to the ledger is closed")
        await asyncio.wait([self._writing, self._listening])

    async def _write(self) -> None:
        """Send what is asked in its order, but for what nobody waits for any more.

        A write that was cancelled would end the call of all: so it has a task of its own.
        """
        loop = asyncio.get_running_loop()
        late = f"the line to the ledger took nothing for {WRITE_SECONDS_MAX:g} s"
        while True:
            await self._more.wait()
            self._more.clear()
            while self._outgoing:
                ask = self._outgoing.popleft()
                if ask.tag not in self._waiting:
                    continue
                timer = loop.call_later(WRITE_SECONDS_MAX, self._hang_up, late)
                try:
                    await self._call.write(ask)
                except (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError):
                    return  # what ended the call is told by `_listen`, perhaps a moment later
                finally:
                    timer.cancel()

    async def _listen(self) -> None:
        """Hand out answers until the stream ends, then fail whoever still waits."""
        loop, call = asyncio.get_running_loop(), self._call
        failure: OutcryError = AssetUnavailable("the line to the ledger ended")
        try:
            while (message := await call.read()) is not grpc.aio.EOF:
                self._heard_at = loop.time()
                for answer in message.answers:
                    self._hand_out(answer)
            failure = failure_of(await call.code(), await call.details())
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error.code(), error.details())
        except asyncio.CancelledError:
            if not call.cancelled():
                raise
        finally:
            self._end(failure)
            self._writing.cancel()

    def _hand_out(self, answer: Answer) -> None:
        future = self._waiting.pop(answer.tag, None)
        if future is None or future.done():
            return  # its caller gave up
        if answer.refused:
            future.set_exception(CallRefused(f"the ledger refused the call: {answer.refused}"))
        elif answer.unavailable:
            _fail(future, AssetUnavailable(f"the ledger did not answer: {answer.unavailable}"))
        else:
            future.set_result(answer.body)

    def _give_up(self, answer: asyncio.Future[bytes], asked_at: float) -> None:
        """Fail who waited long enough; if nobody was answered meanwhile, no more is asked here."""
        _fail(answer, AssetUnavailable(f"the ledger did not answer within {self._seconds:g} s"))
        if self._heard_at < asked_at:
            self._hang_up(f"the line to the ledger was silent for {self._seconds:g} s")

    def _hang_up(self, reason: str) -> None:
        self._end(AssetUnavailable(reason))
        self._call.cancel()

    def _end(self, failure: OutcryError) -> None:
        self.ended = True
        for future in self._waiting.values():
            _fail(future, failure)


def _fail(future: asyncio.Future[bytes], error: OutcryError) -> None:
    if not future.done():
        future.set_exception(type(error)(str(error)))
