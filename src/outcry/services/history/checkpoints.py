"""Checkpoints: the state that history folds anyway is saved, so that nobody folds the whole log.

History writes them because nobody waits for it: the ledger is packed in one piece while nothing is
folded, and written in the background, so the order path never stops. What is saved is committed by
construction, for only that is folded.
"""

import asyncio
from typing import Final

from structlog import get_logger

from outcry.messages.ledger_checkpoints import (
    CHECKPOINT_NAME,
    CHECKPOINT_VERSION,
    Checkpoint,
    pack_checkpoint,
)
from outcry.ports.snapshots import Snapshots
from outcry.services.history.config import HistoryConfig


#: Packing may take at most this part of history's time, however much happens.
SHARE_MAX: Final = 1 / 10

_log = get_logger("outcry.history")


class Checkpoints:
    """Decides when a checkpoint is due, and saves it."""

    def __init__(
        self, config: HistoryConfig, snapshots: Snapshots | None, timeline: int, position: int
    ) -> None:
        """Go on after the checkpoint at *position*; without *snapshots* none is ever due."""
        self._config = config
        self._snapshots = snapshots
        self._timeline = timeline
        self._entries = self._bytes = 0
        self._asked = False
        self._saved_at = self._loop_time()
        self._pause_s = 0.0
        self._saving: asyncio.Task[None] | None = None
        self.position = position
        self.saves = 0

    def took(self, size: int, *, asked: bool) -> None:
        """An entry of *size* bytes was folded; *asked* when it holds a `Checkpoint` command."""
        self._entries += 1
        self._bytes += size
        self._asked |= asked

    @property
    def due(self) -> bool:
        """Whether enough has happened, or long enough ago, or somebody asked."""
        if self._snapshots is None or self._is_saving():
            return False
        if self._asked:
            return True
        age = self._loop_time() - self._saved_at
        if age < self._pause_s:
            return False
        config = self._config
        return (
            self._entries >= config.checkpoint_entries_max
            or self._bytes >= config.checkpoint_bytes_max
            or (
                age >= config.checkpoint_interval_s
                and self._entries >= config.checkpoint_entries_min
            )
        )

    def begin(self, checkpoint: Checkpoint, floor: int) -> None:
        """Pack *checkpoint* now and save it in the background; keep one at or below *floor*."""
        began_at = self._loop_time()
        body = pack_checkpoint(*checkpoint)
        self._saved_at = self._loop_time()
        self._pause_s = (self._saved_at - began_at) / SHARE_MAX
        self._entries = self._bytes = 0
        self._asked = False
        self._saving = asyncio.create_task(self._save(checkpoint.ledger.n, body, floor))

    async def finish(self, checkpoint: Checkpoint, floor: int) -> None:
        """Save what happened since the last time, and wait for it."""
        await self._saved()
        if self._snapshots is not None and self._entries:
            self.begin(checkpoint, floor)
            await self._saved()

    async def _saved(self) -> None:
        if self._saving is not None:
            await self._saving

    def _is_saving(self) -> bool:
        return self._saving is not None and not self._saving.done()

    async def _save(self, n: int, body: bytes, floor: int) -> None:
        assert self._snapshots is not None
        try:
            await asyncio.to_thread(
                self._snapshots.save,
                CHECKPOINT_NAME, self._timeline, n, CHECKPOINT_VERSION, body, floor=floor,
            )  # fmt: skip
        except OSError as error:
            # A start takes longer without it; that is all that is lost.
            _log.error("checkpoint_not_saved", position=n, reason=str(error))
            return
        self.position = n
        self.saves += 1
        _log.info("checkpoint_saved", position=n, bytes=len(body))

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_event_loop().time()
