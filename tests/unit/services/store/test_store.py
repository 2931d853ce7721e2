"""The store: nothing is saved that the ledger has not applied or that the audit did not pass."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.model.kernel.streams import Stream
from tests.support.numbering import Numbering
from tests.support.ticks import ticked, ticks

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemorySnapshots
from outcry.domain.errors import InvariantError
from outcry.kernel.naive import NaiveEngine
from outcry.messages.ledger_checkpoints import CHECKPOINT_NAME, CHECKPOINT_VERSION
from outcry.messages.runs import Run
from outcry.ports.ledger_log import LogUnavailable
from outcry.services.store.config import StoreConfig
from outcry.services.store.service import Store
from outcry_wire.snapshot import RULES_VERSION


class BreakingLog(MemoryLedgerLog):
    """A log whose connection breaks once, before it gave any facts."""

    def __init__(self) -> None:
        super().__init__()
        self.breaks = False

    async def facts(self, shard: int, after: int) -> AsyncIterator[Run]:
        """Yield facts, or break."""
        if self.breaks:
            self.breaks = False
            raise LogUnavailable("the connection is gone")
        async for run in super().facts(shard, after):
            yield run


class World:
    """A log with commands, and a store beside it."""

    def __init__(self, config: StoreConfig | None = None) -> None:
        self.log = BreakingLog()
        self.snapshots = MemorySnapshots()
        self.ledger = Numbering(MemoryBus(), self.log)
        self.stream = Stream(4)
        self.store = self.new(config or StoreConfig(interval_ms=0))

    def new(self, config: StoreConfig) -> Store:
        """Return another store over the same log and snapshots."""
        return Store(config, log=self.log, snapshots=self.snapshots, kernel_class=NaiveEngine)

    async def begin(self, commands: int, applied: int) -> None:
        """Number and apply, then start the store."""
        await self.ledger.open()
        await self.ledger.number(self.stream.take(commands))
        await self.ledger.commit_facts(applied)
        await self.store.start()

    def saved(self, at_most: int = 10**9) -> int:
        """Return the position of the newest snapshot, 0 when there is none."""
        newest = self.snapshots.newest("kernel-0", 1, RULES_VERSION, at_most)
        return newest.position if newest else 0


async def test_it_goes_no_further_than_the_ledger() -> None:
    """Commands above `applied` are not carried out, so no snapshot can hold them."""
    world = World()
    await world.begin(100, 60)
    await world.store.catch_up()
    assert world.store.status()["seq"] == 60
    await world.store.stop()
    assert world.saved() == 60


async def test_a_snapshot_is_the_kernel_at_its_position() -> None:
    """What is saved restores to the kernel that carried out exactly the commands up to there."""
    world = World(StoreConfig(snapshot_commands_max=40))
    await world.begin(100, 100)
    await world.store.catch_up()
    assert world.saved() == 80
    newest = world.snapshots.newest("kernel-0", 1, RULES_VERSION, 80)
    assert newest is not None
    kernel = NaiveEngine()
    kernel.process(b"".join(Stream(4).take(80)))
    assert newest.body == kernel.snapshot()


async def test_an_idle_exchange_writes_nothing() -> None:
    """Time alone saves no snapshot: enough must have happened since the last."""
    config = StoreConfig(interval_ms=0, snapshot_interval_s=0.0, snapshot_commands_min=50)
    world = World(config)
    await world.begin(60, 40)
    await world.store.catch_up()
    assert world.saved() == 0
    await world.ledger.commit_facts(55)
    await world.store.catch_up()
    assert world.saved() == 55
    await world.ledger.commit_facts(60)
    await world.store.catch_up()
    assert world.saved() == 55


async def test_a_difference_is_loud_and_never_saved() -> None:
    """A fact in the log that the kernel does not make ends the store; stopping saves nothing."""
    world = World()
    await world.ledger.open()
    await world.ledger.number([ticks(1, 9)])
    await world.ledger.commit_facts(9, body=ticked(1, 6) + ticked(7, 7, at_us=3) + ticked(8, 9))
    await world.store.start()
    with pytest.raises(InvariantError, match="seq 7"):
        await asyncio.wait_for(world.store.run(), 90)
    await world.store.stop()
    assert world.saved() == 0


async def test_it_goes_on_from_its_snapshot() -> None:
    """A second store starts where the first one saved and audits what came after."""
    world = World()
    await world.begin(50, 30)
    await world.store.catch_up()
    await world.store.stop()
    await world.ledger.commit_facts(50)
    other = world.new(StoreConfig())
    await other.start()
    assert other.status()["seq"] == 30
    await other.catch_up()
    assert other.status()["seq"] == 50


async def test_an_interrupted_audit_is_done_again() -> None:
    """When the log breaks between making and comparing facts, those are made again and compared."""
    world = World()
    await world.begin(50, 20)
    await world.store.catch_up()
    await world.store.save()
    await world.ledger.commit_facts(40)
    world.log.breaks = True
    with pytest.raises(LogUnavailable):
        await world.store.catch_up()
    assert world.store.status()["seq"] > 20
    await world.store.stop()
    assert world.saved() == 20
    await world.store.catch_up()
    assert world.store.status()["seq"] == 40
    await world.store.stop()
    assert world.saved() == 40


async def test_it_follows_the_log() -> None:
    """Running, it audits what is committed, also over a break of the connection."""
    world = World()
    await world.begin(90, 30)
    run = asyncio.create_task(world.store.run())
    try:
        for applied in (50, 90):
            world.log.breaks = applied == 90
            await world.ledger.commit_facts(applied)
            while world.store.status()["seq"] < applied:
                assert not run.done()
                await asyncio.sleep(0.001)
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


async def test_one_snapshot_stays_below_every_checkpoint_of_the_ledger() -> None:
    """However many are saved later, a start from the oldest checkpoint finds a kernel for it."""
    world = World()
    await world.begin(40, 40)
    await world.store.catch_up()
    await world.store.save()
    checkpoint = await world.log.head()
    kind = (CHECKPOINT_NAME, 1, checkpoint, CHECKPOINT_VERSION)
    world.snapshots.save(*kind, b"a checkpoint", floor=0)
    for applied in range(50, 120, 10):
        await world.ledger.number(world.stream.take(10))
        await world.ledger.commit_facts(applied)
        await world.store.catch_up()
        await world.store.save()

    assert world.saved(await world.log.applied(0, checkpoint)) == 40
    assert world.saved() == 110
