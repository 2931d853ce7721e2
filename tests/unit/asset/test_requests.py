"""What the ledger grants, declines and repeats."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace as with_fields
from tests.support.venue import START_US, Venue, limit

from outcry.domain.ids import token_asset
from outcry.domain.market import MarketMove, MarketState
from outcry.domain.order import OrderStatus
from outcry.domain.rejects import Reject
from outcry.kernel.naive import NaiveEngine
from outcry.messages.chain_requests import ReleaseOp
from outcry.messages.record_bodies import span
from outcry.messages.requests import (
    AddMarketOp,
    CancelAccepted,
    CancelAllRequest,
    CancelRequest,
    CreateEventOp,
    Declined,
    DepositOp,
    Done,
    MarketMoveOp,
    MarketSpec,
    MergeOp,
    OrderAccepted,
    PlaceRequest,
    RedeemOp,
    ResolveOp,
    SetClockOp,
    SetModeOp,
    SplitOp,
    VoidOp,
    WithdrawOp,
)
from outcry.services.asset.config import AssetConfig
from outcry_wire.records import CancelReason, OrderKind, SelfTrade, Side, TimeInForce


HUNDRED = 100_000_000
SECOND = 1_000_000


def changed(**fields: Any) -> PlaceRequest:
    """A good order of account 1000 in market 1, but for *fields*."""
    return with_fields(limit(1_000, 1, Side.BUY, 5_000, 100), **fields)


BAD_ORDERS = [
    (changed(account=77), Reject.ACCOUNT_UNKNOWN),
    (changed(market_id=99), Reject.MARKET_UNKNOWN),
    (changed(outcome=2), Reject.OUTCOME_INVALID),
    (changed(side=2), Reject.SIDE_INVALID),
    (changed(kind=9), Reject.KIND_INVALID),
    (changed(tif=9), Reject.TIME_IN_FORCE_INVALID),
    (changed(kind=OrderKind.MARKET_QTY), Reject.TIME_IN_FORCE_INVALID),
    (changed(self_trade=9), Reject.SELF_TRADE_INVALID),
    (changed(post_only=True, tif=TimeInForce.IOC), Reject.POST_ONLY_IMMEDIATE),
    (changed(tif=TimeInForce.GTD), Reject.EXPIRY_WITHOUT_GTD),
    (changed(expire_at_us=START_US + 1), Reject.EXPIRY_WITHOUT_GTD),
    (changed(tif=TimeInForce.GTD, expire_at_us=START_US), Reject.EXPIRY_IN_PAST),
    (changed(tif=TimeInForce.GTD, expire_at_us=2**63), Reject.FIELD_INVALID),
    (changed(client_order_id="é"), Reject.CLIENT_ORDER_ID_INVALID),
    (changed(client_order_id="x" * 65), Reject.CLIENT_ORDER_ID_INVALID),
    (changed(qty=0), Reject.QUANTITY_INVALID),
    (changed(qty=-5), Reject.QUANTITY_INVALID),
    (changed(qty=99), Reject.QUANTITY_BELOW_MINIMUM),
    (changed(qty=10**32), Reject.QUANTITY_ABOVE_MAXIMUM),
    (changed(price=5_001), Reject.PRICE_OFF_GRID),
    (changed(price=50), Reject.PRICE_OUT_OF_BOUNDS),
    (changed(price=0), Reject.PRICE_OUT_OF_BOUNDS),
    (changed(price=-100), Reject.PRICE_OUT_OF_BOUNDS),
    (changed(price=10**30), Reject.PRICE_OUT_OF_BOUNDS),
    (changed(qty=10**6), Reject.FUNDS_INSUFFICIENT),
    (changed(side=Side.SELL), Reject.TOKENS_INSUFFICIENT),
    (
        changed(kind=OrderKind.MARKET_MONEY, tif=TimeInForce.IOC, side=Side.SELL, qty=0, budget=1),
        Reject.MONEY_SELL,
    ),
    (
        changed(kind=OrderKind.MARKET_MONEY, tif=TimeInForce.IOC, qty=0, budget=10**30),
        Reject.BUDGET_INVALID,
    ),
    (
        changed(kind=OrderKind.MARKET_MONEY, tif=TimeInForce.IOC, qty=0, budget=5,
                self_trade=SelfTrade.DECREMENT),
        Reject.SELF_TRADE_INVALID,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "reject"), BAD_ORDERS)
async def test_a_bad_order_is_declined_with_its_number(
    request_: PlaceRequest, reject: Reject
) -> None:
    """Each fault has its own number, holds nothing and takes no order id."""
    async with Venue().running() as venue:
        account = await venue.user("ann", HUNDRED)
        await venue.market(tick=100, price_min=100, qty_min=100, qty_max=10**7)
        result = await venue.place(request_)
        assert isinstance(result, Declined)
        assert result.reject == reject
        assert venue.balance(account) == (HUNDRED, 0)
        assert venue.asset.ledger.next_order_id == 1


async def test_the_same_client_order_id_gives_the_first_answer() -> None:
    """A repeat changes nothing and names the first order; other content is declined."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        request = limit(ann, market, Side.BUY, 5_000, 100, client_order_id="one")
        first, again = await venue.placed(request), await venue.placed(request)
        assert (again.order_id, again.repeated) == (first.order_id, True)
        assert again.status == OrderStatus.OPEN
        other = await venue.place(with_fields(request, qty=101))
        assert isinstance(other, Declined)
        assert other.reject == Reject.CLIENT_ORDER_ID_REUSED
        assert len(venue.asset.ledger.orders) == 1


async def test_a_client_order_id_is_known_a_day_after_its_order_ended() -> None:
    """Within 24 hours a repeat is recognised, also after a restart; later the id is free."""
    venue = Venue()
    request = limit(1_000, 1, Side.BUY, 5_000, 100, client_order_id="one")
    async with venue.running():
        await venue.user("ann", HUNDRED)
        await venue.market()
        first = await venue.placed(request)
        await venue.cancel(1_000, first.order_id)
    async with venue.running():
        again = await venue.placed(request)
        assert (again.order_id, again.status) == (first.order_id, OrderStatus.CANCELLED)
        await venue.fund(SetClockOp(0, START_US + 24 * 3600 * SECOND + 1))
        later = await venue.placed(request)
        assert later.order_id != first.order_id


async def test_rejected_requests_are_not_remembered() -> None:
    """A client order id that was declined for lack of money works once the money is there."""
    async with Venue().running() as venue:
        ann = await venue.user("ann")
        market = await venue.market()
        request = limit(ann, market, Side.BUY, 5_000, 100, client_order_id="one")
        assert isinstance(await venue.place(request), Declined)
        await venue.fund(DepositOp(0, ann, 0, HUNDRED, "later"))
        assert not (await venue.placed(request)).repeated


async def test_only_the_owner_cancels_and_the_hold_goes_with_the_fact() -> None:
    """A foreign cancel is declined; the owner's gives the money back and names the order."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob")
        market = await venue.market()
        order = await venue.placed(limit(ann, market, Side.BUY, 5_000, 100))
        refused = await venue.cancel(bob, order.order_id)
        assert isinstance(refused, Declined)
        assert refused.reject == Reject.ORDER_UNKNOWN
        assert venue.balance(ann) == (HUNDRED, 500_000)
        done = await venue.cancel(ann, order.order_id)
        assert isinstance(done, CancelAccepted)
        assert done.order_ids == [order.order_id]
        assert venue.balance(ann) == (HUNDRED, 0)
        gone = await venue.cancel(ann, order.order_id)
        assert isinstance(gone, Declined)
        assert gone.reject == Reject.ORDER_UNKNOWN


async def test_an_order_is_cancelled_by_its_client_order_id() -> None:
    """The client's own name for an order is enough to cancel it."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        order = await venue.placed(limit(ann, market, Side.BUY, 5_000, 9, client_order_id="mine"))
        results = await venue.asset.submit([CancelRequest(ann, 0, "mine")], wait_result=True)
        assert isinstance(results[0], CancelAccepted)
        assert results[0].order_ids == [order.order_id]


@pytest.mark.parametrize("shards", [1, 2])
async def test_cancel_all_covers_a_market_an_event_or_everything(shards: int) -> None:
    """Each scope cancels exactly its orders, oldest first, over all shards."""
    async with Venue(shards_count=shards).running() as venue:
        ann = await venue.user("ann", HUNDRED)
        first, second = await venue.market("first"), await venue.market("second")
        orders = [
            (await venue.placed(limit(ann, market, Side.BUY, 5_000, 10))).order_id
            for market in (first, second, first)
        ]
        one, all_ = CancelAllRequest(ann, 0, first), CancelAllRequest(ann, 0, 0)
        (result,) = await venue.asset.submit([one], wait_result=True)
        assert isinstance(result, CancelAccepted)
        assert result.order_ids == [orders[0], orders[2]]
        (rest,) = await venue.asset.submit([all_], wait_result=True)
        assert isinstance(rest, CancelAccepted)
        assert rest.order_ids == [orders[1]]
        (event,) = await venue.asset.submit([CancelAllRequest(ann, 1, 0)], wait_result=True)
        assert isinstance(event, CancelAccepted)
        assert event.order_ids == []


async def test_orders_expire_before_a_later_command_can_meet_them() -> None:
    """A bid good until t is gone for a sell that arrives at t, though no ticker ran between."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market()
        await venue.fund(SplitOp(0, bob, market, 100, ""))
        until = START_US + 5 * SECOND
        bid = limit(ann, market, Side.BUY, 5_000, 10, tif=TimeInForce.GTD, expire_at_us=until)
        await venue.placed(bid)
        venue.clock.set(until)
        sell = await venue.placed(limit(bob, market, Side.SELL, 5_000, 10, tif=TimeInForce.IOC))
        assert (sell.status, sell.filled) == (OrderStatus.CANCELLED, 0)
        assert sell.reason == CancelReason.IMMEDIATE
        assert venue.balance(ann) == (HUNDRED, 0)


async def test_a_market_closes_by_itself_at_its_end() -> None:
    """At the end time the sequencer closes the market, releases what rests and declines orders."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market(end_at_us=START_US + SECOND)
        await venue.placed(limit(ann, market, Side.BUY, 5_000, 10))
        await venue.fund(SetClockOp(0, START_US + SECOND))
        assert venue.asset.ledger.markets[market].state == MarketState.CLOSED
        assert venue.balance(ann) == (HUNDRED, 0)
        late = await venue.place(limit(ann, market, Side.BUY, 5_000, 10))
        assert isinstance(late, Declined)
        assert late.reject == Reject.MARKET_NOT_OPEN


async def test_a_deposit_happens_once_per_key() -> None:
    """The same key and content is answered again; other content under the key is declined."""
    async with Venue().running() as venue:
        ann = await venue.user("ann")
        op = DepositOp(0, ann, 0, 5, "tx")
        results = await asyncio.gather(*(venue.asset.funds(op) for _ in range(5)))
        assert sum(isinstance(r, Done) and not r.repeated for r in results) == 1
        assert venue.balance(ann) == (5, 0)
        refused = await venue.refused(with_fields(op, amount=6))
        assert refused.reject == Reject.KEY_REUSED


@pytest.mark.parametrize(
    ("op", "reject"),
    [
        (DepositOp(0, 1_000, 0, 0, ""), Reject.AMOUNT_INVALID),
        (DepositOp(0, 1_000, 0, 10**30, ""), Reject.AMOUNT_INVALID),
        (DepositOp(0, 1_000, 0, 10**18 - 1, ""), Reject.BALANCE_LIMIT),
        (DepositOp(0, 1_000, 2, 1, ""), Reject.AMOUNT_INVALID),
        (DepositOp(0, 7, 0, 1, ""), Reject.ACCOUNT_UNKNOWN),
        (WithdrawOp(0, 1_000, 0, HUNDRED + 1, ""), Reject.FUNDS_INSUFFICIENT),
        (SplitOp(0, 1_000, 1, 10**6, ""), Reject.FUNDS_INSUFFICIENT),
        (SplitOp(0, 1_000, 9, 1, ""), Reject.MARKET_UNKNOWN),
        (SplitOp(0, 1_000, 1, 0, ""), Reject.QUANTITY_INVALID),
        (MergeOp(0, 1_000, 1, 1, ""), Reject.TOKENS_INSUFFICIENT),
        (RedeemOp(0, 1_000, 1, ""), Reject.MARKET_NOT_RESOLVED),
        (ResolveOp(0, 1, 10_000, 0), Reject.MARKET_NOT_CLOSED),
        (ResolveOp(0, 1, 10_000, 1), Reject.PAYOUT_INVALID),
        (VoidOp(0, 9, 5_000, 5_000), Reject.MARKET_UNKNOWN),
        (MarketMoveOp(0, 1, MarketMove.RESUME, ""), Reject.ILLEGAL_TRANSITION),
        (MarketMoveOp(0, 1, MarketMove.RESOLVE, ""), Reject.FIELD_INVALID),
        (SetClockOp(0, START_US - 1), Reject.CLOCK_BACKWARDS),
        (DepositOp(0, 1_000, 0, 1, "k" * 129), Reject.FIELD_INVALID),
    ],
)
async def test_a_bad_operation_is_declined_with_its_number(op: Any, reject: Reject) -> None:
    """Each fault of a money or market operation has its own number and changes nothing."""
    async with Venue().running() as venue:
        account = await venue.user("ann", HUNDRED)
        await venue.market()
        assert (await venue.refused(op)).reject == reject
        assert venue.balance(account) == (HUNDRED, 0)


@pytest.mark.parametrize(
    ("op", "got", "expected"),
    [
        (MarketMoveOp(0, 1, MarketMove.RESUME, ""), "open", "paused"),
        (MarketMoveOp(0, 1, MarketMove.DISPUTE, ""), "open", "proposed"),
        (ResolveOp(0, 1, 10_000, 1), "1.0000 + 0.0001", "1 in sum"),
        (SetClockOp(0, 1_000_000), "1970-01-01T00:00:01Z", "at least 2023-11-14T22:13:20Z"),
        (DepositOp(0, 1_000, 0, -5, ""), "-0.000005", ""),
        (SplitOp(0, 1_000, 1, 0, ""), "0.00", ""),
        (ReleaseOp(0, 1_000, 0, 6_000_000, "k"), "6.000000",
         "at most 0.000000, what is in suspense"),
        (AddMarketOp(0, 1, MarketSpec("b", "B?", tick=30)), "0.0030",
         "one of 0.1000, 0.0100, 0.0050, 0.0025, 0.0010, 0.0001"),
        (AddMarketOp(0, 1, MarketSpec("b", "B?", end_at_us=1)), "1970-01-01T00:00:00Z",
         "after 2023-11-14T22:13:20Z"),
    ],
)  # fmt: skip
async def test_what_was_got_is_said_as_doors_write_it(op: Any, got: str, expected: str) -> None:
    """Decimals and times of a calendar: nobody outside knows ticks, lots, micros."""
    async with Venue().running() as venue:
        await venue.user("ann", HUNDRED)
        await venue.market()
        refused = await venue.refused(op)
        assert (refused.got, refused.expected) == (got, expected)
        late = await venue.place(changed(tif=TimeInForce.GTD, expire_at_us=SECOND))
        assert isinstance(late, Declined)
        assert late.got == "1970-01-01T00:00:01Z"


async def test_events_are_created_once_and_whole() -> None:
    """A repeat names the same event and markets; a bad market leaves no event behind."""
    async with Venue().running() as venue:
        specs = [MarketSpec("a", "A?"), MarketSpec("b", "B?")]
        op = CreateEventOp(0, "e", "Title", "", "", "", "t", "", 0, 0, specs)
        first, again = await venue.fund(op), await venue.fund(op)
        assert (again.id, again.ids, again.repeated) == (first.id, first.ids, True)
        other = await venue.refused(with_fields(op, title="Other"))
        assert other.reject == Reject.EVENT_IDENTIFIER_REUSED
        bad = with_fields(op, identifier="f", markets=[MarketSpec("a", "A?"),
                                                       MarketSpec("a", "B?")])  # fmt: skip
        assert (await venue.refused(bad)).reject == Reject.MARKET_IDENTIFIER_REUSED
        assert set(venue.asset.ledger.events) == {first.id}
        assert set(venue.asset.ledger.markets) == set(first.ids)


async def test_a_paused_market_keeps_orders_and_takes_cancels_only() -> None:
    """Pausing halts the book: no order enters, resting ones stay and may be cancelled."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        order = await venue.placed(limit(ann, market, Side.BUY, 5_000, 10))
        await venue.fund(MarketMoveOp(0, market, MarketMove.PAUSE, "news"))
        refused = await venue.place(limit(ann, market, Side.BUY, 5_000, 10))
        assert isinstance(refused, Declined)
        assert refused.reject == Reject.MARKET_NOT_OPEN
        assert isinstance(await venue.cancel(ann, order.order_id), CancelAccepted)
        await venue.fund(MarketMoveOp(0, market, MarketMove.RESUME, ""))
        await venue.placed(limit(ann, market, Side.BUY, 5_000, 10))


async def test_the_mode_of_the_exchange_binds_new_orders_only() -> None:
    """In cancel-only mode orders are declined in every market and cancels are not."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        order = await venue.placed(limit(ann, market, Side.BUY, 5_000, 10))
        await venue.fund(SetModeOp(0, 2))
        refused = await venue.place(limit(ann, market, Side.BUY, 5_000, 10))
        assert isinstance(refused, Declined)
        assert refused.reject == Reject.MODE_FORBIDS
        assert isinstance(await venue.cancel(ann, order.order_id), CancelAccepted)


async def test_a_void_pays_half_to_each_outcome() -> None:
    """Voiding by the default vector redeems every token at half a unit."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        await venue.fund(SplitOp(0, ann, market, 101, ""))
        await venue.close(market)
        await venue.fund(VoidOp(0, market, 5_000, 5_000))
        assert (await venue.fund(RedeemOp(0, ann, market, ""))).amount == 1_010_000
        assert venue.balance(ann) == (HUNDRED, 0)
        assert venue.balance(ann, token_asset(market, 0)) == (0, 0)


async def test_a_full_pipeline_says_busy_to_orders_first_and_to_cancels_later() -> None:
    """Beyond the bound on commands in flight orders are declined, while cancels still pass."""
    async with Venue(config=AssetConfig(inflight_orders_max=3, inflight_cancels_max=5)).running(
        engines=False
    ) as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        order = limit(ann, market, Side.BUY, 5_000, 10)
        results = await venue.asset.submit([order] * 3, wait_result=False)
        accepted = [r for r in results if isinstance(r, OrderAccepted)]
        assert len(accepted) == 1
        busy = [r for r in results if isinstance(r, Declined)]
        assert {r.reject for r in busy} == {Reject.BUSY}
        assert all(r.retry_after_ms > 0 for r in busy)
        cancel = CancelRequest(ann, accepted[0].order_id, "")
        results = await venue.asset.submit([cancel] * 3, wait_result=False)
        assert [isinstance(r, CancelAccepted) for r in results] == [True, True, False]


async def test_an_answer_with_result_is_bounded_in_time() -> None:
    """When no kernel answers, the order is said to be new after the bound, not lost."""
    async with Venue(config=AssetConfig(result_wait_ms=50)).running(engines=False) as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        result = await venue.place(limit(ann, market, Side.BUY, 5_000, 10))
        assert isinstance(result, OrderAccepted)
        assert result.status == OrderStatus.NEW
        assert venue.balance(ann) == (HUNDRED, 50_000)


async def test_cancel_all_names_only_the_orders_it_cancelled() -> None:
    """Orders of others that end at the same seq of another shard are nobody's business."""
    async with Venue(shards_count=2).running(engines=False) as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        markets = [await venue.market("first"), await venue.market("second")]
        kernels = [NaiveEngine(), NaiveEngine()]

        async def carry() -> None:
            """Carry out what is numbered, both shards in one log entry."""
            bodies = []
            for shard, kernel in enumerate(kernels):
                runs = [run async for run in venue.log.commands(shard, kernel.seq)]
                bodies.append(b"".join(kernel.process(body) for _, _, body in runs))
            await asyncio.gather(
                *(venue.asset.apply(shard, *span(body), body)
                  for shard, body in enumerate(bodies) if body)
            )  # fmt: skip

        mine = limit(ann, markets[0], Side.BUY, 5_000, 10)
        others = limit(bob, markets[1], Side.BUY, 5_000, 10)
        placed = await venue.asset.submit([mine, others], wait_result=False)
        await carry()
        calls = asyncio.gather(
            *(venue.asset.submit([CancelAllRequest(who, 0, market)], wait_result=True)
              for who, market in zip((ann, bob), markets, strict=True))
        )  # fmt: skip
        await asyncio.sleep(0.01)
        await carry()
        told = [result.order_ids for (result,) in await calls if isinstance(result, CancelAccepted)]
        assert told == [[one.order_id] for one in placed if isinstance(one, OrderAccepted)]


async def test_a_repeat_says_what_is_left() -> None:
    """The answer to a repeat has the lots that still rest, and those left when it was cancelled."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        request = limit(ann, market, Side.BUY, 5_000, 10, client_order_id="one")
        order = await venue.placed(request)
        (again,) = await venue.asset.submit([request], wait_result=False)
        assert isinstance(again, OrderAccepted)
        assert again.remaining == 10
        await venue.cancel(ann, order.order_id)
        assert (await venue.placed(request)).remaining == 10


async def test_a_second_cancel_all_waits_for_the_first_whatever_else_is_declined() -> None:
    """While one is on its way another is declined, also after the kernel declined a cancel."""
    async with Venue().running(engines=False) as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        kernel = NaiveEngine()
        order = limit(ann, market, Side.BUY, 5_000, 10)
        (placed,) = await venue.asset.submit([order], wait_result=False)
        assert isinstance(placed, OrderAccepted)
        cancel = CancelRequest(ann, placed.order_id, "")
        await venue.asset.submit([cancel, cancel], wait_result=False)
        runs = [run async for run in venue.log.commands(0, 0)]
        everything = CancelAllRequest(ann, 0, market)
        await venue.asset.submit([everything], wait_result=False)
        body = b"".join(kernel.process(body) for _, _, body in runs)
        await venue.asset.apply(0, *span(body), body)
        (second,) = await venue.asset.submit([everything], wait_result=False)
        assert isinstance(second, Declined)
        assert second.reject == Reject.CANCEL_ALL_PENDING
