"""Bugs that exchanges have died of, each planted for as long as a context lasts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import pytest

from outcry.adapters.memory import MemoryLedgerLog
from outcry.app.sim.adapters import SimSnapshots, SimTables
from outcry.domain.ledger.orders import set_hold
from outcry.domain.ledger.state import Retention
from outcry.messages.ledger_records import Withdraw
from outcry.messages.requests import (
    CancelRequest,
    Declined,
    Done,
    FundsOp,
    FundsResult,
    OrderRequest,
    SessionCommand,
    WithdrawOp,
)
from outcry.ports.bus import StreamEntry
from outcry.ports.ledger_log import Row, Span
from outcry.ports.projection import Rows
from outcry.ports.snapshots import Snapshot
from outcry.runtime.publish import Publisher
from outcry.services.asset import operations, sessions
from outcry.services.asset.batch import Sealed
from outcry.services.asset.committer import Committer
from outcry.services.asset.sequencer import Sequencer
from outcry.services.asset.service import AssetService
from outcry.services.asset.tickets import Ticket
from outcry.services.match_engine import service as match_engine
from outcry.services.processor.service import Processor
from outcry.services.store.service import Store
from outcry_wire.records import HEADER


Patch = pytest.MonkeyPatch


def answer_before_commit(patch: Patch) -> None:
    """Clients are answered when their request is decided, not when it is committed."""
    append = Committer._append

    async def answer_first(self: Committer, sealed: Sealed) -> None:
        sealed.answer()
        sealed._answers = []
        await append(self, sealed)

    patch.setattr(Committer, "_append", answer_first)


def publish_before_commit(patch: Patch) -> None:
    """Commands go out when they are decided: the engine may match what never happened."""
    append = Committer._append

    async def publish_first(self: Committer, sealed: Sealed) -> None:
        if sealed.entry is not None:
            self._publishers.offer(sealed.entry)
        await append(self, sealed)

    patch.setattr(Committer, "_append", publish_first)


def position_outside_the_transaction(patch: Patch) -> None:
    """Tables say that they have an entry before they have it."""

    async def apply(self: SimTables, n_first: int, n_last: int, rows: Rows, time_us: int) -> None:
        tables = self._tables
        none = Rows(*([] for _ in Rows._fields))
        await self._line.tell("position", lambda: tables.apply(n_first, n_last, none, time_us))

        async def write() -> None:
            tables.tables.write(tables.tables.position, rows, time_us)

        await self._line.tell("rows", write)

    patch.setattr(SimTables, "apply", apply)


def replay_without_dedupe(patch: Patch) -> None:
    """A reader remembers its place a little late, and what comes again is applied again."""

    async def apply(self: AssetService, shard: int, first: int, last: int, body: bytes) -> int:
        self._guarded(lambda: self._apply(shard, first, last, body))
        await self._committed()
        return last

    where = Processor._where

    async def a_little_late(self: Processor, shard: int) -> int:
        return max(0, await where(self, shard) - 2)

    patch.setattr(AssetService, "apply", apply)
    patch.setattr(Processor, "_where", a_little_late)


def await_inside_check_then_debit(patch: Patch) -> None:
    """Somebody else may run between the look at a balance and the debit."""
    funds = AssetService.funds

    async def hesitate(self: AssetService, op: FundsOp) -> FundsResult:
        if not isinstance(op, WithdrawOp) or self._refuse():
            return await funds(self, op)
        sequencer = self._sequencer
        known = operations._check_movement(sequencer.ledger, op, "withdraw")
        short = op.amount > sequencer.ledger.available(op.account, op.asset)
        await self._log.head()
        if known or short:
            return await funds(self, op)

        def debit() -> list[Ticket]:
            sequencer.record(
                Withdraw(sequencer.time_us, 0, op.account, op.asset, op.amount, op.key)
            )
            return [Ticket(Done(sequencer.batch.n))]

        call = self._decide(debit, wait_result=True)
        await call.accepted
        result = call.results[0]
        assert isinstance(result, Done | Declined)
        return result

    patch.setattr(AssetService, "funds", hesitate)


def trim_too_early(patch: Patch) -> None:
    """Streams forget what somebody has still to read: facts that nobody has applied."""
    trim = Publisher._trim

    async def trim_all(self: Publisher) -> None:
        if self._retention.floor is not None and self._tail is not None:
            await self._bus.trim(self._stream, self._tail)
        await trim(self)

    patch.setattr(Publisher, "_trim", trim_all)


def snapshot_ahead_of_the_ledger(patch: Patch) -> None:
    """The store saves kernels whose facts are not committed, and engines start from them."""
    newest, catch_up = SimSnapshots.newest, Store.catch_up

    def any_newest(
        self: SimSnapshots, name: str, timeline: int, rules_version: int, at_most: int
    ) -> Snapshot | None:
        return newest(self, name, timeline, rules_version, max(at_most, 2**60))

    async def run_ahead(self: Store) -> None:
        await catch_up(self)
        async for _, _, body in self._ledger_log.commands(self._shard, self._kernel.seq):
            self._kernel.process(body)
        self._audited_seq = self._kernel.seq
        if self._is_due():
            await self.save()

    patch.setattr(SimSnapshots, "newest", any_newest)
    patch.setattr(Store, "catch_up", run_ahead)


def facts_split_over_entries(patch: Patch) -> None:
    """Each fact is an entry of its own, also those of one command."""

    def one_by_one(facts: bytes, first: int, last: int) -> Iterator[StreamEntry]:
        offset = 0
        while offset < len(facts):
            _, _, length, _, seq, _, _ = HEADER.unpack_from(facts, offset)
            yield StreamEntry(first, seq, facts[offset : offset + length])
            offset += length
            first = min(seq + 1, last)

    patch.setattr(match_engine, "entries_of", one_by_one)


def two_writers(patch: Patch) -> None:
    """Whoever appends is let in, and gets the next number."""

    async def let_in(
        self: MemoryLedgerLog, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        n = max(n, len(self._rows) + 1)
        for span in spans:
            self._lasts.setdefault((span.shard, span.kind), []).append(span.last_seq)
            self._holders.setdefault((span.shard, span.kind), []).append(n)
        self._push(Row(n, epoch, at_us, body))

    patch.setattr(MemoryLedgerLog, "append", let_in)


def hold_released_by_the_request(patch: Patch) -> None:
    """A cancel frees the money when it is asked for, though the order may fill until it is done."""
    take = Sequencer.take

    def free(self: Sequencer, request: OrderRequest) -> Ticket:
        ticket = take(self, request)
        if isinstance(request, CancelRequest) and ticket.order is not None:
            set_hold(self.ledger, self.batch.effects, ticket.order, 0)
        return ticket

    patch.setattr(Sequencer, "take", free)


def client_ids_forgotten_at_once(patch: Patch) -> None:
    """A client order id is known only while its order lives."""
    patch.setattr(Retention, "__new__", lambda cls, *_, **__: tuple.__new__(cls, (0, 0)))


def numbered_commands_done_again(patch: Patch) -> None:
    """A session's command is carried out whenever it comes, also if it was taken before."""
    take = sessions.take

    def forget(sequencer: Sequencer, request: SessionCommand) -> Ticket:
        known = sequencer.ledger.sessions.get((request.command.account, request.session))
        if known is None or request.seq > known.last_seq:
            return take(sequencer, request)
        return sequencer.take_command(request.command)

    patch.setattr(sessions, "take", forget)


PLANTS: Final[tuple[Callable[[Patch], None], ...]] = (
    answer_before_commit,
    publish_before_commit,
    position_outside_the_transaction,
    replay_without_dedupe,
    await_inside_check_then_debit,
    trim_too_early,
    snapshot_ahead_of_the_ledger,
    facts_split_over_entries,
    two_writers,
    hold_released_by_the_request,
    client_ids_forgotten_at_once,
    numbered_commands_done_again,
)


@contextmanager
def _planted(plant: Callable[[Patch], None]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        yield


def planted(plant: Callable[[Patch], None]) -> AbstractContextManager[None]:
    """Return a context in which the code has the bug."""
    return _planted(plant)
