"""Rows: from what entries changed to what the tables hold. Pure.

Balances, positions, orders, markets and keys are netted: one row each per batch, as they stand
after its last entry. Users, events, fills, postings, activity and audit are listed one by one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from outcry.domain.ids import SUSPENSE
from outcry.domain.ledger.effects import (
    Activity,
    Effects,
    Fill,
    Settled,
)
from outcry.domain.ledger.in_transit import Leg
from outcry.domain.ledger.pending import Outcome
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.order import Order
from outcry.messages import chain_records as chain
from outcry.messages import escrow_records as escrow
from outcry.messages import ledger_records as rec
from outcry.messages.entry import Entry, FoldedEntry, Recorded
from outcry.messages.people_records import AddressLinked
from outcry.messages.session_records import SessionOpened, SessionsAdvanced
from outcry.ports.projection import (
    ActivityRow,
    EventRow,
    Rows,
    TradeRow,
    UserRow,
)
from outcry.ports.rows import (
    AccountRow,
    AuditRow,
    JournalRow,
    PortfolioRow,
    ProfileRow,
    SeasonRow,
    VerdictRow,
)
from outcry.runtime.rules_twin import twin_of
from outcry.services.history.catalog import Catalog
from outcry.services.history.record_rows import (
    account_row,
    audit_row,
    event_row,
    linked_row,
    profile_row,
    season_row,
    user_row,
)
from outcry.services.history.series import Candles, Turnovers, portfolios
from outcry.services.history.state_rows import limit_row


if TYPE_CHECKING:
    from outcry.services.history import hot_rows as hot
else:
    hot = twin_of("outcry.services.history.hot_rows")

#: What customers do with their own tokens is activity, not audit, and so is what a chain says.
_ACTIVITY = (
    rec.Split, rec.Merge, rec.Redeem, rec.Transfer, chain.ChainResult, chain.ChainCursor,
    escrow.EscrowBegun, escrow.EscrowEnded, escrow.EscrowCursor,
    SessionOpened, SessionsAdvanced,
)  # fmt: skip


class Batch:
    """What the entries since *n_first* changed. Rendered once, at its end."""

    def __init__(self, n_first: int) -> None:
        self.n_first = n_first
        self.n_last = n_first - 1
        self._orders: dict[int, tuple[Order, int]] = {}
        self._balances: dict[int, None] = {}
        self._positions: dict[int, None] = {}
        self._markets: dict[int, None] = {}
        self._keys: dict[int, None] = {}
        self._users: dict[int, UserRow] = {}
        self._events: list[EventRow] = []
        self._trades: list[TradeRow] = []
        self._journal: list[JournalRow] = []
        self._activity: list[ActivityRow] = []
        self._audit: list[AuditRow] = []
        self._candles = Candles()
        self._turnovers = Turnovers()
        self._portfolios: list[PortfolioRow] = []
        self._accounts: list[AccountRow] = []
        self._profiles: dict[int, ProfileRow] = {}
        self._seasons: dict[int, SeasonRow] = {}
        self._limits: dict[int, None] = {}
        self._verdicts: dict[tuple[int, int, int, int], VerdictRow] = {}
        self._operations: dict[int, None] = {}

    @property
    def entries(self) -> int:
        """Entries taken so far."""
        return self.n_last - self.n_first + 1

    @property
    def size(self) -> int:
        """Rows that `rows` would return now."""
        return (
            len(self._orders)
            + len(self._balances)
            + len(self._positions)
            + len(self._markets)
            + len(self._keys)
            + len(self._users)
            + len(self._events)
            + len(self._trades)
            + len(self._journal)
            + len(self._activity)
            + len(self._audit)
            + len(self._candles)
            + len(self._turnovers)
            + len(self._portfolios)
            + len(self._accounts)
            + len(self._profiles)
            + len(self._seasons)
            + len(self._limits)
            + len(self._verdicts)
            + len(self._operations)
        )

    def skip(self, n: int) -> None:
        """Take entry *n*, which says nothing: a fence."""
        assert n == self.n_last + 1
        self.n_last = n

    def add(self, n: int, entry: Entry | FoldedEntry, effects: Effects) -> None:
        """Take entry *n* and what applying it changed."""
        self.skip(n)
        for order_id, order in effects.orders.items():
            self._orders[order_id] = (order, n)
        self._balances.update(effects.balances)
        self._positions.update(effects.positions)
        self._markets.update(effects.markets)
        for fill in effects.fills:
            self._trades.append(hot.trade_row(n, fill))
            if not fill.pending:
                self._traded(fill)
        for settled in effects.settled:
            # Both sides are told; the fill is one.
            if settled.order_id == settled.leg.taker_order:
                self._add_verdict(n, settled)
        assert effects.postings is not None
        self._journal += hot.journal_rows(n, effects.postings)
        self._activity += [
            _activity_row(n, leg, activity) for leg, activity in enumerate(effects.activity)
        ]
        for leg, item in enumerate(recorded_in(entry)):
            self._add_record(n, leg, item)

    def _traded(self, fill: Fill) -> None:
        self._candles.add(fill)
        self._turnovers.add(fill)

    def _add_verdict(self, n: int, settled: Settled) -> None:
        leg = settled.leg
        row = VerdictRow(
            leg.market_id, leg.trade_id, leg.fill, settled.verdict, settled.tx_hash,
            settled.reason, settled.at_us, n,
        )  # fmt: skip
        self._verdicts[row[:4]] = row
        if settled.verdict == Outcome.CONFIRMED and not settled.again:
            self._traded(_fill_of(leg, settled.at_us))

    def look_back(self, ledger: Ledger, before_us: int) -> None:
        """Take note of what everybody is worth, if the last entry began a new hour.

        *before_us* was the time of *ledger* before that entry.
        """
        self._portfolios += portfolios(ledger, before_us)

    def rows(self, ledger: Ledger, catalog: Catalog) -> Rows:
        """Return the rows; *ledger* and *catalog* stand after the batch's last entry."""
        return Rows(
            users=list(self._users.values()),
            keys=[catalog.key_row(key_id) for key_id in self._keys],
            events=self._events,
            markets=[catalog.market_row(ledger.markets[market_id]) for market_id in self._markets],
            balances=hot.balance_rows(ledger, sorted(self._balances)),
            positions=hot.position_rows(ledger, sorted(self._positions)),
            orders=hot.order_rows(list(self._orders.values())),
            trades=self._trades,
            journal=self._journal,
            activity=self._activity,
            audit=self._audit,
            candles=self._candles.rows(),
            turnovers=self._turnovers.rows(ledger.owners),
            portfolios=self._portfolios,
            accounts=self._accounts,
            profiles=list(self._profiles.values()),
            seasons=list(self._seasons.values()),
            limits=[limit_row(ledger, key) for key in self._limits],
            verdicts=list(self._verdicts.values()),
            withdrawals=list(filter(None, map(catalog.withdrawal_row, self._operations))),
        )

    def _add_record(self, n: int, leg: int, item: Recorded) -> None:
        record = item.record
        if isinstance(record, rec.UserCreated):
            self._users[record.user_id] = user_row(record)
            self._accounts.append(account_row(record, ""))
        elif isinstance(record, AddressLinked):
            user, linked = self._users.get(record.user_id), linked_row(record)
            self._users[record.user_id] = user.then(linked) if user else linked
        elif isinstance(record, rec.AccountOpened):
            self._accounts.append(account_row(record, record.label))
        elif isinstance(record, rec.CreateEvent):
            self._events.append(event_row(record))
        elif isinstance(record, rec.KeyCreated | rec.KeyRotated | rec.KeyRevoked):
            self._keys[record.key_id] = None
        elif isinstance(record, escrow.EscrowBegun | escrow.EscrowEnded):
            self._operations[record.operation_id] = None
        elif isinstance(record, rec.LimitsSet):
            self._limits[balance_key(record.account, record.market_id)] = None
        elif isinstance(record, rec.ProfileSet):
            profile = profile_row(record)
            stands = self._profiles.get(record.user_id)
            self._profiles[record.user_id] = stands.then(profile) if stands else profile
        elif isinstance(record, rec.SeasonSet):
            self._seasons[record.season_id] = season_row(record)
        released = isinstance(record, rec.Transfer) and record.source == SUSPENSE
        if released or not isinstance(record, _ACTIVITY):
            self._audit.append(audit_row(n, leg, item))


def recorded_in(entry: Entry | FoldedEntry) -> Iterator[Recorded]:
    """Yield the ledger records of *entry* in order, with who asked for them."""
    return (item for item in entry.items if isinstance(item, Recorded))


def records_of(entry: Entry | FoldedEntry) -> Iterator[rec.LedgerRecord]:
    """Yield the ledger records of *entry* in order."""
    return (item.record for item in recorded_in(entry))


def _fill_of(leg: Leg, at_us: int) -> Fill:
    """Return a fill that waited for the chain as it trades at *at_us*."""
    same = {name: getattr(leg, name) for name in TradeRow._fields[:-2]}
    return Fill(**same, at_us=at_us)


def _activity_row(n: int, leg: int, activity: Activity) -> ActivityRow:
    return ActivityRow(
        account=activity.account,
        n=n,
        leg=leg,
        kind=activity.kind,
        market_id=activity.market_id,
        qty=activity.qty,
        value=activity.value,
        key=activity.key,
        at_us=activity.at_us,
    )
