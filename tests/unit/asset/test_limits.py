"""Conditional limits: of one account or each, in one market or all; told with got and expected."""

from tests.support.venue import Venue, limit

from outcry.domain.rejects import Reject
from outcry.messages.requests import (
    Declined,
    OpenAccountOp,
    PlaceRequest,
    ReduceRequest,
    ReplaceRequest,
    SetLimitsOp,
    SplitOp,
    TransferOp,
)
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


HUNDRED = 100_000_000


async def refusal(venue: Venue, request: PlaceRequest | ReplaceRequest) -> tuple[int, str, str]:
    """Return number, got and expected of a request that is declined."""
    (result,) = await venue.asset.submit([request], wait_result=True)
    assert isinstance(result, Declined), result
    return result.reject, result.got, result.expected


async def test_open_orders_are_counted_in_a_market_and_over_all() -> None:
    """Two in this market, three in all: what ended or never rests does not count."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        one, two = await venue.market("one"), await venue.market("two")
        first = await venue.placed(limit(ann, one, Side.BUY, 5_000, 10))
        await venue.fund(SetLimitsOp(0, ann, one, 2, 0, 0))
        await venue.fund(SetLimitsOp(0, 0, 0, 3, 0, 0))
        await venue.placed(limit(ann, one, Side.BUY, 4_000, 10))
        third = limit(ann, one, Side.BUY, 3_000, 10)
        said = (Reject.ACCOUNT_ORDERS_LIMIT, "3", "at most 2 open orders")
        assert await refusal(venue, third) == said
        await venue.placed(limit(ann, one, Side.BUY, 3_000, 10, tif=TimeInForce.IOC))
        await venue.placed(limit(ann, two, Side.BUY, 3_000, 10))
        said = (Reject.ACCOUNT_ORDERS_LIMIT, "4", "at most 3 open orders")
        assert await refusal(venue, limit(ann, two, Side.BUY, 3_000, 10)) == said
        await venue.placed(limit(bob, two, Side.BUY, 3_000, 10))
        await venue.cancel(ann, first.order_id)
        await venue.placed(third)
        await venue.fund(SetLimitsOp(0, 0, 0, 0, 0, 0))
        await venue.fund(SetLimitsOp(0, ann, one, 0, 0, 0))
        await venue.placed(third)
        assert venue.asset.ledger.usage == {}


async def test_a_position_counts_what_is_owned_and_what_may_be_bought() -> None:
    """10.00 of an outcome at most: 6.00 owned and 3.00 bid for leave room for 1.00."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        await venue.fund(SetLimitsOp(0, 0, 0, 0, 1_000, 0))
        await venue.placed(limit(ann, market, Side.BUY, 5_000, 600))
        await venue.placed(limit(bob, market, Side.BUY, 5_000, 600, outcome=1))
        bid = await venue.placed(limit(ann, market, Side.BUY, 4_000, 300))
        said = (Reject.POSITION_LIMIT, "10.01", "at most 10.00")
        assert await refusal(venue, limit(ann, market, Side.BUY, 1_000, 101)) == said
        change = ReplaceRequest(ann, bid.order_id, "", 4_000, 401, post_only=False)
        assert await refusal(venue, change) == said
        assert (await venue.refused(SplitOp(0, ann, market, 101, ""))).reject == said[0]
        await venue.placed(limit(ann, market, Side.BUY, 1_000, 1_000, outcome=1))
        await venue.placed(limit(ann, market, Side.SELL, 9_000, 600))
        money = PlaceRequest(
            ann, market, 0, Side.BUY, OrderKind.MARKET_MONEY, TimeInForce.IOC, False,
            SelfTrade.CANCEL_TAKER, 0, 0, 1_000_000, 0, "",
        )  # fmt: skip
        assert (await refusal(venue, money))[:2] == (Reject.POSITION_LIMIT, "an order by money")
        await venue.changed(ReduceRequest(ann, bid.order_id, "", 100))
        await venue.placed(limit(ann, market, Side.BUY, 1_000, 200))


async def test_a_transfer_is_bound_by_the_limit_of_who_receives() -> None:
    """Tokens do not slip past a position limit through another account of the user."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        other = (await venue.fund(OpenAccountOp(0, 1, "other"))).id
        await venue.fund(SplitOp(0, ann, market, 500, ""))
        await venue.fund(SetLimitsOp(0, other, market, 0, 100, 0))
        refused = await venue.refused(TransferOp(0, 1, ann, other, market * 2, 101, ""))
        assert refused.reject == Reject.POSITION_LIMIT
        await venue.fund(TransferOp(0, 1, ann, other, market * 2, 100, ""))


async def test_notional_is_what_buys_set_aside() -> None:
    """5.00 at most in this market; what fills is not set aside any more."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        await venue.fund(SetLimitsOp(0, ann, market, 0, 0, 5_000_000))
        await venue.placed(limit(ann, market, Side.BUY, 5_000, 800))
        said = (Reject.NOTIONAL_LIMIT, "5.000250", "at most 5.000000")
        assert await refusal(venue, limit(ann, market, Side.BUY, 4_001, 250)) == said
        await venue.placed(limit(bob, market, Side.BUY, 5_000, 800, outcome=1))
        await venue.placed(limit(ann, market, Side.BUY, 5_000, 1_000))


async def test_limits_that_name_nobody_are_declined() -> None:
    """Account and market exist, and no limit is below zero."""
    async with Venue().running() as venue:
        for op, number in (
            (SetLimitsOp(0, 999, 0, 1, 0, 0), Reject.ACCOUNT_UNKNOWN),
            (SetLimitsOp(0, 0, 9, 1, 0, 0), Reject.MARKET_UNKNOWN),
            (SetLimitsOp(0, 0, 0, -1, 0, 0), Reject.LIMITS_INVALID),
        ):
            assert (await venue.refused(op)).reject == number
