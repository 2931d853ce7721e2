"""When a checkpoint of the ledger is due, and what happens when it cannot be saved."""

import asyncio

import pytest

from outcry.adapters.memory import MemorySnapshots
from outcry.domain.ledger.state import Ledger
from outcry.messages.ledger_checkpoints import CHECKPOINT_NAME, CHECKPOINT_VERSION, Checkpoint
from outcry.services.history.checkpoints import Checkpoints
from outcry.services.history.config import HistoryConfig


NEVER = HistoryConfig(
    checkpoint_entries_max=10**9, checkpoint_bytes_max=10**18, checkpoint_interval_s=1e9
)


def taken(checkpoints: Checkpoints, entries: int, size: int, *, asked: bool = False) -> bool:
    """Take *entries* of *size* bytes; returns whether a checkpoint is due then."""
    for _ in range(entries):
        checkpoints.took(size, asked=asked)
    return checkpoints.due


@pytest.mark.parametrize(
    ("changed", "entries", "size"),
    [
        ({"checkpoint_entries_max": 10}, 10, 1),
        ({"checkpoint_bytes_max": 1_000}, 4, 250),
        ({"checkpoint_interval_s": 0.0, "checkpoint_entries_min": 3}, 3, 1),
    ],
)
async def test_it_is_due_after_enough(changed: dict[str, int], entries: int, size: int) -> None:
    """After so many entries, so many bytes, or after a while if anything happened at all."""
    config = HistoryConfig(
        **{name: getattr(NEVER, name) for name in NEVER.__struct_fields__} | changed
    )
    checkpoints = Checkpoints(config, MemorySnapshots(), 1, 0)

    assert not taken(checkpoints, entries - 1, size)
    assert taken(checkpoints, 1, size)


async def test_it_is_due_when_asked_for_and_then_no_more() -> None:
    """A `Checkpoint` command makes it due at once; what was saved is not saved again."""
    snapshots = MemorySnapshots()
    checkpoints = Checkpoints(NEVER, snapshots, 1, 0)
    assert taken(checkpoints, 1, 1, asked=True)

    checkpoints.begin(Checkpoint(Ledger(n=7)), floor=0)

    assert not checkpoints.due
    await checkpoints.finish(Checkpoint(Ledger(n=7)), floor=0)
    assert (checkpoints.position, checkpoints.saves) == (7, 1)
    assert snapshots.kept(CHECKPOINT_NAME, 1, CHECKPOINT_VERSION) == [7]


async def test_packing_takes_at_most_a_part_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a slow one the next waits ten times as long, whatever happens meanwhile."""
    now = 100.0
    monkeypatch.setattr(Checkpoints, "_loop_time", staticmethod(lambda: now))
    config = HistoryConfig(checkpoint_entries_max=1)
    checkpoints = Checkpoints(config, MemorySnapshots(), 1, 0)

    class Slow(Ledger):
        """Takes two seconds to look through."""

        def __getattribute__(self, name: str) -> object:
            if name == "next_key_id":
                nonlocal now
                now += 2.0
            return super().__getattribute__(name)

    checkpoints.begin(Checkpoint(Slow(n=1)), floor=0)
    await checkpoints._saved()
    now += 19.0
    assert not taken(checkpoints, 5, 1)
    now += 1.5
    assert checkpoints.due


async def test_a_disk_that_is_full_costs_nothing_but_time() -> None:
    """What cannot be saved is said and tried again later; history goes on."""

    class Full(MemorySnapshots):
        def save(self, *_: object, **__: object) -> None:
            raise OSError("no space left on device")

    checkpoints = Checkpoints(NEVER, Full(), 1, 3)
    taken(checkpoints, 1, 1)

    await asyncio.wait_for(checkpoints.finish(Checkpoint(Ledger(n=9)), floor=0), 90)

    assert (checkpoints.position, checkpoints.saves) == (3, 0)
