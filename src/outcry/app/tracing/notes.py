"""Notes: what was seen of a traced command, until the stage it belongs to ends. Bounded."""

from collections.abc import Hashable
from typing import Final, Generic, NamedTuple, TypeVar

from outcry.runtime.tracing import Traced


#: Notes of one kind; the oldest makes room. What is lost is a span, never anything else.
NOTES_COUNT_MAX: Final = 1_024

Key = TypeVar("Key", bound=Hashable)


class Note(NamedTuple):
    """When commands were seen, in nanoseconds since 1970."""

    at_ns: int
    commands: tuple[Traced, ...]


class Notes(Generic[Key]):
    """Notes by key, in the order in which they were made."""

    def __init__(self) -> None:
        self._notes: dict[Key, Note] = {}

    def __len__(self) -> int:
        return len(self._notes)

    def put(self, key: Key, note: Note) -> None:
        """Keep *note*, at the cost of the oldest when there are too many."""
        self._notes[key] = note
        if len(self._notes) > NOTES_COUNT_MAX:
            del self._notes[next(iter(self._notes))]

    def take(self, key: Key) -> Note | None:
        """Return and forget the note of *key*."""
        return self._notes.pop(key, None) if self._notes else None

    def keys(self) -> list[Key]:
        """Return all keys, the oldest first."""
        return list(self._notes)
