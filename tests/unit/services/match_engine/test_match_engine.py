"""The match engine: where it starts, what it refuses, what it keeps."""

import asyncio

import pytest
from tests.model.kernel.streams import Stream
from tests.support.numbering import Numbering
from tests.support.ticks import entry, ticked, ticks
from tests.support.waiting import until

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemorySnapshots
from outcry.domain.errors import CorruptError, InvariantError
from outcry.kernel.naive import NaiveEngine
from outcry.messages import streams
from outcry.messages.record_bodies import cut
from outcry.ports.bus import StreamEntry
from outcry.runtime import follow
from outcry.runtime.publish import Ahead
from outcry.services.match_engine.config import MatchEngineConfig
from outcry.services.match_engine.ring import FactsRing
from outcry.services.match_engine.service import MatchEngine
from outcry_wire.snapshot import RULES_VERSION


FACTS = streams.facts(0)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are bounded, not long."""
    monkeypatch.setattr(follow, "PAUSE_MIN_S", 0.0001)
    monkeypatch.setattr(follow, "PAUSE_MAX_S", 0.0002)


class Shard:
    """A shard in memory: bus, log, snapshots and who numbers."""

    def __init__(self) -> None:
        self.bus = MemoryBus()
        self.log = MemoryLedgerLog()
        self.snapshots = MemorySnapshots()
        self.ledger = Numbering(self.bus, self.log)
        self.stream = Stream(11)

    def engine(self, config: MatchEngineConfig | None = None) -> MatchEngine:
        """Return a new engine on this shard."""
        return MatchEngine(
            config or MatchEngineConfig(wait_ms=0, applied_interval_ms=0),
            bus=self.bus,
            log=self.log,
            snapshots=self.snapshots,
            kernel_class=NaiveEngine,
        )

    async def number(self, count: int) -> None:
        """Number commands."""
        await self.ledger.number(self.stream.take(count))

    def on_stream(self) -> bytes:
        """Return all facts on the stream."""
        return b"".join(one.body for one in self.bus._stream(FACTS).entries)


@pytest.fixture
async def shard() -> Shard:
    """Return a shard whose ledger is open."""
    shard = Shard()
    await shard.ledger.open()
    return shard


async def test_commands_become_facts(shard: Shard) -> None:
    """What is numbered before and after the start comes out as one kernel's facts."""
    await shard.number(50)
    engine = shard.engine()
    await engine.start()
    assert shard.on_stream() == bytes(shard.ledger.facts)
    await shard.number(70)
    await engine.step()
    await engine.step()
    assert shard.on_stream() == bytes(shard.ledger.facts)
    assert engine.status()["seq"] == 120
    assert engine.status()["ready"] == 1


async def test_it_starts_from_the_newest_snapshot_that_the_ledger_covers(shard: Shard) -> None:
    """A snapshot above `applied` is passed over, and none changes what comes out."""
    await shard.number(30)
    shard.snapshots.save("kernel-0", 1, 30, RULES_VERSION, shard.ledger.oracle.snapshot(), floor=0)
    await shard.number(30)
    shard.snapshots.save("kernel-0", 1, 60, RULES_VERSION, shard.ledger.oracle.snapshot(), floor=0)
    await shard.number(10)
    await shard.ledger.commit_facts(40)
    engine = shard.engine()
    await engine.start()
    assert engine.kernel.snapshot() == shard.ledger.oracle.snapshot()
    assert shard.on_stream() == cut(bytes(shard.ledger.facts), 40)


async def test_it_refuses_a_log_with_other_facts(shard: Shard) -> None:
    """A committed fact that the kernel does not make ends the start and names the seq."""
    await shard.ledger.number([ticks(1, 5)])
    await shard.ledger.commit_facts(5, body=ticked(1, 3) + ticked(4, 4, at_us=1) + ticked(5, 5))
    with pytest.raises(InvariantError, match="seq 4"):
        await shard.engine().start()


async def test_it_refuses_a_stream_with_other_facts(shard: Shard) -> None:
    """Facts on the stream that are not ours mean another history; nothing is published."""
    await shard.ledger.number([ticks(1, 5)])
    await shard.bus.append(FACTS, 1, 3, ticked(1, 3, at_us=1))
    engine = shard.engine()
    with pytest.raises(InvariantError, match="other records"):
        await engine.start()
    assert await shard.bus.tail(FACTS) == 3


async def test_it_refuses_a_stream_beyond_the_log(shard: Shard) -> None:
    """Facts of commands that the log does not have mean that the log lost entries."""
    await shard.ledger.number([ticks(1, 5)])
    await shard.bus.append(FACTS, 1, 6, ticked(1, 6))
    with pytest.raises(Ahead, match="reaches 6, the ledger log only 5"):
        await shard.engine().start()


async def test_it_refuses_commands_with_a_hole(shard: Shard) -> None:
    """A stream entry that does not hold what it says is corrupt, and nothing is made of it."""
    engine = shard.engine()
    await engine.start()
    await engine.step()
    await shard.bus.append_many(
        streams.commands(0), [StreamEntry(1, 3, ticks(1, 1) + ticks(3, 3)), entry(4, 4)]
    )
    with pytest.raises(CorruptError, match="command 3"):
        await engine.step()


async def test_facts_that_are_applied_are_forgotten(shard: Shard) -> None:
    """The ring holds what is above `applied` and nothing else."""
    engine = shard.engine()
    await engine.start()
    for _ in range(5):
        await shard.number(10)
        await engine.step()
        await engine.step()
    assert engine.status()["ring_bytes"] == len(shard.ledger.facts)
    await shard.ledger.commit_facts(30)
    await engine.step()
    assert engine.status()["ring_bytes"] == len(cut(bytes(shard.ledger.facts), 30))
    assert engine.status()["applied"] == 30


async def test_a_full_ring_waits_for_the_ledger(shard: Shard) -> None:
    """With too many facts not applied no more commands are taken, until the ledger has applied."""
    engine = shard.engine(MatchEngineConfig(wait_ms=1, applied_interval_ms=0, ring_bytes_max=500))
    await engine.start()
    await shard.ledger.number([ticks(1, 50)])
    run = asyncio.create_task(engine.run())
    try:
        await until(lambda: engine.kernel.seq == 50)
        await shard.ledger.number([ticks(51, 60)])
        await asyncio.sleep(0.02)
        assert engine.kernel.seq == 50
        await shard.bus.wipe()
        looked = engine.status()["facts_catch_ups"]
        await until(lambda: engine.status()["facts_catch_ups"] > looked + 1)
        assert await shard.bus.tail(FACTS) == 50
        while shard.ledger.applied < 60:
            await shard.ledger.keep_generation()
            await shard.ledger.publish()
            await shard.ledger.apply()
            await asyncio.sleep(0.001)
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    assert engine.kernel.seq == 60


async def test_an_empty_exchange_starts(shard: Shard) -> None:
    """Without a single command there is nothing to replay, publish or refuse."""
    engine = shard.engine()
    await engine.start()
    await engine.step()
    assert await shard.bus.tail(FACTS) is None
    await engine.stop()
    assert engine.status()["ready"] == 0


def test_the_ring_keeps_order_and_size() -> None:
    """Forgetting lets go of whole entries; what reaches above a seq is found."""
    ring = FactsRing()
    ring.extend([entry(1, 4), entry(5, 5), entry(6, 9)])
    ring.forget(4)
    assert ring.first == 5
    assert ring.size_bytes == len(ticks(5, 9))
    assert list(ring.after(6)) == [entry(6, 9)]
    ring.forget(9)
    assert ring.size_bytes == 0
    assert list(ring.after(0)) == []
