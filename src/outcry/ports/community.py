"""Community: what users show, whom they invited, how they stand in seasons. For doors and a job.

Laws, for every adapter:

* `score` writes the standings of a season from the other tables alone: once more with the same
  tables gives the same standings, whoever ran it before.
* Ranks count from 1 without a gap; users with equal figures are ranked by id, the older first.
* A season whose days are over and were scored afterwards is final, until somebody moves it.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, Protocol

from outcry.ports.projection import UserRow
from outcry.ports.queries import Page
from outcry.ports.rows import ProfileRow, SeasonRow


#: Points for one whole unit of collateral traded, for coming by invitation, and for inviting.
POINTS_PER_UNIT: Final = 1
POINTS_INVITED: Final = 100
POINTS_INVITING: Final = 50

By = Literal["points", "volume"]


class Standing(NamedTuple):
    """How a user stands in a season. ``volume`` in micros, ``points`` the sum of the three."""

    season_id: int
    user_id: int
    points: int
    trading: int
    invited: int
    inviting: int
    volume: int
    points_rank: int
    volume_rank: int


class Community(Protocol):
    """Reads about users, and the job that ranks them."""

    async def profile(self, user_id: int) -> ProfileRow | None:
        """Return what the user shows; None when they never said."""
        ...

    async def profiles(self, user_ids: Sequence[int]) -> Mapping[int, ProfileRow]:
        """Return the profiles that exist among *user_ids*."""
        ...

    async def invited(self, user_id: int, page: int, page_size: int) -> Page[UserRow]:
        """Return whom the user invited, newest first."""
        ...

    async def seasons(self) -> list[SeasonRow]:
        """Return every season, by when it begins."""
        ...

    async def standing(self, season_id: int, user_id: int) -> Standing | None:
        """Return how the user stands; None when they did nothing in that season."""
        ...

    async def standings(self, user_id: int) -> list[Standing]:
        """Return how the user stands in every season in which they did something, by its id."""
        ...

    async def leaders(self, season_id: int, by: By, page: int, page_size: int) -> Page[Standing]:
        """Return the users of a season by rank."""
        ...

    async def time_us(self) -> int:
        """Return the exchange's time at the last entry in the tables."""
        ...

    async def unfinished(self) -> list[int]:
        """Return the seasons that have begun and whose standings are not final."""
        ...

    async def score(self, season_id: int) -> None:
        """Write the standings of the season anew, in one transaction."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
