"""The line on which doors submit: many batches on one stream, answered when each is ready."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs
from tests.integration.adapters.doomed import eventually
from tests.integration.grpc.test_asset_door import Recorder

from outcry.adapters.grpc import CallRefused, GrpcAsset
from outcry.adapters.grpc import line as client_line
from outcry.adapters.grpc.asset import OPTIONS
from outcry.adapters.grpc.line import SubmitLine
from outcry.domain.errors import OutcryError
from outcry.messages.requests import (
    OrderAccepted,
    OrderRequest,
    OrderResult,
    PlaceRequest,
    SubmitBatch,
    encode,
)
from outcry.ports.asset import SUBMIT_COUNT_MAX, AssetUnavailable
from outcry.rpc.asset_pb2 import Ask
from outcry.rpc.asset_pb2_grpc import (
    AssetServiceServicer,
    AssetServiceStub,
    add_AssetServiceServicer_to_server,
)
from outcry.runtime.api_keys import KeyRing
from outcry.services.asset.grpc import AssetServer, line
from outcry.services.asset.grpc import server as door


KEYS = KeyRing(bytes(32))
WAIT_SECONDS_MAX = 120
MIB = 1024 * 1024


def order(name: str) -> PlaceRequest:
    """Return an order that is told apart by its name."""
    return PlaceRequest(1000, 1, 0, 0, 0, 0, False, 0, 5000, 100, 0, 0, name)


class Slow(Recorder):
    """A ledger that answers the orders of a name when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go: dict[str, asyncio.Event] = {}

    def hold(self, name: str) -> asyncio.Event:
        """Answer orders called *name* no sooner than the event is set."""
        return self.let_go.setdefault(name, asyncio.Event())

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Wait for whoever is held, then answer."""
        self.submitted.append((list(requests), wait_result))
        names = [one.client_order_id for one in requests if isinstance(one, PlaceRequest)]
        for name in names:
            if name in self.let_go:
                await self.let_go[name].wait()
        return [OrderAccepted(int(name[1:]), 7) for name in names]


class Wire:
    """A ledger, its door on a unix socket, and one client."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Slow()
        self.address = f"unix:{folder}/asset.sock"
        self.server = AssetServer(self.ledger, KEYS, self.address)
        self.client = GrpcAsset(self.address, KEYS.service_token("door"))

    async def ask(self, name: str, *, wait_result: bool = False) -> list[OrderResult]:
        """Submit one order."""
        return await self.client.submit([order(name)], wait_result=wait_result)

    async def taken(self, count: int, *asking: asyncio.Task[object]) -> None:
        """Return once the ledger was asked for so many orders; raise what *asking* failed with."""
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while not self.has_taken(count):
                for task in asking:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.001)

    async def without_lines(self) -> None:
        """Return once no line is open."""
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while True:
                if not self.server._door._lines:
                    return
                await asyncio.sleep(0.01)

    def has_taken(self, count: int) -> bool:
        """Whether the ledger was asked for so many orders."""
        return sum(len(requests) for requests, _ in self.ledger.submitted) >= count


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    """Give an open door and a client of it."""
    wire = Wire(tmp_path)
    await wire.server.start()
    yield wire
    await wire.client.close()
    await wire.server.stop()


async def test_a_slow_answer_holds_up_no_other(wire: Wire) -> None:
    """What is ready first is answered first, each to whoever asked it."""
    held = wire.ledger.hold("o1")
    slow = asyncio.create_task(wire.ask("o1", wait_result=True))
    await wire.taken(1, slow)

    assert await wire.ask("o2") == [OrderAccepted(2, 7)]
    assert not slow.done()
    held.set()
    assert await slow == [OrderAccepted(1, 7)]


async def test_a_batch_that_is_none_ends_no_line(wire: Wire) -> None:
    """A body that does not decode, or is too large, is refused; its neighbours are answered."""
    held = wire.ledger.hold("o1")
    slow = asyncio.create_task(wire.ask("o1"))
    await wire.taken(1, slow)

    too_many = encode(SubmitBatch([order("o2")] * (SUBMIT_COUNT_MAX + 1)))
    for body in (b"", b"\xc1", too_many):
        with pytest.raises(CallRefused):
            await wire.client._line.submit(body)

    held.set()
    assert await slow == [OrderAccepted(1, 7)]


@pytest.mark.parametrize(
    ("failure", "told", "logged"),
    [
        (OutcryError("away"), "away", []),
        (KeyError("a defect"), "its log says how", ["batch_failed"]),
    ],
)
async def test_a_ledger_that_fails_fails_one_batch(
    tmp_path: Path, failure: Exception, told: str, logged: list[str]
) -> None:
    """What the ledger cannot answer is unavailable to whoever asked it, and the line goes on.

    A failure that nobody foresaw is logged besides.
    """
    ledger = Recorder()
    ledger.failures = [failure]
    server = AssetServer(ledger, KEYS, f"unix:{tmp_path}/asset.sock")
    await server.start()
    client = GrpcAsset(f"unix:{tmp_path}/asset.sock", KEYS.service_token("door"))

    with capture_logs() as logs, pytest.raises(AssetUnavailable, match=told):
        await asyncio.wait_for(client.submit([order("o1")], wait_result=False), WAIT_SECONDS_MAX)
    assert [one["event"] for one in logs] == logged
    assert await client.submit([order("o1")], wait_result=False) == [OrderAccepted(1, 7)]

    await client.close()
    await server.stop()


async def test_a_stop_answers_what_was_taken(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that closes answers what it has, takes no more, and ends the line by itself."""
    monkeypatch.setattr(door, "GRACE_SECONDS", WAIT_SECONDS_MAX)  # on however slow a machine
    held = wire.ledger.hold("o1")
    slow = asyncio.create_task(wire.ask("o1"))
    await wire.taken(1, slow)

    stopping = asyncio.create_task(wire.server.stop())
    await asyncio.sleep(0)
    late = asyncio.create_task(wire.ask("o2"))
    await asyncio.sleep(0.1)
    held.set()

    assert await slow == [OrderAccepted(1, 7)]
    with pytest.raises(AssetUnavailable):
        await late
    await stopping
    assert not wire.has_taken(2)


async def test_a_line_that_broke_is_opened_again(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the ledger goes, whoever waits is told so; when it is back, the same client goes on."""
    monkeypatch.setattr(door, "GRACE_SECONDS", 0.1)
    wire.ledger.hold("o1")
    lost = asyncio.create_task(wire.ask("o1"))
    await wire.taken(1, lost)

    await wire.server.stop()
    with pytest.raises(AssetUnavailable):
        await lost

    wire.server = AssetServer(wire.ledger, KEYS, wire.address)
    await wire.server.start()
    await eventually(lambda: wire.ask("o2"), AssetUnavailable)
    assert await wire.ask("o3") == [OrderAccepted(3, 7)]


async def test_a_line_reads_no_further_than_its_bound(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While as many batches as may be are unanswered, the next one waits outside the ledger."""
    monkeypatch.setattr(line, "LINE_COUNT_MAX", 2)
    held = wire.ledger.hold("o1")
    calls = [
        asyncio.create_task(wire.client._line.submit(encode(SubmitBatch([order("o1")]))))
        for _ in range(5)
    ]
    await wire.taken(2, *calls)
    assert await wire.client.applied(0) == 100  # whatever was sent before this has arrived
    assert len(wire.ledger.submitted) == 2

    held.set()
    await asyncio.gather(*calls)
    assert len(wire.ledger.submitted) == 5


async def test_who_gives_up_disturbs_nobody(wire: Wire) -> None:
    """A caller that is gone when its answer comes is passed over."""
    held = wire.ledger.hold("o1")
    gone = asyncio.create_task(wire.ask("o1"))
    await wire.taken(1, gone)
    gone.cancel()
    held.set()

    assert await wire.ask("o2") == [OrderAccepted(2, 7)]
    stream = wire.client._line._stream
    assert stream is not None
    assert not stream._waiting


class Deaf(AssetServiceServicer):
    """A door whose lines take one batch, or none, and answer nothing."""

    def __init__(self, *, reads: bool) -> None:
        self.reads = reads
        self.lines = 0

    async def SubmitLine(self, _: object, context: Any) -> None:  # noqa: N802
        """Hold the line open."""
        self.lines += 1
        while self.reads and await context.read() is not grpc.aio.EOF:
            pass
        await asyncio.Event().wait()


@pytest.fixture
async def deaf(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Deaf]:
    """Give a door that answers nothing, on the socket of `line_to`."""
    door = Deaf(reads=request.param)
    server: Any = grpc.aio.server()
    add_AssetServiceServicer_to_server(door, server)  # type: ignore[no-untyped-call]
    server.add_insecure_port(f"unix:{tmp_path}/asset.sock")
    await server.start()
    yield door
    await server.stop(0)


@asynccontextmanager
async def line_to(folder: Path, seconds: float) -> AsyncIterator[SubmitLine]:
    """Give a line to the door in *folder* on which answers may take so long."""
    async with grpc.aio.insecure_channel(f"unix:{folder}/asset.sock", options=OPTIONS) as channel:
        stub: Any = AssetServiceStub(channel)  # type: ignore[no-untyped-call]
        metadata = (("authorization", f"Bearer {KEYS.service_token('door')}"),)
        line = SubmitLine(lambda: stub.SubmitLine(metadata=metadata), seconds)
        yield line
        await line.close()


@pytest.mark.parametrize("deaf", [False], indirect=True)
async def test_a_line_that_takes_nothing_is_hung_up(
    tmp_path: Path, deaf: Deaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that is stuck fails all who wait on that line, in time; the next dials anew."""
    monkeypatch.setattr(client_line, "WRITE_SECONDS_MAX", 0.3)
    async with line_to(tmp_path, WAIT_SECONDS_MAX) as asked:
        for dialled in (1, 2):
            many = (asked.submit(bytes(4 * MIB)) for _ in range(4))
            failures = await asyncio.gather(*many, return_exceptions=True)
            assert {type(one) for one in failures} == {AssetUnavailable}
            assert {str(one) for one in failures} == {
                "the line to the ledger took nothing for 0.3 s"
            }
            assert deaf.lines == dialled


@pytest.mark.parametrize("deaf", [True], indirect=True)
async def test_a_line_that_says_nothing_is_hung_up(tmp_path: Path, deaf: Deaf) -> None:
    """Who waits in vain for any answer on a line is told so, and the next submission dials anew."""
    async with line_to(tmp_path, 0.3) as asked:
        for dialled in (1, 2):
            with pytest.raises(AssetUnavailable, match="did not answer within"):
                await asked.submit(b"")
            assert deaf.lines == dialled


async def test_one_late_answer_ends_no_line(wire: Wire, tmp_path: Path) -> None:
    """Whose own answer is late gives up alone, while others are answered on the same line."""
    held = wire.ledger.hold("o1")
    async with line_to(tmp_path, 1.0) as asked:
        late = asyncio.create_task(asked.submit(encode(SubmitBatch([order("o1")]))))
        await wire.taken(1, late)
        stream = asked._stream
        while not late.done():
            await asked.submit(encode(SubmitBatch([order("o2")])))
        with pytest.raises(AssetUnavailable, match="did not answer within"):
            await late
        assert asked._stream is stream
        assert stream is not None
        assert not stream.ended
    held.set()


async def test_a_client_that_reads_nothing_is_broken_off(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers that nobody reads are kept for a bounded time; then the call ends."""
    monkeypatch.setattr(line, "WRITE_SECONDS_MAX", 0.3)
    orders = encode(SubmitBatch([order("o1")] * SUBMIT_COUNT_MAX))
    call = wire.client._stub.SubmitLine(metadata=wire.client._metadata)
    with capture_logs() as logs:
        with suppress(grpc.aio.AioRpcError, asyncio.CancelledError, asyncio.InvalidStateError):
            for tag in range(100):
                await call.write(Ask(tag=tag, body=orders))  # until the call ends, perhaps
        await wire.without_lines()
    call.cancel()
    assert "line_broken_off" in [one["event"] for one in logs]


async def test_a_silent_line_ends(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line on which nothing is asked ends after a while, not while an answer is due."""
    monkeypatch.setattr(line, "SILENCE_SECONDS_MAX", 0.2)
    monkeypatch.setattr(client_line, "IDLE_SECONDS_MAX", 0.1)
    held = wire.ledger.hold("o1")
    slow = asyncio.create_task(wire.ask("o1"))
    await wire.taken(1, slow)
    await asyncio.sleep(0.5)
    held.set()
    assert await slow == [OrderAccepted(1, 7)]

    await wire.without_lines()
    assert await wire.ask("o2") == [OrderAccepted(2, 7)]


async def test_a_line_that_may_be_ending_is_not_asked_on(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a long pause a door opens another line; after a short one it keeps the one it has."""
    await wire.ask("o1")
    first = wire.client._line._stream
    await wire.ask("o2")
    assert wire.client._line._stream is first

    monkeypatch.setattr(client_line, "IDLE_SECONDS_MAX", 0.0)
    assert await wire.ask("o3") == [OrderAccepted(3, 7)]
    assert wire.client._line._stream is not first
    assert first is not None
    assert first.ended
