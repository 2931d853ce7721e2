"""Traces of a whole exchange, as a collector gets them over HTTP."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.integration.app.test_day import new_market, trader
from tests.support.collector import Collector, Told, collector
from tests.support.exchange import Client, Exchange, exchange, wait_until
from websockets.sync.client import connect

from outcry.domain.ids import SEQ_BITS
from outcry.runtime.tracing import PARENTS, Traced, trace_id


pytestmark = pytest.mark.timeout(600)  # an exchange starts
SERVICES = {
    "order": "outcry-edge",
    "ledger.decide": "outcry-core",
    "ledger.commit": "outcry-core",
    "commands.publish": "outcry-core",
    "match.execute": "outcry-match",
    "facts.publish": "outcry-match",
    "depth.publish": "outcry-match",
    "ledger.apply": "outcry-core",
    "facts.commit": "outcry-core",
    "events.publish": "outcry-core",
    "feed.user": "outcry-edge",
    "history.project": "outcry-history",
}


def test_the_spans_of_one_order_form_one_tree(tmp_path: Path) -> None:
    """A place, a trade and a cancel are each told of by every process, under the right parents."""
    with (
        collector() as taken,
        exchange(
            tmp_path,
            OUTCRY_TRACING_ENABLED="true",
            OUTCRY_TRACING_ENDPOINT=taken.endpoint,
            OUTCRY_TRACING_SAMPLE_ONE_IN="1",
        ) as made,
    ):
        made.start()
        trades = trade(made)
        wait_until(lambda: len(whole(taken)) >= 3)
        assert "clean" in made.verify()
        assert made.stop() == 0
        traces = taken.traces()
    for spans in traces.values():
        check_tree(spans)
    by_request: dict[str, list[Told]] = {}
    for spans in traces.values():
        root = next(span for span in spans if span.name == "order")
        by_request.setdefault(str(root.attributes["outcry.request"]), []).append(root)
    assert {name: len(roots) for name, roots in by_request.items()} == {"place": 2, "cancel": 1}
    taker = Traced(0, trades[0] & ((1 << SEQ_BITS) - 1), 0)
    spans = traces[f"{trace_id('outcry', taker):032x}"]
    assert {span.attributes["outcry.seq"] for span in spans} == {taker.seq}
    feed = next(span for span in spans if span.name == "feed.user")
    assert feed.attributes["outcry.connections"] == 1


def trade(made: Exchange) -> list[int]:
    """Let one user trade with another one, and cancel the rest; returns the ids of the trades."""
    operator = made.client(made.token("operator", admin=True))
    ann, _ = trader(made, operator, "ann", "100")
    bob, _ = trader(made, operator, "bob", "100")
    event_id, market_id, (yes, no) = new_market(operator, ann, "traced")
    url = f"ws://{made.record().addresses['feeds']}/user"
    token = ann.http.headers["authorization"].removeprefix("Bearer ")
    with connect(url, proxy=None) as feed:
        feed.send(msgspec.json.encode({"auth": token}).decode())
        while b'"snapshot"' not in _bytes(feed.recv(timeout=90)):
            pass
        body = {"event_id": event_id, "market_id": market_id, "order_type": "limit"}

        def place(who: Client, token: str, quantity: str) -> int:
            terms = {"token_id": token, "side": "buy", "price": "0.5", "quantity": quantity}
            placed = who.post("/api/place_order", body | terms, wait="result")
            return int(placed["order_id"])

        resting = place(ann, yes, "4")
        place(bob, no, "3")
        ann.post("/api/cancel_order", {"order_id": resting}, wait="result")
        heard = [b""]
        while b'"cancelled"' not in heard[-1]:
            heard.append(_bytes(feed.recv(timeout=90)))
    return [int(found) for found in re.findall(rb'"trade_id":"?(\d+)', b"".join(heard))]


def whole(taken: Collector) -> list[list[Told]]:
    """Return the traces that have every stage."""
    return [spans for spans in taken.traces().values() if len(spans) == len(PARENTS)]


def check_tree(spans: list[Told]) -> None:
    """Fail unless *spans* are one of each stage, each in its process and below its parent."""
    by_name = {span.name: span for span in spans}
    assert {span.name: span.service for span in spans} == SERVICES
    for span in spans:
        parent = PARENTS[span.name]
        assert span.parent == (by_name[parent].span if parent else "")
        assert span.began_ns <= span.ended_ns
        if parent and parent != "facts.commit":
            assert span.ended_ns >= by_name[parent].began_ns


def test_nothing_of_traces_is_there_when_they_are_off() -> None:
    """Without the setting no port is traced and the exporter is not loaded."""
    script = """
import asyncio, sys
from contextlib import AsyncExitStack
from prometheus_client import CollectorRegistry
from outcry.app.commons import Commons
from outcry.app.measured import MeasuredBus
from outcry.runtime.config import Config, Redis

async def main():
    async with AsyncExitStack() as stack:
        config = Config(redis=Redis(url="unix:///nowhere"))
        services = frozenset({"asset", "processor"})
        commons = Commons(config, services, range(1), stack, CollectorRegistry())
        commons.own_asset = mine = object()
        assert commons.tracer is None
        assert await commons.asset("processor") is mine
        assert type(commons.bus) is MeasuredBus
    assert "outcry.adapters.opentelemetry" not in sys.modules

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=180)


def _bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message
