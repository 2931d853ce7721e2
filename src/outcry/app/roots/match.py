"""Match: the engine of each shard, the store that audits it, the depth that shows its books."""

from collections.abc import Mapping
from typing import Final

from outcry.app.commons import MIB, Builder, Commons
from outcry.app.monitor import Part
from outcry.services.depth.config import DepthConfig
from outcry.services.depth.service import Depth
from outcry.services.match_engine.config import MatchEngineConfig
from outcry.services.match_engine.service import MatchEngine
from outcry.services.store.config import StoreConfig
from outcry.services.store.service import Store


async def match_engine(commons: Commons) -> list[Part]:
    """Return an engine for each shard."""
    log = await commons.log()
    stream_bytes_max = commons.config.limits.stream_mib_max * MIB
    return [
        Part(
            MatchEngine(
                MatchEngineConfig(shard=shard, stream_bytes_max=stream_bytes_max),
                bus=commons.bus,
                log=log,
                snapshots=commons.snapshots,
            ),
            shard,
        )
        for shard in commons.shards
    ]


async def store(commons: Commons) -> list[Part]:
    """Return a store for each shard."""
    log = await commons.log()
    return [
        Part(Store(StoreConfig(shard=shard), log=log, snapshots=commons.snapshots), shard)
        for shard in commons.shards
    ]


async def depth(commons: Commons) -> list[Part]:
    """Return a depth for each shard."""
    log = await commons.log()
    stream_bytes_max = commons.config.limits.stream_mib_max * MIB
    return [
        Part(
            Depth(
                DepthConfig(shard=shard, stream_bytes_max=stream_bytes_max),
                bus=commons.bus,
                log=log,
                snapshots=commons.snapshots,
            ),
            shard,
        )
        for shard in commons.shards
    ]


SERVICES: Final[Mapping[str, Builder]] = {
    "match_engine": match_engine,
    "store": store,
    "depth": depth,
}
