"""The door's end of a line: batches of orders on one stream to the ledger, opened when needed.

A line that breaks fails everybody who waits on it, for nobody knows what of it happened; the next
submission opens another.
"""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any, Final

import grpc

from outcry.domain.errors import OutcryError
from outcry.ports.asset import AssetUnavailable
from outcry.rpc.asset_pb2 import Answer, Ask


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
        self._call: Any = None
        self._listening: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()
        self._tags = count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}

    async def submit(self, body: bytes) -> bytes:
        """Return the answer to the batch in *body*; raises `CallRefused`, `AssetUnavailable`."""
        if self._listening is None or self._listening.done():
            self._call = self._dial()
            self._listening = asyncio.create_task(self._listen(self._call))
        loop = asyncio.get_running_loop()
        tag = next(self._tags)
        answer: asyncio.Future[bytes] = loop.create_future()
        self._waiting[tag] = answer
        timer = loop.call_later(self._seconds, _give_up, answer, self._seconds)
        try:
            await self._send(self._call, Ask(tag=tag, body=body))
            return await answer
        finally:
            timer.cancel()
            self._waiting.pop(tag, None)

    async def close(self) -> None:
        """Hang up; whoever waits gets `AssetUnavailable`."""
        if self._listening is not None:
            self._call.cancel()
            await asyncio.wait([self._listening])

    async def _send(self, call: Any, ask: Ask) -> None:  # noqa: ANN401 - an untyped grpc call
        async with self._sending:
            try:
                await call.write(ask)
            except (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError) as error:
                # What ended the call is told by `_listen`, perhaps a moment later.
                if call is not self._call or self._listening is None or self._listening.done():
                    raise AssetUnavailable(f"the line to the ledger broke: {error}") from error

    async def _listen(self, call: Any) -> None:  # noqa: ANN401 - an untyped grpc call
        """Hand out answers until the line ends, then fail whoever still waits."""
        failure: OutcryError = AssetUnavailable("the line to the ledger ended")
        try:
            while (message := await call.read()) is not grpc.aio.EOF:
                for answer in message.answers:
                    self._hand_out(answer)
            failure = failure_of(await call.code(), await call.details())
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error.code(), error.details())
        except asyncio.CancelledError:
            failure = AssetUnavailable("the connection to the ledger is closed")
            if not call.cancelled():
                raise
        finally:
            waiting, self._waiting = self._waiting, {}
            for future in waiting.values():
                _fail(future, failure)

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


def _fail(future: asyncio.Future[bytes], error: OutcryError) -> None:
    if not future.done():
        future.set_exception(type(error)(str(error)))


def _give_up(future: asyncio.Future[bytes], seconds: float) -> None:
    _fail(future, AssetUnavailable(f"the ledger did not answer within {seconds:g} s"))
