"""A dictionary that never grows past a bound: what was not used for longest goes first."""

from collections import OrderedDict
from typing import Generic, TypeVar


KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Bounded(Generic[KeyT, ValueT]):
    """A cache of at most *count_max* entries."""

    def __init__(self, count_max: int) -> None:
        """Start empty."""
        assert count_max > 0
        self._count_max = count_max
        self._entries: OrderedDict[KeyT, ValueT] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: KeyT) -> ValueT | None:
        """Return the value, which thereby counts as used, or None."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: KeyT, value: ValueT) -> None:
        """Set the value; drops the one not used for longest when there are too many."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._count_max:
            self._entries.popitem(last=False)

    def discard(self, key: KeyT) -> None:
        """Forget the key, if it is known."""
        self._entries.pop(key, None)
