"""Live activity: the last trades of a market and who took them, as the CLOB surface tells it."""

from collections.abc import Mapping

from msgspec import Struct

from outcry.domain.market import own_price
from outcry.domain.rejects import Rejected
from outcry.ports.community import Community
from outcry.ports.projection import MarketRow, TradeRow, UserRow
from outcry.ports.queries import Queries
from outcry.ports.rows import ProfileRow
from outcry.ports.series import Series
from outcry.runtime.clob.books import outcome_name, token_of
from outcry.runtime.clob.conditions import condition_of
from outcry.runtime.clob.fees import FeeSchedules, base_fee
from outcry.runtime.clob.texts import price_text, size_text
from outcry.services.api.clob.reads import Reads
from outcry.services.api.clob.trade_stages import TradeStages
from outcry.services.api.lookups import Lookups
from outcry_wire.records import Side


#: Trades of one answer.
TRADES_COUNT_MAX = 50


class ActivityMarketView(Struct, frozen=True):
    """Where it was traded."""

    condition_id: str
    asset_id: str
    question: str
    icon: str
    slug: str


class ActivityUserView(Struct, frozen=True):
    """Who took it, as they show themselves."""

    address: str
    username: str
    profile_picture: str
    optimized_profile_picture: str
    pseudonym: str


class ActivityView(Struct, frozen=True):
    """One fill, as its taker made it."""

    event_type: str
    market: ActivityMarketView
    user: ActivityUserView
    side: str
    size: str
    fee_rate_bps: str
    price: str
    outcome: str
    outcome_index: int
    transaction_hash: str
    timestamp: str


class Activity:
    """The last trades of markets."""

    def __init__(
        self,
        *,
        reads: Reads,
        queries: Queries,
        lookups: Lookups,
        series: Series,
        community: Community,
        stages: TradeStages,
        fees: FeeSchedules,
    ) -> None:
        self._reads = reads
        self._queries = queries
        self._lookups = lookups
        self._series = series
        self._community = community
        self._stages = stages
        self._fees = fees

    async def market(self, condition_id: str) -> list[ActivityView] | Rejected:
        """Return the last trades of one market, newest first, that passed their pre-flight."""
        row = await self._reads.market_row(condition_id)
        if isinstance(row, Rejected):
            return row
        found = await self._series.last_trades(row.market_id, None, TRADES_COUNT_MAX)
        rows = await self._stages.told(found.rows, row)
        takers = {trade.taker_account for trade in rows}
        users = {account: await self._user(account) for account in takers}
        ids = [user.user_id for user in users.values() if user is not None]
        shown = await self._community.profiles(ids)
        bps = base_fee(await self._fees.schedule(row.fee_version))
        return [
            activity_view(trade, row, bps, _user_view(users[trade.taker_account], shown))
            for trade in rows
        ]

    async def _user(self, account: int) -> UserRow | None:
        row = await self._queries.account(account)
        return None if row is None else await self._lookups.user(row.user_id)


def activity_view(
    trade: TradeRow, row: MarketRow, bps: int, user: ActivityUserView
) -> ActivityView:
    """Return a fill as its taker made it. No hash: it is final where the exchange says so."""
    outcome = trade.taker_outcome
    return ActivityView(
        event_type="trade",
        market=ActivityMarketView(
            condition_of(row), token_of(row, outcome), row.question, row.image, row.slug
        ),
        user=user,
        side=Side(trade.taker_side).name,
        size=size_text(trade.qty),
        fee_rate_bps=str(bps),
        price=price_text(own_price(outcome, trade.price)),
        outcome=outcome_name(row, outcome),
        outcome_index=outcome,
        transaction_hash="",
        timestamp=str(trade.at_us // 1_000_000),
    )


def _user_view(user: UserRow | None, shown: Mapping[int, ProfileRow]) -> ActivityUserView:
    """Return a user as they show themselves; who never did is known by the address alone."""
    if user is None:
        return ActivityUserView("", "", "", "", "")
    profile = shown.get(user.user_id) or ProfileRow(user.user_id, "", "", "")
    return ActivityUserView(user.address, profile.name, profile.image, profile.image, profile.name)
