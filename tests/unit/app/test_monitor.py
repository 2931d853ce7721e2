"""What a process shows of itself, asked over a real socket."""

from collections.abc import AsyncIterator, Mapping

import msgspec
import pytest
from tests.support.ports import free_port

from outcry.app.failures import PortTaken
from outcry.app.monitor import Monitor, Part, ProcessStatus
from outcry.app.probe import NOTHING, get
from outcry.app.record import Address


class Counting:
    """A service with figures that a test sets."""

    name = "counting"

    def __init__(self) -> None:
        self.figures = {"ready": 0, "seq": 7, "sent_total": 3}

    async def start(self) -> None:
        """Nothing to start."""

    async def run(self) -> None:
        """Nothing to run."""

    async def stop(self) -> None:
        """Nothing to stop."""

    def status(self) -> Mapping[str, int]:
        return self.figures


@pytest.fixture
async def shown() -> AsyncIterator[tuple[Monitor, Counting, Address]]:
    """Give a monitor with one service of shard 2, and where it listens."""
    place = Address("127.0.0.1", free_port("127.0.0.1"))
    monitor = Monitor("match", "metrics.match_port", place)
    service = Counting()
    await monitor.start()
    monitor.add(Part(service, 2))
    yield monitor, service, place
    monitor.stop()


Shown = tuple[Monitor, Counting, Address]


async def test_a_process_is_ready_when_it_started_everything_and_all_say_so(shown: Shown) -> None:
    """/readyz is 503 before every service has started, and while one is not ready."""
    monitor, service, place = shown
    service.figures["ready"] = 1
    assert (await get(place, "/readyz")).status == 503
    monitor.complete()
    assert await get(place, "/readyz") == (200, b"ready\n")
    service.figures["ready"] = 0
    assert await get(place, "/readyz") == (503, b"waiting for counting:2\n")
    assert (await get(place, "/healthz")).status == 200


async def test_figures_are_metrics_with_their_shard(shown: Shown) -> None:
    """A figure is a gauge, one that ends in _total a counter; both name their shard."""
    _, _, place = shown
    text = (await get(place, "/metrics")).body.decode()
    assert 'outcry_counting_seq{shard="2"} 7.0' in text
    assert "# TYPE outcry_counting_sent_total counter" in text
    assert 'outcry_counting_sent_total{shard="2"} 3.0' in text
    assert "# HELP outcry_counting_sent_total Transactions that were sent." in text


async def test_a_figure_of_a_followed_shard_names_that_shard(shown: Shown) -> None:
    """Who follows several shards tells them apart by label: a new shard needs no new panel."""
    _, service, place = shown
    service.figures |= {"shard_0_holes": 4, "shard_11_holes": 5, "shards": 2}
    text = (await get(place, "/metrics")).body.decode()
    assert 'outcry_counting_holes{shard="0"} 4.0' in text
    assert 'outcry_counting_holes{shard="11"} 5.0' in text
    assert text.count("# HELP outcry_counting_holes ") == 1
    assert 'outcry_counting_shards{shard="2"} 2.0' in text
    assert "process_resident_memory_bytes" in text


async def test_status_carries_every_figure(shown: Shown) -> None:
    """/status decodes to the figures of each service by name."""
    _, service, place = shown
    status = msgspec.json.decode((await get(place, "/status")).body, type=ProcessStatus)
    assert status == ProcessStatus("match", ready=False, services={"counting:2": service.figures})


async def test_other_paths_and_silence_are_answered_too(shown: Shown) -> None:
    """An unknown path is 404; where nobody listens there is no answer and no exception."""
    _, _, place = shown
    assert (await get(place, "/else")).status == 404
    assert await get(Address("127.0.0.1", free_port("127.0.0.1")), "/readyz") == NOTHING


async def test_a_taken_port_names_its_setting(shown: Shown) -> None:
    """A second monitor on the same port fails with the setting that chose it."""
    _, _, place = shown
    with pytest.raises(PortTaken, match=r"metrics\.edge_port"):
        await Monitor("edge", "metrics.edge_port", place).start()
