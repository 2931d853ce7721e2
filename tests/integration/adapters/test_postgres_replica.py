"""Reads from a standby: what the writer wrote is there, and who asks for it waits until it is."""

import asyncio
from pathlib import Path

from tests.contract.rows import EVENT, NO_ROWS, USER
from tests.integration.adapters.doomed import Doomed, standby_of

from outcry.adapters.postgres import (
    PostgresCommunity,
    PostgresProjection,
    PostgresQueries,
    PostgresSeries,
)


async def test_a_standby_answers_what_the_tables_say(servers: Doomed, tmp_path: Path) -> None:
    """All kinds of reads open on one, and an entry that is asked for is waited for."""
    tables = await PostgresProjection.connect(servers.dsn)
    await tables.apply(1, 1, NO_ROWS._replace(users=[USER]))
    with standby_of(servers, tmp_path) as replica:
        queries = await PostgresQueries.connect(replica, readers_max=2)
        series = await PostgresSeries.connect(replica, readers_max=2)
        community = await PostgresCommunity.connect(replica, connections_max=2)
        assert await queries.wait_for(1, 10_000)
        assert await queries.user(USER.user_id) == USER
        waiting = asyncio.create_task(queries.wait_for(2, 10_000))
        await asyncio.sleep(0.1)
        await tables.apply(2, 2, NO_ROWS._replace(events=[EVENT]))
        assert await waiting
        assert await queries.event(EVENT.event_id) == EVENT
        assert await community.profile(USER.user_id) is None
        for reads in (queries, series, community):
            await reads.close()
    await tables.close()
