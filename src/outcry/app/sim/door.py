"""The door: how traders and processes apart from the ledger reach it.

With two ledger processes alive, a caller reaches one or the other: which of them may write is the
log's affair, and who asked the wrong one must never be answered.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, TypeVar, cast

from outcry.app.sim.lines import Server
from outcry.app.sim.process import Process
from outcry.messages.requests import FundsOp, FundsResult, OrderRequest, OrderResult
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.services.asset.service import AssetService


T = TypeVar("T")

#: How long a caller waits before it takes the ledger for gone.
CALL_SECONDS: Final = 4.0


class Door:
    """Calls to whichever ledger process is there."""

    def __init__(self, server: Server, processes: Callable[[], Sequence[Process]]) -> None:
        """Reach those of *processes* that serve the ledger."""
        self._server = server
        self._processes = processes

    def calm(self) -> None:
        """From now on no connection fails by itself."""
        self._server.failing = 0.0

    async def call(self, do: Callable[[AssetService], Coroutine[Any, Any, T]]) -> T:
        """Have *do* done by a ledger; raises `AssetUnavailable` when no answer comes back."""
        serving = [one for one in self._processes() if "asset" in one.serving]
        await asyncio.sleep(self._server.way())
        if not serving:
            raise AssetUnavailable("nobody listens")
        process = serving[self._server.chance.randrange(len(serving))]
        reply: asyncio.Future[T] = self._server.loop.create_future()
        self._server.loop.later(self._server.way(), self._arrive, process, do, reply)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await reply
        except TimeoutError:
            raise AssetUnavailable("no answer in time") from None

    def _arrive(
        self,
        process: Process,
        do: Callable[[AssetService], Coroutine[Any, Any, T]],
        reply: "asyncio.Future[T]",
    ) -> None:
        service = process.serving.get("asset")
        if service is None or self._server.fails():
            _fail(reply, AssetUnavailable("the connection is gone"))
            return
        task = process.spawn(do(cast("AssetService", service)))
        task.add_done_callback(
            partial(self._answer, process, reply), context=self._server.loop.outside
        )

    def _answer(
        self, process: Process, reply: "asyncio.Future[T]", task: "asyncio.Task[T]"
    ) -> None:
        if not process.alive or task.cancelled() or self._server.fails():
            _fail(reply, AssetUnavailable("the connection is gone"))
            return
        error = task.exception()
        if error is not None:
            self._server.loop.later(self._server.way(), _fail, reply, error)
        else:
            self._server.loop.later(self._server.way(), _give, reply, task.result())


class SimAsset(Asset):
    """The ledger as a service in a process of its own reaches it."""

    def __init__(self, door: Door, process: Process) -> None:
        self._door = door
        self._process = process

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Number orders and cancels."""
        return await self._call(lambda asset: asset.submit(requests, wait_result=wait_result))

    async def apply(self, shard: int, first: int, last: int, body: bytes) -> int:
        """Apply facts."""
        return await self._call(lambda asset: asset.apply(shard, first, last, body))

    async def funds(self, op: FundsOp, *, key_id: int = 0) -> FundsResult:
        """Carry out one operation."""
        return await self._call(lambda asset: asset.funds(op, key_id=key_id))

    async def applied(self, shard: int) -> int:
        """Return the seq up to which facts are applied."""
        return await self._call(lambda asset: asset.applied(shard))

    async def _call(self, do: Callable[[AssetService], Coroutine[Any, Any, T]]) -> T:
        self._process.check()
        answer: Awaitable[T] = self._door.call(do)
        result = await answer
        self._process.check()
        return result


def _give(reply: "asyncio.Future[T]", result: T) -> None:
    if not reply.done():
        reply.set_result(result)


def _fail(reply: "asyncio.Future[T]", error: BaseException) -> None:
    if not reply.done():
        reply.set_exception(error)
