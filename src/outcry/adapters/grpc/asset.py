"""`outcry.ports.asset.Asset` over gRPC: what doors and a separate processor hold.

* Orders are coalesced into batches; those that wait for the kernel's result go in batches apart,
  so that they never hold up the others.
* What is idempotent (facts, questions, operations with a natural key) is repeated a few times when
  the ledger cannot be reached; anything else is not, because it may have happened.
* `AssetUnavailable` means: perhaps it happened. `CallRefused` means that this process is wrongly
  configured or of another version than the ledger; nothing happened.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import grpc
from msgspec import msgpack

from outcry.adapters.grpc.coalescer import Coalescer
from outcry.adapters.grpc.line import CallRefused, SubmitLine, failure_of
from outcry.domain.errors import OutcryError
from outcry.messages.chain_requests import ChainReportOp
from outcry.messages.escrow_requests import EscrowReportOp, PayOutOp
from outcry.messages.requests import (
    AddMarketOp,
    ApplyBatch,
    CreateEventOp,
    CreateUserOp,
    DepositOp,
    FundsOp,
    FundsResult,
    MergeOp,
    OrderRequest,
    OrderResult,
    RedeemOp,
    SplitOp,
    SubmitBatch,
    WithdrawOp,
    decode_applied,
    decode_funds_result,
    decode_results,
    encode,
)
from outcry.ports.asset import BATCH_BYTES_MAX, AssetUnavailable, OutOfSequence
from outcry.rpc.asset_pb2 import Packed
from outcry.rpc.asset_pb2_grpc import AssetServiceStub


#: How long one call may take.
CALL_TIMEOUT_SECONDS: Final = 10.0
#: How often an idempotent call is made, and the pause before the second time (it doubles).
ATTEMPTS_MAX: Final = 4
RETRY_PAUSE_SECONDS: Final = 0.05
APPLIED_KEY: Final = "outcry-applied"
#: Metadata of a call: the API key of who asks, for the audit.
ACTING_KEY: Final = "outcry-key"

OPTIONS: Final = (
    ("grpc.max_receive_message_length", BATCH_BYTES_MAX),
    ("grpc.max_send_message_length", BATCH_BYTES_MAX),
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A ledger that was stopped keeps its connections open and says nothing on them.
    ("grpc.keepalive_time_ms", 2_000),
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.http2.ping_timeout_ms", 2_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
)


class GrpcAsset:
    """The ledger behind one gRPC address. Made and used inside one event loop."""

    def __init__(self, address: str, service_token: str) -> None:
        """Speak to *address* (a gRPC target, see `target_of`) in the role of *service_token*."""
        self._metadata = (("authorization", f"Bearer {service_token}"),)
        self._channel: Any = grpc.aio.insecure_channel(address, options=OPTIONS)
        self._stub: Any = AssetServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._line = SubmitLine(
            lambda: self._stub.SubmitLine(metadata=self._metadata), CALL_TIMEOUT_SECONDS
        )
        self._accepted = Coalescer(self._submit_accepted)
        self._result = Coalescer(self._submit_result)

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Number orders and cancels, together with what others submit at the same time."""
        lane = self._result if wait_result else self._accepted
        return await lane.submit(requests)

    async def apply(self, shard: int, first: int, last: int, body: bytes) -> int:
        """Apply facts; raises `OutOfSequence` when they do not follow."""
        batch = encode(ApplyBatch(shard, first, last, body))
        try:
            answer = await self._repeat(self._stub.Apply, batch)
        except _NotNext as error:
            raise OutOfSequence(shard, error.applied, first) from error
        return decode_applied(answer).seq

    async def funds(self, op: FundsOp, *, key_id: int = 0) -> FundsResult:
        """Carry out one operation; repeats it when its key makes that safe."""
        call = self._repeat if _is_idempotent(op) else self._call
        answer: FundsResult = decode_funds_result(await call(self._stub.Funds, encode(op), key_id))
        return answer

    async def applied(self, shard: int) -> int:
        """Return the seq up to which facts of *shard* are applied."""
        answer = await self._repeat(self._stub.Applied, msgpack.encode(shard))
        return decode_applied(answer).seq

    async def close(self) -> None:
        """Let go of the connection; whoever waits gets `AssetUnavailable`."""
        await self._accepted.close()
        await self._result.close()
        await self._line.close()
        await self._channel.close()

    async def _submit_accepted(self, requests: Sequence[OrderRequest]) -> list[OrderResult]:
        return await self._submit(requests, wait_result=False)

    async def _submit_result(self, requests: Sequence[OrderRequest]) -> list[OrderResult]:
        return await self._submit(requests, wait_result=True)

    async def _submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        body = encode(SubmitBatch(list(requests), wait_result))
        results = decode_results(await self._line.submit(body))
        if len(results) != len(requests):
            raise CallRefused(f"{len(results)} answers came to {len(requests)} requests")
        return results

    async def _repeat(
        self,
        method: Any,  # noqa: ANN401 - untyped grpc
        body: bytes,
        key_id: int = 0,
    ) -> bytes:
        pause = RETRY_PAUSE_SECONDS
        for _ in range(ATTEMPTS_MAX - 1):
            try:
                return await self._call(method, body, key_id)
            except AssetUnavailable:
                await asyncio.sleep(pause)
                pause *= 2
        return await self._call(method, body, key_id)

    async def _call(
        self,
        method: Any,  # noqa: ANN401 - untyped grpc
        body: bytes,
        key_id: int = 0,
    ) -> bytes:
        metadata = (*self._metadata, (ACTING_KEY, str(key_id))) if key_id else self._metadata
        try:
            answer = await method(
                Packed(body=body), metadata=metadata, timeout=CALL_TIMEOUT_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            raise _translate(error) from error
        except grpc.aio.UsageError as error:
            raise AssetUnavailable(f"the connection to the ledger is closed: {error}") from error
        return bytes(answer.body)


class _NotNext(OutcryError):
    """Facts do not follow what is applied."""

    def __init__(self, applied: int) -> None:
        super().__init__(f"applied to {applied}")
        self.applied = applied


def _translate(error: Any) -> OutcryError:  # noqa: ANN401 - an AioRpcError
    status = error.code()
    if status == grpc.StatusCode.FAILED_PRECONDITION:
        return _NotNext(int(dict(error.trailing_metadata())[APPLIED_KEY]))
    return failure_of(status, error.details())


def _is_idempotent(op: FundsOp) -> bool:
    if isinstance(op, DepositOp | WithdrawOp | SplitOp | MergeOp | RedeemOp | PayOutOp):
        return bool(op.key)
    told = ChainReportOp | EscrowReportOp
    return isinstance(op, CreateEventOp | AddMarketOp | CreateUserOp | told)
