"""The laws of snapshots, for every adapter."""

from tests.contract.worlds import SnapshotsWorld

from outcry.ports.snapshots import KEEP_COUNT, Snapshot, Snapshots


NEVER = 1 << 62


def save(snapshots: Snapshots, *positions: int, floor: int = 0, name: str = "kernel_0") -> None:
    """Save snapshots whose body says their position."""
    for position in positions:
        snapshots.save(name, 1, position, 1, b"state %d" % position, floor=floor)


def position_at(snapshots: Snapshots, at_most: int, *, name: str = "kernel_0") -> int | None:
    """Return the position of the newest snapshot not above *at_most*."""
    found = snapshots.newest(name, 1, 1, at_most)
    if found is None:
        return None
    assert found.body == b"state %d" % found.position
    return found.position


def test_what_was_saved_is_found_by_everybody(snapshots_world: SnapshotsWorld) -> None:
    """A snapshot comes back with its numbers and every byte of its body, also after a restart."""
    body = bytes(range(256)) * 1_000
    snapshots_world.snapshots().save("ledger", 3, 17, 2, body, floor=0)

    found = snapshots_world.snapshots().newest("ledger", 3, 2, 17)

    assert found == Snapshot("ledger", 3, 17, 2, body)


def test_an_empty_body_is_a_body(snapshots_world: SnapshotsWorld) -> None:
    """Nothing forbids a state of no bytes."""
    snapshots_world.snapshots().save("ledger", 1, 0, 1, b"", floor=0)

    assert snapshots_world.snapshots().newest("ledger", 1, 1, 0) == Snapshot("ledger", 1, 0, 1, b"")


def test_there_may_be_none(snapshots_world: SnapshotsWorld) -> None:
    """Without a snapshot of that name at or below the bound, the answer is None."""
    snapshots = snapshots_world.snapshots()
    assert position_at(snapshots, NEVER) is None

    save(snapshots, 10)

    assert position_at(snapshots, 9) is None
    assert position_at(snapshots, NEVER, name="ledger") is None


def test_the_newest_not_above_the_bound_is_found(snapshots_world: SnapshotsWorld) -> None:
    """A snapshot newer than what the ledger has applied is passed over, silently."""
    snapshots = snapshots_world.snapshots()
    save(snapshots, 100, 1_000, 900)

    assert position_at(snapshots, NEVER) == 1_000
    assert position_at(snapshots, 1_000) == 1_000
    assert position_at(snapshots, 999) == 900
    found = snapshots.newest("kernel_0", 1, 1, 899)
    assert found is not None
    assert (found.position, found.skipped) == (100, ())


def test_a_damaged_one_is_skipped_and_named(snapshots_world: SnapshotsWorld) -> None:
    """One flipped bit makes a snapshot unusable; the one before it is found and names it."""
    snapshots = snapshots_world.snapshots()
    save(snapshots, 1, 2, 3)
    snapshots_world.damage("kernel_0", 3)

    found = snapshots_world.snapshots().newest("kernel_0", 1, 1, NEVER)

    assert found is not None
    assert found.position == 2
    assert len(found.skipped) == 1
    assert "3" in found.skipped[0]
    assert "checksum" in found.skipped[0]


def test_only_damaged_ones_are_none(snapshots_world: SnapshotsWorld) -> None:
    """When nothing is whole, nothing is found, and nothing is raised."""
    snapshots = snapshots_world.snapshots()
    save(snapshots, 1)
    snapshots_world.damage("kernel_0", 1)

    assert position_at(snapshots, NEVER) is None


def test_one_of_another_timeline_or_rules_is_skipped_and_named(
    snapshots_world: SnapshotsWorld,
) -> None:
    """A state from other rules or from a lost history never stands in for ours."""
    snapshots = snapshots_world.snapshots()
    save(snapshots, 5)
    snapshots.save("kernel_0", 2, 6, 1, b"other timeline", floor=0)
    snapshots.save("kernel_0", 1, 7, 2, b"other rules", floor=0)

    found = snapshots.newest("kernel_0", 1, 1, NEVER)

    assert found is not None
    assert found.position == 5
    assert len(found.skipped) == 2
    other = snapshots.newest("kernel_0", 1, 2, NEVER)
    assert other is not None
    assert other.body == b"other rules"


def test_saving_again_at_a_position_replaces(snapshots_world: SnapshotsWorld) -> None:
    """The later state of the same position is the one that is found."""
    snapshots = snapshots_world.snapshots()
    snapshots.save("ledger", 1, 5, 1, b"first", floor=0)
    snapshots.save("ledger", 1, 5, 1, b"second", floor=0)

    found = snapshots.newest("ledger", 1, 1, NEVER)

    assert found is not None
    assert found.body == b"second"


def test_the_newest_few_are_kept(snapshots_world: SnapshotsWorld) -> None:
    """After many saves the newest KEEP_COUNT are there and the older ones are gone."""
    snapshots = snapshots_world.snapshots()
    save(snapshots, *range(1, 11), floor=NEVER)

    kept = [p for p in range(1, 11) if position_at(snapshots, p) == p]

    assert kept == list(range(11 - KEEP_COUNT, 11))


def test_one_at_or_below_the_floor_is_always_kept(snapshots_world: SnapshotsWorld) -> None:
    """While the floor stays behind, the snapshot at or below it outlives all newer ones."""
    snapshots = snapshots_world.snapshots()
    save(snapshots, 10, 20, floor=0)
    save(snapshots, *range(30, 200, 10), floor=25)

    assert position_at(snapshots, 25) == 20

    save(snapshots, 500, floor=500)
    assert position_at(snapshots, 25) is None


def test_what_is_kept_is_listed_by_kind(snapshots_world: SnapshotsWorld) -> None:
    """Positions come newest first, of that name, timeline and rules version only."""
    snapshots = snapshots_world.snapshots()
    save(snapshots, 10, 30, 20)
    save(snapshots, 40, name="kernel_1")
    snapshots.save("kernel_0", 2, 50, 1, b"", floor=0)
    snapshots.save("kernel_0", 1, 60, 2, b"", floor=0)

    assert snapshots.kept("kernel_0", 1, 1) == [30, 20, 10]
    assert snapshots.kept("kernel_2", 1, 1) == []


def test_a_name_never_forgets_for_another(snapshots_world: SnapshotsWorld) -> None:
    """Saving under one name, timeline or rules version deletes nothing of the others."""
    snapshots = snapshots_world.snapshots()
    save(snapshots, 1, name="kernel_0")
    snapshots.save("kernel_0", 2, 1, 1, b"other timeline", floor=0)
    snapshots.save("kernel_0", 1, 1, 2, b"other rules", floor=0)
    save(snapshots, *range(1, 20), floor=NEVER, name="kernel_00")
    save(snapshots, *range(1, 20), floor=NEVER, name="kernel_1")
    save(snapshots, *range(1, 20), floor=NEVER, name="kernel_0-1")

    assert position_at(snapshots, NEVER, name="kernel_0") == 1
    assert snapshots.newest("kernel_0", 2, 1, NEVER) is not None
    assert snapshots.newest("kernel_0", 1, 2, NEVER) is not None
