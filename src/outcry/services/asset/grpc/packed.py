"""The packed calls: msgpack documents of `outcry.messages.requests`, for our own services."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final, TypeVar

import grpc
from msgspec import MsgspecError, msgpack

from outcry.domain.errors import OutcryError
from outcry.messages.chain_requests import ChainReportOp
from outcry.messages.escrow_requests import EscrowReportOp
from outcry.messages.requests import (
    Applied,
    decode_apply,
    decode_funds,
    decode_submit,
    encode,
)
from outcry.ports.asset import SUBMIT_COUNT_MAX, Asset, FalseFacts, OutOfSequence
from outcry.rpc.asset_pb2 import Packed
from outcry.rpc.asset_pb2_grpc import AssetServiceServicer
from outcry.runtime.api_keys import KeyRing
from outcry.services.asset.grpc.admission import Context, abort, acting_key, admit
from outcry.services.asset.grpc.line import Line, NotTaken


#: Trailing metadata of FAILED_PRECONDITION: the seq up to which facts are applied.
APPLIED_KEY: Final = "outcry-applied"

BodyT = TypeVar("BodyT")

_decode_shard = msgpack.Decoder(int).decode


class PackedDoor(AssetServiceServicer):
    """Answers the packed calls of ``proto/asset.proto``."""

    def __init__(self, asset: Asset, keys: KeyRing) -> None:
        """Stand before *asset* and admit who holds a service token of *keys*."""
        self._asset = asset
        self._keys = keys
        self._lines: set[Line] = set()
        self._closing = False

    async def Submit(self, request: Packed, context: Context) -> Packed:  # noqa: N802
        """Number orders and cancels."""
        batch = await self._open(context, {"door"}, decode_submit, request)
        if len(batch.requests) > SUBMIT_COUNT_MAX:
            got = _too_many(len(batch.requests))
            await abort(context, grpc.StatusCode.INVALID_ARGUMENT, got)
        return await self._answer(
            context, self._asset.submit(batch.requests, wait_result=batch.wait_result)
        )

    async def SubmitLine(self, _: object, context: Context) -> None:  # noqa: N802
        """Number the orders and cancels of one batch after the other."""
        await admit(context, self._keys, {"door"})
        if self._closing:
            await abort(context, grpc.StatusCode.UNAVAILABLE, "the ledger is stopping")
        line = Line(context, self._submit)
        self._lines.add(line)
        try:
            await line.serve()
        finally:
            self._lines.discard(line)

    def hang_up(self) -> None:
        """Take nothing more on any line; what was taken is answered, then they end."""
        self._closing = True
        for line in self._lines:
            line.finish()

    async def _submit(self, body: bytes) -> bytes:
        try:
            batch = decode_submit(body)
        except MsgspecError as error:
            raise NotTaken(str(error)) from error
        if len(batch.requests) > SUBMIT_COUNT_MAX:
            raise NotTaken(_too_many(len(batch.requests)))
        return encode(await self._asset.submit(batch.requests, wait_result=batch.wait_result))

    async def Funds(self, request: Packed, context: Context) -> Packed:  # noqa: N802
        """Carry out one money, market, user or admin operation."""
        op = await self._open(context, {"door", "onchain"}, decode_funds, request)
        await admit(
            context,
            self._keys,
            {"onchain" if isinstance(op, ChainReportOp | EscrowReportOp) else "door"},
        )
        asked = self._asset.funds(op, key_id=acting_key(context))
        return await self._answer(context, asked)

    async def Apply(self, request: Packed, context: Context) -> Packed:  # noqa: N802
        """Apply facts."""
        batch = await self._open(context, {"processor"}, decode_apply, request)

        async def apply() -> Applied:
            seq = await self._asset.apply(batch.shard, batch.first, batch.last, batch.body)
            return Applied(batch.shard, seq)

        return await self._answer(context, apply())

    async def Applied(self, request: Packed, context: Context) -> Packed:  # noqa: N802
        """Say how far facts are applied."""
        shard = await self._open(context, {"door", "processor"}, _decode_shard, request)

        async def applied() -> Applied:
            return Applied(shard, await self._asset.applied(shard))

        return await self._answer(context, applied())

    async def _open(
        self, context: Context, roles: Collection[str], decode: Callable[[bytes], BodyT],
        request: Packed,
    ) -> BodyT:  # fmt: skip
        """Check who calls and read the body; ends the call when either is wrong."""
        await admit(context, self._keys, roles)
        try:
            return decode(request.body)
        except MsgspecError as error:
            await abort(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))

    async def _answer(self, context: Context, asked: Awaitable[object]) -> Packed:
        """Return what the ledger answers; ends the call with a status when it cannot."""
        try:
            return Packed(body=encode(await asked))
        except OutOfSequence as error:
            context.set_trailing_metadata(((APPLIED_KEY, str(error.applied)),))
            await abort(context, grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except FalseFacts as error:
            await abort(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except OutcryError as error:
            await abort(context, grpc.StatusCode.UNAVAILABLE, str(error))


def _too_many(count: int) -> str:
    return f"{count} requests; at most {SUBMIT_COUNT_MAX} go in one batch"
