"""Readiness: the door says which part it is waiting for."""

from pathlib import Path

from outcry.adapters.grpc import GrpcAsset
from outcry.adapters.memory import (
    MemoryBus,
    MemoryLedgerLog,
    MemoryQueries,
    MemorySnapshots,
    MemoryTables,
)
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.books import LiveBooks
from outcry.services.api.readiness import Readiness


async def test_every_missing_part_is_named(tmp_path: Path) -> None:
    """A ledger that is away, tables that are behind and books that catch up are three reasons."""
    log = MemoryLedgerLog()
    await log.open(0)
    asset = GrpcAsset(f"unix:{tmp_path}/nobody.sock", KeyRing(bytes(32)).service_token("door"))
    readiness = Readiness(
        asset,
        MemoryQueries(MemoryTables()),
        LiveBooks(MemoryBus(), log, MemorySnapshots()),
        log,
        shards_count=1,
        lag_entries_max=0,
    )

    ledger, tables, books = await readiness.reasons()

    assert ledger.startswith("the ledger does not answer")
    assert tables == "the tables are at entry 0 of 1"
    assert books == "the books are still catching up"
    await asset.close()
