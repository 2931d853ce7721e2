"""Saver: public levels as snapshots, each saved once the ledger has applied all that is in it."""

import asyncio
from typing import Final

import structlog

from outcry.domain.levels import LevelBooks
from outcry.messages.level_snapshots import LEVELS_VERSION, pack_levels
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.snapshots import Snapshots
from outcry.runtime.level_recovery import snapshot_name
from outcry.services.depth.config import DepthConfig


#: How often the ledger is asked whether what waits to be saved is applied.
APPLIED_INTERVAL_S: Final = 0.5

_log = structlog.get_logger("outcry.depth")


class LevelsSaver:
    """Copies levels now and then, and saves the copy when that is safe."""

    def __init__(self, config: DepthConfig, log: LedgerLog, snapshots: Snapshots) -> None:
        self._config = config
        self._log = log
        self._snapshots = snapshots
        self._waiting: tuple[int, bytes] | None = None
        #: When the last copy was taken, and when the ledger was asked about it.
        self._copied_at = 0.0
        self._asked_at = 0.0
        self.timeline = 0
        self.saved_seq = 0

    async def start(self) -> None:
        """Read which timeline is the newest."""
        self.timeline = await self._log.timeline()
        self._copied_at = asyncio.get_running_loop().time()

    async def offer(self, levels: LevelBooks) -> None:
        """Copy *levels* when it is time to; save the last copy when it is safe."""
        now = asyncio.get_running_loop().time()
        if self._waiting is None:
            commands = levels.seq - self.saved_seq
            due = now - self._copied_at >= self._config.snapshot_interval_s
            if due and commands >= self._config.snapshot_commands_min:
                self._waiting = (levels.seq, pack_levels(levels))
                self._copied_at = now
        elif now - self._asked_at >= APPLIED_INTERVAL_S:
            self._asked_at = now
            await self._save_if_applied(*self._waiting)

    async def _save_if_applied(self, seq: int, body: bytes) -> None:
        try:
            applied = await self._log.applied(self._config.shard)
        except LogUnavailable as error:
            _log.warning("log_unavailable", shard=self._config.shard, reason=str(error))
            return
        if applied >= seq:
            await asyncio.to_thread(self._save, seq, body, applied)
            self._waiting = None
            self.saved_seq = seq

    def _save(self, seq: int, body: bytes, floor: int) -> None:
        name = snapshot_name(self._config.shard)
        self._snapshots.save(name, self.timeline, seq, LEVELS_VERSION, body, floor=floor)
