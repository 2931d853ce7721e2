"""How much of the log becomes one transaction of tables."""

from msgspec import Struct


class HistoryConfig(Struct, frozen=True):
    """Bounds of one batch; whichever is reached first ends it, the end of the log at the latest.

    So they count only while the tables are behind. Then a large batch is much cheaper: whatever
    changes twice in it is written once.
    """

    batch_entries_max: int = 1_000
    #: Rows after netting; one entry may exceed it. In memory they take about 0.5 kB each.
    batch_rows_max: int = 100_000
    #: How long a batch may grow while the log keeps coming.
    batch_seconds: float = 1.0
    #: Entries, or bytes of entries, after which a checkpoint is saved: a start folds about as much.
    checkpoint_entries_max: int = 20_000
    checkpoint_bytes_max: int = 32 * 1024 * 1024
    #: Time after which one is saved as well, unless less than this has happened.
    checkpoint_interval_s: float = 60.0
    checkpoint_entries_min: int = 100
    #: Least time between the beginnings of two transactions: under a steady load a few rows more
    #: cost less than a transaction more. What comes after a quiet moment is written at once.
    pace_seconds: float = 0.05
    #: How long one wait for a new entry lasts; a dead notification costs no more than this.
    wait_ms: int = 500
