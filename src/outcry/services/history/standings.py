"""Standings: the job that ranks users in seasons, again and again, from the tables alone.

It may be killed at any moment and run as often as one likes: what it writes depends on the tables
and on nothing else. A season is ranked until its days are over, and once more after that.
"""

import asyncio
from collections.abc import Mapping

from structlog import get_logger

from outcry.ports.community import Community
from outcry.ports.projection import TablesUnavailable


_log = get_logger("outcry.standings")


class Standings:
    """The service ``standings``."""

    name = "standings"

    def __init__(self, community: Community, *, pause_seconds: float) -> None:
        """Pause so long between two rankings of the same season."""
        self._community = community
        self._pause_seconds = pause_seconds
        self._ready = False
        self._counts = {"scored_total": 0, "failures_total": 0}

    async def start(self) -> None:
        """Begin nothing: the first ranking is the first turn of `run`."""
        self._ready = True

    async def run(self) -> None:
        """Rank every unfinished season now and then, until cancelled."""
        while True:
            try:
                await self.score()
            except TablesUnavailable as error:
                self._counts["failures_total"] += 1
                _log.warning("standings_wait_for_tables", reason=str(error))
            await asyncio.sleep(self._pause_seconds)

    async def score(self) -> None:
        """Rank every unfinished season once."""
        for season_id in await self._community.unfinished():
            await self._community.score(season_id)
            self._counts["scored_total"] += 1

    async def stop(self) -> None:
        """Leave nothing half done: a ranking is one transaction."""
        self._ready = False

    def status(self) -> Mapping[str, int]:
        """Return readiness and counters."""
        return {"ready": int(self._ready), **self._counts}
