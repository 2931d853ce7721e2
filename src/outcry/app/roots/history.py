"""History: the ledger log as tables."""

from collections.abc import Mapping
from typing import Final

from outcry.adapters.postgres import PostgresProjection
from outcry.app.commons import Builder, Commons
from outcry.app.measured import MeasuredProjection
from outcry.app.monitor import Part
from outcry.app.priority import let_stand_back
from outcry.services.history.config import HistoryConfig
from outcry.services.history.service import History
from outcry.services.history.standings import Standings


async def history(commons: Commons) -> list[Part]:
    """Return the one writer of the tables, and the job that ranks users by them."""
    log = await commons.log()
    dsn = commons.config.postgres.dsn
    projection = await PostgresProjection.connect(dsn, opened=let_stand_back)
    commons.stack.push_async_callback(projection.close)
    measured = MeasuredProjection(projection, commons.registry)
    traced = commons.tracer.projection(measured) if commons.tracer else measured
    ranking = Standings(
        await commons.community(), pause_seconds=commons.config.limits.ranking_seconds
    )
    return [
        Part(History(HistoryConfig(), log=log, projection=traced, snapshots=commons.snapshots)),
        Part(ranking),
    ]


SERVICES: Final[Mapping[str, Builder]] = {"history": history}
