"""The writer's log, which also counts: how long commits take, and how much each of them carries.

Once per commit, never per order: the histograms cost the same whatever an entry holds.
"""

import time
from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Histogram

from outcry.ports.ledger_log import LedgerLog, Span
from outcry.runtime.log_tail import LogTail


#: Seconds: from a disk with a safe cache to one that is in trouble.
COMMIT_BUCKETS: Final = (
    0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
)  # fmt: skip
COMMANDS_BUCKETS: Final = (0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 20_000)
BYTES_BUCKETS: Final = tuple(4**power for power in range(4, 13))


class MeasuredLog(LogTail):
    """A log that remembers its own end and measures what is appended."""

    def __init__(self, log: LedgerLog, registry: CollectorRegistry) -> None:
        """Count in *registry*."""
        super().__init__(log)
        self._seconds = Histogram(
            "outcry_asset_commit_seconds",
            "Time that the database took for one entry of the log.",
            buckets=COMMIT_BUCKETS,
            registry=registry,
        )
        self._commands = Histogram(
            "outcry_asset_commit_commands",
            "Commands of one entry, ticks included.",
            buckets=COMMANDS_BUCKETS,
            registry=registry,
        )
        self._bytes_appended = Histogram(
            "outcry_asset_commit_bytes",
            "Length of one entry.",
            buckets=BYTES_BUCKETS,
            registry=registry,
        )

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append entry *n* and count it; one that failed counts nowhere."""
        began = time.perf_counter()
        await super().append(epoch, n, at_us, body, spans)
        self._seconds.observe(time.perf_counter() - began)
        self._commands.observe(
            sum(span.last_seq - span.first_seq + 1 for span in spans if span.kind == "c")
        )
        self._bytes_appended.observe(len(body))
