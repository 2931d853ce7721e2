"""What the asset service does when the log, the clock or its own books fail it."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.support.venue import START_US, Venue, limit

from outcry.adapters.memory import MemoryLedgerLog
from outcry.domain.errors import InvariantError
from outcry.domain.market import MarketState
from outcry.domain.rejects import Reject
from outcry.messages.facts import OrderPlaced, Ticked, pack_fact
from outcry.messages.requests import CancelAccepted, Declined, OrderAccepted
from outcry.ports.asset import AssetUnavailable, OutOfSequence
from outcry.ports.clock import Clock
from outcry.ports.ledger_log import CommitUnknown, Span, Stale
from outcry.runtime.config import ConfigError
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.watch import JumpGuard
from outcry_wire.records import LAST_OF_SEQ, Side


HUNDRED = 100_000_000


class LosingLog(MemoryLedgerLog):
    """A log that can lose the answer to an append, before or after it happened."""

    lose = ""
    held: asyncio.Event | None = None

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append, unless told to lose the question or the answer, or to wait."""
        if self.held is not None:
            await self.held.wait()
        if self.lose == "question":
            raise CommitUnknown("the connection is gone")
        await super().append(epoch, n, at_us, body, spans)
        if self.lose == "answer":
            raise CommitUnknown("the connection is gone")


@pytest.mark.parametrize("lost", ["question", "answer"])
async def test_an_unknown_commit_ends_the_service_and_answers_nobody(lost: str) -> None:
    """The caller never hears of it; after recovery the log alone says whether it happened."""
    log = LosingLog()
    venue = Venue(log=log)
    request = limit(1_000, 1, Side.BUY, 5_000, 10, client_order_id="once")
    with pytest.raises(BaseExceptionGroup) as failure:
        async with venue.running():
            await venue.user("ann", HUNDRED)
            await venue.market()
            log.lose = lost
            answer = asyncio.create_task(venue.place(request))
            done, _ = await asyncio.wait({answer}, timeout=0.2)
            assert not done
            answer.cancel()
    assert failure.group_contains(CommitUnknown)
    log.lose = ""
    async with venue.running():
        again = await venue.placed(request)
        assert again.repeated == (lost == "answer")
        assert again.order_id == 1


async def test_a_second_writer_takes_the_log_away_from_the_first() -> None:
    """After another service opened the log, the first can commit nothing and stops."""
    log = MemoryLedgerLog()
    first, second = Venue(log=log), Venue(log=log)
    with pytest.raises(BaseExceptionGroup) as failure:
        async with first.running():
            await first.user("ann", HUNDRED)
            async with second.running():
                answer = asyncio.create_task(first.user("bob"))
                done, _ = await asyncio.wait({answer}, timeout=0.2)
                assert not done
                answer.cancel()
                assert second.asset.ledger.user_ids.keys() == {"ann"}
    assert failure.group_contains(Stale)


async def test_nobody_is_answered_before_the_commit() -> None:
    """Neither an acceptance nor a decline, which saw the same memory, comes before the entry."""
    log = LosingLog()
    venue = Venue(log=log)
    async with venue.running():
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        log.held = asyncio.Event()
        good = limit(ann, market, Side.BUY, 5_000, 10)
        bad = limit(ann, market, Side.BUY, 5_000, 10**8)
        answers = asyncio.create_task(venue.asset.submit([good, bad], wait_result=False))
        done, _ = await asyncio.wait({answers}, timeout=0.1)
        assert not done
        log.held.set()
        accepted, refused = await answers
        assert isinstance(accepted, OrderAccepted)
        assert isinstance(refused, Declined)
        assert accepted.n <= await log.head()


async def test_a_stop_commits_what_was_decided() -> None:
    """Requests taken before the stop are committed and answered, not dropped."""
    log = LosingLog()
    venue = Venue(log=log)
    async with venue.running():
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        log.held = asyncio.Event()
        request = limit(ann, market, Side.BUY, 5_000, 10)
        calls = [
            asyncio.create_task(venue.asset.submit([request], wait_result=False)) for _ in range(3)
        ]
        await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_later(0.05, log.held.set)
    results = [(await call)[0] for call in calls]
    assert all(isinstance(result, OrderAccepted) for result in results)
    async with venue.running():
        assert len(venue.asset.ledger.orders) == 3


async def test_facts_come_in_order_or_not_at_all() -> None:
    """Facts that leave a hole raise, repeats change nothing, and the seq applied is answered."""
    async with Venue().running(engines=False) as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        seq = venue.asset.ledger.shard(0).numbered
        with pytest.raises(OutOfSequence):
            await venue.asset.apply(0, seq + 5, seq + 5, b"")
        assert await venue.asset.applied(0) == 0
        assert (ann, market) == (1_000, 1)


async def test_asking_about_a_shard_that_is_not_there_changes_nothing() -> None:
    """Nothing is applied on it, and the writer's state stays what a replay makes of the log."""
    async with Venue().running() as venue:
        assert await venue.asset.applied(9) == 0
        with pytest.raises(OutOfSequence):
            await venue.asset.apply(9, 2, 2, b"")
        assert set(venue.asset.ledger.shards) == {0}


async def test_a_fact_that_breaks_a_law_stops_everything_before_it_is_committed() -> None:
    """The kernel says an unknown order rests: nobody is answered and the log does not grow."""
    venue = Venue()
    with pytest.raises(BaseExceptionGroup) as failure:
        async with venue.running(engines=False):
            await venue.market()
            head = await venue.log.head()
            lie = pack_fact(OrderPlaced(1, 1, 1, 0, 1_000, 77, 5_000, 10, 0, 0))
            with pytest.raises(AssetUnavailable):
                await venue.asset.apply(0, 1, 1, lie)
            await asyncio.sleep(0.01)
            assert await venue.log.head() == head
    assert failure.group_contains(InvariantError)


class Wall(Clock):
    """A wall clock that a test moves as it likes."""

    manual = False

    def __init__(self, time_us: int) -> None:
        """Show *time_us*."""
        self.time_us = time_us

    def now_us(self) -> int:
        """Return what is shown."""
        return self.time_us

    def set(self, time_us: int) -> None:
        """Refuse, as a real clock does."""
        raise ValueError(time_us)


@pytest.mark.parametrize("jump_s", [-301, 301, 10**6])
def test_a_jump_of_the_wall_clock_stops_numbering_until_it_is_back(jump_s: int) -> None:
    """Five minutes against the monotonic clock are too many, in either direction."""
    wall, monotonic = Wall(10**15), [0.0]
    guard = JumpGuard(wall, lambda: monotonic[0], 300)
    guard.start(0)
    monotonic[0] += 1
    wall.time_us += 1_000_000 + jump_s * 1_000_000
    guard.look()
    assert guard.jumped
    wall.time_us -= jump_s * 1_000_000
    guard.look()
    assert not guard.jumped


def test_hours_asleep_are_no_jump() -> None:
    """A process that was stopped for long sees both clocks move alike and goes on."""
    wall, monotonic = Wall(10**15), [0.0]
    guard = JumpGuard(wall, lambda: monotonic[0], 300)
    guard.start(0)
    monotonic[0] += 7_200
    wall.time_us += 7_200_000_000
    guard.look()
    assert not guard.jumped


def test_a_clock_far_before_what_was_stamped_is_a_jump_too() -> None:
    """Starting with a clock ten minutes behind the log does not let time stand still silently."""
    guard = JumpGuard(Wall(10**15), lambda: 0.0, 300)
    guard.start(10**15 + 600_000_000)
    assert guard.jumped


async def test_a_jumped_time_never_enters_the_log() -> None:
    """The very first request after a jump is declined: no market ends and no order expires."""
    wall = Wall(START_US)
    venue = Venue(clock=wall)  # type: ignore[arg-type]
    async with venue.running():
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market(end_at_us=START_US + 3_600_000_000)
        await venue.placed(limit(ann, market, Side.BUY, 5_000, 10))
        wall.time_us += 24 * 3_600_000_000
        refused = await venue.place(limit(ann, market, Side.BUY, 5_000, 10))
        assert isinstance(refused, Declined)
        assert refused.reject == Reject.UNAVAILABLE
        assert venue.asset.ledger.markets[market].state == MarketState.OPEN
        wall.time_us -= 24 * 3_600_000_000
        await venue.placed(limit(ann, market, Side.BUY, 5_000, 10))


async def test_fewer_shards_than_the_log_has_are_refused() -> None:
    """Orders of a shard without an engine would wait for ever, so the start says what to set."""
    venue = Venue(shards_count=2)
    async with venue.running():
        await venue.market("first")
        await venue.market("second")
    fewer = Venue(log=venue.log, shards_count=1)
    with pytest.raises(ConfigError, match="has 2 shards"):
        async with fewer.running():
            pass


async def test_orders_wait_for_tables_that_lag_too_far() -> None:
    """With history standing still orders become busy, while cancels go on."""
    venue = Venue(config=AssetConfig(projection_lag_entries_max=50))
    async with venue.running():
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        order = await venue.placed(limit(ann, market, Side.BUY, 5_000, 10))

        async def stand_still() -> int:
            return -100

        venue.asset._tables = stand_still
        venue.asset._sequencer.tables_n = await stand_still()
        refused = await venue.place(limit(ann, market, Side.BUY, 5_000, 10))
        assert isinstance(refused, Declined)
        assert refused.reject == Reject.BUSY
        assert isinstance(await venue.cancel(ann, order.order_id), CancelAccepted)


async def test_facts_of_another_writers_command_end_the_writer_before() -> None:
    """Facts above what was numbered here mean that somebody else numbers now: `Stale`, no more."""
    venue = Venue()
    with pytest.raises(BaseExceptionGroup) as failure:
        async with venue.running(engines=False):
            seq = venue.asset.ledger.shard(0).numbered + 1
            ticked = pack_fact(Ticked(LAST_OF_SEQ, 0, seq, START_US, 0))
            with pytest.raises(AssetUnavailable):
                await venue.asset.apply(0, 1, seq, ticked)
            await asyncio.sleep(0.01)
    assert failure.group_contains(Stale)


async def test_an_answer_never_names_an_entry_that_is_not_committed() -> None:
    """A repeat is answered from memory alone: what it says stands in the entry before."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        request = limit(ann, market, Side.BUY, 5_000, 10, client_order_id="once")
        await venue.placed(request)
        again = await venue.placed(request)
        assert again.repeated
        assert again.result_n <= await venue.log.head()
