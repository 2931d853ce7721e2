"""Standby: follow the log until this process is the one that writes it.

Who holds the right to write is decided by the log itself. While another process has it, this one
folds what that one commits, and so stands right behind it. It takes over as soon as the right is
given back, which a process that dies does at once; or when the log has been silent for longer than
a writer ever is: it numbers a tick each second, so a writer that says nothing is stopped, cut off
or stuck. Then its session is ended and its epoch fenced off, and whatever it still does is `Stale`.
"""

from collections.abc import Callable
from typing import Final

import structlog

from outcry.ports.ledger_log import LedgerLog, LogUnavailable, Opened
from outcry.ports.snapshots import Snapshots
from outcry.runtime.fold import Fold
from outcry.runtime.follow import Backoff
from outcry.runtime.ledger_recovery import fold_log, restore_ledger


#: How long one look at the log lasts, and with it how late a dead writer is noticed.
LOOK_MS: Final = 100

_log = structlog.get_logger(__name__)


class Standby:
    """A ledger that follows the log."""

    def __init__(
        self,
        log: LedgerLog,
        snapshots: Snapshots | None,
        steady: Callable[[], float],
        takeover_ms: int,
    ) -> None:
        """Take over after *takeover_ms* of silence; *steady* counts seconds."""
        self._log = log
        self._snapshots = snapshots
        self._steady = steady
        self._silence_max = takeover_ms / 1_000
        self._heard_at = 0.0
        self._backoff = Backoff()
        self.fold = Fold()
        #: Whether another process writes at present.
        self.waiting = False

    async def take_over(self, now_us: Callable[[], int], *, may: Callable[[], bool]) -> Opened:
        """Wait for the right to write, fence, then fold what is left; returns where it begins.

        While *may* says no, a silent writer is left in peace: the fault may be ours.
        """
        await self._restore()
        while not await self._log.claim():
            if await self._follow(may):
                await self._log.claim(by_force=True)
                break
        self.waiting = False
        opened = await self._log.open(now_us())
        await fold_log(self.fold, self._log, opened.head)
        return opened

    async def _restore(self) -> None:
        if self._snapshots is not None:
            head = await self._log.head()
            restored = await restore_ledger(self._log, self._snapshots, head)
            if restored is not None:
                self.fold = Fold(restored.ledger)

    async def _follow(self, may: Callable[[], bool]) -> bool:
        """Fold what another process commits; True when it has fallen silent, False to ask again."""
        if not self.waiting:
            _log.warning("standing_by", after=self.fold.ledger.n)
            self._heard_at = self._steady()
        self.waiting = True
        try:
            head = await self._log.wait(self.fold.ledger.n, LOOK_MS)
            if head > self.fold.ledger.n:
                await fold_log(self.fold, self._log, head)
                self._heard_at = self._steady()
            self._backoff.reset()
        except LogUnavailable as error:
            _log.warning("standby_waits_for_log", reason=str(error))
            await self._backoff.pause()
            self._heard_at = self._steady()
        silent = self._steady() - self._heard_at
        if silent < self._silence_max or not may():
            return False
        _log.warning("writer_silent", seconds=round(silent, 1), after=self.fold.ledger.n)
        return True
