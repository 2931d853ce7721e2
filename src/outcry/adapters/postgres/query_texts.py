"""Texts of the queries. Each is one statement, so its answer is of one moment without more ado.

A page comes as ``n, total, *columns, rank``, at least one row: if the page is empty, its only row
has no rank. When the position is not there, the tables are being emptied: there is no row at all.
"""

from typing import Final

from outcry.adapters.postgres.tables import (
    ACTIVITY,
    BALANCES,
    EVENTS,
    LIVE_ORDERS,
    MARKETS,
    ORDERS,
    POSITION,
    POSITIONS,
    TRADES,
)
from outcry.domain.market import MarketState


_ROWS: Final = """
select p.n, {total} as total, r.*
from projection p left join lateral (
    select {columns}, row_number() over (order by {order}) as rank
    from {source} order by {order} {limit}
) r on true
where p.name = '{position}'
order by r.rank
"""


def page_text(columns: str, source: str, order: str, *, size: str, before: str) -> str:
    """Return the text for one page; *size* and *before* are the parameters of its place."""
    return _ROWS.format(
        total=f"(select count(*) from {source})",  # noqa: S608 - our own texts
        columns=columns,
        source=source,
        order=order,
        limit=f"limit {size} offset {before}",
        position=POSITION,
    )


def all_text(columns: str, source: str, order: str) -> str:
    """Return the text for all rows; their ``total`` is null."""
    return _ROWS.format(
        total="null", columns=columns, source=source, order=order, limit="", position=POSITION
    )


AT_POSITION: Final = f"select n from projection where name = '{POSITION}'"  # noqa: S608 - our name

#: $1 account, $2 market or 0, $3 event or 0.
_IN_MARKET: Final = (
    "($2::bigint = 0 or {0}.market_id = $2) and ($3::bigint = 0 or {0}.market_id in "
    "(select market_id from markets where event_id = $3))"
)
_PLACE: Final = {"size": "$4", "before": "$5"}

BALANCES_OF: Final = all_text(
    BALANCES.selected("b"),
    "balances b where b.account = $1 and (cardinality($2::bigint[]) = 0 or b.asset = any($2))",
    "b.asset",
)

_ORDERS_OF: Final = f"{{}} o where o.account = $1 and {_IN_MARKET.format('o')}"
ORDERS_OF: Final = _ORDERS_OF.format(ORDERS.name)
LIVE_ORDERS_OF: Final = _ORDERS_OF.format(LIVE_ORDERS.name)
NEWEST_ORDER: Final = "o.order_id desc"
ORDER_PAGE: Final = page_text(ORDERS.selected("o"), ORDERS_OF, NEWEST_ORDER, **_PLACE)
LIVE_ORDER_PAGE: Final = page_text(ORDERS.selected("o"), LIVE_ORDERS_OF, NEWEST_ORDER, **_PLACE)

#: Tokens held, per market, with what they cost; an account may hold tokens that cost nothing.
_HOLDINGS: Final = f"""(
    select asset >> 1 as market_id,
        sum(total) filter (where asset & 1 = 0) as qty_0,
        sum(held) filter (where asset & 1 = 0) as held_0,
        sum(total) filter (where asset & 1 = 1) as qty_1,
        sum(held) filter (where asset & 1 = 1) as held_1
    from balances where account = $1 and asset > 1 and total > 0 group by 1
) t join markets m using (market_id)
left join positions p on p.account = $1 and p.market_id = t.market_id
where {_IN_MARKET.format("t")}"""  # noqa: S608 - our own texts
_POSITION_COLUMNS: Final = ", ".join(
    f"coalesce(p.{column}, 0) as position_{column}" for column in POSITIONS.columns[2:]
)
_TOKENS: Final = ("qty_0", "held_0", "qty_1", "held_1")
POSITION_COLUMNS: Final = (
    f"$1::bigint as account, t.market_id, {_POSITION_COLUMNS}, {MARKETS.selected('m')}, "
    + ", ".join(f"coalesce(t.{column}, 0)::bigint as {column}" for column in _TOKENS)
)
POSITION_PAGE: Final = page_text(POSITION_COLUMNS, _HOLDINGS, "t.market_id desc", **_PLACE)
#: What was bought once and of which nothing is left.
_CLOSED: Final = f"""positions t join markets m using (market_id)
where t.account = $1 and (t.bought_0 > 0 or t.bought_1 > 0) and {_IN_MARKET.format("t")}
and not exists (
    select from balances b
    where b.account = $1 and b.total > 0
        and b.asset in (2 * t.market_id, 2 * t.market_id + 1)
)"""
CLOSED_POSITION_PAGE: Final = page_text(
    f"{POSITIONS.selected('t')}, {MARKETS.selected('m')}, "
    + ", ".join(f"0 as {column}" for column in _TOKENS),
    _CLOSED,
    "t.market_id desc",
    **_PLACE,
)
ALL_POSITIONS: Final = f"select {POSITION_COLUMNS} from {_HOLDINGS} order by t.market_id desc"  # noqa: S608 - our own texts

#: Sides of fills (``leg`` is null), and splits, merges and redeems (``leg`` counts in the entry).
_LINES: Final = f"""(
    select n, trade_id as id, fill as part, null::integer as leg, market_id
    from trades where taker_account = $1
    union all
    select n, trade_id, fill, null, market_id
    from trades where maker_account = $1 and taker_account <> $1
    union all
    select n, 0, leg, leg, market_id from activity where account = $1
) l where {_IN_MARKET.format("l")}"""  # noqa: S608 - our own texts
_NEWEST_LINE: Final = "l.n desc, l.id desc, l.part desc"
_LINE_PAGE: Final = page_text("l.*", _LINES, _NEWEST_LINE, **_PLACE)
ACTIVITY_PAGE: Final = f"""
select l.n, l.total, {TRADES.selected("t")}, {ACTIVITY.selected("a")}, l.rank
from ({_LINE_PAGE}) l (n, total, entry, id, part, leg, market_id, rank)
left join trades t
    on l.leg is null and t.market_id = l.market_id and t.trade_id = l.id and t.fill = l.part
left join activity a on a.account = $1 and a.n = l.entry and a.leg = l.leg
order by l.rank
"""  # noqa: S608 - our own texts

_MARKET_SUMS: Final = f""" left join lateral (
    select coalesce(sum(m.volume), 0) as volume, count(*) as markets,
        count(*) filter (where m.state in ({MarketState.OPEN:d}, {MarketState.PAUSED:d})) as trading
    from markets m where m.event_id = e.event_id
) s on true"""  # noqa: S608 - our own numbers
#: Per sort: what is joined, what is left out, in which order.
_EVENT_SORTS: Final = {
    "newest": ("", "true", "e.created_at_us desc, e.event_id desc"),
    "volume": (_MARKET_SUMS, "true", "s.volume desc, e.event_id desc"),
    "ending_soon": (
        _MARKET_SUMS,
        "(s.markets = 0 or s.trading > 0)",
        "e.end_at_us = 0, e.end_at_us, e.event_id",
    ),
}


def event_page_text(sort: str, *, searching: bool) -> str:
    """Return the text: $1 topic or '', $2 size, $3 rows before, then title and its pieces."""
    joined, wanted, order = _EVENT_SORTS[sort]
    if searching:
        # The pieces find candidates in the index; the title decides.
        wanted += " and e.title_grams @> $5::text[] and strpos(e.title_folded, $4::text) > 0"
    source = f"events e{joined} where ($1::text = '' or e.topic = $1) and {wanted}"
    return page_text(EVENTS.selected("e"), source, order, size="$2", before="$3")


EVENT_PAGES: Final = {
    (sort, searching): event_page_text(sort, searching=searching)
    for sort in _EVENT_SORTS
    for searching in (False, True)
}
