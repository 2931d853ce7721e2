"""The committer: one batch open, one in flight.

While the database writes one entry, everything that arrives is applied to memory and gathers in the
open batch. When the commit returns, that batch is sealed; those are answered who waited for the
finished one, and its commands published; then the next commit begins, in the same breath.

A batch without items needs no commit, only an answer; but a process that was stopped for a while
and goes on may not be the writer any more. So it answers from memory only shortly after a commit,
in less time than a standby waits before it takes over; later it commits a tick first.
"""

import asyncio
from collections.abc import Callable

from outcry.domain.ledger.retention import forget
from outcry.ports.ledger_log import LedgerLog, Opened
from outcry.runtime.rules import check_entry
from outcry.services.asset.batch import Sealed
from outcry.services.asset.publishing import CommandPublishers
from outcry.services.asset.sequencer import Sequencer


class Committer:
    """Writes the sequencer's batches to the log, one after the other."""

    def __init__(
        self, log: LedgerLog, opened: Opened, sequencer: Sequencer,
        publishers: CommandPublishers, steady: Callable[[], float],
    ) -> None:  # fmt: skip
        self._log = log
        self._epoch = opened.epoch
        self._steady = steady
        #: When the append began that last proved that nobody else writes.
        self._proved_at = steady()
        self._trusted_s = sequencer.config.takeover_ms / 2_000
        self._sequencer = sequencer
        self._publishers = publishers
        self._arrived = asyncio.Event()
        self._committing: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self.head = opened.head
        #: Why memory must not be committed any more.
        self.failure: BaseException | None = None

    def wake(self) -> None:
        """Something was added to the open batch."""
        self._arrived.set()

    def fail(self, error: BaseException) -> None:
        """Memory is wrong half way: end the process rather than commit it."""
        self.failure = error
        self._arrived.set()

    async def run(self) -> None:
        """Commit until cancelled; raises `failure` or what the log raised.

        The commit that is then in flight goes on, for its outcome could not be known otherwise;
        whom it covers is answered.
        """
        self._committing = asyncio.create_task(self._commit_all())
        try:
            await asyncio.shield(self._committing)
        finally:
            self._stopping.set()
            self.wake()

    async def drain(self) -> None:
        """Finish the commit in flight, then commit what is open; answer both."""
        if self.failure is not None:
            return
        if self._committing is not None:
            await self._committing
        if not self._sequencer.batch.idle:
            sealed = self._seal()
            await self._append(sealed)
            self._finish(sealed)

    async def _commit_all(self) -> None:
        """Commit one batch after the other, all in one task: every answer is a turn earlier."""
        while not self._stopping.is_set():
            await self._arrived.wait()
            self._arrived.clear()
            if self.failure is not None:
                raise self.failure
            sealed = None if self._stopping.is_set() else self._open()
            while sealed is not None:
                await self._append(sealed)
                # What came meanwhile is sealed before anybody hears of this commit and adds more.
                follows = None if self._stopping.is_set() else self._open()
                self._finish(sealed)
                sealed = follows

    def _open(self) -> Sealed | None:
        """Seal the open batch, if there is anything in it; raises `failure`."""
        if self.failure is not None:
            raise self.failure
        return None if self._sequencer.batch.idle else self._seal()

    def _seal(self) -> Sealed:
        sequencer = self._sequencer
        if not sequencer.batch.count and self._steady() - self._proved_at > self._trusted_s:
            # Somebody may have taken over meanwhile: what is only read is true if this commits.
            sequencer.tick_all()
        check_entry(sequencer.ledger, sequencer.batch.effects)
        sealed = sequencer.batch.seal(sequencer.ledger)
        if sealed.body:
            forget(sequencer.ledger)
            sequencer.next_batch()
        else:
            sequencer.reopen_batch()
        return sealed

    async def _append(self, sealed: Sealed) -> None:
        if sealed.body:
            began_at = self._steady()
            await self._log.append(self._epoch, sealed.n, sealed.at_us, sealed.body, sealed.spans)
            self._proved_at = began_at
            self.head = sealed.n

    def _finish(self, sealed: Sealed) -> None:
        """Answer and publish what is committed."""
        sealed.answer()
        if sealed.entry is not None:
            self._publishers.offer(sealed.entry)
