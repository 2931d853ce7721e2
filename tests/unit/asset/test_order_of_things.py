"""What waits for what: arrivals, commits, answers, ticks, and what an entry says of its moment."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.support.venue import Venue, limit

from outcry.adapters.memory import MemoryLedgerLog
from outcry.domain.errors import InvariantError
from outcry.messages.commands import SetLimits, Tick, unpack_commands
from outcry.messages.entry import Commands, Entry, unpack_entry
from outcry.messages.facts import BookHashed, pack_fact
from outcry.messages.requests import CancelRequest, CheckpointOp, OrderAccepted
from outcry.messages.user_events import BalanceState
from outcry.ports.asset import AssetUnavailable
from outcry.ports.ledger_log import Span
from outcry.services.asset.config import AssetConfig
from outcry_wire.records import LAST_OF_SEQ, Side


HUNDRED = 100_000_000


class HeldLog(MemoryLedgerLog):
    """A log that can keep appends waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.open_gate = asyncio.Event()
        self.open_gate.set()

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append when the gate is open."""
        await self.open_gate.wait()
        await super().append(epoch, n, at_us, body, spans)

    def written(self) -> list[Entry]:
        """Return the entries that say something."""
        return [unpack_entry(row.body) for row in self.rows if row.body]


def numbered(log: MemoryLedgerLog, kind: type) -> list[int]:
    """Return the shards on which commands of *kind* were numbered, in order."""
    return [
        item.shard
        for row in log.rows
        if row.body
        for item in unpack_entry(row.body).items
        if isinstance(item, Commands)
        for command in unpack_commands(item.body)
        if isinstance(command, kind)
    ]


async def test_what_arrives_during_a_commit_shares_the_next_one() -> None:
    """While one entry is being written any number of requests gather in the entry after it."""
    log = HeldLog()
    async with Venue(log=log).running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        head = await log.head()
        log.open_gate.clear()
        calls = []
        for number in range(20):
            request = limit(ann, market, Side.BUY, 5_000, 10, client_order_id=f"{number}")
            calls.append(asyncio.create_task(venue.asset.submit([request], wait_result=False)))
            await asyncio.sleep(0.001)
        assert len(venue.asset.ledger.orders) == 20
        log.open_gate.set()
        answers = [(await call)[0] for call in calls]
        entries = {answer.n for answer in answers if isinstance(answer, OrderAccepted)}
        assert entries == {head + 1, head + 2}


async def test_an_entry_says_how_things_stood_when_it_was_sealed() -> None:
    """Memory runs on while an entry is written; what it tells users is of its own moment."""
    log = HeldLog()
    async with Venue(log=log).running(engines=False) as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        log.open_gate.clear()
        calls = []
        for _ in range(2):
            request = limit(ann, market, Side.BUY, 5_000, 10)
            calls.append(asyncio.create_task(venue.asset.submit([request], wait_result=False)))
            await asyncio.sleep(0.005)
        log.open_gate.set()
        await asyncio.gather(*calls)
        held = [
            event.held
            for entry in log.written()[-2:]
            for batch in entry.events
            for event in batch.events
            if isinstance(event, BalanceState)
        ]
        assert held == [50_000, 100_000]


async def test_a_repeat_waits_for_the_commit_of_what_it_repeats() -> None:
    """The first answer is not given again, under another request, before it could be given."""
    log = HeldLog()
    async with Venue(log=log).running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        request = limit(ann, market, Side.BUY, 5_000, 10, client_order_id="once")
        log.open_gate.clear()
        first, again = (
            asyncio.create_task(venue.asset.submit([request], wait_result=False)) for _ in range(2)
        )
        done, _ = await asyncio.wait({first, again}, timeout=0.1)
        assert not done
        log.open_gate.set()
        answers = [(await first)[0], (await again)[0]]
        ids = [answer.order_id for answer in answers if isinstance(answer, OrderAccepted)]
        assert ids == [1, 1]


async def test_a_cancel_frees_nothing_before_the_kernel_has_spoken() -> None:
    """The money of an order that is being cancelled may still be needed for a fill."""
    async with Venue().running(engines=False) as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        request = limit(ann, market, Side.BUY, 5_000, 10)
        (placed,) = await venue.asset.submit([request], wait_result=False)
        assert isinstance(placed, OrderAccepted)
        await venue.asset.submit([CancelRequest(ann, placed.order_id, "")], wait_result=False)
        assert venue.balance(ann) == (HUNDRED, 50_000)


async def test_every_shard_hears_a_tick_though_nobody_asks_for_anything() -> None:
    """An idle stream grows all the same, so that a hole in it shows within a tick."""
    venue = Venue(shards_count=2, config=AssetConfig(tick_interval_ms=10))
    async with venue.running():
        await asyncio.sleep(0.1)
    ticks = numbered(venue.log, Tick)
    assert ticks.count(0) >= 3
    assert ticks.count(0) == ticks.count(1)


async def test_other_limits_are_a_command_in_the_log() -> None:
    """What alters matching is numbered like an order; a start with the same limits says nothing."""
    log = MemoryLedgerLog()
    for most in (5, 5, 7):
        async with Venue(log=log, config=AssetConfig(account_orders_max=most)).running() as venue:
            await venue.fund(CheckpointOp(0))
    assert len(numbered(log, SetLimits)) == 2


async def test_a_book_that_is_not_the_ledgers_stops_the_ledger() -> None:
    """A kernel's hash of a book is compared at its exact seq, while everything goes on."""
    venue = Venue()
    with pytest.raises(BaseExceptionGroup) as failure:
        async with venue.running(engines=False):
            market = await venue.market()
            checkpoint = asyncio.create_task(venue.asset.funds(CheckpointOp(0)))
            await asyncio.sleep(0.01)
            seq = venue.asset.ledger.shard(0).numbered
            venue.asset.ledger.shard(0).applied = seq - 1
            hashed = pack_fact(BookHashed(LAST_OF_SEQ, market, seq, 0, 0, 1, 0xBAD, 0))
            with pytest.raises(AssetUnavailable):
                await venue.asset.apply(0, seq, seq, hashed)
            checkpoint.cancel()
            await asyncio.sleep(0.01)
    assert failure.group_contains(InvariantError)
