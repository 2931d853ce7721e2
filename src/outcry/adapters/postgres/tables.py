"""The projection's tables as data: their columns, their keys, and the statements made of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from outcry.ports.projection import (
    ActivityRow,
    BalanceRow,
    EventRow,
    KeyRow,
    MarketRow,
    OrderRow,
    PositionRow,
    TradeRow,
    UserRow,
)
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


#: Name of the tables' position in the table `projection`.
POSITION: Final = "tables"


class Table(NamedTuple):
    """A table whose columns are the fields of a row of the port."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    #: What a column of a standing row (t) becomes by a staged one (s), where not what that says.
    merged: Mapping[str, str] = MappingProxyType({})

    def selected(self, alias: str) -> str:
        """The columns for a select list, in the order of the row's fields."""
        return ", ".join(f"{alias}.{column}" for column in self.columns)

    @property
    def stage(self) -> str:
        """The session's own table of changed rows, empty between transactions."""
        return f"stage_{self.name}"

    def select_all(self) -> str:
        """Statement that reads every row in the order of the keys."""
        columns = ", ".join(self.columns)
        return f"select {columns} from {self.name} order by {', '.join(self.key)}"  # noqa: S608 - our names

    def select_each(self) -> str:
        """Statement that reads every row as it comes."""
        return f"select {', '.join(self.columns)} from {self.name}"  # noqa: S608 - our names

    def create_stage(self) -> str:
        """Statement that makes the stage."""
        return (
            f"create temporary table {self.stage} on commit delete rows as "  # noqa: S608 - our names
            f"select {', '.join(self.columns)} from {self.name} with no data"
        )

    def merge_stage(self) -> str:
        """Statement that overwrites the rows of which a new version is staged and adds the rest."""
        values = [column for column in self.columns if column not in self.key]
        changes = ", ".join(f"{name} = {self.merged.get(name, f's.{name}')}" for name in values)
        columns = ", ".join(self.columns)
        staged = ", ".join(f"s.{column}" for column in self.columns)
        same = " and ".join(f"t.{column} = s.{column}" for column in self.key)
        return (
            f"merge into {self.name} t using {self.stage} s on {same} "  # noqa: S608 - our names
            f"when matched then update set {changes} "
            f"when not matched then insert ({columns}) values ({staged})"
        )

    def remove(self) -> str:
        """Statement that removes the rows whose keys, each one number, are in the array $1."""
        (key,) = self.key
        return f"delete from {self.name} where {key} = any($1::bigint[])"  # noqa: S608 - our names


USERS: Final = Table(
    "users",
    UserRow._fields,
    ("user_id",),
    MappingProxyType({name: f"t.{name}" for name in UserRow._fields if name != "address"}),
)
KEYS: Final = Table("api_keys", KeyRow._fields, ("key_id",))
EVENTS: Final = Table("events", EventRow._fields, ("event_id",))
MARKETS: Final = Table("markets", MarketRow._fields, ("market_id",))
BALANCES: Final = Table("balances", BalanceRow._fields, ("account", "asset"))
POSITIONS: Final = Table("positions", PositionRow._fields, ("account", "market_id"))
ORDERS: Final = Table("orders", OrderRow._fields, ("order_id",))
TRADES: Final = Table("trades", TradeRow._fields, ("market_id", "trade_id", "fill"))
JOURNAL: Final = Table("journal", JournalRow._fields, ("account", "n"))
ACTIVITY: Final = Table("activity", ActivityRow._fields, ("account", "n", "leg"))
AUDIT: Final = Table("audit", AuditRow._fields, ("n", "leg"))
CANDLES: Final = Table(
    "candles",
    CandleRow._fields,
    ("market_id", "seconds", "start_us"),
    MappingProxyType(
        {
            "open": "t.open",
            "high": "greatest(t.high, s.high)",
            "low": "least(t.low, s.low)",
            "qty": "t.qty + s.qty",
            "value": "t.value + s.value",
            "trades": "t.trades + s.trades",
        }
    ),
)
TURNOVERS: Final = Table(
    "turnovers",
    TurnoverRow._fields,
    ("user_id", "day_us"),
    MappingProxyType({name: f"t.{name} + s.{name}" for name in TurnoverRow._fields[2:]}),
)
ACCOUNTS: Final = Table("accounts", AccountRow._fields, ("account",))
PORTFOLIOS: Final = Table("portfolios", PortfolioRow._fields, ("account", "at_us"))
PROFILES: Final = Table(
    "profiles",
    ProfileRow._fields,
    ("user_id",),
    MappingProxyType(
        {name: f"coalesce(nullif(s.{name}, ''), t.{name})" for name in ProfileRow._fields[1:]}
    ),
)
SEASONS: Final = Table("seasons", SeasonRow._fields, ("season_id",))
LIMITS: Final = Table("limits", LimitRow._fields, ("account", "market_id"))
VERDICTS: Final = Table(
    "verdicts", VerdictRow._fields, ("market_id", "trade_id", "fill", "verdict")
)
WITHDRAWALS: Final = Table("withdrawals", WithdrawalRow._fields, ("withdrawal_id",))

ALL: Final = (
    USERS, KEYS, EVENTS, MARKETS, BALANCES, POSITIONS, ORDERS, TRADES, JOURNAL, ACTIVITY, AUDIT,
    CANDLES, TURNOVERS, PORTFOLIOS, ACCOUNTS, PROFILES, SEASONS, LIMITS, VERDICTS,
    WITHDRAWALS,
)  # fmt: skip
#: The parts of `ORDERS`: those that live and change, and the others.
LIVE_ORDERS: Final = Table("orders_live", ORDERS.columns, ORDERS.key)
ENDED_ORDERS: Final = Table("orders_ended", ORDERS.columns, ORDERS.key)
PARTS: Final = (LIVE_ORDERS, ENDED_ORDERS)
#: Tables of which existing rows are overwritten.
STAGED: Final = (
    USERS, KEYS, MARKETS, BALANCES, POSITIONS, CANDLES, TURNOVERS, PROFILES, SEASONS, LIMITS,
    VERDICTS, WITHDRAWALS,
)  # fmt: skip

#: Columns of `events` that are made of the title, beside the fields of the row.
EVENT_SEARCH_COLUMNS: Final = ("title_folded", "title_grams")
_GRAM_LENGTH_MAX: Final = 3


def storable(text: str) -> str:
    """Return *text* without the one character that PostgreSQL has no room for."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def folded(text: str) -> str:
    """Return *text* as it is searched: without case."""
    return storable(text).casefold()


def grams(text: str) -> list[str]:
    """Return every piece of one to three characters of folded *text*."""
    return sorted({piece for length in (1, 2, 3) for piece in _pieces(text, length)})


def search_grams(text: str) -> list[str]:
    """Return pieces that a title must have when it contains folded *text*."""
    return _pieces(text, min(len(text), _GRAM_LENGTH_MAX))


def _pieces(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(len(text) - length + 1)]
