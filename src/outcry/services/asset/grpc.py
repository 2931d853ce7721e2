"""The ledger's door for other processes: gRPC in front of `outcry.ports.asset.Asset`.

It checks who calls, reads the body, asks the ledger and writes the answer; nothing is decided here.

* Who is not known is UNAUTHENTICATED, whose role does not fit is PERMISSION_DENIED.
* A body that does not decode, or a batch above the limit, is INVALID_ARGUMENT; nothing was done.
* Facts that do not follow are FAILED_PRECONDITION; trailing metadata says where the ledger stands.
* UNAVAILABLE means that nobody knows: the caller repeats what is idempotent.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn, TypeVar

import grpc
from msgspec import MsgspecError, msgpack

from outcry.domain.errors import OutcryError
from outcry.messages.requests import (
    Applied,
    decode_apply,
    decode_funds,
    decode_submit,
    encode,
)
from outcry.ports.asset import BATCH_BYTES_MAX, SUBMIT_COUNT_MAX, Asset, OutOfSequence
from outcry.rpc.asset_pb2 import Packed
from outcry.rpc.asset_pb2_grpc import AssetServiceServicer, add_AssetServiceServicer_to_server
from outcry.runtime.api_keys import KeyRing


#: Seconds that calls in progress get when the door closes.
GRACE_SECONDS: Final = 2.0
#: Trailing metadata of FAILED_PRECONDITION: the seq up to which facts are applied.
APPLIED_KEY: Final = "outcry-applied"

OPTIONS: Final = (
    ("grpc.max_receive_message_length", BATCH_BYTES_MAX),
    ("grpc.max_send_message_length", BATCH_BYTES_MAX),
    # Two ledgers on one port would share the calls between them.
    ("grpc.so_reuseport", 0),
)

Context = Any  # grpc.aio.ServicerContext; grpc ships no types.
BodyT = TypeVar("BodyT")

_decode_shard = msgpack.Decoder(int).decode


class AssetDoor(AssetServiceServicer):
    """Answers the four calls of ``proto/asset.proto``."""

    def __init__(self, asset: Asset, keys: KeyRing) -> None:
        """Stand before *asset* and admit who holds a service token of *keys*."""
        self._asset = asset
        self._keys = keys

    async def Submit(self, request: Packed, context: Context) -> Packed:  # noqa: N802
        """Number orders and cancels."""
        batch = await self._open(context, {"door"}, decode_submit, request)
        if len(batch.requests) > SUBMIT_COUNT_MAX:
            got = f"{len(batch.requests)} requests; at most {SUBMIT_COUNT_MAX} go in one batch"
            await _abort(context, grpc.StatusCode.INVALID_ARGUMENT, got)
        return await self._answer(
            context, self._asset.submit(batch.requests, wait_result=batch.wait_result)
        )

    async def Funds(self, request: Packed, context: Context) -> Packed:  # noqa: N802
        """Carry out one money, market, user or admin operation."""
        op = await self._open(context, {"door"}, decode_funds, request)
        return await self._answer(context, self._asset.funds(op))

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
        self, context: Context, roles: set[str], decode: Callable[[bytes], BodyT], request: Packed
    ) -> BodyT:
        """Check who calls and read the body; ends the call when either is wrong."""
        metadata = dict(context.invocation_metadata())
        token = str(metadata.get("authorization", "")).removeprefix("Bearer ")
        role = self._keys.role(token)
        if role is None:
            await _abort(context, grpc.StatusCode.UNAUTHENTICATED, "show a service token")
        if role not in roles:
            got = f"a {role} may not call this"
            await _abort(context, grpc.StatusCode.PERMISSION_DENIED, got)
        try:
            return decode(request.body)
        except MsgspecError as error:
            await _abort(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))

    async def _answer(self, context: Context, asked: Awaitable[object]) -> Packed:
        """Return what the ledger answers; ends the call with a status when it cannot."""
        try:
            return Packed(body=encode(await asked))
        except OutOfSequence as error:
            context.set_trailing_metadata(((APPLIED_KEY, str(error.applied)),))
            await _abort(context, grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except OutcryError as error:
            await _abort(context, grpc.StatusCode.UNAVAILABLE, str(error))


class AssetServer:
    """Listens for calls on one address, ``host:port`` or ``unix:path``."""

    def __init__(self, asset: Asset, keys: KeyRing, address: str) -> None:
        """Prepare to listen; port 0 takes a free one."""
        self._asset = asset
        self._keys = keys
        self._address = address
        self._server: Any = None
        self.port = 0

    async def start(self) -> None:
        """Begin to answer. Raises OSError when the address cannot be had."""
        self._server = grpc.aio.server(options=OPTIONS)
        door = AssetDoor(self._asset, self._keys)
        add_AssetServiceServicer_to_server(door, self._server)  # type: ignore[no-untyped-call]
        try:
            self.port = self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {self._address}: {error}") from error
        await self._server.start()

    async def stop(self) -> None:
        """Finish the calls in progress, then close."""
        if self._server is not None:
            await self._server.stop(GRACE_SECONDS)


async def _abort(context: Context, status: grpc.StatusCode, sentence: str) -> NoReturn:
    await context.abort(status, sentence)
    raise AssertionError("abort raises")
