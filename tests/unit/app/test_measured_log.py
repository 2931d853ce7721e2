"""What the writer's log counts of its commits."""

import pytest
from prometheus_client import CollectorRegistry

from outcry.adapters.memory import MemoryLedgerLog
from outcry.app.measured_log import MeasuredLog
from outcry.ports.ledger_log import Span, Stale


async def test_each_commit_counts_once_with_its_commands_and_bytes() -> None:
    """Commands of all shards and no facts are counted; what was not committed is not."""
    registry = CollectorRegistry()
    log = MeasuredLog(MemoryLedgerLog(), registry)
    epoch = (await log.open(0)).epoch
    spans = [Span(0, "c", 1, 40), Span(0, "f", 1, 9), Span(1, "c", 7, 8)]
    await log.append(epoch, 2, 0, b"x" * 500, spans)
    await log.append(epoch, 3, 0, b"y", [Span(0, "f", 10, 40)])
    with pytest.raises(Stale):
        await log.append(epoch, 9, 0, b"z", [])

    def shown(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"outcry_asset_commit_{name}", labels)

    assert [shown(f"{name}_count") for name in ("seconds", "commands", "bytes")] == [2, 2, 2]
    assert (shown("commands_sum"), shown("bytes_sum")) == (42, 501)
    assert shown("commands_bucket", le="0.0") == 1
    assert shown("commands_bucket", le="30.0") == 1
    assert shown("commands_bucket", le="100.0") == 2
    assert [row.n async for row in log.entries(1)] == [2, 3]
