"""Projection: tables for reading, written behind the log, with their position inside them.

Laws, for every adapter:

* `apply` writes all rows of log entries ``n_first..n_last`` and the new position in one
  transaction: after a crash both are there or neither. The same log gives the same tables.
* ``n_first`` must be the position + 1; anything else raises `OutOfPosition` and changes nothing.
* Rows are netted: one upsert per touched balance, position, order; fills and journal are appended.
* Candles and turnovers say what their entries traded, and are added to those that stand. A fill
  that waits for a chain trades when it is confirmed, at that time.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, NamedTuple, Protocol

from outcry.domain.errors import OutcryError
from outcry.ports.rows import (
    AccountRow,
    AuditRow,
    CandleRow,
    JournalRow,
    LimitRow,
    PortfolioRow,
    ProfileRow,
    SeasonRow,
    TurnoverRow,
    VerdictRow,
    WithdrawalRow,
)
from outcry.ports.scan import Scan


class OutOfPosition(OutcryError):
    """The rows do not follow the projection's position; nothing was changed."""

    def __init__(self, position: int, n_first: int) -> None:
        super().__init__(f"tables stand at entry {position}; rows from {n_first} do not follow")
        self.position = position


class TablesUnavailable(OutcryError):
    """The tables cannot be reached. `Projection.position` tells whether an `apply` happened."""


class TablesBehind(TablesUnavailable):
    """The tables do not have yet what somebody waited for as long as they may."""


class UserRow(NamedTuple):
    """A user (merged: of one who is there only the address changes)."""

    user_id: int
    account: int
    external_id: str
    address: str
    name: str
    created_at_us: int
    #: The user whose invitation they came with, 0: none.
    invited_by: int = 0

    def then(self, later: "UserRow") -> "UserRow":
        """Return this user with the address of *later*."""
        return self._replace(address=later.address)


class KeyRow(NamedTuple):
    """An API key (upsert)."""

    key_id: int
    user_id: int
    generation: int
    scopes: str
    label: str
    created_at_us: int
    revoked_at_us: int


class EventRow(NamedTuple):
    """An event (insert)."""

    event_id: int
    identifier: str
    slug: str
    title: str
    description: str
    image: str
    topic: str
    rules: str
    start_at_us: int
    end_at_us: int
    created_at_us: int


class MarketRow(NamedTuple):
    """A market (upsert by market_id)."""

    market_id: int
    event_id: int
    shard: int
    identifier: str
    slug: str
    title: str
    question: str
    image: str
    condition_id: str
    parent_collection_id: str
    outcome_0: str
    outcome_1: str
    token_0: str
    token_1: str
    tick: int
    price_min: int
    price_max: int
    qty_min: int
    qty_max: int
    orders_max: int
    fee_version: int
    state: int
    payout_0: int
    payout_1: int
    end_at_us: int
    created_at_us: int
    closed_at_us: int
    resolved_at_us: int
    #: Micros traded at outcome-0 prices plus complements: quantity x 10,000 ticks / 2 per side.
    volume: int
    last_price: int
    #: How long a proposed payout may be disputed; what is proposed, and when it stands (else 0).
    dispute_window_us: int = 0
    proposed_0: int = 0
    proposed_1: int = 0
    final_at_us: int = 0
    #: An `outcry.domain.market.SettlementMode`.
    settlement: int = 0


class BalanceRow(NamedTuple):
    """Collateral or tokens of an account (upsert by account, asset)."""

    account: int
    asset: int
    total: int
    held: int
    #: What waits for a chain; neither is part of ``total``.
    incoming: int = 0
    outgoing: int = 0


class PositionRow(NamedTuple):
    """What an account made of a market (upsert by account, market). Micros and lots."""

    account: int
    market_id: int
    cost_0: int
    cost_1: int
    realised: int
    fees: int
    net_cash: int
    redeemed: int
    redeemed_at_us: int
    #: Lots bought in total, per outcome: what a closed position is reported with.
    bought_0: int
    bought_1: int
    #: Micros paid for them.
    paid_0: int = 0
    paid_1: int = 0


class OrderRow(NamedTuple):
    """An order (upsert by order_id). Prices in outcome-0 ticks, fields as `OrderState`."""

    order_id: int
    account: int
    market_id: int
    outcome: int
    side: int
    kind: int
    tif: int
    post_only: int
    price: int
    qty: int
    budget: int
    remaining: int
    filled: int
    volume: int
    fee: int
    hold: int
    fee_version: int
    status: int
    reason: int
    reject: int
    client_order_id: str
    expire_at_us: int
    created_at_us: int
    updated_at_us: int
    update_id: int
    placed_n: int
    updated_n: int


class TradeRow(NamedTuple):
    """One fill (insert). Price in outcome-0 ticks, fees in micros, rebate in the maker's fee."""

    trade_id: int
    fill: int
    market_id: int
    match: int
    price: int
    qty: int
    taker_order: int
    taker_account: int
    taker_outcome: int
    taker_side: int
    taker_fee: int
    maker_order: int
    maker_account: int
    maker_outcome: int
    maker_side: int
    maker_fee: int
    at_us: int
    n: int


class ActivityRow(NamedTuple):
    """A split, merge or redeem (insert); trades are activity of their own."""

    account: int
    n: int
    leg: int
    kind: str
    market_id: int
    qty: int
    value: int
    key: str
    at_us: int


class Rows(NamedTuple):
    """Everything that entries ``n_first..n_last`` changed."""

    users: list[UserRow]
    keys: list[KeyRow]
    events: list[EventRow]
    markets: list[MarketRow]
    balances: list[BalanceRow]
    positions: list[PositionRow]
    orders: list[OrderRow]
    trades: list[TradeRow]
    journal: list[JournalRow]
    activity: list[ActivityRow]
    audit: list[AuditRow]
    candles: list[CandleRow]
    turnovers: list[TurnoverRow]
    portfolios: list[PortfolioRow]
    accounts: list[AccountRow]
    profiles: list[ProfileRow]
    seasons: list[SeasonRow]
    limits: list[LimitRow]
    verdicts: list[VerdictRow]
    withdrawals: list[WithdrawalRow]


#: The row type of each table, in the order of the fields of `Rows`.
ROW_TYPES: Final[tuple[Callable[..., NamedTuple], ...]] = (
    UserRow, KeyRow, EventRow, MarketRow, BalanceRow, PositionRow, OrderRow, TradeRow, JournalRow,
    ActivityRow, AuditRow, CandleRow, TurnoverRow, PortfolioRow, AccountRow, ProfileRow, SeasonRow,
    LimitRow, VerdictRow, WithdrawalRow,
)  # fmt: skip


class Projection(Protocol):
    """The tables of one exchange."""

    async def position(self) -> int:
        """Return the last entry whose rows are in the tables, 0 when they are empty."""
        ...

    async def apply(self, n_first: int, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write *rows* and the position in one transaction. Raises `OutOfPosition`.

        *at_us* is the exchange's time at entry ``n_last``; an earlier one than stands is ignored.
        """
        ...

    async def clear(self) -> None:
        """Empty every table, position 0, in one transaction; waits for reads under way."""
        ...

    def scan(self) -> AbstractAsyncContextManager[Scan]:
        """Give the tables of one moment, to be read with bounded memory."""
        ...

    async def dump(self) -> tuple[int, Rows]:
        """Return the position and every row, of one moment, in the order of their keys."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
