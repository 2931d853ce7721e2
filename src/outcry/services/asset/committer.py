"""The committer: one batch open, one in flight.

While the database writes one entry, everything that arrives is applied to memory and gathers in the
open batch. When the commit returns, that batch is sealed and its commit begins; only then are those
answered who waited for the finished one, and its commands published.

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
        self._commit: asyncio.Future[None] | None = None
        self._in_flight: Sealed | None = None
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
        """Commit until cancelled; raises `failure` or what the log raised."""
        finished: Sealed | None = None
        while True:
            if finished is None:
                await self._arrived.wait()
            self._arrived.clear()
            if self.failure is not None:
                raise self.failure
            if not self._sequencer.batch.idle:
                self._in_flight = self._seal()
                self._commit = asyncio.ensure_future(self._append(self._in_flight))
            if finished is not None:
                self._finish(finished)
            if self._commit is not None:
                # Shielded: a stop must not tear up a commit whose outcome it then could not know.
                await asyncio.shield(self._commit)
            finished, self._in_flight = self._in_flight, None

    async def drain(self) -> None:
        """Finish the commit in flight, then commit what is open; answer both."""
        if self.failure is not None:
            return
        if self._commit is not None:
            await self._commit
        if self._in_flight is not None:
            self._finish(self._in_flight)
        if not self._sequencer.batch.idle:
            sealed = self._seal()
            await self._append(sealed)
            self._finish(sealed)

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
