"""What was refused somewhere, for Prometheus: read when somebody asks."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from outcry_wire.rejects import Reject


class RejectFigures(Collector):
    """Refusals by the number of the rule, as ``outcry_DOOR_rejects_total``."""

    def __init__(self, door: str, read: Callable[[], Mapping[int, int]]) -> None:
        """Show what *read* returns: how often each reject was said until now."""
        self._door, self._read = door, read

    def collect(self) -> Iterator[Metric]:
        """Yield the counts, which have the labels of those of HTTP."""
        counted = CounterMetricFamily(
            f"outcry_{self._door}_rejects",
            "What was asked and refused, by the number of the rule.",
            labels=["reject", "name"],
        )
        for reject, count in self._read().items():
            counted.add_metric([str(reject), Reject(reject).name], count)
        yield counted
