"""The asset service: one writer, one log, one commit at a time.

Requests and facts are applied to memory the moment they arrive, into the open batch. Nobody is
answered, and nothing is published, before the entry that covers it is committed: `committer`.

A commit that fails, or a law of the ledger that does not hold, ends the process: memory has moved
on and cannot be rolled back. Start-up is recovery: checkpoint, log after it, fence: `standby`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar, cast

import structlog

from outcry.domain.ledger.state import Ledger, Shard
from outcry.domain.rejects import Reject
from outcry.domain.units import MICROS_PER_SECOND
from outcry.messages.record_bodies import cut
from outcry.messages.requests import (
    Declined,
    FundsOp,
    FundsResult,
    OrderRequest,
    OrderResult,
)
from outcry.ports.asset import SUBMIT_COUNT_MAX, AssetUnavailable, OutOfSequence
from outcry.ports.clock import Clock
from outcry.ports.ledger_log import LedgerLog, Opened, Stale
from outcry.ports.projection import TablesUnavailable
from outcry.ports.snapshots import Snapshots
from outcry.services.asset.committer import Committer
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.desk import FundsDesk
from outcry.services.asset.publishing import CommandPublishers
from outcry.services.asset.sequencer import Sequencer
from outcry.services.asset.settling import check_home, check_shards, settle
from outcry.services.asset.standby import Standby
from outcry.services.asset.tickets import Ticket
from outcry.services.asset.waiting import Call, Waiting, resolve
from outcry.services.asset.watch import JumpGuard, steady_seconds


T = TypeVar("T")
#: Raises `FalseFacts` unless a body of facts can be applied to the ledger and ends at that seq.
Doubt = Callable[[Ledger, int, int, bytes], None]

_NO_SHARD = Shard()

_log = structlog.get_logger(__name__)


class AssetService:
    """Implements `outcry.ports.asset.Asset` and `outcry.runtime.service.Service`."""

    name = "asset"

    def __init__(
        self,
        log: LedgerLog,
        publishers: CommandPublishers,
        clock: Clock,
        config: AssetConfig,
        *,
        tables: Callable[[], Awaitable[int]] | None = None,
        snapshots: Snapshots | None = None,
        steady: Callable[[], float] = steady_seconds,
    ) -> None:
        """Serve from *log*, starting from a checkpoint in *snapshots*.

        *tables* tells up to which entry the tables are written; *steady* is what *clock* is held
        against: seconds of a clock that nobody sets.
        """
        self._log = log
        self._publishers = publishers
        self._clock = clock
        self._guard = JumpGuard(clock, steady, config.clock_jump_max_s)
        self._config = config
        self._tables = tables or log.head
        self._steady = steady
        self._standby = Standby(log, snapshots, steady, config.takeover_ms)
        self._fold = self._standby.fold
        self._sequencer = Sequencer(self._fold, config)
        self._desk = FundsDesk(self._sequencer, clock)
        self._waiting = Waiting()
        self._committer = Committer(log, Opened(0, 0), self._sequencer, publishers, steady)
        #: The wall time of the last look of the guard: what is stamped next.
        self._now_us = 0
        self._serving = False

    @property
    def ledger(self) -> Ledger:
        """The state in memory, which may be ahead of what is committed: for tests and probes."""
        return self._fold.ledger

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Become the only writer: restore, follow whoever writes, fence, then fold what is left."""
        self._guard.start(0)
        opened = await self._standby.take_over(self._guard.look, may=lambda: not self._guard.jumped)
        self._fold = self._standby.fold
        check_shards(self._fold.ledger, self._config)
        check_home(self._fold.ledger, self._config)
        self._guard.start(self._fold.ledger.time_us)
        self._sequencer = Sequencer(self._fold, self._config)
        self._desk = FundsDesk(self._sequencer, self._clock)
        self._committer = Committer(
            self._log, opened, self._sequencer, self._publishers, self._steady
        )
        await self._publishers.start(
            {number: shard.numbered for number, shard in self._fold.ledger.shards.items()}
        )
        self._serving = True
        self._now_us = self._guard.look()
        quiet_us = self._config.post_only_after_start_s * MICROS_PER_SECOND
        self._sequencer.post_only_until_us = self._now_us + quiet_us
        self._decide(self._settle, wait_result=False)
        _log.info("recovered", head=opened.head, epoch=opened.epoch,
                  orders=len(self._fold.ledger.orders))  # fmt: skip

    async def run(self) -> None:
        """Commit, publish and tick until cancelled; raises what made going on impossible.

        When cancelled, it declines what comes, commits what was decided and answers it.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._committer.run())
                tasks.create_task(self._tick_loop())
                tasks.create_task(self._look_around_loop())
                tasks.create_task(self._publishers.run())
        except asyncio.CancelledError:
            self._serving = False
            await self._committer.drain()
            raise

    async def stop(self) -> None:
        """Let go of the log, and with it of the right to write."""
        self._serving = False
        await self._log.close()

    def status(self) -> Mapping[str, int]:
        """Return head, lags and sizes."""
        ledger = (self._standby.fold if self._standby.waiting else self._fold).ledger
        shards = ledger.shards.values()
        return {
            "ready": int(
                self._serving and self._committer.failure is None and not self._guard.jumped
            ),
            "standby": int(self._standby.waiting),
            "log_head": ledger.n if self._standby.waiting else self._committer.head,
            "numbered": sum(shard.numbered for shard in shards),
            "in_flight": sum(shard.numbered - shard.applied for shard in shards),
            "open_orders": len(ledger.orders),
            "accounts": len(ledger.owners),
            "batch": self._sequencer.batch.count,
        }

    # --- the port -------------------------------------------------------------------------------

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Number orders and cancels; see `outcry.ports.asset.Asset`."""
        if len(requests) > SUBMIT_COUNT_MAX:
            most = f"at most {SUBMIT_COUNT_MAX}"
            return [Declined(Reject.BATCH_TOO_LARGE, str(len(requests)), most) for _ in requests]
        refused = self._refuse()
        if refused:
            return [refused for _ in requests]
        call = self._decide(lambda: [self._sequencer.take(request) for request in requests],
                            wait_result=wait_result)  # fmt: skip
        await self._answered(call, wait_result=wait_result)
        return cast("list[OrderResult]", call.results)

    async def apply(
        self, shard: int, first: int, last: int, body: bytes, *, doubt: Doubt | None = None
    ) -> int:
        """Apply facts; see `outcry.ports.asset.Asset`. *doubt* raises if they cannot be true."""
        if self._ending:
            raise AssetUnavailable("the ledger is stopping")
        known = self._fold.ledger.shards.get(shard, _NO_SHARD)
        applied = known.applied
        if first > applied + 1:
            raise OutOfSequence(shard, applied, first)
        if doubt is not None and last > applied:
            doubt(self._fold.ledger, shard, last, body)
        if last > known.numbered:
            self._committer.fail(Stale(f"shard {shard} has facts of {last}, which is not ours"))
            raise AssetUnavailable("another process has become the writer")
        if last > applied:
            self._guarded(lambda: self._apply(shard, applied + 1, last, cut(body, applied)))
        await self._committed()
        return last

    async def funds(self, op: FundsOp, *, key_id: int = 0) -> FundsResult:
        """Carry out one operation; see `outcry.ports.asset.Asset`."""
        refused = self._refuse()
        if refused:
            return refused
        call = self._decide(lambda: [self._desk.take(op, key_id)], wait_result=True)
        await self._answered(call, wait_result=True)
        return cast("FundsResult", call.results[0])

    async def applied(self, shard: int) -> int:
        """Return the seq up to which facts of *shard* are applied and committed."""
        applied = self._applied(shard)
        await self._committed()
        return applied

    # --- deciding, in memory --------------------------------------------------------------------

    @property
    def _ending(self) -> bool:
        return not self._serving or self._committer.failure is not None

    def _refuse(self) -> Declined | None:
        """Decline everything while stopping, after a failure, or while the clock is wrong."""
        if self._ending:
            return Declined(Reject.SHUTTING_DOWN)
        self._now_us = self._guard.look()
        if self._guard.jumped:
            return Declined(Reject.UNAVAILABLE, "the exchange's clock has jumped")
        return None

    def _decide(self, decide: Callable[[], list[Ticket]], *, wait_result: bool) -> Call:
        """Let *decide* number something now; its answers come with the commits that cover them."""

        def decided() -> Call:
            self._sequencer.advance(self._now_us)
            call = Call(decide(), wait_result=wait_result)
            batch = self._sequencer.batch
            batch.answers.append(call.accept)
            if wait_result:
                self._waiting.add(call, self._applied, batch)
            return call

        call = self._guarded(decided)
        self._committer.wake()
        return call

    def _guarded(self, change: Callable[[], T]) -> T:
        """Change the state; a failure half way leaves memory that must never be committed."""
        try:
            return change()
        except BaseException as error:
            self._committer.fail(error)
            raise AssetUnavailable(f"the ledger stops: {error}") from error

    def _apply(self, shard: int, first: int, last: int, body: bytes) -> None:
        sequencer = self._sequencer
        sequencer.apply(shard, first, last, body)
        self._waiting.applied(shard, last, sequencer.batch)

    def _applied(self, shard: int) -> int:
        # Asking must not change the state: a shard comes into being by its first command.
        return self._fold.ledger.shards.get(shard, _NO_SHARD).applied

    async def _committed(self) -> None:
        """Wait until everything decided so far is committed."""
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sequencer.batch.answers.append(lambda: resolve(committed))
        self._committer.wake()
        await committed

    async def _answered(self, call: Call, *, wait_result: bool) -> None:
        """Wait for the commit and, for a bounded time, for the kernel."""
        await call.accepted
        if wait_result and not call.finished.done():
            await asyncio.wait((call.finished,), timeout=self._config.result_wait_ms / 1000)

    # --- the loops ------------------------------------------------------------------------------

    async def _tick_loop(self) -> None:
        """Number a tick on every shard, so that a hole in a stream shows within a second."""
        while True:
            await asyncio.sleep(self._config.tick_interval_ms / 1000)
            if self._refuse() is None:
                self._decide(self._tick, wait_result=False)
            elif self._committer.failure is not None:
                return

    async def _look_around_loop(self) -> None:
        """See to what others keep: the bus its generation, the tables their pace."""
        while True:
            await asyncio.sleep(self._config.tick_interval_ms / 1000)
            await self._publishers.keep_generation()
            try:
                self._sequencer.tables_n = await self._tables()
            except TablesUnavailable as error:
                _log.debug("tables_unavailable", reason=str(error))

    def _tick(self) -> list[Ticket]:
        self._sequencer.tick_all()
        return []

    def _settle(self) -> list[Ticket]:
        settle(self._sequencer)
        return []
