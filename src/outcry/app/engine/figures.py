"""The figures of an engine for Prometheus: read when somebody asks, counted by nobody twice."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from outcry.services.gateway.service import EngineService


class EngineFigures(Collector):
    """The engine as `outcry.app.monitor.Monitor` wants to see it."""

    name = "engine"

    def __init__(self, engine: EngineService) -> None:
        """Show *engine*, which somebody else runs."""
        self._engine = engine

    async def start(self) -> None:
        """Somebody else starts it."""

    async def run(self) -> None:
        """Somebody else runs it."""

    async def stop(self) -> None:
        """Somebody else stops it."""

    def status(self) -> Mapping[str, int]:
        """Return what there is of everything now, and how many commands there were."""
        engine = self._engine
        room = engine.room
        return {
            "ready": int(engine.failure is None),
            "connections": len(engine.connections),
            "sessions": len(room.places),
            "commands_total": room.engine.seq,
            "resting_orders": room.engine.order_count,
            "instruments": len(room.instruments),
            "unsynced_bytes": engine.unsynced,
        }

    def collect(self) -> Iterator[Metric]:
        """Yield how many connections ended, by the reason."""
        ended = CounterMetricFamily(
            "outcry_engine_ended", "Connections that ended, by the reason.", labels=["reason"]
        )
        for reason, count in self._engine.endings.items():
            ended.add_metric([reason], count)
        yield ended
