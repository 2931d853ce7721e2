"""History: the ledger log as tables."""

from collections.abc import Mapping
from typing import Final

from outcry.adapters.postgres import PostgresProjection
from outcry.app.commons import Builder, Commons
from outcry.app.monitor import Part
from outcry.services.history.config import HistoryConfig
from outcry.services.history.service import History


async def history(commons: Commons) -> list[Part]:
    """Return the one writer of the tables."""
    log = await commons.log()
    projection = await PostgresProjection.connect(commons.config.postgres.dsn)
    commons.stack.push_async_callback(projection.close)
    return [
        Part(History(HistoryConfig(), log=log, projection=projection, snapshots=commons.snapshots))
    ]


SERVICES: Final[Mapping[str, Builder]] = {"history": history}
