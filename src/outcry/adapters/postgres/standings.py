"""Community in PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import asyncpg

from outcry.adapters.postgres.connection import close, open_pool, unreachable_as
from outcry.adapters.postgres.query_texts import page_text
from outcry.adapters.postgres.tables import POSITION, PROFILES, SEASONS, USERS
from outcry.domain.units import MICROS_PER_UNIT
from outcry.ports.community import (
    POINTS_INVITED,
    POINTS_INVITING,
    POINTS_PER_UNIT,
    By,
    Community,
    Standing,
)
from outcry.ports.projection import TablesUnavailable, UserRow
from outcry.ports.queries import Page, rows_before
from outcry.ports.rows import ProfileRow, SeasonRow


CONNECTIONS_MAX: Final = 4
STATEMENT_TIMEOUT_MS: Final = 60_000

_SETTINGS: Final = {"statement_timeout": str(STATEMENT_TIMEOUT_MS)}
_STANDING: Final = ", ".join(f"s.{name}" for name in Standing._fields)

#: $1 user, $2 size, $3 rows before.
INVITED: Final = page_text(
    USERS.selected("u"),
    "users u where u.invited_by = $1 and u.invited_by > 0",
    "u.user_id desc",
    size="$2",
    before="$3",
)
#: $1 season, $2 size, $3 rows before.
LEADERS: Final = {
    by: page_text(
        _STANDING, "standings s where s.season_id = $1", f"s.{by}_rank", size="$2", before="$3"
    )
    for by in ("points", "volume")
}
_TIME: Final = f"select at_us from projection where name = '{POSITION}'"  # noqa: S608 - our name
_UNFINISHED: Final = f"""
select s.season_id from seasons s left join scored d
    on d.season_id = s.season_id and d.start_us = s.start_us and d.end_us = s.end_us
where s.start_us <= ({_TIME}) and (d.at_us is null or d.at_us < s.end_us) order by 1
"""  # noqa: S608 - our name
_FORGET: Final = "delete from standings where season_id = $1"
_SCORE: Final = f"""
with s as (select * from seasons where season_id = $1),
came as (
    select u.user_id, u.invited_by from users u, s
    where u.invited_by > 0 and u.created_at_us >= s.start_us and u.created_at_us < s.end_us
),
parts (user_id, volume, invited, inviting) as (
    select t.user_id, t.volume, 0, 0 from turnovers t, s
    where t.day_us >= s.start_us and t.day_us < s.end_us
    union all select user_id, 0, {POINTS_INVITED}, 0 from came
    union all select invited_by, 0, 0, {POINTS_INVITING} from came
),
sums as (
    select user_id, sum(volume)::bigint as volume, sum(invited)::bigint as invited,
        sum(inviting)::bigint as inviting
    from parts group by 1
),
counted as (
    select *, volume / {MICROS_PER_UNIT} * {POINTS_PER_UNIT} as trading from sums
)
insert into standings ({", ".join(Standing._fields)})
select $1, user_id, trading + invited + inviting, trading, invited, inviting, volume,
    row_number() over (order by trading + invited + inviting desc, user_id),
    row_number() over (order by volume desc, user_id)
from counted
"""  # noqa: S608 - our own numbers
_SCORED: Final = f"""
insert into scored (season_id, start_us, end_us, n, at_us)
select s.season_id, s.start_us, s.end_us, p.n, p.at_us
from seasons s, projection p where s.season_id = $1 and p.name = '{POSITION}'
on conflict (season_id) do update
set start_us = excluded.start_us, end_us = excluded.end_us, n = excluded.n, at_us = excluded.at_us
"""  # noqa: S608 - our name


class PostgresCommunity(Community):
    """Reads about users, and the job that ranks them. Make it with `connect`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @classmethod
    async def connect(cls, dsn: str, *, connections_max: int = CONNECTIONS_MAX) -> Self:
        """Return the community of the tables in *dsn*, which `migrate` has made."""
        with unreachable_as(TablesUnavailable):
            return cls(
                await open_pool(
                    dsn, _SETTINGS, size_max=connections_max, timeout_ms=2 * STATEMENT_TIMEOUT_MS
                )
            )

    async def profile(self, user_id: int) -> ProfileRow | None:
        """Return what the user shows."""
        return (await self.profiles([user_id])).get(user_id)

    async def profiles(self, user_ids: Sequence[int]) -> Mapping[int, ProfileRow]:
        """Return the profiles that exist."""
        rows = await self._fetch(
            f"select {PROFILES.selected('p')} from profiles p where user_id = any($1::bigint[])",  # noqa: S608 - our names
            list(user_ids),
        )
        return {row[0]: ProfileRow(*row) for row in rows}

    async def invited(self, user_id: int, page: int, page_size: int) -> Page[UserRow]:
        """Return whom the user invited, newest first."""
        rows = await self._fetch(INVITED, user_id, page_size, rows_before(page, page_size))
        return _page(rows, UserRow)

    async def seasons(self) -> list[SeasonRow]:
        """Return every season."""
        rows = await self._fetch(
            f"select {SEASONS.selected('s')} from seasons s order by start_us, season_id"  # noqa: S608 - our names
        )
        return [SeasonRow(*row) for row in rows]

    async def standing(self, season_id: int, user_id: int) -> Standing | None:
        """Return how the user stands."""
        rows = await self._fetch(
            f"select {_STANDING} from standings s where season_id = $1 and user_id = $2",  # noqa: S608 - our names
            season_id,
            user_id,
        )
        return Standing(*rows[0]) if rows else None

    async def standings(self, user_id: int) -> list[Standing]:
        """Return how the user stands in every season."""
        rows = await self._fetch(
            f"select {_STANDING} from seasons join standings s using (season_id) "  # noqa: S608 - our names
            "where s.user_id = $1 order by 1",
            user_id,
        )
        return [Standing(*row) for row in rows]

    async def leaders(self, season_id: int, by: By, page: int, page_size: int) -> Page[Standing]:
        """Return the users of a season by rank."""
        rows = await self._fetch(LEADERS[by], season_id, page_size, rows_before(page, page_size))
        return _page(rows, Standing)

    async def time_us(self) -> int:
        """Return the exchange's time at the last entry in the tables."""
        rows = await self._fetch(_TIME)
        return int(rows[0][0]) if rows else 0

    async def unfinished(self) -> list[int]:
        """Return the seasons that have begun and whose standings are not final."""
        return [row[0] for row in await self._fetch(_UNFINISHED)]

    async def score(self, season_id: int) -> None:
        """Write the standings of the season anew, in one transaction."""
        with unreachable_as(TablesUnavailable):
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read"),
            ):
                for text in (_FORGET, _SCORE, _SCORED):
                    await connection.execute(text, season_id)

    async def close(self) -> None:
        """Let go of connections."""
        await close(self._pool)

    async def _fetch(self, text: str, *arguments: object) -> list[asyncpg.Record]:
        with unreachable_as(TablesUnavailable):
            rows: list[asyncpg.Record] = await self._pool.fetch(text, *arguments)
        return rows


def _page(rows: Sequence[asyncpg.Record], kind: Any) -> Page[Any]:  # noqa: ANN401 - a row type
    if not rows:  # the tables are being emptied
        return Page([], 0, 0)
    found = [kind(*tuple(row)[2:-1]) for row in rows if row[-1] is not None]
    return Page(found, rows[0][1] or 0, rows[0][0])
