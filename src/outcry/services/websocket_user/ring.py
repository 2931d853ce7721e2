"""The ring: the newest events of all users, for whoever connects or comes back.

It holds every batch of the entries ``floor + 1 .. position`` and nothing else, so an answer from it
is either complete or `None`.
"""

from collections import deque
from collections.abc import Sequence

from outcry.messages.user_events import UserBatch


class EventRing:
    """Batches by user, at most *events_max* events of all users together."""

    def __init__(self, position: int, events_max: int) -> None:
        """Start empty: complete from *position* on."""
        #: Entries up to this one are not (or no longer) here.
        self.floor = position
        #: The last entry that was taken in.
        self.position = position
        #: Events that are here.
        self.events = 0
        self._events_max = events_max
        self._entries: deque[tuple[int, Sequence[UserBatch]]] = deque()
        self._users: dict[int, deque[tuple[int, UserBatch]]] = {}

    def append(self, n: int, batches: Sequence[UserBatch]) -> None:
        """Take in entry *n*, which follows `position`; entries between them had nothing."""
        assert n > self.position
        self.position = n
        if not batches:
            return
        self._entries.append((n, batches))
        for batch in batches:
            self._users.setdefault(batch.user_id, deque()).append((n, batch))
            self.events += len(batch.events)
        while self.events > self._events_max:
            self._forget_oldest()

    def after(self, user_id: int, n: int) -> list[tuple[int, UserBatch]] | None:
        """Return the user's batches above entry *n*, None when the ring begins later."""
        if n < self.floor:
            return None
        return [item for item in self._users.get(user_id, ()) if item[0] > n]

    def _forget_oldest(self) -> None:
        self.floor, batches = self._entries.popleft()
        for batch in batches:
            mine = self._users[batch.user_id]
            mine.popleft()
            self.events -= len(batch.events)
            if not mine:
                del self._users[batch.user_id]
