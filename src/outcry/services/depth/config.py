"""Settings of the depth service. Units are the last word of a name."""

from typing import NamedTuple


class DepthConfig(NamedTuple):
    """How often public changes are told, and how much of them is kept."""

    shard: int = 0
    #: Changes within this time go into one entry; the first after a quiet time goes at once.
    interval_ms: int = 20
    #: How long one read of the facts stream waits when nothing is to be published.
    wait_ms: int = 1_000
    #: Published entries that can be published again when the stream loses them.
    ring_bytes_max: int = 16 * 1024 * 1024
    #: Entries that stay on the stream for readers that lag.
    stream_bytes_max: int = 64 * 1024 * 1024
    #: How often the levels are saved, if at least so many commands were numbered meanwhile.
    snapshot_interval_s: float = 10.0
    snapshot_commands_min: int = 1_000
