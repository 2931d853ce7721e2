"""Reduce and replace at the ledger: what is held, what is declined, and what is answered."""

from tests.support.venue import Venue, limit

from outcry.domain.ids import token_asset
from outcry.domain.mode import Mode
from outcry.domain.order import OrderStatus
from outcry.domain.rejects import Reject
from outcry.messages.requests import (
    Declined,
    OrderAccepted,
    ReduceRequest,
    ReplaceRequest,
    SetModeOp,
    SplitOp,
)
from outcry_wire.records import Side, TimeInForce


HUNDRED = 100_000_000


async def refusal(venue: Venue, request: ReduceRequest | ReplaceRequest) -> Declined:
    """Return why a change is declined."""
    (result,) = await venue.asset.submit([request], wait_result=True)
    assert isinstance(result, Declined), result
    return result


async def test_a_reduce_releases_its_part_and_the_last_lot_cancels() -> None:
    """Lots taken off are free with the fact; taking off more than is left ends the order."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        order = await venue.placed(limit(ann, await venue.market(), Side.BUY, 6_000, 1_000))
        reduced = await venue.changed(ReduceRequest(ann, order.order_id, "", 400))
        assert (reduced.status, reduced.remaining) == (OrderStatus.OPEN, 600)
        assert venue.balance(ann) == (HUNDRED, 3_600_000)
        ended = await venue.changed(ReduceRequest(ann, order.order_id, "", 10**15))
        assert ended.status == OrderStatus.CANCELLED
        assert venue.balance(ann) == (HUNDRED, 0)


async def test_a_replace_is_named_by_the_clients_own_id_and_priced_by_the_owner() -> None:
    """An order on NO is moved at its own price, to the complement in the book."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        placed = limit(ann, market, Side.BUY, 3_000, 100, outcome=1, client_order_id="mine")
        order = await venue.placed(placed)
        moved = await venue.changed(ReplaceRequest(ann, 0, "mine", 3_500, 200, post_only=True))
        assert (moved.order_id, moved.remaining) == (order.order_id, 200)
        assert venue.asset.ledger.orders[order.order_id].price == 6_500
        assert venue.balance(ann) == (HUNDRED, 700_000)


async def test_a_replace_may_trade_at_its_new_price() -> None:
    """A bid moved up to an offer fills there, pays the maker's price, and the rest rests."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        await venue.fund(SplitOp(0, bob, market, 100, ""))
        await venue.placed(limit(bob, market, Side.SELL, 5_000, 100))
        order = await venue.placed(limit(ann, market, Side.BUY, 4_000, 100))
        moved = await venue.changed(ReplaceRequest(ann, order.order_id, "", 5_500, 150, False))
        assert (moved.filled, moved.remaining, moved.volume) == (100, 50, 500_000)
        assert venue.balance(ann) == (HUNDRED - 500_000, 50 * 5_500)
        assert venue.balance(ann, token_asset(market, 0)) == (100, 0)


async def test_while_a_replace_is_on_its_way_the_dearest_course_is_held() -> None:
    """A bid of 10 at 0.60 becomes 50 at 0.10: it may fill at 0.60 first, and 40 lots rest then."""
    async with Venue().running(engines=False) as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        bid = limit(ann, market, Side.BUY, 6_000, 1_000)
        (order,) = await venue.asset.submit([bid], wait_result=False)
        assert isinstance(order, OrderAccepted)
        change = ReplaceRequest(ann, order.order_id, "", 1_000, 5_000, False)
        (first,) = await venue.asset.submit([change], wait_result=False)
        assert isinstance(first, OrderAccepted)
        assert venue.balance(ann) == (HUNDRED, 1_000 * 6_000 + 4_000 * 1_000)
        (second,) = await venue.asset.submit([change], wait_result=False)
        assert isinstance(second, Declined)
        assert second.reject == Reject.REPLACE_PENDING


async def test_a_reduce_counts_lots_that_a_replace_on_its_way_adds() -> None:
    """10 lots become 100, then 50 are taken off, all in one batch: 50 are left, not 90."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        order = await venue.placed(limit(ann, await venue.market(), Side.BUY, 6_000, 10))
        await venue.asset.submit(
            [
                ReplaceRequest(ann, order.order_id, "", 6_000, 100, False),
                ReduceRequest(ann, order.order_id, "", 50),
            ],
            wait_result=True,
        )
        assert venue.asset.ledger.orders[order.order_id].remaining == 50


async def test_a_replace_that_the_book_declines_leaves_the_order_and_its_hold() -> None:
    """Post-only into an offer: the old terms stand, and the extra hold is released."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        await venue.fund(SplitOp(0, bob, market, 100, ""))
        await venue.placed(limit(bob, market, Side.SELL, 5_000, 100))
        order = await venue.placed(limit(ann, market, Side.BUY, 4_000, 100))
        change = ReplaceRequest(ann, order.order_id, "", 5_000, 300, post_only=True)
        assert (await refusal(venue, change)).reject == Reject.POST_ONLY_WOULD_TRADE
        assert venue.balance(ann) == (HUNDRED, 400_000)
        moved = await venue.changed(ReplaceRequest(ann, order.order_id, "", 4_500, 100, False))
        assert moved.remaining == 100


async def test_changes_that_cannot_be_are_declined_by_number() -> None:
    """Each rule has its number, and says what was got and what would do."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", 1_000_000), await venue.user("bob", HUNDRED)
        market = await venue.market(tick=100, price_min=100, qty_min=10, qty_max=10_000)
        order = (await venue.placed(limit(ann, market, Side.BUY, 5_000, 100))).order_id
        await venue.placed(limit(bob, market, Side.BUY, 5_000, 40, outcome=1))
        for change, reject in (
            (ReduceRequest(ann, order, "", 0), Reject.REDUCE_INVALID),
            (ReduceRequest(bob, order, "", 1), Reject.ORDER_UNKNOWN),
            (ReduceRequest(ann, 999, "", 1), Reject.ORDER_UNKNOWN),
            (ReplaceRequest(bob, order, "", 5_000, 50, False), Reject.ORDER_UNKNOWN),
            (ReplaceRequest(ann, 0, "none", 5_000, 50, False), Reject.ORDER_UNKNOWN),
            (ReplaceRequest(ann, order, "", 5_000, 40, False), Reject.REPLACE_INVALID),
            (ReplaceRequest(ann, order, "", 5_050, 50, False), Reject.PRICE_OFF_GRID),
            (ReplaceRequest(ann, order, "", 10_000, 50, False), Reject.PRICE_OUT_OF_BOUNDS),
            (ReplaceRequest(ann, order, "", 5_000, 10_001, False), Reject.QUANTITY_ABOVE_MAXIMUM),
            (ReplaceRequest(ann, order, "", 5_000, 241, False), Reject.FUNDS_INSUFFICIENT),
        ):
            assert (await refusal(venue, change)).reject == reject, change
        await venue.changed(ReplaceRequest(ann, order, "", 5_000, 200, False))
        await venue.fund(SetModeOp(0, Mode.CANCEL_ONLY))
        change = ReplaceRequest(ann, order, "", 5_000, 150, False)
        assert (await refusal(venue, change)).reject == Reject.MODE_FORBIDS
        await venue.changed(ReduceRequest(ann, order, "", 10))


async def test_an_order_that_never_rests_is_not_replaced() -> None:
    """An immediate order is over before a replace could reach it."""
    async with Venue().running(engines=False) as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        bid = limit(ann, market, Side.BUY, 6_000, 1_000, tif=TimeInForce.IOC)
        (order,) = await venue.asset.submit([bid], wait_result=False)
        assert isinstance(order, OrderAccepted)
        change = ReplaceRequest(ann, order.order_id, "", 1_000, 5_000, False)
        (answer,) = await venue.asset.submit([change], wait_result=False)
        assert isinstance(answer, Declined)
        assert answer.reject == Reject.REPLACE_INVALID
