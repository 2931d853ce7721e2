"""The line on which doors submit: many batches on one stream, answered when each is ready."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.integration.adapters.doomed import eventually
from tests.integration.grpc.test_asset_door import Recorder

from outcry.adapters.grpc import CallRefused, GrpcAsset
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
from outcry.runtime.api_keys import KeyRing
from outcry.services.asset.grpc import AssetServer, line


KEYS = KeyRing(bytes(32))
WAIT_SECONDS_MAX = 120


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


async def test_a_stop_answers_what_was_taken(wire: Wire) -> None:
    """A door that closes answers what it has, takes no more, and ends the line by itself."""
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


async def test_a_line_that_broke_is_opened_again(wire: Wire) -> None:
    """When the ledger goes, whoever waits is told so; when it is back, the same client goes on."""
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
    assert not wire.client._line._waiting
