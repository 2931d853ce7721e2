"""Rows as tables would hold them, for tests that need no ledger to have written them."""

from outcry.domain.market import MarketState
from outcry.ports.projection import MarketRow


def market_row(market_id: int, event_id: int = 1) -> MarketRow:
    """Return an open market whose tokens are ``y<id>`` and ``n<id>``."""
    return MarketRow(
        market_id=market_id,
        event_id=event_id,
        shard=0,
        identifier=f"market-{market_id}",
        slug="",
        title="",
        question="Will it rain?",
        image="",
        condition_id="",
        parent_collection_id="",
        outcome_0="Yes",
        outcome_1="No",
        token_0=f"y{market_id}",
        token_1=f"n{market_id}",
        tick=1,
        price_min=10,
        price_max=9_990,
        qty_min=1,
        qty_max=10**9,
        orders_max=10**6,
        fee_version=0,
        state=MarketState.OPEN,
        payout_0=0,
        payout_1=0,
        end_at_us=0,
        created_at_us=0,
        closed_at_us=0,
        resolved_at_us=0,
        volume=0,
        last_price=0,
    )
