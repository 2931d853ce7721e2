"""The load generator: what it sends is right, what it counts is what came."""

import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.support.tcp_engine import hosted
from tests.support.tcp_records import add_instrument, framed, unframed

from outcry import kernel
from outcry.app.failures import UsageError
from outcry.app.load import report
from outcry.app.load.echo import served
from outcry.app.load.flow import BATCH_MAX, Flow, Mix, Traded
from outcry.app.load.http import HttpFlow, HttpHeard, Listed
from outcry.app.load.latencies import Latencies
from outcry.app.load.run import Result, Run, Shape
from outcry.app.load.sweep import sweep
from outcry.app.load.wire import Heard, Login
from outcry.services.gateway.logons import Key
from outcry_wire import records


MARKET = [Traded(1, 100, 5_000)]
QUICK = Shape(connections=4, window=64, batch=16, seconds=0.3)


def flow(size: int, seed: int = 1) -> Flow:
    """Return the commands of one connection."""
    return Flow(Random(seed), MARKET, size, Mix())


@pytest.mark.parametrize("size", [1, 2, 16, BATCH_MAX])
def test_an_engine_takes_every_command_of_a_flow(size: int) -> None:
    """Numbers and ids rise as the protocol asks; only cancels of dead orders are refused."""
    engine = kernel.load().Engine()
    sessions = kernel.load_sessions().SessionEngine(engine)
    sessions.carry_out(add_instrument())
    sessions.open(1, 0)
    source = bytearray(1 << 17)
    sessions.bind(source)
    sent, rejects, heard = flow(size), Counter[int](), Heard(echo=False)
    for turn in range(1, 41):
        data = bytes(sent.next())
        source[: len(data)] = data
        answers = sessions.take(1, 0, len(data), 1)
        assert sessions.taken == size
        assert heard.take(answers) == size
        for record in unframed(answers):
            if record[0] == records.RecordType.ORDER_REJECTED:
                raise AssertionError(records.ORDER_REJECTED.unpack(record))
            if record[0] == records.RecordType.COMMAND_REJECTED:
                rejects[records.COMMAND_REJECTED.unpack(record)[8]] += 1
        assert sessions.session(1)[2] == turn * size
    assert set(rejects) <= {306}


def test_a_flow_is_the_same_for_the_same_seed() -> None:
    """Two of one seed send the same bytes; another seed sends others."""
    first, again, other = (
        [bytes(f.next()) for _ in range(100)] for f in (flow(8), flow(8), flow(8, 2))
    )
    assert first == again != other


def test_answers_are_counted_at_any_cut() -> None:
    """Commands are answered once each, however the bytes arrive."""
    last = records.CANCEL_ORDER.pack(68, 1, 40, 1, 1, 1, 1, 1)
    part = records.CANCEL_ORDER.pack(68, 0, 40, 1, 1, 1, 1, 1)
    data = framed(part, last, last) + framed(part) + framed(last)
    for step in (1, 3, 40, len(data)):
        heard = Heard(echo=False)
        assert sum(heard.take(data[at : at + step]) for at in range(0, len(data), step)) == 3
        assert heard.kinds[68] == 5


def test_percentiles_are_those_of_what_was_added(tmp_path: Path) -> None:
    """A thousand latencies of 1 to 1,000 µs have the percentiles they have, and files."""
    latencies = Latencies()
    for microseconds in range(1, 1_001):
        latencies.add(microseconds * 1_000, 2)
    summary = latencies.summary()
    for name, wanted in (("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999), ("max", 1_000)):
        assert summary[name] == pytest.approx(wanted, rel=0.002)
    assert summary["p99.9"] <= summary["max"]
    latencies.write(tmp_path)
    assert "#[Mean" in (tmp_path / "latency.hgrm").read_text()
    assert (tmp_path / "latency.hlog").read_text().startswith("#[Histogram log format")


def test_no_percentile_is_beyond_the_longest() -> None:
    """A bucket of the histogram reaches further than what is in it; the summary does not."""
    latencies = Latencies()
    latencies.add(18_592_500, 1_000)
    assert set(latencies.summary().values()) == {18_592.5}


def test_a_closed_loop_and_a_fixed_rate_against_an_engine(tmp_path: Path) -> None:
    """Every command is answered; fills are counted; the report is written."""
    with hosted() as engine:
        closed = Run("127.0.0.1", engine.port, QUICK).go()
        steady = Run("127.0.0.1", engine.port, replace(QUICK, rate=4_000.0)).go()
        assert closed.latencies.count == closed.sent > 0
        assert steady.latencies.count == steady.sent <= 4_000 * 0.3 + 16
        assert closed.totals["fills"] > 0
        report.write(tmp_path, [closed, steady], steady)
    assert "<polyline" in (tmp_path / "chart.html").read_text()
    assert b'"knee": 4000.0' in (tmp_path / "result.json").read_bytes()


def test_the_generator_measures_itself() -> None:
    """Against an echo every command comes back."""
    with served() as port:
        own = Run("127.0.0.1", port, QUICK, echo=True).go()
    assert own.latencies.count == own.sent > 0


def test_a_stalled_engine_is_charged_for_what_was_not_sent() -> None:
    """At a fixed rate, latency counts from when a command was due, not from when it was sent."""
    with hosted() as engine:
        run = Run("127.0.0.1", engine.port, replace(QUICK, rate=2_000.0, batch=1, seconds=0.6))
        stop = engine.loop.call_soon_threadsafe(time.sleep, 0.3)
        result = run.go()
        assert stop is not None
    late = sum(n for tenths, n in result.latencies._counts.items() if tenths > 500_000)
    assert late > 300  # of 600 that were due meanwhile; one per connection if sends had waited


def test_the_knee_is_the_last_rate_that_is_carried() -> None:
    """A sweep ends with the first rate that is answered late or not at all."""

    def run(shape: Shape) -> Result:
        latencies = Latencies()
        latencies.add(50_000 if shape.rate <= 60_000 else 900_000, 1_000)
        carried = int(shape.rate or 100_000)
        return Result(
            shape=shape,
            latencies=latencies,
            seconds=1.0,
            sent=carried,
            answered=carried,
            totals=Counter(),
            course=[1],
        )

    results, knee = sweep(QUICK, run)
    assert knee is not None
    assert knee.shape.rate == pytest.approx(60_000)
    assert len(results) == 7


def test_an_engine_that_asks_for_keys_is_loaded_with_those() -> None:
    """Connections take them in turn, each with a session of its own; without them none gets in."""
    keys = {name: Key(name, name.encode() * 8, at, at) for at, name in ((50, "ann"), (51, "bob"))}
    logins = tuple(Login(key.account, key.name, key.secret) for key in keys.values())
    with hosted(keys) as engine:
        result = Run("127.0.0.1", engine.port, replace(QUICK, connections=3, keys=logins)).go()
        assert result.answered > 0
        with pytest.raises(UsageError):
            Run("127.0.0.1", engine.port, QUICK)


def test_http_answers_are_counted_at_any_cut() -> None:
    """Each whole answer counts once; what is not 200 is a refusal."""
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx: y\r\n\r\n{}"
    bad = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"
    data = good + bad + good
    for step in (1, 7, len(data)):
        heard = HttpHeard()
        assert sum(heard.take(data[at : at + step]) for at in range(0, len(data), step)) == 3
        assert heard.totals() == Counter(rejects=1)


def test_http_requests_are_whole_and_cancel_what_was_placed() -> None:
    """Lengths are right, names are one's own, and only orders that were placed are cancelled."""
    flow = HttpFlow(Random(3), [Listed(1, 2, ("345", "678"))], Mix(), "ok_1_0_x")
    placed: list[str] = []
    cancelled: list[str] = []
    tokens: set[str | None] = set()
    for _ in range(400):
        head, _, body = bytes(flow.next()).partition(b"\r\n\r\n")
        assert f"content-length: {len(body)}".encode() in head
        assert b"x-api-key: ok_1_0_x" in head
        content = json.loads(body)
        (placed if "price" in content else cancelled).append(content["client_order_id"])
        tokens.add(content.get("token_id"))
    assert tokens == {None, "345", "678"}
    again = HttpFlow(Random(3), [Listed(1, 2, ("345", "678"))], Mix(), "ok_1_0_x").next()
    assert json.loads(again.partition(b"\r\n\r\n")[2])["client_order_id"] not in placed
    assert len(cancelled) > 100
    assert placed[: len(cancelled)] == cancelled
