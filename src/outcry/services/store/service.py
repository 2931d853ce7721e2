"""The store: a second kernel that follows the ledger log, audits it and is saved.

* It carries out committed commands up to what the ledger has applied, never further, and compares
  every fact with the one in the log: a standing audit. A difference is `InvariantError`, and no
  snapshot of a kernel that differs is ever saved.
* A snapshot's position is therefore never above `applied`: whoever starts from it can make all
  facts again that are not in the log. One is kept at or below every checkpoint of the ledger.

It publishes nothing and reads no stream.
"""

import asyncio
from collections.abc import Mapping

import structlog

from outcry import kernel as kernels
from outcry.messages.ledger_checkpoints import CHECKPOINT_NAME, CHECKPOINT_VERSION
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.snapshots import Snapshots
from outcry.runtime.follow import Backoff
from outcry.runtime.level_recovery import kernel_snapshot_name
from outcry.runtime.replay import Kernel, log_build, replay_committed, restore_kernel
from outcry.services.store.config import StoreConfig
from outcry_wire.snapshot import RULES_VERSION


#: How long one wait for a new log entry lasts.
WAIT_MS = 1_000

_log = structlog.get_logger("outcry.store")


class Store:
    """The service ``store`` of one shard."""

    name = "store"

    def __init__(
        self,
        config: StoreConfig,
        *,
        log: LedgerLog,
        snapshots: Snapshots,
        kernel_class: type[Kernel] | None = None,
    ) -> None:
        """Audit with *kernel_class*, by default the kernel that this machine runs fastest."""
        self._config = config
        self._shard = config.shard
        self._ledger_log = log
        self._snapshots = snapshots
        self._kernel_class: type[Kernel] = kernel_class or kernels.load().Engine
        self._kernel: Kernel = self._kernel_class()
        self._timeline = 0
        #: Where the kernel stood when it was last known to agree with the log.
        self._audited_seq = 0
        self._saved_seq = 0
        self._saved_at = 0.0
        self._saves = 0
        self._ready = False

    async def start(self) -> None:
        """Start from the newest snapshot; the log after it is audited by `run`."""
        log_build("store", self._shard, self._kernel_class)
        self._timeline = await self._ledger_log.timeline()
        await self._restore()
        self._saved_at = asyncio.get_running_loop().time()
        self._ready = True

    async def run(self) -> None:
        """Follow the log until cancelled."""
        head = 0
        backoff = Backoff()
        while True:
            try:
                seen = await self._ledger_log.wait(head, WAIT_MS)
                await self.catch_up()
                head = seen
                backoff.reset()
            except LogUnavailable as error:
                _log.warning("log_unavailable", shard=self._shard, reason=str(error))
                await backoff.pause()
            await asyncio.sleep(self._config.interval_ms / 1_000)

    async def stop(self) -> None:
        """Save what was audited since the last snapshot: the next start is faster."""
        self._ready = False
        if self._kernel.seq == self._audited_seq > self._saved_seq:
            await self.save()

    def status(self) -> Mapping[str, int]:
        """Return figures for metrics and readiness."""
        return {
            "ready": int(self._ready),
            "seq": self._kernel.seq,
            "saved_seq": self._saved_seq,
            "saves": self._saves,
        }

    async def catch_up(self) -> None:
        """Audit up to what is applied now, saving a snapshot whenever one is due."""
        applied = await self._ledger_log.applied(self._shard)
        if self._kernel.seq != self._audited_seq:
            await self._restore()  # an audit was broken off between making and comparing facts
        while self._kernel.seq < applied:
            # No further than a snapshot is due, so that a long log is saved on the way.
            upto = min(applied, self._saved_seq + self._config.snapshot_commands_max)
            await replay_committed(self._kernel, self._ledger_log, self._shard, upto)
            self._audited_seq = upto
            if self._is_due():
                await self.save()

    async def _restore(self) -> None:
        applied = await self._ledger_log.applied(self._shard)
        self._kernel = await restore_kernel(
            self._kernel_class, self._snapshots, self._shard, self._timeline, applied
        )
        self._audited_seq = self._saved_seq = self._kernel.seq

    def _is_due(self) -> bool:
        commands = self._kernel.seq - self._saved_seq
        if commands >= self._config.snapshot_commands_max:
            return True
        age = asyncio.get_running_loop().time() - self._saved_at
        return (
            age >= self._config.snapshot_interval_s
            and commands >= self._config.snapshot_commands_min
        )

    async def save(self) -> None:
        """Save the kernel as it is now."""
        seq = self._kernel.seq
        body = await asyncio.to_thread(self._kernel.snapshot)
        name = kernel_snapshot_name(self._shard)
        await asyncio.to_thread(self._save, name, seq, body, await self._floor())
        self._saved_seq = seq
        self._saved_at = asyncio.get_running_loop().time()
        self._saves += 1
        _log.info("snapshot_saved", name=name, position=seq, bytes=len(body))

    async def _floor(self) -> int:
        """Return what the oldest checkpoint of the ledger had applied: the log may begin there."""
        checkpoints = await asyncio.to_thread(
            self._snapshots.kept, CHECKPOINT_NAME, self._timeline, CHECKPOINT_VERSION
        )
        return await self._ledger_log.applied(self._shard, min(checkpoints, default=0))

    def _save(self, name: str, seq: int, body: bytes, floor: int) -> None:
        self._snapshots.save(name, self._timeline, seq, RULES_VERSION, body, floor=floor)
