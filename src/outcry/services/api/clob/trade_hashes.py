"""What the answer to an order may say of its trades: that they can settle, and by what."""

import asyncio
from collections.abc import Sequence
from typing import Final

from outcry.domain.market import SettlementMode
from outcry.messages.requests import OrderAccepted
from outcry.ports.dealings import TradeFilter
from outcry.ports.projection import MarketRow
from outcry.ports.queries import Queries
from outcry.runtime.clob.names import TradePart
from outcry.runtime.clob.trades import book_hash
from outcry.runtime.settlement_stages import SettlementStages
from outcry.services.api.clob.trade_stages import TradeStages


#: How long the answer to an order waits for its transaction to pass its pre-flight. Clients that
#: are told of a trade without a hash ask for it several times a second.
HASH_WAIT_MS: Final = 2_000
#: Of an account's trades in a market, so many are looked through for those of an order sent again.
TRADES_COUNT_MAX: Final = 500


class Announcements:
    """What is known of trades while their order is answered."""

    def __init__(self, queries: Queries, told: TradeStages, stages: SettlementStages) -> None:
        """Hear of new trades from *stages*; *told* knows of earlier ones, *queries* has them."""
        self._queries = queries
        self._told = told
        self._stages = stages

    async def hashes(self, trades: Sequence[TradePart], market: MarketRow) -> list[str]:
        """Return the hashes of new trades; of a chain's, without those not announced in time."""
        if market.settlement != SettlementMode.CHAIN:
            return [book_hash(trade) for trade in trades]
        waits = (self._stages.heard(trade, HASH_WAIT_MS) for trade in trades)
        heard = await asyncio.gather(*waits)
        return [status.tx_hash for status in heard if status is not None and status.tx_hash]

    async def passed(
        self, account: int, result: OrderAccepted, trades: Sequence[TradePart], market: MarketRow
    ) -> bool:
        """Return whether what an order came to may be told as matched.

        Of an order sent again nobody says which trades it made: the tables do, as far as they are.
        """
        if market.settlement != SettlementMode.CHAIN or not result.filled:
            return True
        if trades:
            return all(self._stages.of(trade) is not None for trade in trades)
        wanted = TradeFilter(market_id=market.market_id)
        found = await self._queries.trades_of(account, wanted, before=None, count=TRADES_COUNT_MAX)
        own = [one for one in found if result.order_id in (one.taker_order, one.maker_order)]
        return bool(await self._told.told(own, market))
