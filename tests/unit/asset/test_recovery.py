"""Where the ledger starts: from checkpoints or the log, and beside another writer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.venue import START_US, Steady, Venue, limit
from tests.support.waiting import until

from outcry.adapters.memory import MemoryLedgerLog, MemoryProjection
from outcry.domain.ledger.state import MICROS_PER_HOUR, Ledger, Retention
from outcry.messages.ledger_checkpoints import CHECKPOINT_NAME, CHECKPOINT_VERSION, state_hash
from outcry.messages.requests import CheckpointOp, SetClockOp, SplitOp
from outcry.ports.ledger_log import Row, Stale
from outcry.runtime.fold import Fold
from outcry.runtime.ledger_recovery import fold_log, restore_ledger
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.standby import Standby
from outcry.services.history.config import HistoryConfig
from outcry.services.history.service import History
from outcry_wire.records import Side


HUNDRED = 100_000_000


class ShortLog(MemoryLedgerLog):
    """A log whose beginning nobody may ask for any more."""

    begins_after = 0

    def entries(self, after: int, upto: int | None = None) -> AsyncIterator[Row]:
        """Yield rows above *after*."""
        assert after >= self.begins_after - 1
        return super().entries(after, upto)


@asynccontextmanager
async def history(venue: Venue, projection: MemoryProjection) -> AsyncIterator[History]:
    """Run a history that saves a checkpoint when one is asked for, and at its end."""
    never = HistoryConfig(checkpoint_interval_s=1e9)
    service = History(never, log=venue.log, projection=projection, snapshots=venue.snapshots)
    await service.start()
    task = asyncio.create_task(service.run())
    try:
        yield service
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await service.stop()


async def trade(venue: Venue, *, market: int, rounds: int) -> None:
    """Let ann and bob trade, and leave some orders."""
    for number in range(rounds):
        await venue.placed(limit(1_000, market, Side.BUY, 5_000, 3, client_order_id=f"a{number}"))
        await venue.placed(limit(1_001, market, Side.BUY, 5_000, 2, outcome=1))
        await venue.fund(SplitOp(1_000, 1_000, market, 1, f"pair {number}"))


async def saved(venue: Venue, service: History) -> None:
    """Ask for a checkpoint and wait until it is saved."""
    count = service.status()["checkpoints_total"]
    await venue.fund(CheckpointOp(0))
    await until(lambda: service.status()["checkpoints_total"] > count)


async def folded(venue: Venue, upto: int, *, checkpoints: bool = True) -> tuple[int, str]:
    """Return where a start with or without *checkpoints* begins, and the state it comes to."""
    fold = Fold()
    if checkpoints:
        restored = await restore_ledger(venue.log, venue.snapshots, upto)
        fold = Fold(restored.ledger if restored else Ledger())
    began = fold.ledger.n
    await fold_log(fold, venue.log, upto)
    return began, state_hash(fold.ledger)


async def test_every_way_to_start_gives_the_same_state() -> None:
    """Newest checkpoint, an older one because that is damaged, the whole log: one state hash."""
    venue = Venue()
    async with venue.running(), history(venue, MemoryProjection()) as service:
        await venue.user("ann", HUNDRED)
        await venue.user("bob", HUNDRED)
        market = await venue.market()
        for _ in range(2):
            await trade(venue, market=market, rounds=4)
            await saved(venue, service)
        await trade(venue, market=market, rounds=4)
    upto = await venue.log.head()
    kept = venue.snapshots.kept(CHECKPOINT_NAME, 1, CHECKPOINT_VERSION)
    whole = await folded(venue, upto, checkpoints=False)

    assert len(kept) == 3
    for position in kept:
        assert await folded(venue, upto) == (position, whole[1])
        venue.snapshots.damage(CHECKPOINT_NAME, position)
    assert await folded(venue, upto) == whole


async def test_a_checkpoint_that_does_not_decode_is_passed_over() -> None:
    """Bytes that are whole, but no checkpoint of this code, are skipped like damaged ones."""
    venue = Venue()
    async with venue.running(), history(venue, MemoryProjection()) as service:
        await venue.user("ann", HUNDRED)
        await saved(venue, service)
        older = service.status()["checkpoint"]
        upto = await venue.log.head()
    kind = (CHECKPOINT_NAME, 1)
    venue.snapshots.save(*kind, older + 1, CHECKPOINT_VERSION, b"of other code", floor=0)

    restored = await restore_ledger(venue.log, venue.snapshots, upto)

    assert restored is not None
    assert restored.ledger.n == older


async def test_a_checkpoint_of_another_log_is_passed_over() -> None:
    """A database that was replaced under its snapshots starts from its own log."""
    venue = Venue()
    async with venue.running(), history(venue, MemoryProjection()) as service:
        await venue.user("ann", HUNDRED)
        await saved(venue, service)
    other = Venue(snapshots=venue.snapshots)
    async with other.running():
        for number in range(20):
            await other.user(f"user {number}", HUNDRED)
    upto = await other.log.head()
    assert 0 < venue.snapshots.kept(CHECKPOINT_NAME, 1, CHECKPOINT_VERSION)[0] <= upto

    assert await restore_ledger(other.log, other.snapshots, upto) is None
    async with other.running():
        assert len(other.asset.ledger.users) == 20


async def test_the_ledger_goes_on_from_a_checkpoint() -> None:
    """A restart from a checkpoint knows what a restart from the log knows, and serves on."""
    log = ShortLog()
    venue = Venue(log=log)
    tables = MemoryProjection()
    async with venue.running(), history(venue, tables):
        await venue.user("ann", HUNDRED)
        await venue.user("bob", HUNDRED)
        market = await venue.market()
        await trade(venue, market=market, rounds=3)
        rested = await venue.placed(limit(1_000, market, Side.BUY, 4_000, 9))
    log.begins_after = venue.snapshots.kept(CHECKPOINT_NAME, 1, CHECKPOINT_VERSION)[0]

    async with venue.running(), history(venue, tables):
        await venue.cancel(1_000, rested.order_id)
        again = await venue.placed(limit(1_000, market, Side.BUY, 5_000, 3, client_order_id="a0"))
        await trade(venue, market=market, rounds=1)

    assert again.repeated


async def test_writer_and_replay_know_the_same_keys() -> None:
    """Ids and keys are forgotten at the same entry, whoever folds, by the time of the log."""
    retention = Retention(2 * MICROS_PER_HOUR, 3 * MICROS_PER_HOUR)
    venue = Venue(config=AssetConfig(retention=retention))
    async with venue.running():
        await venue.user("ann", HUNDRED)
        market = await venue.market()
        request = limit(1_000, market, Side.BUY, 5_000, 3, client_order_id="one")
        await venue.cancel(1_000, (await venue.placed(request)).order_id)
        pair = SplitOp(1_000, 1_000, market, 5, "pair")
        await venue.fund(pair)
        for hours, known in ((0, (1, 2)), (2, (0, 2)), (3, (0, 1))):
            now = START_US + hours * MICROS_PER_HOUR + 1
            await venue.fund(SetClockOp(0, now))
            mine = venue.asset.ledger
            fold = Fold()
            await fold_log(fold, venue.log, await venue.log.head())
            assert (fold.ledger.client_orders, fold.ledger.keyed_ops) == (
                mine.client_orders, mine.keyed_ops,
            )  # fmt: skip
            assert fold.ledger.retention == retention
            assert (len(mine.client_orders), len(mine.keyed_ops)) == known
        assert not (await venue.fund(pair)).repeated


async def test_a_standby_takes_over_what_a_dead_writer_left() -> None:
    """While the right to write is held elsewhere it follows; once given back it goes on at once."""
    venue = Venue()
    async with venue.running():
        await venue.user("ann", HUNDRED)
        venue.log.claimed_elsewhere = True
        standby = Standby(venue.log, None, Steady(), 3_000)
        taking = asyncio.create_task(standby.take_over(lambda: START_US, may=lambda: True))
        market = await venue.market()
        await venue.placed(limit(1_000, market, Side.BUY, 4_000, 9))
        await until(lambda: standby.waiting and standby.fold.ledger.n == venue.asset.ledger.n)
        assert not taking.done()
    venue.log.claimed_elsewhere = False

    opened = await asyncio.wait_for(taking, 90)

    assert (standby.fold.ledger.n, opened.epoch) == (opened.head, 2)
    assert list(standby.fold.ledger.orders) == [1]


async def test_a_standby_fences_a_writer_that_fell_silent() -> None:
    """After the silence it opens the log; the writer that wakes up can neither write nor answer."""
    watch = Steady()
    venue = Venue()
    head = 0
    try:
        async with venue.running():
            ann = await venue.user("ann", HUNDRED)
            market = await venue.market()
            request = limit(ann, market, Side.BUY, 4_000, 9, client_order_id="one")
            await venue.placed(request)
            venue.log.claimed_elsewhere = True
            standby = Standby(venue.log, None, watch, 3_000)
            taking = asyncio.create_task(standby.take_over(lambda: START_US, may=lambda: True))
            await until(lambda: standby.waiting)
            # It measures the silence from when it first looked, which may be just now.
            while not (await asyncio.wait({taking}, timeout=0.1))[0]:
                watch.seconds += 4.0
            head = taking.result().head
            venue.steady.seconds = 1_000.0
            # A repeat is answered from memory; nothing would have to be written for it.
            answer = asyncio.create_task(venue.place(request))
            assert not (await asyncio.wait({answer}, timeout=0.5))[0]
            answer.cancel()
    except* Stale:
        pass
    else:
        raise AssertionError("the writer that was fenced off went on")
    assert await venue.log.head() == head


async def test_a_standby_whose_own_clock_is_wrong_stays_one() -> None:
    """A writer silent because the clock jumped is not replaced by one with the same clock."""
    watch = Steady()
    log = MemoryLedgerLog()
    log.claimed_elsewhere = True
    standby = Standby(log, None, watch, 3_000)
    right = False
    taking = asyncio.create_task(standby.take_over(lambda: START_US, may=lambda: right))
    await until(lambda: standby.waiting)
    watch.seconds = 10.0
    assert not (await asyncio.wait({taking}, timeout=0.5))[0]
    right = True
    assert (await asyncio.wait_for(taking, 90)).epoch == 1
