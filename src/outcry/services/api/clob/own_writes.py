"""Own writes: a client reads what it wrote, although this surface has no place to ask for that."""

from typing import Final

from outcry.runtime.bounded import Bounded
from outcry.services.api.lookups import Lookups


USERS_COUNT_MAX: Final = 50_000


class OwnWrites:
    """The newest log entry that each user was told of here."""

    def __init__(self, lookups: Lookups) -> None:
        """Wait for tables by *lookups*, within its bound."""
        self._lookups = lookups
        self._newest: Bounded[int, int] = Bounded(USERS_COUNT_MAX)

    def note(self, user_id: int, n: int) -> None:
        """Know that the user was told of log entry *n*."""
        self._lookups.note(n)
        if n > (self._newest.get(user_id) or 0):
            self._newest.put(user_id, n)

    async def seen(self, user_id: int) -> bool:
        """Wait until the tables show what the user wrote; False when they do not in time."""
        return await self._lookups.include(self._newest.get(user_id) or 0)
