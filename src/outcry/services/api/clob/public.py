"""What anybody may read of the CLOB surface, put together."""

import time
from typing import NamedTuple

from outcry.ports.books import Books
from outcry.ports.community import Community
from outcry.ports.queries import Queries
from outcry.ports.series import Series
from outcry.runtime.clob.fees import FeeSchedules
from outcry.runtime.directory import Directory
from outcry.runtime.settlement_stages import SettlementStages
from outcry.services.api.clob.activity import Activity
from outcry.services.api.clob.gamma import Gamma
from outcry.services.api.clob.reads import Reads
from outcry.services.api.clob.trade_stages import TradeStages
from outcry.services.api.lookups import Lookups


class Public(NamedTuple):
    """The parts that need no credentials."""

    reads: Reads
    activity: Activity
    gamma: Gamma


def public_parts(
    *,
    queries: Queries,
    directory: Directory,
    lookups: Lookups,
    books: Books,
    series: Series,
    stages: SettlementStages,
    community: Community,
) -> Public:
    """Return the parts over these ports."""
    fees, told = FeeSchedules(queries), TradeStages(series, stages)
    reads = Reads(
        queries=queries, directory=directory, lookups=lookups, books=books, series=series,
        stages=told, fees=fees, clock=time.time,
    )  # fmt: skip
    activity = Activity(
        reads=reads, queries=queries, lookups=lookups, series=series, community=community,
        stages=told, fees=fees,
    )  # fmt: skip
    gamma = Gamma(
        queries=queries, directory=directory, lookups=lookups, books=books, series=series,
        fees=fees,
    )  # fmt: skip
    return Public(reads, activity, gamma)
