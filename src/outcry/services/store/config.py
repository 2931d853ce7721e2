"""Settings of the store. Units are the last word of a name."""

from typing import NamedTuple


class StoreConfig(NamedTuple):
    """How far behind the ledger the audit runs, and how often a snapshot is saved."""

    shard: int = 0
    #: Pause between two looks at the log, so that each takes many entries.
    interval_ms: int = 200
    #: Commands after which a snapshot is saved: start-up replays at most about as many.
    snapshot_commands_max: int = 500_000
    #: Time after which one is saved as well …
    snapshot_interval_s: float = 60.0
    #: … unless less than this has happened: an idle exchange writes nothing.
    snapshot_commands_min: int = 1_000
