"""What of the configuration belongs into the log, because a replay has to know it."""

from msgspec.structs import astuple

from outcry.domain.ledger.state import Ledger
from outcry.messages.chain_records import ChainJoined
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


def check_home(ledger: Ledger, config: AssetConfig) -> None:
    """Refuse to put a ledger on a chain that it does not live on, or to take it off its own."""
    here, wanted = ledger.chain.home, config.home
    if here == wanted or (here is None and not ledger.balances and not ledger.markets):
        return
    if here is None:
        raise ConfigError(
            'settlement.chain is "evm", but this ledger has markets or money that are on no chain;'
            " use a new data_dir"
        )
    place = f"contract {here.settlement} of chain {here.chain_id}"
    raise ConfigError(f"this ledger lives on {place}, and the configuration does not name that")


def settle(sequencer: Sequencer) -> None:
    """Number the limits and record the retention of the configuration where the log has others."""
    ledger, config = sequencer.ledger, sequencer.config
    limits = (config.account_orders_max, config.total_orders_max)
    for shard in range(config.shards_count):
        if ledger.shard(shard).limits != limits:
            seq, time_us = sequencer.next_seq(shard), sequencer.time_us
            sequencer.number(shard, SetLimits(0, seq, time_us, 0, *limits))
    if config.home and not ledger.chain.home:
        sequencer.record(ChainJoined(sequencer.time_us, 0, *astuple(config.home)))
    if ledger.retention != config.retention:
        sequencer.record(RetentionSet(sequencer.time_us, 0, *config.retention))
