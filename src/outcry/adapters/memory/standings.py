"""Community over tables in memory: plain scans."""

from collections.abc import Iterator, Mapping, Sequence

from outcry.adapters.memory.tables import MemoryTables
from outcry.domain.units import MICROS_PER_UNIT
from outcry.ports.community import (
    POINTS_INVITED,
    POINTS_INVITING,
    POINTS_PER_UNIT,
    By,
    Community,
    Standing,
)
from outcry.ports.projection import UserRow
from outcry.ports.queries import Page, RowT, rows_before
from outcry.ports.rows import ProfileRow, SeasonRow


class MemoryCommunity(Community):
    """Reads the tables of a `MemoryProjection`; standings are its own."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables
        self._standings: dict[int, list[Standing]] = {}
        self._scored: dict[int, tuple[SeasonRow, int]] = {}

    async def profile(self, user_id: int) -> ProfileRow | None:
        """Return what the user shows."""
        return self._tables.profiles.get(user_id)

    async def profiles(self, user_ids: Sequence[int]) -> Mapping[int, ProfileRow]:
        """Return the profiles that exist."""
        return {uid: row for uid, row in self._tables.profiles.items() if uid in user_ids}

    async def invited(self, user_id: int, page: int, page_size: int) -> Page[UserRow]:
        """Return whom the user invited, newest first."""
        users = self._tables.users.values()
        found = [row for row in users if row.invited_by and row.invited_by == user_id]
        return self._page(sorted(found, reverse=True), page, page_size)

    async def seasons(self) -> list[SeasonRow]:
        """Return every season."""
        rows = self._tables.seasons.values()
        return sorted(rows, key=lambda row: (row.start_us, row.season_id))

    async def standing(self, season_id: int, user_id: int) -> Standing | None:
        """Return how the user stands."""
        rows = self._standings.get(season_id, [])
        return next((row for row in rows if row.user_id == user_id), None)

    async def standings(self, user_id: int) -> list[Standing]:
        """Return how the user stands in every season."""
        found = [await self.standing(season_id, user_id) for season_id in sorted(self._standings)]
        return [row for row in found if row is not None]

    async def leaders(self, season_id: int, by: By, page: int, page_size: int) -> Page[Standing]:
        """Return the users of a season by rank."""
        rows = self._standings.get(season_id, [])
        rank = Standing._fields.index(f"{by}_rank")
        return self._page(sorted(rows, key=lambda row: row[rank]), page, page_size)

    async def time_us(self) -> int:
        """Return the exchange's time at the last entry in the tables."""
        return self._tables.at_us

    async def unfinished(self) -> list[int]:
        """Return the seasons that have begun and whose standings are not final."""
        found = []
        for season in await self.seasons():
            row, at_us = self._scored.get(season.season_id, (None, 0))
            final = row == season and at_us >= season.end_us
            if season.start_us <= self._tables.at_us and not final:
                found.append(season.season_id)
        return sorted(found)

    async def score(self, season_id: int) -> None:
        """Write the standings of the season anew."""
        season = self._tables.seasons[season_id]
        rows = list(self._counted(season))
        by_points = sorted(rows, key=lambda row: (-row.points, row.user_id))
        by_volume = sorted(rows, key=lambda row: (-row.volume, row.user_id))
        self._standings[season_id] = [
            row._replace(points_rank=by_points.index(row) + 1, volume_rank=by_volume.index(row) + 1)
            for row in rows
        ]
        self._scored[season_id] = (season, self._tables.at_us)

    async def close(self) -> None:
        """Do nothing: there is no connection."""

    def _counted(self, season: SeasonRow) -> Iterator[Standing]:
        span = range(season.start_us, season.end_us)
        users = self._tables.users.values()
        came = [row for row in users if row.invited_by and row.created_at_us in span]
        for user in users:
            volume = sum(
                row.volume
                for row in self._tables.turnovers.values()
                if row.user_id == user.user_id and row.day_us in span
            )
            trading = volume // MICROS_PER_UNIT * POINTS_PER_UNIT
            invited = POINTS_INVITED * (user in came)
            inviting = POINTS_INVITING * sum(row.invited_by == user.user_id for row in came)
            if volume or invited or inviting:
                points = trading + invited + inviting
                yield Standing(
                    season.season_id, user.user_id, points, trading, invited, inviting, volume, 0, 0
                )

    def _page(self, rows: list[RowT], page: int, page_size: int) -> Page[RowT]:
        start = rows_before(page, page_size)
        return Page(rows[start : start + page_size], len(rows), self._tables.position)
