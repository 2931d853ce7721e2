"""The path of an order through the real services on in-memory adapters."""

import pytest
from tests.support.venue import Venue, limit

from outcry.domain.ids import FEES, token_asset
from outcry.domain.ledger.invariants import audit
from outcry.domain.order import OrderStatus
from outcry.messages.requests import RedeemOp, ResolveOp, SetFeesOp, SplitOp
from outcry_wire.records import Side


HUNDRED = 100_000_000


async def test_buyers_of_both_outcomes_mint_a_pair() -> None:
    """A buy of YES at 0.60 and a buy of NO at 0.40 make a pair paid for by both."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        first = await venue.placed(limit(ann, market, Side.BUY, 6_000, 1_000))
        assert first.status == OrderStatus.OPEN
        second = await venue.placed(limit(bob, market, Side.BUY, 4_000, 1_000, outcome=1))
        assert (second.status, second.filled) == (OrderStatus.FILLED, 1_000)
        assert second.n < second.result_n <= await venue.log.head()
        assert venue.balance(ann) == (HUNDRED - 6_000_000, 0)
        assert venue.balance(bob) == (HUNDRED - 4_000_000, 0)
        assert venue.balance(ann, token_asset(market, 0)) == (1_000, 0)
        assert venue.balance(bob, token_asset(market, 1)) == (1_000, 0)
        assert venue.balance(-market) == (10_000_000, 0)
        audit(venue.asset.ledger)


async def test_a_day_in_the_life_of_a_market() -> None:
    """Split, transfer, merge, fees, close, resolve and redeem leave every micro accounted for."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        fees = await venue.fund(SetFeesOp(0, 1, 100, 0, 2_500))
        market = await venue.market(fee_version=fees.id)
        await venue.fund(SplitOp(0, ann, market, 500, ""))
        await venue.placed(limit(ann, market, Side.SELL, 7_000, 300))
        taken = await venue.placed(limit(bob, market, Side.BUY, 7_500, 200))
        assert (taken.filled, taken.volume, taken.fee) == (200, 1_400_000, 6_000)
        await venue.placed(limit(bob, market, Side.SELL, 6_000, 100))
        merged = await venue.placed(limit(ann, market, Side.SELL, 4_000, 100, outcome=1))
        assert merged.filled == 100
        await venue.close(market)
        assert not venue.asset.ledger.orders
        await venue.fund(ResolveOp(0, market, 10_000, 0))
        assert (await venue.fund(RedeemOp(0, bob, market, ""))).amount == 1_000_000
        assert (await venue.fund(RedeemOp(0, ann, market, ""))).amount == 3_000_000
        total = sum(venue.balance(account)[0] for account in (ann, bob, FEES))
        assert total == 2 * HUNDRED
        assert venue.balance(-market) == (0, 0)
        audit(venue.asset.ledger)


@pytest.mark.parametrize("shards", [1, 3])
async def test_a_restart_folds_the_log_to_the_same_state(shards: int) -> None:
    """A second life of the asset service has exactly the balances and orders of the first."""
    venue = Venue(shards_count=shards)
    async with venue.running():
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        markets = [await venue.market(f"m{i}") for i in range(3)]
        for market in markets:
            await venue.placed(
                limit(
                    ann, market, Side.BUY, 6_000, 1_000, client_order_id="a" if market == 1 else ""
                )
            )
            await venue.placed(limit(bob, market, Side.BUY, 4_500, 300, outcome=1))
        before = venue.asset.ledger
    async with venue.running():
        after = venue.asset.ledger
        assert after.balances == before.balances
        assert after.orders == before.orders
        assert after.positions == before.positions
        assert after.client_orders == before.client_orders
