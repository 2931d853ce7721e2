"""How much of the log becomes one transaction of tables."""

from msgspec import Struct


class HistoryConfig(Struct, frozen=True):
    """Bounds of one batch; whichever is reached first ends it."""

    batch_entries_max: int = 1_000
    #: Rows after netting; one entry may exceed it.
    batch_rows_max: int = 5_000
    #: How long a batch may grow while the log keeps coming.
    batch_seconds: float = 0.25
    #: How long one wait for a new entry lasts; a dead notification costs no more than this.
    wait_ms: int = 500
