"""The feeds as clients of CLOBs know them: ``/ws/market`` and ``/ws/user``."""

import time

from outcry.app.commons import Commons
from outcry.app.monitor import Part
from outcry.runtime.books import LiveBooks
from outcry.runtime.clob.fees import FeeSchedules
from outcry.runtime.clob.mirrors import Mirrors
from outcry.runtime.clob_identity import ClobIdentity
from outcry.runtime.clob_keys import ClobKeys
from outcry.runtime.directory import Directory
from outcry.runtime.lockout import Lockout
from outcry.runtime.settlement_stages import SettlementStages
from outcry.services.websocket_depth import config as depth_feed
from outcry.services.websocket_depth.clob.feed import ClobMarkets
from outcry.services.websocket_depth.clob.news import ClobNews
from outcry.services.websocket_user import config as user_feed
from outcry.services.websocket_user.clob.deals import Deals
from outcry.services.websocket_user.clob.feed import ClobUsers
from outcry.services.websocket_user.service import WebsocketUser


async def clob_markets(
    commons: Commons, books: LiveBooks, directory: Directory
) -> tuple[ClobMarkets, ClobNews]:
    """Return the public feed, and what tells it of listings and resolutions."""
    queries = await commons.queries()
    fees = FeeSchedules(queries)
    stages = await settlement_stages(commons)
    feed = ClobMarkets(
        depth_feed.from_limits(commons.config.limits),
        books=books,
        directory=directory,
        fees=fees,
        announced=stages.announced,
    )
    stages.watch(feed.staged)
    news = ClobNews(
        feed, bus=commons.bus, log=await commons.log(), queries=queries, directory=directory,
        fees=fees,
    )  # fmt: skip
    return feed, news


async def clob_users(
    commons: Commons, lockout: Lockout, directory: Directory, source: WebsocketUser
) -> ClobUsers:
    """Return the private feed, which *source* tells of entries."""
    queries = await commons.queries()
    stages = await settlement_stages(commons)
    deals = Deals(
        queries=queries,
        series=await commons.series(),
        directory=directory,
        fees=FeeSchedules(queries),
        mirrors=Mirrors(queries, time.monotonic, escrow=commons.config.settlement.chain == "evm"),
    )
    feed = ClobUsers(
        user_feed.from_limits(commons.config.limits),
        identity=ClobIdentity(ClobKeys(commons.keys), queries),
        lockout=lockout,
        log=await commons.log(),
        queries=queries,
        deals=deals,
        clock=lambda: time.time_ns() // 1_000,
        announced=stages.announced,
    )
    source.watch(feed.entry)
    stages.watch(feed.staged)
    return feed


async def settlement_stages(commons: Commons) -> SettlementStages:
    """Return what hears of settlements under way, for everybody in this process."""

    async def make() -> SettlementStages:
        stages = SettlementStages(commons.bus)
        commons.shared.append(Part(stages))
        return stages

    return await commons.once("stages", make)
