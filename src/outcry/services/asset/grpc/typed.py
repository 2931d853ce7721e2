"""The typed calls: one by one, in a batch, or on a stream.

Calls of a batch or a stream are begun in their order, and the ledger takes each at the moment it
begins, so a later call sees what an earlier one did; they then wait for commits together.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import grpc

from outcry.domain.errors import OutcryError
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import OrderRequest
from outcry.ports.asset import SUBMIT_COUNT_MAX, Asset, FalseFacts, OutOfSequence
from outcry.rpc import asset_pb2 as pb
from outcry.runtime.api_keys import KeyRing
from outcry.services.asset.grpc import answers, reading
from outcry.services.asset.grpc.admission import Context, abort, admit, caller, refuse
from outcry.services.asset.grpc.facts import CommandFacts, read_facts
from outcry.services.asset.grpc.packed import PackedDoor


#: Calls of one stream that are begun but not answered.
STREAM_COUNT_MAX: Final = 1_000

_DOOR, _PROCESSOR, _ONCHAIN = "door", "processor", "onchain"
#: Who may make each typed call.
ROLES: Final = {
    "deposit": _DOOR,
    "withdraw": _DOOR,
    "split": _DOOR,
    "merge": _DOOR,
    "redeem": _DOOR,
    "create_order": _DOOR,
    "reduce_order": _DOOR,
    "replace_order": _DOOR,
    "trade": _PROCESSOR,
    "cancel_order": _PROCESSOR,
    "order_rejected": _PROCESSOR,
    "trade_onchain_send_result": _ONCHAIN,
}

#: Calls that become requests about orders.
READERS: Final[Mapping[str, Callable[[Any], OrderRequest | Rejected]]] = {
    "create_order": reading.read_order,
    "reduce_order": reading.read_reduction,
    "replace_order": reading.read_replacement,
}

Waiting = Coroutine[Any, Any, list[pb.Reply]]


class AssetDoor(PackedDoor):
    """Answers every call of ``proto/asset.proto``."""

    def __init__(self, asset: Asset, keys: KeyRing, typed: Asset | None = None) -> None:
        """Stand before *asset*, or before *typed* for typed calls; admit as `PackedDoor` does."""
        super().__init__(asset, keys)
        self._typed = typed or asset

    async def Deposit(self, request: pb.Movement, context: Context) -> pb.Reply:  # noqa: N802
        """Credit what came in."""
        return await self._one(context, pb.Call(deposit=request))

    async def Withdraw(self, request: pb.Movement, context: Context) -> pb.Reply:  # noqa: N802
        """Debit what goes out."""
        return await self._one(context, pb.Call(withdraw=request))

    async def Split(self, request: pb.Pairs, context: Context) -> pb.Reply:  # noqa: N802
        """Turn collateral into pairs."""
        return await self._one(context, pb.Call(split=request))

    async def Merge(self, request: pb.Pairs, context: Context) -> pb.Reply:  # noqa: N802
        """Turn pairs into collateral."""
        return await self._one(context, pb.Call(merge=request))

    async def Redeem(self, request: pb.Redemption, context: Context) -> pb.Reply:  # noqa: N802
        """Turn the tokens of a paid market into collateral."""
        return await self._one(context, pb.Call(redeem=request))

    async def CreateOrder(self, request: pb.NewOrder, context: Context) -> pb.Reply:  # noqa: N802
        """Number an order."""
        return await self._one(context, pb.Call(create_order=request))

    async def ReduceOrder(self, request: pb.Reduction, context: Context) -> pb.Reply:  # noqa: N802
        """Number a reduction of an order."""
        return await self._one(context, pb.Call(reduce_order=request))

    async def ReplaceOrder(  # noqa: N802
        self, request: pb.Replacement, context: Context
    ) -> pb.Reply:
        """Number new terms of an order."""
        return await self._one(context, pb.Call(replace_order=request))

    async def Trade(self, request: pb.TradeDone, context: Context) -> pb.Reply:  # noqa: N802
        """Apply what an incoming order did."""
        return await self._one(context, pb.Call(trade=request))

    async def CancelOrder(self, request: pb.CancelDone, context: Context) -> pb.Reply:  # noqa: N802
        """Apply what a cancel did."""
        return await self._one(context, pb.Call(cancel_order=request))

    async def OrderRejected(  # noqa: N802
        self, request: pb.RejectDone, context: Context
    ) -> pb.Reply:
        """Apply that the kernel declined an order."""
        return await self._one(context, pb.Call(order_rejected=request))

    async def TradeOnchainSendResult(  # noqa: N802
        self, request: pb.SendResult, context: Context
    ) -> pb.Reply:
        """Take in what the chain says of a trade."""
        return await self._one(context, pb.Call(trade_onchain_send_result=request))

    async def Batch(self, request: pb.Calls, context: Context) -> pb.Replies:  # noqa: N802
        """Answer several calls, each for itself."""
        role = await caller(context, self._keys)
        calls = list(request.calls)
        if len(calls) > SUBMIT_COUNT_MAX:
            got = f"{len(calls)} calls; at most {SUBMIT_COUNT_MAX} go in one batch"
            await abort(context, grpc.StatusCode.INVALID_ARGUMENT, got)
        for call in calls:
            await self._check(context, role, call)
        try:
            replies = await asyncio.gather(*self._begin(calls))
        except OutcryError as error:
            await abort(context, grpc.StatusCode.UNAVAILABLE, str(error))
        return pb.Replies(replies=[reply for some in replies for reply in some])

    async def Stream(  # noqa: N802
        self, requests: AsyncIterator[pb.Call], context: Context
    ) -> AsyncIterator[pb.Reply]:
        """Answer calls as they come, in their order."""
        role = await caller(context, self._keys)
        begun: asyncio.Queue[asyncio.Task[list[pb.Reply]] | None] = asyncio.Queue(STREAM_COUNT_MAX)

        async def begin() -> None:
            async for call in requests:
                await self._check(context, role, call)
                for waiting in self._begin([call]):
                    await begun.put(asyncio.create_task(waiting))
            await begun.put(None)

        async with asyncio.TaskGroup() as tasks:
            reading_task = tasks.create_task(begin())
            try:
                while (task := await begun.get()) is not None:
                    for reply in await task:
                        yield reply
            except OutcryError as error:
                reading_task.cancel()
                await abort(context, grpc.StatusCode.UNAVAILABLE, str(error))

    async def _one(self, context: Context, call: pb.Call) -> pb.Reply:
        await admit(context, self._keys, {ROLES[_kind(call)]})
        try:
            return (await next(self._begin([call])))[0]
        except OutcryError as error:
            await abort(context, grpc.StatusCode.UNAVAILABLE, str(error))

    async def _check(self, context: Context, role: str, call: pb.Call) -> None:
        """End the whole request when one of its calls is none, or another role's."""
        kind = _kind(call)
        if not kind:
            await abort(context, grpc.StatusCode.INVALID_ARGUMENT, f"call {call.tag} asks nothing")
        if ROLES[kind] != role:
            await refuse(context, role)

    def _begin(self, calls: Sequence[pb.Call]) -> Iterator[Waiting]:
        """Yield what answers *calls*, in their order: neighbouring orders together."""
        for waits, group in groupby(calls, _lane):
            if waits is None:
                yield from (self._answer_one(call) for call in group)
            else:
                yield self._answer_orders(list(group), wait_result=waits)

    async def _answer_one(self, call: pb.Call) -> list[pb.Reply]:
        kind = _kind(call)
        message = getattr(call, kind)
        if ROLES[kind] == _PROCESSOR:
            reply = await self._apply(read_facts(message))
        else:
            op = reading.read_operation(kind, message)
            result = op if isinstance(op, Rejected) else await self._typed.funds(op)
            reply = answers.write(result)
        return [answers.tagged(reply, call.tag)]

    async def _apply(self, facts: CommandFacts | Rejected) -> pb.Reply:
        if isinstance(facts, Rejected):
            return answers.write(facts)
        try:
            await self._typed.apply(facts.shard, facts.seq, facts.seq, facts.body)
        except OutOfSequence as error:
            wanted = f"seq {error.applied + 1} of shard {error.shard}"
            return answers.write(Rejected(Reject.OUT_OF_SEQUENCE, f"seq {facts.seq}", wanted))
        except FalseFacts as error:
            return answers.write(Rejected(Reject.FACTS_FALSE, str(error)))
        return answers.applied(facts)

    async def _answer_orders(self, calls: list[pb.Call], *, wait_result: bool) -> list[pb.Reply]:
        read = [READERS[_kind(call)](getattr(call, _kind(call))) for call in calls]
        orders = [request for request in read if not isinstance(request, Rejected)]
        results = iter(await self._typed.submit(orders, wait_result=wait_result) if orders else ())
        return [
            answers.tagged(
                answers.write(request if isinstance(request, Rejected) else next(results)),
                call.tag,
            )
            for call, request in zip(calls, read, strict=True)
        ]


def _kind(call: pb.Call) -> str:
    """Return which of the typed calls it is, "" for none."""
    return call.WhichOneof("call") or ""


def _lane(call: pb.Call) -> bool | None:
    """Return whether an order waits for its result, None for any other call."""
    kind = _kind(call)
    return bool(getattr(call, kind).wait_result) if kind in READERS else None
