"""Public reads of the CLOB surface: markets, books, prices, histories. Nothing here decides."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from msgspec import Struct

from outcry.domain.market import SettlementMode, own_price
from outcry.domain.rejects import Reject, Rejected
from outcry.ports.books import Books
from outcry.ports.projection import MarketRow, TradeRow
from outcry.ports.queries import Queries
from outcry.ports.series import SERIES_COUNT_MAX, Series
from outcry.runtime.clob.books import ClobBook, OwnTop, clob_book, own_top, token_of
from outcry.runtime.clob.conditions import condition_of
from outcry.runtime.clob.fees import FeeSchedules, base_fee
from outcry.runtime.clob.texts import price_text
from outcry.runtime.directory import Directory
from outcry.services.api.clob.cursors import END, cursor_of, read_cursor
from outcry.services.api.clob.market_views import (
    ClobMarketView,
    CompactMarketView,
    ItemT,
    MarketOfTokenView,
    Page,
    SimplifiedMarketView,
    accepts_orders,
    compact_view,
    market_view,
    simplified_view,
)
from outcry.services.api.clob.price_history import HistoryView, PointView, points, window_of
from outcry.services.api.clob.public_forms import HistoriesBody, HistoryQuery, TokenItem
from outcry.services.api.clob.trade_stages import TradeStages
from outcry.services.api.lookups import Lookups
from outcry_wire.records import Side


#: Markets of one page, whole and simplified.
MARKETS_COUNT_MAX = 100
SIMPLIFIED_COUNT_MAX = 500
#: Fills of a chain's market among which the last one that may be told is looked for.
LAST_COUNT_MAX = 100


class Token(NamedTuple):
    """A token that is known: its market and outcome."""

    row: MarketRow
    outcome: int


class LastTradeView(Struct, frozen=True):
    """The last price and which side took it; 0.5 and no side before the first trade."""

    price: str
    side: str


class TokenTradeView(Struct, frozen=True):
    """The same of one of several tokens."""

    token_id: str
    price: str
    side: str


class Reads:
    """What anybody may ask."""

    def __init__(
        self,
        *,
        queries: Queries,
        directory: Directory,
        lookups: Lookups,
        books: Books,
        series: Series,
        stages: TradeStages,
        fees: FeeSchedules,
        clock: Callable[[], float],
    ) -> None:
        self._queries = queries
        self._directory = directory
        self._lookups = lookups
        self._books = books
        self._series = series
        self._stages = stages
        self._fees = fees
        self._clock = clock

    # ------------------------------------------------------------------ markets

    async def markets(self, cursor: str, *, trading: bool) -> Page[ClobMarketView] | Rejected:
        """Return a page of markets, or of those that take orders."""
        rows = await self._page(cursor, MARKETS_COUNT_MAX, trading=trading)
        if isinstance(rows, Rejected):
            return rows
        views = [await self._view(row) for row in rows]
        return _paged(views, rows, MARKETS_COUNT_MAX)

    async def simplified(
        self, cursor: str, *, trading: bool
    ) -> Page[SimplifiedMarketView] | Rejected:
        """Return a page of the same with the least about each."""
        rows = await self._page(cursor, SIMPLIFIED_COUNT_MAX, trading=trading)
        if isinstance(rows, Rejected):
            return rows
        views = [simplified_view(row, self._books.top(row.market_id)) for row in rows]
        return _paged(views, rows, SIMPLIFIED_COUNT_MAX)

    async def market(self, condition_id: str) -> ClobMarketView | Rejected:
        """Return one market."""
        row = await self.market_row(condition_id)
        return row if isinstance(row, Rejected) else await self._view(row)

    async def compact(self, condition_id: str) -> CompactMarketView | Rejected:
        """Return what a client needs of one market to make an order."""
        row = await self.market_row(condition_id)
        if isinstance(row, Rejected):
            return row
        return compact_view(row, await self._fees.schedule(row.fee_version))

    async def market_of(self, token_id: str) -> MarketOfTokenView | Rejected:
        """Return which market a token belongs to."""
        token = await self.token(token_id)
        if isinstance(token, Rejected):
            return token
        row = token.row
        return MarketOfTokenView(condition_of(row), row.token_0, row.token_1)

    async def market_row(self, condition_id: str) -> MarketRow | Rejected:
        """Return the market of a condition id as the tables have it now."""
        known = await self._directory.find_condition(condition_id)
        # The directory may be old, and whether a market takes orders should not be.
        row = None if known is None else await self._queries.market(known.market_id)
        return row or Rejected(Reject.MARKET_UNKNOWN, condition_id[:80])

    # ------------------------------------------------------------------ tokens

    async def token(self, token_id: str) -> Token | Rejected:
        """Return market and outcome of a token."""
        found = await self._directory.find_token(token_id)
        return Rejected(Reject.TOKEN_UNKNOWN, token_id[:80]) if found is None else Token(*found)

    def known(self, items: Iterable[TokenItem]) -> list[tuple[TokenItem, Token]]:
        """Return those of *items* whose token is known; nothing is looked for."""
        found = ((item, self._directory.token(item.token_id)) for item in items)
        return [(item, Token(*token)) for item, token in found if token is not None]

    def book(self, token: Token) -> ClobBook:
        """Return the book of a token."""
        return clob_book(*token, self._books.book(token.row.market_id))

    def top(self, token: Token) -> OwnTop:
        """Return the best prices of a token."""
        return own_top(*token, self._books.top(token.row.market_id))

    async def base_fee(self, token: Token) -> int:
        """Return the basis points that orders for a token are signed with."""
        return base_fee(await self._fees.schedule(token.row.fee_version))

    async def last_trade(self, token: Token) -> LastTradeView:
        """Return the last price of a token."""
        trade = await self._last(token.row)
        return last_trade_view(trade, token.outcome) if trade else NO_TRADE

    async def last_trades(self, tokens: Iterable[Token]) -> list[TokenTradeView]:
        """Return the last prices of those tokens that were ever traded."""
        wanted = list(tokens)
        newest = await self._series.newest_trades([token.row.market_id for token in wanted])
        views = []
        for token in wanted:
            trade = newest.get(token.row.market_id)
            if trade is not None and token.row.settlement == SettlementMode.CHAIN:
                trade = await self._last(token.row)
            if trade is not None:
                last = last_trade_view(trade, token.outcome)
                views.append(
                    TokenTradeView(token_of(token.row, token.outcome), last.price, last.side)
                )
        return views

    async def _last(self, row: MarketRow) -> TradeRow | None:
        """Return the last trade of a market that has passed its pre-flight, where it needs one."""
        count = LAST_COUNT_MAX if row.settlement == SettlementMode.CHAIN else 1
        found = await self._series.last_trades(row.market_id, None, count)
        told = await self._stages.told(found.rows, row)
        return told[0] if told else None

    # ------------------------------------------------------------------ history

    async def history(self, form: HistoryQuery) -> HistoryView | Rejected:
        """Return how the price of one token went."""
        found = await self._history(form.market, form)
        return found if isinstance(found, Rejected) else HistoryView(found)

    async def histories(self, form: HistoriesBody) -> dict[str, list[PointView]] | Rejected:
        """Return how the prices of several tokens went; those that nobody knows are left out."""
        histories = {}
        for token_id in form.markets:
            found = await self._history(token_id, form)
            if isinstance(found, Rejected):
                if found.reject is not Reject.TOKEN_UNKNOWN:
                    return found
            else:
                histories[token_id] = found
        return histories

    async def _history(
        self, token_id: str, form: HistoryQuery | HistoriesBody
    ) -> list[PointView] | Rejected:
        token = await self.token(token_id)
        if isinstance(token, Rejected):
            return token
        begun = token.row.created_at_us // 1_000_000
        window = window_of(form, int(self._clock()), begun)
        if isinstance(window, Rejected):
            return window
        rows = await self._series.candles(token.row.market_id, *window, SERIES_COUNT_MAX)
        return points(rows, token.outcome)

    # ------------------------------------------------------------------ parts

    async def _view(self, row: MarketRow) -> ClobMarketView:
        event = await self._lookups.event(row.event_id)
        assert event is not None, f"event {row.event_id} is in the table of markets only"
        schedule = await self._fees.schedule(row.fee_version)
        return market_view(row, event, self._books.top(row.market_id), schedule)

    async def _page(
        self, cursor: str, count_max: int, *, trading: bool
    ) -> list[MarketRow] | Rejected:
        """Return the markets after the one that the cursor names, by id."""
        after = read_cursor(cursor)
        if isinstance(after, Rejected):
            return after
        if after is None:
            return []
        rows = await self._directory.markets() if not after else self._directory.known_markets()
        return [
            row for row in rows if row.market_id > after and (accepts_orders(row) or not trading)
        ][:count_max]


NO_TRADE = LastTradeView("0.5", "")


def last_trade_view(trade: TradeRow, outcome: int) -> LastTradeView:
    """Return a fill as seen from *outcome*: who bought the other one sold this one."""
    side = trade.taker_side if trade.taker_outcome == outcome else 1 - trade.taker_side
    return LastTradeView(price_text(own_price(outcome, trade.price)), Side(side).name)


def _paged(views: list[ItemT], rows: list[MarketRow], count_max: int) -> Page[ItemT]:
    more = len(rows) == count_max
    cursor = cursor_of(rows[-1].market_id) if more else END
    return Page(count_max, len(views), cursor, views)
