"""What has to be looked up of trades: markets, addresses, fees, and trades of before a restart."""

import asyncio
from collections.abc import Iterable
from typing import Final

from outcry.domain.errors import OutcryError
from outcry.ports.projection import MarketRow, TradeRow
from outcry.ports.queries import Queries
from outcry.ports.series import Series
from outcry.runtime.bounded import Bounded
from outcry.runtime.clob.fees import FeeSchedules, base_fee
from outcry.runtime.clob.mirrors import Mirrors
from outcry.runtime.clob.names import PART_FILLS, TradePart
from outcry.runtime.directory import Directory
from outcry.services.websocket_user.clob.frames import Deal
from outcry.services.websocket_user.clob.trades import Side, Trade


ADDRESSES_COUNT_MAX: Final = 50_000
#: Trades that wait for a chain and are remembered; an older one is read from the tables.
TRADES_COUNT_MAX: Final = 20_000
#: How long a market that the tables do not have yet is waited for, and how often it is looked for.
MARKET_SECONDS: Final = 5.0
MARKET_PAUSE_SECONDS: Final = 0.1


class MarketMissing(OutcryError):
    """The tables do not have a market that the log has."""


class Deals:
    """Looks up, and remembers within bounds."""

    def __init__(
        self, *, queries: Queries, series: Series, directory: Directory, fees: FeeSchedules,
        mirrors: Mirrors,
    ) -> None:  # fmt: skip
        """Read from these; *mirrors* says whose escrow an account is."""
        self._mirrors = mirrors
        self._queries = queries
        self._series = series
        self._directory = directory
        self._fees = fees
        self._addresses: Bounded[int, tuple[int, str]] = Bounded(ADDRESSES_COUNT_MAX)
        self._trades: Bounded[TradePart, Trade] = Bounded(TRADES_COUNT_MAX)
        self._settled: Bounded[TradePart, frozenset[int]] = Bounded(TRADES_COUNT_MAX)

    def remember(self, trade: Trade) -> None:
        """Keep a trade that will be told of again."""
        self._trades.put(trade.part, trade)

    def settle(self, part: TradePart, fills: Iterable[int]) -> None:
        """Know that the log has spoken of fills: what is heard of the way there comes too late."""
        self._settled.put(part, self.settled(part) | frozenset(fills))

    def settled(self, part: TradePart) -> frozenset[int]:
        """Return the fills of a trade that the log has spoken of."""
        return self._settled.get(part) or frozenset()

    async def trade(self, part: TradePart, market_id: int) -> Trade | None:
        """Return a trade, from the tables when it is not remembered."""
        return self._trades.get(part) or await self._read(part, market_id)

    async def deal(self, trade: Trade) -> Deal:
        """Return what frames of *trade* need beside it."""
        row = await self.market(trade.market_id)
        addresses = {user_id: await self.address(user_id) for user_id in trade.users}
        return Deal(row, addresses, base_fee(await self._fees.schedule(row.fee_version)))

    async def market(self, market_id: int) -> MarketRow:
        """Return a market; the tables may be a moment behind. Raises `MarketMissing`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + MARKET_SECONDS
        while (row := await self._directory.find_market(market_id)) is None:
            if loop.time() > deadline:
                raise MarketMissing(f"market {market_id}")
            await asyncio.sleep(MARKET_PAUSE_SECONDS)
        return row

    async def address(self, user_id: int) -> str:
        """Return whose escrow a user's orders trade: the address of a wallet, or their own."""
        known = self._addresses.get(user_id)
        if known is None:
            user = await self._queries.user(user_id)
            known = (user.account, user.address.lower()) if user else (0, "")
            if user:
                self._addresses.put(user_id, known)
        account, own = known
        return await self._mirrors.wallet_of(account) or own

    async def _read(self, part: TradePart, market_id: int) -> Trade | None:
        before = (part.trade_id, (part.part + 1) * PART_FILLS)
        found = await self._series.last_trades(market_id, before, PART_FILLS)
        rows = [
            row
            for row in reversed(found.rows)
            if row.trade_id == part.trade_id and row.fill // PART_FILLS == part.part
        ]
        if not rows:
            return None
        makers = [await self._side(row, maker=True) for row in rows]
        taker = await self._side(rows[0], maker=False)
        trade = Trade(part, market_id, taker, tuple(makers), rows[0].at_us, pending=True)
        self.remember(trade)
        return trade

    async def _side(self, row: TradeRow, *, maker: bool) -> Side:
        number, account, outcome, side = (
            (row.maker_order, row.maker_account, row.maker_outcome, row.maker_side)
            if maker
            else (row.taker_order, row.taker_account, row.taker_outcome, row.taker_side)
        )
        order, owner = await self._queries.order(number), await self._queries.account(account)
        return Side(
            owner.user_id if owner else 0, number, order.client_order_id if order else "",
            outcome, side, row.price, row.qty, row.fill,
        )  # fmt: skip
