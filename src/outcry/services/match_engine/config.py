"""Settings of the match engine. Units are the last word of a name."""

from typing import NamedTuple


class MatchEngineConfig(NamedTuple):
    """None of these changes a fact; they bound memory and how far ahead the engine runs."""

    shard: int = 0
    #: Facts not yet applied by the ledger that are kept to be published again; beyond it the
    #: engine waits for the ledger. At most half of what the stream may hold counts.
    ring_bytes_max: int = 32 * 1024 * 1024
    #: Facts that stay on the stream after they were applied, for readers that lag.
    stream_bytes_max: int = 64 * 1024 * 1024
    #: How often the engine asks how far the ledger has applied.
    applied_interval_ms: int = 200
    #: How long one read of the commands stream waits.
    wait_ms: int = 1_000
