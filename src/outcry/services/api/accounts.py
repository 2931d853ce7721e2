"""Accounts: what belongs to one user. From tables and books only, never the ledger's memory.

Every answer says up to which log entry it is true, and waits for the one that the client names.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import TICKS_PER_UNIT, format_money, format_quantity
from outcry.ports.books import Books
from outcry.ports.projection import OrderRow
from outcry.ports.queries import PAGE_SIZE_MAX, Page, Position, Queries
from outcry.ports.series import Series
from outcry.runtime.identity import Principal
from outcry.services.api.catalogue import Catalogue
from outcry.services.api.closed import closed, closed_ranked
from outcry.services.api.forms import (
    AccountQuery,
    BalanceQuery,
    ClosedQuery,
    EventBalanceQuery,
    HistoryQuery,
    PositionsQuery,
    UserQuery,
)
from outcry.services.api.lookups import Lookups
from outcry.services.api.position_views import ClosedPositionsView, PositionsView
from outcry.services.api.positions import Holding, holdings, ranked
from outcry.services.api.render_orders import activity_view, order_view
from outcry.services.api.views import (
    ActivitiesView,
    EventBalanceView,
    OpenOrdersView,
    OrderHistoryView,
    OrderView,
)


#: Pages of positions that are read for one answer: sorting needs all of them.
POSITION_PAGES_MAX: Final = 20


class PagedPositions(Protocol):
    """A query for positions, page by page."""

    async def __call__(
        self, account: int, *, event_id: int, market_id: int, page: int, page_size: int
    ) -> Page[Position]:
        """Return one page."""
        ...


class Accounts:
    """Balances, positions, orders and activity."""

    def __init__(
        self,
        queries: Queries,
        series: Series,
        books: Books,
        lookups: Lookups,
        catalogue: Catalogue,
    ) -> None:
        """Read from *queries* and *series*; names come from *catalogue*."""
        self._queries = queries
        self._series = series
        self._books = books
        self._lookups = lookups
        self._catalogue = catalogue

    async def balance(self, form: BalanceQuery) -> str | Rejected:
        """Return the collateral of a user, what is set aside for orders included."""
        account = await self.account(form.uid, form.after, form.account)
        if isinstance(account, Rejected):
            return account
        rows, _ = await self._queries.balances(account, [COLLATERAL])
        return format_money(sum(row.total for row in rows))

    async def portfolio_value(self, form: BalanceQuery) -> str | Rejected:
        """Return what a user has: collateral, and tokens at what they are worth at present.

        A token that nobody can value counts one half, so that a pair of tokens is always worth 1.
        """
        account = await self.account(form.uid, form.after, form.account)
        if isinstance(account, Rejected):
            return account
        rows, _ = await self._queries.balances(account, [COLLATERAL])
        value = sum(row.total for row in rows)
        for position in (await self._all(self._queries.positions, account))[0]:
            for holding in holdings(position, self._books.top(position.market.market_id)):
                worth = holding.value
                value += TICKS_PER_UNIT // 2 * holding.qty if worth is None else worth
        return format_money(value)

    async def traded_volume(self, form: UserQuery) -> str | Rejected:
        """Return what a user ever traded: price times quantity of every fill."""
        account = await self.account(form.uid, form.after)
        if isinstance(account, Rejected):
            return account
        return format_money((await self._series.turnover(form.uid)).volume)

    async def closed_positions(self, form: ClosedQuery) -> ClosedPositionsView | Rejected:
        """Return a page of what a user once had and has no more, sorted by one of its figures."""
        sort = closed_ranked(form)
        if isinstance(sort, Rejected):
            return sort
        account = await self.account(form.uid, form.after, form.account)
        if isinstance(account, Rejected):
            return account
        rows, n = await self._all(
            self._queries.closed_positions, account, form.event_id, form.market_id
        )
        wanted = form.question.casefold()
        found = [closed(row) for row in rows if wanted in row.market.question.casefold()]
        found.sort(key=sort.key, reverse=sort.falling)
        start = (form.page - 1) * form.page_size
        views = []
        for one in found[start : start + form.page_size]:
            _, event = await self._catalogue.names(one.market.market_id)
            views.append(one.view(event))
        return ClosedPositionsView(views, len(found), start + form.page_size < len(found), n)

    async def event_balance(
        self, form: EventBalanceQuery, who: Principal
    ) -> EventBalanceView | Rejected:
        """Return what the account may use in an event: each token of it, and collateral."""
        account = await self._own(form, who)
        if isinstance(account, Rejected):
            return account
        event_id = form.event_id
        if await self._lookups.event(event_id) is None:
            return Rejected(Reject.EVENT_UNKNOWN, str(event_id))
        if form.market_id:
            named = await self._catalogue.market(form.market_id, event_id)
            if isinstance(named, Rejected):
                return named
            markets = [named]
        else:
            markets = await self._queries.markets([event_id])
        tokens = {
            token_asset(row.market_id, outcome): (row.token_0, row.token_1)[outcome]
            for row in markets
            for outcome in (0, 1)
        }
        rows, n = await self._queries.balances(account, [COLLATERAL, *tokens])
        available = {row.asset: row.total - row.held for row in rows}
        return EventBalanceView(
            {token: format_quantity(available.get(asset, 0)) for asset, token in tokens.items()},
            format_money(available.get(COLLATERAL, 0)),
            n,
        )

    async def positions(self, form: PositionsQuery) -> PositionsView | Rejected:
        """Return a page of a user's positions, sorted by one of their figures."""
        sort = ranked(form)
        if isinstance(sort, Rejected):
            return sort
        account = await self.account(form.uid, form.after, form.account)
        if isinstance(account, Rejected):
            return account
        rows, n = await self._all(self._queries.positions, account, form.event_id, form.market_id)
        found: list[Holding] = []
        for position in rows:
            if form.question.casefold() in position.market.question.casefold():
                found += holdings(position, self._books.top(position.market.market_id))
        found.sort(key=sort.key, reverse=sort.falling)
        start = (form.page - 1) * form.page_size
        views = []
        for holding in found[start : start + form.page_size]:
            _, event = await self._catalogue.names(holding.market.market_id)
            views.append(holding.view(event))
        return PositionsView(views, len(found), start + form.page_size < len(found), n)

    async def _all(
        self, read: PagedPositions, account: int, event_id: int = 0, market_id: int = 0
    ) -> tuple[list[Position], int]:
        rows: list[Position] = []
        n = 0
        for number in range(1, POSITION_PAGES_MAX + 1):
            page = await read(
                account,
                event_id=event_id,
                market_id=market_id,
                page=number,
                page_size=PAGE_SIZE_MAX,
            )
            rows += page.rows
            n = page.n
            if number * PAGE_SIZE_MAX >= page.total:
                break
        return rows, n

    async def open_orders(self, form: AccountQuery) -> OpenOrdersView | Rejected:
        """Return a page of a user's orders that are new or open."""
        account = await self.account(form.uid, form.after, form.account)
        if isinstance(account, Rejected):
            return account
        page = await self._queries.open_orders(
            account,
            event_id=form.event_id,
            market_id=form.market_id,
            page=form.page,
            page_size=form.page_size,
        )
        more = form.page * form.page_size < page.total
        return OpenOrdersView(await self._order_views(page.rows), page.total, more, page.n)

    async def order_history(
        self, form: HistoryQuery, who: Principal
    ) -> OrderHistoryView | Rejected:
        """Return a page of all orders of the account."""
        account = await self._own(form, who)
        if isinstance(account, Rejected):
            return account
        page = await self._queries.order_history(
            account,
            event_id=form.event_id,
            market_id=form.market_id,
            page=form.page,
            page_size=form.page_size,
        )
        more = form.page * form.page_size < page.total
        return OrderHistoryView(await self._order_views(page.rows), page.total, more, page.n)

    async def activity(self, form: AccountQuery) -> ActivitiesView | Rejected:
        """Return a page of what a user did: fills, splits, merges, redemptions."""
        account = await self.account(form.uid, form.after, form.account)
        if isinstance(account, Rejected):
            return account
        page = await self._queries.activity(
            account,
            event_id=form.event_id,
            market_id=form.market_id,
            page=form.page,
            page_size=form.page_size,
        )
        views = []
        for item in page.rows:
            row = item.trade or item.other
            assert row is not None, "an activity is a trade or something else"
            market, event = await self._catalogue.names(row.market_id)
            views.append(activity_view(item, account, market, event))
        more = form.page * form.page_size < page.total
        return ActivitiesView(views, page.total, more, page.n)

    async def account(self, user_id: int, after: int, account: int = 0) -> int | Rejected:
        """Return *account* of a user, by default the first, once the tables include *after*."""
        late = await self._late(after)
        if late:
            return late
        if account:
            return await self._lookups.account(account, user_id)
        user = await self._catalogue.user(user_id)
        return user if isinstance(user, Rejected) else user.account

    async def _own(self, form: EventBalanceQuery | HistoryQuery, who: Principal) -> int | Rejected:
        """Return the account of who asks, once the tables are new enough."""
        late = await self._late(form.after)
        if late:
            return late
        if form.account:
            return await self._lookups.account(form.account, who.user_id)
        return who.account

    async def _late(self, after: int) -> Rejected | None:
        if await self._lookups.include(after):
            return None
        position = await self._queries.position()
        return Rejected(Reject.UNAVAILABLE, f"tables at entry {position}", f"entry {after}")

    async def _order_views(self, rows: Sequence[OrderRow]) -> list[OrderView]:
        views = []
        for row in rows:
            market, event = await self._catalogue.names(row.market_id)
            views.append(order_view(row, market, event))
        return views
