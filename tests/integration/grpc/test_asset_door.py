"""The ledger's gRPC door and its client over a real connection: the laws of the transport.

What the ledger decides is tested with the ledger; here one that only records stands behind the
door, so that each answer and each failure can be brought about.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import grpc
import pytest
from msgspec import msgpack

from outcry.adapters.grpc import CallRefused, GrpcAsset
from outcry.adapters.grpc.asset import ATTEMPTS_MAX
from outcry.domain.errors import OutcryError
from outcry.messages.requests import (
    CancelAccepted,
    CancelRequest,
    CreateUserOp,
    Declined,
    DepositOp,
    Done,
    FundsOp,
    FundsResult,
    OrderAccepted,
    OrderRequest,
    OrderResult,
    PlaceRequest,
    SetFeesOp,
    SubmitBatch,
    encode,
)
from outcry.ports.asset import SUBMIT_COUNT_MAX, AssetUnavailable, OutOfSequence
from outcry.rpc.asset_pb2 import Packed
from outcry.runtime.api_keys import KeyRing
from outcry.services.asset.grpc import AssetServer
from outcry_wire.rejects import Reject


KEYS = KeyRing(bytes(32))
ORDER = PlaceRequest(1000, 1, 0, 0, 0, 0, False, 0, 5000, 100, 0, 0, "a")


class Recorder:
    """Remembers what it was asked; answers, or fails as it is told."""

    def __init__(self) -> None:
        self.submitted: list[tuple[list[OrderRequest], bool]] = []
        self.operations: list[FundsOp] = []
        self.acting_keys: list[int] = []
        self.seq = 100
        self.failures: list[Exception] = []

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Accept places, answer cancels, decline what is neither."""
        self.submitted.append((list(requests), wait_result))
        self._fail()
        answers: list[OrderResult] = []
        for request in requests:
            if isinstance(request, PlaceRequest):
                answers.append(OrderAccepted(len(answers) + 1, 7))
            elif isinstance(request, CancelRequest):
                answers.append(CancelAccepted(7, [request.order_id]))
            else:
                answers.append(Declined(Reject.BUSY, "got", "expected", 5))
        return answers

    async def apply(self, shard: int, first: int, last: int, body: bytes) -> int:
        """Take facts that follow."""
        self._fail()
        if first > self.seq + 1:
            raise OutOfSequence(shard, self.seq, first)
        assert body
        self.seq = max(self.seq, last)
        return self.seq

    async def funds(self, op: FundsOp, *, key_id: int = 0) -> FundsResult:
        """Do anything."""
        self.acting_keys.append(key_id)
        self.operations.append(op)
        self._fail()
        return Done(9, 5, (1000,), 3)

    async def applied(self, shard: int) -> int:
        """Say how far."""
        self._fail()
        return self.seq if shard == 0 else 0

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


class Wire:
    """A recording ledger, its door, and the clients that were opened to it."""

    def __init__(self, address: str) -> None:
        self.ledger = Recorder()
        self.address = address
        self.clients: list[GrpcAsset] = []

    def client(self, role: str = "door") -> GrpcAsset:
        """Open a client in this role."""
        client = GrpcAsset(self.address, KEYS.service_token(role))
        self.clients.append(client)
        return client


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    """Give a door on a unix socket."""
    wire = Wire(f"unix:{tmp_path}/asset.sock")
    server = AssetServer(wire.ledger, KEYS, wire.address)
    await server.start()
    yield wire
    for client in wire.clients:
        await client.close()
    await server.stop()


async def test_the_acting_key_crosses_beside_an_operation(wire: Wire) -> None:
    """The ledger hears which API key asked, and 0 where none did."""
    client = wire.client()

    await client.funds(DepositOp(1, 1000, 0, 5, "0xa"), key_id=12)
    await client.funds(DepositOp(1, 1000, 0, 5, "0xb"))

    assert wire.ledger.acting_keys == [12, 0]


async def test_orders_and_answers_cross_unchanged(wire: Wire) -> None:
    """Every field of every request and result arrives as it was sent."""
    client = wire.client()

    answers = await client.submit([ORDER, CancelRequest(1000, 5, "")], wait_result=False)

    assert wire.ledger.submitted == [([ORDER, CancelRequest(1000, 5, "")], False)]
    assert answers == [OrderAccepted(1, 7), CancelAccepted(7, [5])]


async def test_many_callers_share_a_batch_and_lanes_stay_apart(wire: Wire) -> None:
    """Concurrent submissions travel together; those that wait for results go by themselves."""
    client = wire.client()

    await asyncio.gather(
        *(client.submit([ORDER], wait_result=False) for _ in range(50)),
        *(client.submit([ORDER], wait_result=True) for _ in range(20)),
    )

    sizes = sorted((wait, len(requests)) for requests, wait in wire.ledger.submitted)
    assert sizes == [(False, 50), (True, 20)]


async def test_the_ledger_being_away_is_unavailable_and_submits_are_not_repeated(
    wire: Wire,
) -> None:
    """A submit that may have happened is never sent twice by the transport."""
    client = wire.client()
    wire.ledger.failures = [OutcryError("stopping")]

    with pytest.raises(AssetUnavailable):
        await client.submit([ORDER], wait_result=False)

    assert len(wire.ledger.submitted) == 1


async def test_operations_with_a_key_are_repeated_and_others_are_not(wire: Wire) -> None:
    """A deposit or a user survives a ledger that is away for a moment; new fees fail at once."""
    client = wire.client()
    for safe in (DepositOp(0, 1000, 0, 5, "tx"), CreateUserOp(0, "alice", "", "")):
        wire.ledger.failures = [OutcryError("away")] * (ATTEMPTS_MAX - 1)
        assert await client.funds(safe) == Done(9, 5, (1000,), 3)

    wire.ledger.operations.clear()
    for unsafe in (DepositOp(0, 1000, 0, 5, ""), SetFeesOp(0, 1, 10, 0, 0)):
        wire.ledger.failures = [OutcryError("away")]
        with pytest.raises(AssetUnavailable):
            await client.funds(unsafe)
    assert len(wire.ledger.operations) == 2


async def test_repeating_ends(wire: Wire) -> None:
    """An idempotent call to a ledger that stays away fails after a bounded number of times."""
    client = wire.client()
    wire.ledger.failures = [OutcryError("away")] * (ATTEMPTS_MAX + 1)

    with pytest.raises(AssetUnavailable):
        await client.applied(0)

    assert len(wire.ledger.failures) == 1


async def test_facts_that_do_not_follow_say_where_the_ledger_stands(wire: Wire) -> None:
    """`OutOfSequence` crosses the wire whole, and applying goes on from there."""
    client = wire.client("processor")

    with pytest.raises(OutOfSequence) as caught:
        await client.apply(0, 150, 160, b"facts")

    assert (caught.value.shard, caught.value.applied, caught.value.first) == (0, 100, 150)
    assert await client.apply(0, 101, 160, b"facts") == 160
    assert await client.applied(0) == 160


async def test_roles_are_kept_apart(wire: Wire) -> None:
    """A door cannot apply facts, a processor cannot submit or move money, a stranger nothing."""
    with pytest.raises(CallRefused):
        await wire.client("door").apply(0, 101, 101, b"facts")
    with pytest.raises(CallRefused):
        await wire.client("processor").submit([ORDER], wait_result=False)
    with pytest.raises(CallRefused):
        await wire.client("processor").funds(SetFeesOp(0, 1, 10, 0, 0))
    stranger = GrpcAsset(wire.address, KeyRing(b"x" * 32).service_token("door"))
    wire.clients.append(stranger)
    with pytest.raises(CallRefused):
        await stranger.applied(0)

    assert (wire.ledger.submitted, wire.ledger.operations) == ([], [])


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("Submit", b""),
        ("Submit", b"\xc1"),
        ("Submit", msgpack.encode({"requests": []})),
        ("Submit", encode(SubmitBatch([ORDER] * (SUBMIT_COUNT_MAX + 1)))),
        ("Funds", msgpack.encode(["no_such_operation", 1])),
        ("Applied", msgpack.encode("zero")),
    ],
)
async def test_bodies_that_are_none_are_refused(wire: Wire, method: str, body: bytes) -> None:
    """A body that does not decode, or too large a batch, never reaches the ledger."""
    client = wire.client()

    with pytest.raises(CallRefused) as caught:
        await client._call(getattr(client._stub, method), body)

    assert "INVALID_ARGUMENT" in str(caught.value)
    assert (wire.ledger.submitted, wire.ledger.operations) == ([], [])


async def test_a_door_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """Without a server a call fails with `AssetUnavailable`, and so does one after closing."""
    client = GrpcAsset(f"unix:{tmp_path}/nobody.sock", KEYS.service_token("door"))
    with pytest.raises(AssetUnavailable):
        await client.submit([ORDER], wait_result=False)
    await client.close()
    with pytest.raises(AssetUnavailable):
        await client.submit([ORDER], wait_result=False)


async def test_two_ledgers_cannot_share_a_port() -> None:
    """The second server on an address fails to start instead of taking half of the calls."""
    first = AssetServer(Recorder(), KEYS, "127.0.0.1:0")
    await first.start()
    try:
        with pytest.raises(OSError, match="cannot listen"):
            await AssetServer(Recorder(), KEYS, f"127.0.0.1:{first.port}").start()
    finally:
        await first.stop()


async def test_a_call_without_metadata_is_unauthenticated(wire: Wire) -> None:
    """Who shows no token at all is told so, whatever is asked."""
    async with grpc.aio.insecure_channel(wire.address) as channel:
        call = channel.unary_unary("/asset.AssetService/Applied", Packed.SerializeToString)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(Packed(body=msgpack.encode(0)))
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
