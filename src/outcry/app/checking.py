"""`outcry verify` and `outcry recover`: what looks into the whole log of an exchange."""

import sys
import time
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from outcry.adapters.evm.deployment import deployment_file
from outcry.adapters.grpc import GrpcAsset
from outcry.adapters.postgres import PostgresLedgerLog, PostgresProjection, migrate
from outcry.adapters.redis import RedisBus
from outcry.app.access import open_log, require_exchange, servers_of
from outcry.app.credentials import key_ring
from outcry.app.failures import UsageError
from outcry.app.record import RecordFile, running_pid
from outcry.app.roots.chain import escrow_of
from outcry.app.verify.report import Report
from outcry.app.verify.run import verify
from outcry.messages.requests import CheckpointOp, Done
from outcry.ports.asset import AssetUnavailable
from outcry.ports.chain import ChainUnavailable
from outcry.ports.escrow import BlockGone
from outcry.ports.ledger_log import LedgerLog
from outcry.runtime.config import Config
from outcry.runtime.fold import Fold
from outcry.services.onchain.proof import prove_log


MICROS_PER_SECOND: Final = 1_000_000
REASON: Final = "outcry recover --accept-loss"


async def check(config: Config, *, chain: bool = False) -> Report:
    """Return what `verify` found about the exchange of *config*, on its *chain* too if asked."""
    if chain and config.settlement.chain != "evm":
        # `outcry up --chain` needs no setting: what it deployed says so.
        if not deployment_file(Path(config.data_dir)).exists():
            raise UsageError('this exchange lives on no chain: settlement.chain is not "evm"')
        config = replace(config, settlement=replace(config.settlement, chain="evm"))
    async with servers_of(config) as endpoints:
        log = await open_log(config, endpoints.postgres_dsn)
        tables = await PostgresProjection.connect(endpoints.postgres_dsn)
        try:
            checkpoint = await _checkpoint(config)
            fold = Fold()
            report = await verify(log, tables, progress=_progress, fold=fold)
            report.checkpoint = checkpoint
            if chain:
                await _prove(config, log, fold, report)
            return report
        finally:
            _progress_over()
            await tables.close()
            await log.close()


async def _prove(config: Config, log: LedgerLog, fold: Fold, report: Report) -> None:
    """Compare the ledger with the contracts, what happens meanwhile included."""
    escrow = await escrow_of(config)
    try:
        proof = await prove_log(fold, log, escrow)
    except (ChainUnavailable, BlockGone) as error:
        report.find(f"the chain: {error}")
        return
    finally:
        await escrow.close()
    report.chain_block, report.chain_amounts = proof.block.number, proof.amounts_count
    for finding in proof.findings:
        report.find(finding)
    more = proof.differences_count - len(proof.findings)
    if more:
        report.find(f"… and {more} more differences to the chain")


async def _checkpoint(config: Config) -> int:
    """Have the engines of a running exchange hash their books; returns the checkpoint, or 0.

    The hashes become facts at an exact seq, which the ledger compares when it applies them, and
    which `verify` then finds in the log and makes again.
    """
    record = RecordFile(Path(config.data_dir)).running()
    address = record.addresses.get("grpc") if record else None
    if address is None:
        return 0
    asset = GrpcAsset(str(address), key_ring(config).service_token("door"))
    try:
        done = await asset.funds(CheckpointOp(0))
    except AssetUnavailable:
        return 0
    finally:
        await asset.close()
    return done.id if isinstance(done, Done) else 0


async def recover(config: Config) -> str:
    """Start a new timeline; returns a sentence about it. Nothing may run meanwhile."""
    require_exchange(config)
    pid = running_pid(config.data_dir)
    if pid is not None:
        raise UsageError(f"the exchange in {config.data_dir} runs (pid {pid}); `outcry stop` first")
    async with servers_of(config) as endpoints:
        await migrate(endpoints.postgres_dsn)
        log = await PostgresLedgerLog.connect(endpoints.postgres_dsn)
        bus = RedisBus(endpoints.redis_url)
        try:
            # First, so that no reader of the old streams can believe to be on the new timeline.
            await bus.wipe()
            timeline = await log.start_timeline(REASON, time.time_ns() * MICROS_PER_SECOND // 10**9)
            head = await log.head()
        finally:
            await bus.close()
            await log.close()
    return f"Timeline {timeline} begins after log entry {head}. `outcry up` goes on from there."


def _progress(entry: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rentry {entry} of {of}")
        sys.stderr.flush()


def _progress_over() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
