"""The core: the ledger with its gRPC door, and the processor beside it."""

import asyncio
from collections.abc import Mapping
from typing import Final

from outcry.adapters.clock import ManualClock, SystemClock
from outcry.app.commons import Builder, Commons
from outcry.app.measured import MeasuredAsset
from outcry.app.monitor import Part
from outcry.app.roots.chain import home_of
from outcry.domain.ledger.state import MICROS_PER_HOUR, Retention
from outcry.domain.market import SettlementMode
from outcry.runtime.config import Config
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.doubting import DoubtingAsset
from outcry.services.asset.grpc import AssetServer
from outcry.services.asset.publishing import CommandPublishers
from outcry.services.asset.service import AssetService
from outcry.services.processor.service import OWN_APPLIES_MAX, Processor


class AssetGrpc:
    """The ledger's gRPC door as a service."""

    name = "asset_grpc"

    def __init__(self, server: AssetServer) -> None:
        self._server = server
        self._ready = False

    async def start(self) -> None:
        """Listen."""
        await self._server.start()
        self._ready = True

    async def run(self) -> None:
        """Answer until cancelled."""
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Finish the calls in progress, then listen no more."""
        self._ready = False
        await self._server.stop()

    def status(self) -> Mapping[str, int]:
        """Return readiness and the port."""
        return {"ready": int(self._ready), "port": self._server.port}


async def asset(commons: Commons) -> list[Part]:
    """Return the ledger and its door."""
    config = commons.config
    log = await commons.log()
    publishers = CommandPublishers(commons.bus, log, config.shards.count)
    clock = ManualClock() if config.trading.clock == "manual" else SystemClock()
    tables = (await commons.queries()).position
    service = AssetService(log, publishers, clock, asset_config(config), tables=tables,
                           snapshots=commons.snapshots)  # fmt: skip
    commons.own_asset = service
    doubting = MeasuredAsset(DoubtingAsset(service), commons.registry)
    typed = commons.tracer.asset(doubting) if commons.tracer else doubting
    address = f"{config.grpc.host}:{config.grpc.port}"
    server = AssetServer(doubting, commons.keys, address, typed=typed)
    door = Part(AssetGrpc(server), listens=("grpc.port", config.grpc.host, config.grpc.port))
    return [Part(service), door]


async def processor(commons: Commons) -> list[Part]:
    """Return the processor of all shards."""
    log = await commons.log()
    ledger = await commons.asset("processor")
    applies_max = OWN_APPLIES_MAX if commons.own_asset is not None else 1
    return [Part(Processor(commons.bus, log, ledger, commons.all_shards, applies_max=applies_max))]


def asset_config(config: Config) -> AssetConfig:
    """Return what an operator chose, as the ledger wants it."""
    limits = config.limits
    home = home_of(config)
    return AssetConfig(
        shards_count=config.shards.count,
        batch_count_max=limits.queue_count_max,
        inflight_orders_max=limits.unapplied_orders_count_max,
        inflight_cancels_max=limits.unapplied_cancels_count_max,
        projection_lag_entries_max=limits.projection_lag_entries_max,
        result_wait_ms=limits.result_wait_ms_max,
        retention=Retention(
            client_orders_us=limits.client_order_id_hours * MICROS_PER_HOUR,
            own_keys_us=limits.own_key_days * 24 * MICROS_PER_HOUR,
        ),
        takeover_ms=limits.takeover_ms,
        post_only_after_start_s=config.trading.post_only_after_start_seconds,
        settlement=SettlementMode.CHAIN if home else SettlementMode[config.settlement.mode.upper()],
        home=home,
        pending_fills_max=limits.unsettled_fills_count_max,
        closing_step_max=limits.closing_step_orders_count_max,
        account_orders_max=limits.account_orders_count_max,
        book_orders_max=limits.book_orders_count_max,
        total_orders_max=limits.total_orders_count_max,
    )


SERVICES: Final[Mapping[str, Builder]] = {"asset": asset, "processor": processor}
