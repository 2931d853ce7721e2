"""The examples of docs/concepts/ledger.md, number for number."""

from tests.support.venue import Venue, limit

from outcry.domain import fees
from outcry.domain.fees import FeeKind, FeeSchedule
from outcry.domain.ids import token_asset
from outcry.domain.ledger.holds import hold_to_replace
from outcry.messages.requests import (
    MergeOp,
    OpenAccountOp,
    PlaceRequest,
    RedeemOp,
    ReplaceRequest,
    ResolveOp,
    SetFeesOp,
    SplitOp,
    TransferOp,
)
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


HUNDRED = 100_000_000


async def test_a_bid_holds_limit_times_quantity() -> None:
    """10.00 YES at 0.60 hold 6 units, and nothing has moved."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        await venue.placed(limit(ann, await venue.market(), Side.BUY, 6_000, 1_000))
        assert venue.balance(ann) == (HUNDRED, 6_000_000)


async def test_a_replace_holds_for_its_dearest_course() -> None:
    """10.00 at 0.60, replaced by 5.00 at 0.80 and by 50.00 at 0.10: held 6 then 4, 10 then 5."""
    for own, total, on_its_way, after in (
        (8_000, 500, 6_000_000, 4_000_000),
        (1_000, 5_000, 10_000_000, 5_000_000),
    ):
        async with Venue().running() as venue:
            ann = await venue.user("ann", HUNDRED)
            bid = limit(ann, await venue.market(), Side.BUY, 6_000, 1_000)
            order = venue.asset.ledger.orders[(await venue.placed(bid)).order_id]
            assert hold_to_replace(order, fees.FREE, own, total) == on_its_way
            await venue.changed(ReplaceRequest(ann, order.order_id, "", own, total, False))
            assert venue.balance(ann) == (HUNDRED, after)


async def test_mint_transfer_and_merge_move_what_the_table_says() -> None:
    """Each kind of fill of 1,000 lots at 6,000 ticks, one after the other."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        yes, no = token_asset(market, 0), token_asset(market, 1)
        await venue.placed(limit(ann, market, Side.BUY, 6_000, 1_000))
        await venue.placed(limit(bob, market, Side.BUY, 4_000, 1_000, outcome=1))
        assert venue.balance(ann) == (HUNDRED - 6_000_000, 0)
        assert venue.balance(bob) == (HUNDRED - 4_000_000, 0)
        assert venue.balance(-market) == (10_000_000, 0)
        assert (venue.balance(ann, yes)[0], venue.balance(bob, no)[0]) == (1_000, 1_000)
        await venue.placed(limit(ann, market, Side.SELL, 6_000, 1_000))
        await venue.placed(limit(bob, market, Side.BUY, 6_000, 1_000))
        assert venue.balance(ann) == (HUNDRED, 0)
        assert venue.balance(bob, yes) == (1_000, 0)
        await venue.fund(SplitOp(0, ann, market, 1_000, ""))
        await venue.placed(limit(ann, market, Side.SELL, 6_000, 1_000))
        await venue.placed(limit(bob, market, Side.SELL, 4_000, 1_000, outcome=1))
        assert venue.balance(ann) == (HUNDRED - 10_000_000 + 6_000_000, 0)
        assert venue.balance(bob) == (HUNDRED - 4_000_000 - 6_000_000 + 4_000_000, 0)
        assert venue.balance(-market) == (10_000_000, 0)


async def test_improvement_goes_to_the_taker() -> None:
    """Asked up to 0.75, filled at 0.70: the difference is available at once."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        await venue.fund(SplitOp(0, ann, market, 100, ""))
        await venue.placed(limit(ann, market, Side.SELL, 7_000, 100))
        await venue.placed(limit(bob, market, Side.BUY, 7_500, 100))
        assert venue.balance(bob) == (HUNDRED - 700_000, 0)


def test_fees_are_charged_as_the_ceiling_of_their_sum() -> None:
    """3.3 micros on each of three fills are charged 4, 3 and 3: ten, as for one fill of all."""
    schedule = FeeSchedule(1, FeeKind.FLAT, 10, 0, 0)
    exact = fees.exact(schedule, 10, 3_300, 1)
    slack, charged = 0, []
    for _ in range(3):
        micros, slack = fees.charge(exact, slack)
        charged.append(micros)
    assert charged == [4, 3, 3]
    assert fees.charge(3 * exact, 0)[0] == 10


async def test_an_order_by_money_is_all_in() -> None:
    """10.00 with 1 % leave 9.900990 for tokens, and fee and cost together stay within 10.00."""
    schedule = FeeSchedule(1, FeeKind.FLAT, 100, 0, 0)
    assert fees.budget_net_of_fee(schedule, 10_000_000) == 9_900_990
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        version = (await venue.fund(SetFeesOp(0, FeeKind.FLAT, 100, 0, 0))).id
        market = await venue.market(fee_version=version)
        await venue.fund(SplitOp(0, ann, market, 5_000, ""))
        await venue.placed(limit(ann, market, Side.SELL, 5_000, 5_000))
        spend = PlaceRequest(
            bob, market, 0, Side.BUY, OrderKind.MARKET_MONEY, TimeInForce.IOC, False,
            SelfTrade.CANCEL_TAKER, 0, 0, 10_000_000, 0, "",
        )  # fmt: skip
        done = await venue.placed(spend)
        assert (done.filled, done.volume, done.fee) == (1_980, 9_900_000, 99_000)
        assert venue.balance(bob) == (HUNDRED - 9_999_000, 0)


async def test_a_sale_takes_the_floor_of_its_part_of_the_cost() -> None:
    """100 of 300 lots that cost 1.00, sold for 0.50: 333,333 leaves, 166,667 is realised."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        for price, qty in ((3_333, 299), (3_433, 1)):
            await venue.placed(limit(ann, market, Side.BUY, price, qty))
            await venue.placed(limit(bob, market, Side.BUY, 10_000 - price, qty, outcome=1))
        position = venue.asset.ledger.position(ann, market)
        assert position.cost[0] == 1_000_000
        await venue.placed(limit(ann, market, Side.SELL, 5_000, 100))
        await venue.placed(limit(bob, market, Side.BUY, 5_000, 100))
        assert position.cost[0] == 666_667
        assert position.realised == 166_667


async def test_profit_is_realised_by_sale_merge_and_redemption_and_fees_stand_apart() -> None:
    """Split 10.00, sell 4.00 NO at 0.60, merge 6.00, redeem 4.00 YES: 0.40 + 0 + 2.00."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        version = (await venue.fund(SetFeesOp(0, FeeKind.FLAT, 100, 0, 0))).id
        market = await venue.market(fee_version=version)
        await venue.fund(SplitOp(0, ann, market, 1_000, ""))
        position = venue.asset.ledger.position(ann, market)
        assert position.cost == [5_000_000, 5_000_000]
        await venue.placed(limit(bob, market, Side.BUY, 6_000, 400, outcome=1))
        await venue.placed(limit(ann, market, Side.SELL, 6_000, 400, outcome=1))
        assert (position.cost, position.realised) == ([5_000_000, 3_000_000], 400_000)
        assert position.fees == 16_000
        await venue.fund(MergeOp(0, ann, market, 600, ""))
        assert (position.cost, position.realised) == ([2_000_000, 0], 400_000)
        await venue.close(market)
        await venue.fund(ResolveOp(0, market, 10_000, 0))
        await venue.fund(RedeemOp(0, ann, market, ""))
        assert (position.cost, position.realised) == ([0, 0], 2_400_000)
        assert position.fees == 16_000
        assert venue.balance(ann) == (HUNDRED + 2_400_000 - 16_000, 0)


async def test_a_transfer_takes_its_part_of_the_cost_along() -> None:
    """100 of 300 lots that cost 1.00: 333,333 goes with them and nothing is realised."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        for price, qty in ((3_333, 299), (3_433, 1)):
            await venue.placed(limit(ann, market, Side.BUY, price, qty))
            await venue.placed(limit(bob, market, Side.BUY, 10_000 - price, qty, outcome=1))
        hedges = (await venue.fund(OpenAccountOp(0, 1, "hedges"))).id
        yes = token_asset(market, 0)
        await venue.fund(TransferOp(0, 1, ann, hedges, yes, 100, ""))
        ledger = venue.asset.ledger
        old, new = ledger.position(ann, market), ledger.position(hedges, market)
        assert (old.cost[0], new.cost[0]) == (666_667, 333_333)
        assert (venue.balance(ann, yes)[0], venue.balance(hedges, yes)[0]) == (200, 100)
        assert (old.realised, new.realised) == (0, 0)
        assert old.net_cash + new.net_cash == 1_000_000


async def test_payouts_are_exact() -> None:
    """A tie pays half a unit a lot to each outcome; a pair is merged or redeemed for the same."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        await venue.fund(SplitOp(0, ann, market, 101, ""))
        await venue.fund(MergeOp(0, ann, market, 1, ""))
        await venue.close(market)
        await venue.fund(ResolveOp(0, market, 5_000, 5_000))
        assert (await venue.fund(RedeemOp(0, ann, market, ""))).amount == 1_000_000
        assert venue.balance(ann) == (HUNDRED, 0)
