"""Settings of the asset service. Units are the last word of a name."""

from typing import NamedTuple

from outcry.domain.ledger.in_transit import Home
from outcry.domain.ledger.state import Retention
from outcry.domain.market import SettlementMode


class AssetConfig(NamedTuple):
    """None of these changes the outcome of a replay; what does is written into the log."""

    #: Engines that match in parallel; a market stays on the shard it was listed on.
    shards_count: int = 1
    #: Items in the open batch beyond which requests are declined as busy.
    batch_count_max: int = 20_000
    #: Commands of one shard numbered but not applied, beyond which new orders are declined …
    inflight_orders_max: int = 50_000
    #: … and, higher, beyond which cancels are too.
    inflight_cancels_max: int = 100_000
    #: Log entries that the tables may be behind before new orders are declined as busy.
    projection_lag_entries_max: int = 20_000
    #: How long an answer with the result is waited for before it says "new".
    result_wait_ms: int = 2_000
    #: How long repeats are recognised.
    retention: Retention = Retention()
    #: Wall time between ticks, so that a hole in a stream shows.
    tick_interval_ms: int = 1_000
    #: Silence of the log after which a standby takes over; a writer ticks far more often.
    takeover_ms: int = 3_000
    #: How long after a start only post-only orders are taken: makers come back before takers do.
    post_only_after_start_s: int = 0
    #: A wall clock that jumps by more than this stops numbering.
    clock_jump_max_s: int = 300
    #: How trades of a market become final unless its listing says otherwise.
    settlement: SettlementMode = SettlementMode.BOOK
    #: The contracts that everything settles on; none: there is no real chain.
    home: Home | None = None
    #: Fills of one market that wait for the chain, beyond which new orders are declined as busy.
    pending_fills_max: int = 10_000
    #: Orders that one step of closing a market cancels; a market with no more is closed at once.
    closing_step_max: int = 2_000
    #: Resting orders of one account, of one book, and of one shard.
    account_orders_max: int = 10_000
    book_orders_max: int = 1_000_000
    total_orders_max: int = 10_000_000
