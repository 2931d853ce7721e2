"""Two cores on one database: one writes, one follows and takes over, and never both."""

import asyncio
import signal
import subprocess

import httpx
import pytest
from tests.support.apart import HOST, Apart
from tests.support.exchange import COMMAND, Client, wait_until
from tests.support.ports import free_port

from outcry.adapters.grpc import GrpcAsset
from outcry.app.credentials import key_ring
from outcry.app.failures import FAILED
from outcry.messages.requests import OrderAccepted, OrderResult, PlaceRequest
from outcry.ports.asset import AssetUnavailable
from outcry.runtime.config import load
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


pytestmark = pytest.mark.timeout(600)  # several starts, on whatever machine


class Market:
    """One market and a trader who repeats an order until it is answered."""

    def __init__(self, operator: Client, ann: Client) -> None:
        self._ann = ann
        self.user_id = ann.get("/api/user_data")["id"]
        operator.post(
            "/api/admin/deposits", {"user_id": self.user_id, "amount": "9", "tx_hash": "1"}
        )
        markets = [{"market_identifier": "rain", "question": "?"}]
        event = {"event_identifier": "rain", "title": "Rain", "markets": markets}
        listed = operator.post("/api/admin/events", event)
        query = {"event_id": listed["event_id"]}
        wait_until(lambda: ann.http.get("/api/event_detail", params=query).is_success)
        self._market = ann.get("/api/event_detail", **query)["markets"][0]
        self._query = query

    def place(self, name: str) -> str:
        """Place a small order called *name*, however often that takes; returns its id."""
        order = {**self._query, "market_id": self._market["market_id"], "side": "buy"}
        order |= {"quantity": "1", "order_type": "limit", "price": "0.5", "client_order_id": name}
        order |= {"token_id": self._market["outcome_0_token_id"]}
        answers: list[str] = []

        def answered() -> bool:
            try:
                answer = self._ann.http.post("/api/place_order", json=order, timeout=5)
            except httpx.TimeoutException:
                return False
            if answer.is_success and answer.json()["code"] == 0:
                answers.append(answer.json()["data"]["order_id"])
            return bool(answers)

        wait_until(answered)
        return answers[0]


def repeat_of(name: str) -> PlaceRequest:
    """Return the order that the first customer placed as *name*, as the ledger sees it."""
    return PlaceRequest(
        1_000, 1, 0, Side.BUY, OrderKind.LIMIT, TimeInForce.GTC, False,
        SelfTrade.CANCEL_TAKER, 5_000, 100, 0, 0, name,
    )  # fmt: skip


async def answers_after_waking(
    address: str, apart: Apart, process: subprocess.Popen[bytes]
) -> list[OrderResult]:
    """Wake *process*, ask it for an order it knows until it ends; returns what it answered."""
    config = load(environ={"OUTCRY_DATA_DIR": apart.environ["OUTCRY_DATA_DIR"]})
    asset = GrpcAsset(address, key_ring(config).service_token("door"))
    asking = asyncio.create_task(asset.submit([repeat_of("one")], wait_result=False))
    await asyncio.sleep(0.2)
    process.send_signal(signal.SIGCONT)
    answers: list[OrderResult] = []
    try:
        async with asyncio.timeout(120):
            while process.poll() is None:
                try:
                    answers += await asking
                except AssetUnavailable:
                    await asyncio.sleep(0.01)
                asking = asyncio.create_task(asset.submit([repeat_of("one")], wait_result=False))
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asset.close()
    return answers


def outcry(apart: Apart, *arguments: str) -> str:
    """Return what a command says that must succeed."""
    done = subprocess.run(
        [*COMMAND, *arguments], env=apart.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_a_standby_takes_over_from_one_killed_and_from_one_stopped(apart: Apart) -> None:
    """Each order is there once, and the core that wakes up too late neither writes nor answers.

    What they wrote is one log, of which the beginning can be archived and is verified as before.
    """
    ports = [str(free_port(HOST)) for _ in range(2)]
    apart.environ |= {"OUTCRY_SHARDS_COUNT": "1", "OUTCRY_GRPC_PORT": ports[0]}
    apart.environ["OUTCRY_GRPC_STANDBY"] = f"{HOST}:{ports[1]}"
    first = apart.start("core", "first")
    apart.wait_said("first", "process_ready")
    second = apart.start("core", "second", OUTCRY_GRPC_PORT=ports[1], OUTCRY_GRPC_STANDBY="")
    apart.wait_said("second", "standing_by")
    for name in ("match", "history", "edge"):
        apart.start(name)
    apart.wait_ready("edge")
    operator = apart.client("edge", "operator", admin=True)
    market = Market(operator, apart.client("edge", "ann"))
    one = market.place("one")

    first.kill()
    first.wait()
    two = market.place("two")
    assert "process_ready" in apart.log("second")
    assert market.place("one") == one

    apart.start("core", "first")
    apart.wait_said("first", "standing_by")
    second.send_signal(signal.SIGSTOP)
    three = market.place("three")
    assert "writer_silent" in apart.log("first")
    woken = asyncio.run(answers_after_waking(f"{HOST}:{ports[1]}", apart, second))

    assert not any(isinstance(answer, OrderAccepted) for answer in woken)
    assert second.wait() == FAILED
    assert [market.place(name) for name in ("one", "two", "three")] == [one, two, three]
    assert "0 fills, 3 open orders" in outcry(apart, "verify")

    apart.stop()
    assert "Nothing" not in outcry(apart, "archive")
    assert "0 fills, 3 open orders" in outcry(apart, "verify")
    assert "Nothing to archive" in outcry(apart, "archive")
