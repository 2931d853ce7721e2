"""Rates: how many requests each account or address may make in a second.

A full bucket holds one second's worth, so a short burst is fine. Whoever was not seen for longest
is forgotten first, with a full bucket: memory is bounded whoever comes.
"""

from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.bounded import Bounded


KeyT = TypeVar("KeyT", bound=Hashable)

KEYS_COUNT_MAX: Final = 50_000


class Rates(Generic[KeyT]):
    """Buckets that fill with time."""

    def __init__(self, per_second_max: int, clock: Callable[[], float]) -> None:
        """Allow *per_second_max* of each; *clock* gives seconds from any start."""
        self._per_second_max = per_second_max
        self._clock = clock
        self._buckets: Bounded[KeyT, tuple[float, float]] = Bounded(KEYS_COUNT_MAX)

    def state(self, key: KeyT) -> tuple[int, int, int]:
        """Return the limit, how many requests are left at once, and seconds until all are."""
        left, at = self._buckets.get(key) or (float(self._per_second_max), self._clock())
        most = self._per_second_max
        left = min(float(most), left + (self._clock() - at) * most)
        return most, max(0, int(left)), -(-int(most - left) // most)

    def take(self, key: KeyT, count: int = 1) -> Rejected | None:
        """Count *count* requests of *key*; a reject says that they are too many, and counts none.

        More than a full bucket holds is granted to whoever has a full one, so that they wait longer
        afterwards instead of for ever.
        """
        now = self._clock()
        left, at = self._buckets.get(key) or (float(self._per_second_max), now)
        left = min(float(self._per_second_max), left + (now - at) * self._per_second_max)
        if left < min(count, self._per_second_max):
            self._buckets.put(key, (left, now))
            return Rejected(Reject.RATE_LIMITED, expected=f"{self._per_second_max} a second")
        self._buckets.put(key, (left - count, now))
        return None
