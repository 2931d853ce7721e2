"""Replay: dense commands, whole facts, and no difference from the log that goes unnoticed."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from tests.model.kernel.streams import Stream
from tests.support.numbering import Numbering
from tests.support.ticks import ticked, ticks

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemorySnapshots
from outcry.domain.errors import CorruptError, InvariantError
from outcry.kernel.naive import NaiveEngine
from outcry.messages.record_bodies import cut, span
from outcry.runtime import replay
from outcry.runtime.replay import (
    Audit,
    calls,
    carry_out,
    entries_of,
    replay_committed,
    restore_kernel,
)
from outcry_wire.records import HEADER, TICK
from outcry_wire.snapshot import RULES_VERSION


async def runs(*bodies: bytes) -> AsyncIterator[tuple[int, int, bytes]]:
    """Yield *bodies* as a log would."""
    for body in bodies:
        yield (*span(body), body)


def test_commands_are_taken_in_bounded_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long body is divided between commands; the parts joined are the body."""
    monkeypatch.setattr(replay, "CALL_BYTES_MAX", 3 * TICK.size)
    body = ticks(5, 12)
    parts = list(calls(body, 4))
    assert [span(part) for part in parts] == [(5, 7), (8, 10), (11, 12)]
    assert b"".join(parts) == body


@pytest.mark.parametrize(
    "body",
    [
        ticks(6, 9),
        ticks(4, 9),
        ticks(5, 6) + ticks(8, 9),
        ticks(5, 6) + ticks(6, 9),
        ticks(5, 6)[:-1],
        ticks(5, 6) + HEADER.pack(6, 0, 0, 0, 7, 0, 0),
    ],
    ids=["hole before", "repeat before", "hole inside", "repeat inside", "cut", "no length"],
)
def test_only_dense_commands_are_carried_out(body: bytes) -> None:
    """Anything but whole commands that follow seq 4 one by one is corrupt."""
    with pytest.raises(CorruptError):
        list(calls(body, 4))


def test_a_kernel_must_take_every_command() -> None:
    """Bytes that the kernel drops stop the replay."""
    with pytest.raises(InvariantError, match="it took"):
        carry_out(NaiveEngine(), ticks(1, 2) + b"\x06\x00\x07\x00")


def test_entries_hold_whole_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts are divided between commands only, however small an entry should be."""
    monkeypatch.setattr(replay, "ENTRY_BYTES_MAX", 300)
    stream, kernel = Stream(3), NaiveEngine()
    facts = kernel.process(b"".join(stream.take(400)))
    entries = list(entries_of(facts, 1, 400))
    assert len(entries) > 20
    assert b"".join(entry.body for entry in entries) == facts
    assert entries[0].first == 1
    assert entries[-1].last == 400
    for before, entry in pairwise(entries):
        assert entry.first == before.last + 1
    for entry in entries:
        assert entry.body == cut(facts, entry.first - 1, entry.last)


async def test_an_audit_compares_across_runs() -> None:
    """The borders of the log's runs do not matter, every byte does."""
    audit = Audit(0, runs(ticked(1, 3), ticked(4, 4), ticked(5, 9)))
    await audit.compare(ticked(1, 2), 2)
    await audit.compare(ticked(3, 7), 7)
    await audit.compare(ticked(8, 9), 9)
    with pytest.raises(InvariantError, match="fewer facts"):
        await audit.compare(ticked(10, 10), 10)


async def test_an_audit_names_the_first_difference() -> None:
    """A single other byte is told with its seq and both records."""
    audit = Audit(7, runs(ticked(1, 4) + ticked(5, 5, at_us=1) + ticked(6, 9)))
    with pytest.raises(InvariantError, match=r"shard 7, seq 5: we make TICKED .* TICKED of 5"):
        await audit.compare(ticked(1, 9), 9)


async def test_replay_stops_at_the_position() -> None:
    """Committed commands are carried out up to the position, not further, and compared."""
    log = MemoryLedgerLog()
    ledger = Numbering(MemoryBus(), log)
    await ledger.open()
    stream = Stream(5)
    for _ in range(4):
        await ledger.number(stream.take(25))
    await ledger.commit_facts(60)
    kernel = NaiveEngine()
    await replay_committed(kernel, log, 0, 40)
    assert kernel.seq == 40
    await replay_committed(kernel, log, 0, 60)
    assert kernel.seq == 60
    with pytest.raises(InvariantError, match="fewer facts"):
        await replay_committed(kernel, log, 0, 61)


async def test_a_useless_snapshot_is_passed_over() -> None:
    """A kernel that does not restore is replaced by an older one; a mislabelled one is corrupt."""
    snapshots, kernel, stream = MemorySnapshots(), NaiveEngine(), Stream(1)
    kernel.process(b"".join(stream.take(10)))
    good = kernel.snapshot()
    snapshots.save("kernel-0", 1, 10, RULES_VERSION, good, floor=0)
    snapshots.save("kernel-0", 1, 12, RULES_VERSION, good[:-1], floor=0)
    assert (await restore_kernel(NaiveEngine, snapshots, 0, 1, 20)).seq == 10
    assert (await restore_kernel(NaiveEngine, snapshots, 0, 1, 9)).seq == 0
    assert (await restore_kernel(NaiveEngine, snapshots, 0, 2, 20)).seq == 0
    snapshots.save("kernel-0", 1, 15, RULES_VERSION, good, floor=0)
    with pytest.raises(CorruptError, match="at 15 holds the kernel at 10"):
        await restore_kernel(NaiveEngine, snapshots, 0, 1, 20)
