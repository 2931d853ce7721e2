"""From what is on the disk to a room that goes on where the last one stopped."""

from typing import Final, NamedTuple

from outcry.domain.errors import CorruptError
from outcry.ports.snapshots import KEEP_COUNT, Snapshots
from outcry.services.gateway.journal import Journal
from outcry.services.gateway.room import Room
from outcry_wire.snapshot import RULES_VERSION


_NAME: Final = "tcp-engine"
_TIMELINE: Final = 1
_NEWEST: Final = 1 << 62


class Recovered(NamedTuple):
    """What a start found."""

    generation: int
    from_snapshot: bool
    journal_bytes: int
    #: Bytes of an input that was being written when all ended; nobody had been answered.
    torn_bytes: int


def recover(room: Room, journal: Journal, snapshots: Snapshots) -> Recovered:
    """Bring *room* up to date, and let the journal go on behind what is whole in it.

    Raises `CorruptError` if something in the middle is missing or damaged.
    """
    found = snapshots.newest(_NAME, _TIMELINE, RULES_VERSION, _NEWEST)
    first = found.position if found else 1
    if found:
        room.restore(found.body)
    generations = [number for number in journal.generations() if number >= first]
    if generations != list(range(first, first + len(generations))):
        raise CorruptError(f"the journal has {generations}, expected all from {first} on")
    read = torn = 0
    for number in generations:
        data = journal.read(number)
        end = room.replay(data)
        read, torn = read + end, len(data) - end
        if torn and number != generations[-1]:
            raise CorruptError(f"generation {number} of the journal is damaged at byte {end}")
        if torn:
            journal.cut(number, end)
    last = generations[-1] if generations else first
    journal.begin(last)
    return Recovered(last, found is not None, read, torn)


def begin_generation(room: Room, journal: Journal, generation: int) -> bytes:
    """Let the journal begin a new generation, and return the snapshot to save for it."""
    journal.begin(generation)
    return room.snapshot()


def save(journal: Journal, snapshots: Snapshots, generation: int, body: bytes) -> None:
    """Save the snapshot of a generation, and forget journals that no kept snapshot needs."""
    snapshots.save(_NAME, _TIMELINE, generation, RULES_VERSION, body, floor=generation)
    journal.forget(generation - KEEP_COUNT + 1)
