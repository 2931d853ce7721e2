"""What of the configuration belongs into the log, because a replay has to know it."""

from outcry.domain.ledger.state import Ledger
from outcry.messages.commands import SetLimits
from outcry.messages.ledger_records import RetentionSet
from outcry.runtime.config import ConfigError
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.sequencer import Sequencer


def check_shards(ledger: Ledger, config: AssetConfig) -> None:
    """Refuse a configuration with fewer shards than the log has: their orders would wait."""
    needed = max(ledger.shards, default=-1) + 1
    if needed > config.shards_count:
        raise ConfigError(
            f"shards.count is {config.shards_count}, but the log has {needed} shards;"
            f" set it to {needed} or more"
        )


def settle(sequencer: Sequencer) -> None:
    """Number the limits and record the retention of the configuration where the log has others."""
    ledger, config = sequencer.ledger, sequencer.config
    limits = (config.account_orders_max, config.total_orders_max)
    for shard in range(config.shards_count):
        if ledger.shard(shard).limits != limits:
            seq, time_us = sequencer.next_seq(shard), sequencer.time_us
            sequencer.number(shard, SetLimits(0, seq, time_us, 0, *limits))
    if ledger.retention != config.retention:
        sequencer.record(RetentionSet(sequencer.time_us, 0, *config.retention))
