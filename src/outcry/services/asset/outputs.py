"""What a log entry has for the chain, and for everybody who follows markets."""

from collections.abc import Mapping
from itertools import groupby
from typing import Final

from outcry.domain.ledger.effects import Effects, Fill
from outcry.domain.ledger.state import Ledger
from outcry.domain.market import SettlementMode
from outcry.domain.signed_order import SignedOrder
from outcry.messages.settlements import (
    MarketNews,
    SettlementFill,
    SettlementParty,
    SettlementRequest,
)


#: A plain int: one is compared for each fill.
_CHAIN: Final = int(SettlementMode.CHAIN)


def settlement_requests(ledger: Ledger, effects: Effects) -> list[SettlementRequest]:
    """Return the trades of the entry that settle on a chain, in their order."""
    signed = ledger.chain.signed
    markets = ledger.markets
    fills = [fill for fill in effects.fills if markets[fill.market_id].settlement == _CHAIN]
    return [
        SettlementRequest(trade_id, market_id, [_fill(fill, signed) for fill in group])
        for (trade_id, market_id), group in groupby(fills, lambda f: (f.trade_id, f.market_id))
    ]


def market_news(ledger: Ledger, effects: Effects) -> list[MarketNews]:
    """Return the markets that were listed or made a move, as they stand."""
    news = []
    for market_id in effects.moved:
        market = ledger.markets[market_id]
        news.append(
            MarketNews(
                market_id,
                market.event_id,
                market.state,
                market.settlement,
                market.proposed,
                market.payout,
                market.final_at_us,
                ledger.time_us,
            )
        )
    return news


def _fill(fill: Fill, signed: Mapping[int, SignedOrder]) -> SettlementFill:
    taker = SettlementParty(
        fill.taker_order, fill.taker_account, fill.taker_outcome, fill.taker_side, fill.taker_fee,
        signed.get(fill.taker_order),
    )  # fmt: skip
    maker = SettlementParty(
        fill.maker_order, fill.maker_account, fill.maker_outcome, fill.maker_side, fill.maker_fee,
        signed.get(fill.maker_order),
    )  # fmt: skip
    return SettlementFill(fill.fill, fill.match, fill.price, fill.qty, taker, maker)
