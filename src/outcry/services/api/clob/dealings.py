"""Dealings: the orders and trades of one holder of a key, page by page. From tables only."""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct

from outcry.domain.ledger.people import address_key
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import MICROS_PER_SECOND, TIME_US_MAX
from outcry.ports.dealings import TradeFilter, TradePlace
from outcry.ports.projection import MarketRow, OrderRow, TradeRow
from outcry.ports.queries import Queries
from outcry.runtime.clob.fees import FeeSchedules, base_fee
from outcry.runtime.clob.mirrors import Mirrors
from outcry.runtime.clob.names import (
    FAILED,
    TradePart,
    is_digest,
    order_hash,
    order_number,
    part_of,
    trade_name,
    trade_named,
)
from outcry.runtime.clob_identity import Holder
from outcry.services.api.clob.cursors import END, cursor_of, pair_cursor, read_cursor, read_pair
from outcry.services.api.clob.dealing_views import (
    Deal,
    OpenOrderView,
    TradeView,
    open_order_view,
    parts,
    trade_view,
)
from outcry.services.api.clob.market_views import ItemT, Page
from outcry.services.api.clob.own_writes import OwnWrites
from outcry.services.api.clob.profiles import PROXIES, SAFES
from outcry.services.api.clob.reads import Reads
from outcry.services.api.clob.trade_stages import TradeStages, key
from outcry.services.api.lookups import Lookups
from outcry.services.api.signatures import PROXY, SAFE, wallet_of


#: Orders, and trades, of one page.
PAGE_COUNT: Final = 100
#: Trades that are looked through for those of the orders on a page.
ASSOCIATED_COUNT_MAX: Final = 500

Seconds = Annotated[str, Meta(pattern=r"^[0-9]{0,12}$")]


class OrdersQuery(Struct, frozen=True):
    """Which orders; "" is any."""

    id: str = ""
    market: str = ""
    asset_id: str = ""
    next_cursor: str = ""


class TradesQuery(Struct, frozen=True):
    """Which trades; "" is any. Times in seconds."""

    id: str = ""
    maker_address: str = ""
    market: str = ""
    asset_id: str = ""
    before: Seconds = ""
    after: Seconds = ""
    next_cursor: str = ""


class Dealings:
    """What a holder of a key did."""

    def __init__(
        self, queries: Queries, stages: TradeStages, reads: Reads, lookups: Lookups,
        fees: FeeSchedules, writes: OwnWrites, mirrors: Mirrors,
    ) -> None:  # fmt: skip
        """Read from *queries*; what the holder wrote here is waited for.

        *mirrors* says whose escrow an account is.
        """
        self._mirrors = mirrors
        self._queries, self._stages = queries, stages
        self._reads = reads
        self._lookups = lookups
        self._fees = fees
        self._writes = writes

    async def order(self, who: Holder, name: str) -> OpenOrderView | Rejected:
        """Return one order of the user, open or not."""
        await self._writes.seen(who.principal.user_id)
        row = await self._order(who, name)
        if row is None:
            return Rejected(Reject.ORDER_UNKNOWN, name[:80])
        return (await self._order_views(who, [row]))[0]

    async def orders(self, who: Holder, asked: OrdersQuery) -> Page[OpenOrderView] | Rejected:
        """Return a page of open orders, newest first."""
        before = read_cursor(asked.next_cursor)
        place = await self._place(asked.market, asked.asset_id)
        if isinstance(before, Rejected):
            return before
        if isinstance(place, Rejected):
            return place
        await self._writes.seen(who.principal.user_id)
        if asked.id:
            row = await self._order(who, asked.id)
            rows = [] if row is None or row.status > 1 else [row]
        elif before is None:
            rows = []
        else:
            rows = await self._queries.live_orders(
                who.principal.account, market_id=place[0], outcome=place[1], before=before,
                count=PAGE_COUNT,
            )  # fmt: skip
        more = len(rows) == PAGE_COUNT and not asked.id
        cursor = cursor_of(rows[-1].order_id) if more else END
        return page_of(await self._order_views(who, rows), cursor)

    async def trades(self, who: Holder, asked: TradesQuery) -> Page[TradeView] | Rejected:
        """Return a page of trades, newest first."""
        before = read_pair(asked.next_cursor)
        place = await self._place(asked.market, asked.asset_id)
        part = trade_named(asked.id) if asked.id else None
        if isinstance(before, Rejected):
            return before
        if isinstance(place, Rejected):
            return place
        maker = await self._maker(who)
        own = (maker, *wallets(who))
        foreign = asked.maker_address and address_key(asked.maker_address) not in own
        if before is None or foreign or (asked.id and part is None):
            return page_of([], END)
        await self._writes.seen(who.principal.user_id)
        wanted = TradeFilter(
            market_id=place[0],
            outcome=place[1],
            trade_id=part.trade_id if part else 0,
            from_us=int(asked.after or 0) * MICROS_PER_SECOND,
            upto_us=int(asked.before) * MICROS_PER_SECOND if asked.before else TIME_US_MAX,
        )
        fills = await self._queries.trades_of(
            who.principal.account, wanted, before=TradePlace(*before) if before else None,
            count=PAGE_COUNT,
        )  # fmt: skip
        views = await self._trade_views(who._replace(address=maker), fills, part)
        full = len({(fill.n, fill.trade_id) for fill in fills}) == PAGE_COUNT
        cursor = pair_cursor(fills[-1].n, fills[-1].trade_id) if full else END
        return page_of(views, cursor)

    async def _order(self, who: Holder, name: str) -> OrderRow | None:
        number, digest = order_number(name), name.removeprefix("0x").lower()
        if number:
            row = await self._queries.order(number)
            return row if row is not None and row.account == who.principal.account else None
        if not is_digest(digest):
            return None
        return await self._queries.order_by_name(who.principal.account, digest)

    async def _place(self, market: str, asset_id: str) -> tuple[int, int] | Rejected:
        """Return market and outcome that are asked for: 0 and -1 are any."""
        if asset_id:
            token = await self._reads.token(asset_id)
            return token if isinstance(token, Rejected) else (token.row.market_id, token.outcome)
        if not market:
            return 0, -1
        row = await self._reads.market_row(market)
        return row if isinstance(row, Rejected) else (row.market_id, -1)

    async def _maker(self, who: Holder) -> str:
        """Return whose escrow a user's orders trade: the address of a wallet, or their own."""
        return await self._mirrors.wallet_of(who.principal.account) or who.address

    async def _order_views(self, who: Holder, rows: Sequence[OrderRow]) -> list[OpenOrderView]:
        who = who._replace(address=await self._maker(who))
        traded = await self._associated(who, [row for row in rows if row.filled])
        return [
            open_order_view(
                row, await self._market(row.market_id), who, traded.get(row.order_id, [])
            )
            for row in rows
        ]

    async def _associated(self, who: Holder, rows: Sequence[OrderRow]) -> dict[int, list[str]]:
        """Return the trades of each order, the newest ones where there are very many."""
        if not rows:
            return {}
        wanted = TradeFilter(
            market_id=rows[0].market_id if len({row.market_id for row in rows}) == 1 else 0,
            from_us=min(row.created_at_us for row in rows),
            upto_us=max(row.updated_at_us for row in rows),
        )
        found: dict[int, list[str]] = {row.order_id: [] for row in rows}
        for fill in await self._queries.trades_of(
            who.principal.account, wanted, before=None, count=ASSOCIATED_COUNT_MAX
        ):
            name = trade_name(part_of(fill.trade_id, fill.fill))
            for order_id in (fill.taker_order, fill.maker_order):
                if name not in found.get(order_id, [name]):
                    found[order_id].append(name)
        return found

    async def _trade_views(
        self, who: Holder, fills: Sequence[TradeRow], only: TradePart | None
    ) -> list[TradeView]:
        ids = {order for fill in fills for order in (fill.taker_order, fill.maker_order)}
        rows = await self._queries.orders_by_id(sorted(ids))
        names = {row.order_id: order_hash(row.order_id, row.client_order_id) for row in rows}
        markets = {one: await self._market(one) for one in {fill.market_id for fill in fills}}
        found = await self._stages.of(fills, markets)
        views = []
        for part, own in parts(fills).items():
            if only not in (None, part):
                continue
            market = markets[own[0].market_id]
            fee = base_fee(await self._fees.schedule(market.fee_version))
            deal = Deal(market, names, fee)
            stages = [found[key(fill)] for fill in own]
            # What failed of a trade comes before what did not: clients keep the last they read.
            for stage in sorted(set(stages), key=lambda one: one.status != FAILED):
                some = [fill for fill, its in zip(own, stages, strict=True) if its == stage]
                views.append(trade_view(part, some, stage, deal, who))
        return views

    async def _market(self, market_id: int) -> MarketRow:
        row = await self._lookups.market(market_id)
        assert row is not None, f"market {market_id} is in the tables of orders only"
        return row


def wallets(who: Holder) -> tuple[str, str, str]:
    """Return the addresses that trade for a user: their own, and that of their proxy and safe."""
    owner = bytes.fromhex(who.address[2:])
    proxy, safe = wallet_of(owner, PROXY, PROXIES), wallet_of(owner, SAFE, SAFES)
    return who.address, f"0x{proxy.hex()}", f"0x{safe.hex()}"


def page_of(items: list[ItemT], cursor: str) -> Page[ItemT]:
    """Return a page of this surface."""
    return Page(PAGE_COUNT, len(items), cursor, items)
