"""The examples of docs/concepts/ledger.md about markets that settle on a chain."""

from typing import NamedTuple

import pytest
from tests.support.venue import Venue, limit

from outcry.domain.fees import FeeKind
from outcry.domain.ids import COLLATERAL, FEES, PENDING, SUSPENSE, token_asset, trade_id
from outcry.domain.ledger.in_transit import InTransit
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.domain.ledger.state import balance_key
from outcry.domain.market import MarketMove, MarketState, SettlementMode
from outcry.domain.order import OrderStatus
from outcry.messages.chain_requests import (
    EVERY_FILL,
    Blamed,
    ChainReportOp,
    ChainVerdict,
    FreezeOp,
    ReleaseOp,
)
from outcry.messages.entry import unpack_entry
from outcry.messages.ledger_checkpoints import pack_checkpoint, unpack_checkpoint
from outcry.messages.requests import (
    CheckpointOp,
    DepositOp,
    MarketMoveOp,
    OrderAccepted,
    ReplaceRequest,
    ResolveOp,
    SetFeesOp,
    SplitOp,
    VoidOp,
    WithdrawOp,
)
from outcry.messages.settlements import SettlementRequest
from outcry.messages.user_events import FillSettled
from outcry_wire.records import Side
from outcry_wire.rejects import Reject


DAY_US = 24 * 3600 * 1_000_000


HUNDRED = 100_000_000


class Stage(NamedTuple):
    """Two traders and a market that settles on a chain."""

    venue: Venue
    ann: int
    bob: int
    market: int

    def transit(self, account: int, asset: int = COLLATERAL) -> tuple[int, int]:
        """Return what is on its way to and from the account."""
        ledger = self.venue.asset.ledger
        one = ledger.chain.transit.get(balance_key(account, asset), InTransit())
        return one.incoming, one.outgoing

    async def says(
        self, order: OrderAccepted, outcome: Outcome, fill: int = EVERY_FILL, reason: str = ""
    ) -> None:
        """Let the chain speak about the trade that *order* made; every law must hold after it."""
        trade = trade_id(0, order.update_id)
        verdict = ChainVerdict(trade, fill, outcome, f"0x{order.update_id:x}", reason)
        await self.venue.fund(ChainReportOp(0, [verdict]))
        audit(self.venue.asset.ledger)

    async def told(self, account: int) -> list[FillSettled]:
        """Return what the account was told that the chain said."""
        return [
            event
            async for row in self.venue.log.entries(0)
            for batch in (unpack_entry(row.body).events if row.body else ())
            for event in batch.events
            if isinstance(event, FillSettled) and event.account == account
        ]


async def _stage(venue: Venue, fees: tuple[int, int, int] = (0, 0, 0)) -> Stage:
    ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
    version = (await venue.fund(SetFeesOp(0, FeeKind.FLAT, *fees))).id if any(fees) else 0
    market = await venue.market(settlement=SettlementMode.CHAIN, fee_version=version)
    return Stage(venue, ann, bob, market)


async def _requests(venue: Venue) -> list[SettlementRequest]:
    """Return what the log asks the chain to settle."""
    return [
        request
        async for row in venue.log.entries(0)
        for request in (unpack_entry(row.body).settlements if row.body else ())
    ]


async def test_a_confirmed_transfer_moves_only_when_it_is_confirmed() -> None:
    """10.00 YES at 0.60, 1 % for the taker: 6.00 and the tokens wait, then the seller has 5.96."""
    async with Venue().running() as venue:
        on = await _stage(venue, (100, 0, 0))
        yes = token_asset(on.market, 0)
        await venue.fund(SplitOp(0, on.bob, on.market, 1_000, ""))
        await venue.placed(limit(on.ann, on.market, Side.BUY, 6_000, 1_000))
        sold = await venue.placed(limit(on.bob, on.market, Side.SELL, 6_000, 1_000))

        assert venue.balance(on.ann) == (HUNDRED - 6_000_000, 0)
        assert (on.transit(on.ann), on.transit(on.ann, yes)) == ((0, 6_000_000), (1_000, 0))
        assert (venue.balance(on.ann, yes), venue.balance(on.bob, yes)) == ((0, 0), (0, 0))
        assert (on.transit(on.bob), on.transit(on.bob, yes)) == ((6_000_000, 0), (0, 1_000))
        assert venue.balance(PENDING)[0] == 6_000_000
        too_early = await venue.place(limit(on.ann, on.market, Side.SELL, 6_000, 1_000))
        assert too_early.reject == Reject.TOKENS_INSUFFICIENT  # type: ignore[union-attr]

        await on.says(sold, Outcome.CONFIRMED)
        assert venue.balance(on.bob) == (HUNDRED - 10_000_000 + 5_960_000, 0)
        assert venue.balance(on.ann, yes) == (1_000, 0)
        assert venue.balance(FEES)[0] == 40_000
        assert on.transit(on.ann) == on.transit(on.bob) == (0, 0)
        assert [one.verdict for one in await on.told(on.ann)] == [Outcome.CONFIRMED]


async def test_a_failed_transfer_is_available_again_and_both_are_told_why() -> None:
    """The chain declines: 6.00 and 10.00 YES are back, no fee, nothing rests, a reason for both."""
    async with Venue().running() as venue:
        on = await _stage(venue, (100, 100, 0))
        await venue.fund(SplitOp(0, on.bob, on.market, 1_000, ""))
        bid = await venue.placed(limit(on.ann, on.market, Side.BUY, 6_000, 1_000))
        sold = await venue.placed(limit(on.bob, on.market, Side.SELL, 6_000, 1_000))
        assert venue.balance(on.ann) == (HUNDRED - 6_040_000, 0)

        await on.says(sold, Outcome.FAILED, reason="allowance revoked")
        assert venue.balance(on.ann) == (HUNDRED, 0)
        assert venue.balance(on.bob, token_asset(on.market, 0)) == (1_000, 0)
        assert (venue.balance(FEES), venue.balance(PENDING)) == ((0, 0), (0, 0))
        assert not venue.asset.ledger.orders
        for account, order in ((on.ann, bid.order_id), (on.bob, sold.order_id)):
            (told,) = await on.told(account)
            assert (told.order_id, told.verdict, told.qty) == (order, Outcome.FAILED, 1_000)
            assert told.reason == "allowance revoked"


async def test_a_mint_issues_its_tokens_when_it_is_confirmed() -> None:
    """Ann 0.60 and Bob 0.40: 10.00 wait, the market has nothing; then it has 10.00 and issues."""
    async with Venue().running() as venue:
        on = await _stage(venue)
        await venue.placed(limit(on.ann, on.market, Side.BUY, 6_000, 1_000))
        met = await venue.placed(limit(on.bob, on.market, Side.BUY, 4_000, 1_000, outcome=1))
        assert (venue.balance(PENDING)[0], venue.balance(-on.market)[0]) == (10_000_000, 0)

        await on.says(met, Outcome.CONFIRMED)
        assert (venue.balance(PENDING)[0], venue.balance(-on.market)[0]) == (0, 10_000_000)
        assert venue.balance(on.ann, token_asset(on.market, 0)) == (1_000, 0)
        assert venue.balance(on.bob, token_asset(on.market, 1)) == (1_000, 0)


async def test_a_merge_returns_its_tokens_when_it_is_confirmed() -> None:
    """Both sell what they split: the tokens wait and stay issued; a failure gives them back."""
    async with Venue().running() as venue:
        on = await _stage(venue)
        for who in (on.ann, on.bob):
            await venue.fund(SplitOp(0, who, on.market, 1_000, ""))
        trades = []
        for lots in (400, 600):
            await venue.placed(limit(on.ann, on.market, Side.SELL, 6_000, lots))
            sale = limit(on.bob, on.market, Side.SELL, 4_000, lots, outcome=1)
            trades.append(await venue.placed(sale))
        assert venue.balance(-on.market)[0] == 20_000_000

        await on.says(trades[1], Outcome.CONFIRMED)
        await on.says(trades[0], Outcome.FAILED, reason="nonce")
        assert venue.balance(-on.market)[0] == 14_000_000
        assert venue.balance(on.ann, token_asset(on.market, 0)) == (400, 0)
        assert venue.balance(on.ann) == (HUNDRED - 10_000_000 + 3_600_000, 0)


async def test_what_a_fill_costs_is_fixed_at_the_match() -> None:
    """Three lots at 0.33 under 0.1 % cost 4 + 3 + 3 micros; one fails and gives its own 3 back."""
    async with Venue().running() as venue:
        on = await _stage(venue, (10, 10, 0))
        await venue.fund(SplitOp(0, on.bob, on.market, 3, ""))
        bid = await venue.placed(limit(on.ann, on.market, Side.BUY, 3_300, 3))
        sales = [
            await venue.placed(limit(on.bob, on.market, Side.SELL, 3_300, 1)) for _ in range(3)
        ]
        ledger = venue.asset.ledger
        assert venue.balance(on.ann)[0] == HUNDRED - 3 * 3_300 - 10
        assert ledger.chain.settling[bid.order_id].legs == 3
        asked = [fill for request in await _requests(venue) for fill in request.fills]
        assert [(fill.taker.fee, fill.maker.fee) for fill in asked] == [(4, 4), (4, 3), (4, 3)]

        await on.says(sales[1], Outcome.FAILED, reason="reverted")
        assert venue.balance(on.ann)[0] == HUNDRED - 2 * 3_300 - 7
        await on.says(sales[2], Outcome.CONFIRMED)
        await on.says(sales[0], Outcome.CONFIRMED)
        assert venue.balance(on.ann)[0] == HUNDRED - 2 * 3_300 - 7
        assert venue.balance(FEES)[0] == 7 + 2 * 4
        assert not ledger.chain.settling


async def test_a_failure_leaves_the_hold_of_what_rests_as_it_was() -> None:
    """The fee of the rest follows from the matches alone, so a verdict never asks for more."""
    async with Venue().running() as venue:
        on = await _stage(venue, (10, 10, 0))
        await venue.fund(SplitOp(0, on.bob, on.market, 4, ""))
        await venue.placed(limit(on.ann, on.market, Side.BUY, 3_300, 4))
        first = await venue.placed(limit(on.bob, on.market, Side.SELL, 3_300, 1))
        # Four fills of 3.3 micros cost 14; the first was counted as 4, so 10 are held for three.
        assert venue.balance(on.ann) == (HUNDRED - 3_304, 9_910)
        second = await venue.placed(limit(on.bob, on.market, Side.SELL, 3_300, 1))
        assert venue.balance(on.ann)[1] == 6_607

        await on.says(second, Outcome.FAILED, reason="reverted")
        assert venue.balance(on.ann) == (HUNDRED - 3_304, 6_607)
        await on.says(first, Outcome.FAILED, reason="reverted")
        assert venue.balance(on.ann) == (HUNDRED, 6_607)
        everything = HUNDRED - 6_607
        await venue.fund(WithdrawOp(0, on.ann, COLLATERAL, everything, "all"))
        last = await venue.placed(limit(on.bob, on.market, Side.SELL, 3_300, 2))
        await on.says(last, Outcome.CONFIRMED)
        assert venue.balance(on.ann) == (0, 0)


async def test_a_rebate_is_paid_out_of_the_fill_it_belongs_to() -> None:
    """Bob makes 10.00 at 0.60 under 1 % with half back: 40,000 of the taker, -20,000 his own."""
    async with Venue().running() as venue:
        on = await _stage(venue, (100, 0, 5_000))
        await venue.fund(SplitOp(0, on.bob, on.market, 1_000, ""))
        await venue.placed(limit(on.bob, on.market, Side.SELL, 6_000, 1_000))
        bought = await venue.placed(limit(on.ann, on.market, Side.BUY, 6_000, 1_000))
        (request,) = await _requests(venue)
        assert (request.fills[0].taker.fee, request.fills[0].maker.fee) == (40_000, -20_000)
        await on.says(bought, Outcome.CONFIRMED)
        assert venue.balance(on.ann)[0] == HUNDRED - 6_040_000
        assert venue.balance(on.bob)[0] == HUNDRED - 10_000_000 + 6_020_000
        assert venue.balance(FEES)[0] == 20_000


async def test_a_market_closes_when_nothing_of_it_is_pending() -> None:
    """The book is closed at once, the market only with the last verdict; only then it pays."""
    async with Venue().running() as venue:
        on = await _stage(venue)
        await venue.placed(limit(on.ann, on.market, Side.BUY, 6_000, 1_000))
        met = await venue.placed(limit(on.bob, on.market, Side.BUY, 4_000, 1_000, outcome=1))
        await venue.fund(MarketMoveOp(0, on.market, MarketMove.CLOSE, "test"))
        markets = venue.asset.ledger.markets
        assert markets[on.market].state == MarketState.CLOSING
        for op in (ResolveOp(0, on.market, 10_000, 0), VoidOp(0, on.market, 5_000, 5_000)):
            assert (await venue.refused(op)).reject == Reject.MARKET_NOT_CLOSED

        await on.says(met, Outcome.CONFIRMED)
        assert markets[on.market].state == MarketState.CLOSED
        await venue.fund(ResolveOp(0, on.market, 10_000, 0))


async def test_a_deep_reorganisation_suspends_what_is_left_and_freezes_both() -> None:
    """6.00 are taken back of Bob, who has 1.00 left: that is suspended, and 5.00 are missing."""
    async with Venue().running() as venue:
        on = await _stage(venue)
        yes = token_asset(on.market, 0)
        await venue.fund(SplitOp(0, on.bob, on.market, 1_000, ""))
        await venue.placed(limit(on.ann, on.market, Side.BUY, 6_000, 1_000))
        sold = await venue.placed(limit(on.bob, on.market, Side.SELL, 6_000, 1_000))
        await on.says(sold, Outcome.CONFIRMED)
        await venue.fund(WithdrawOp(0, on.bob, COLLATERAL, 95_000_000, "gone"))
        resting = await venue.placed(limit(on.ann, on.market, Side.SELL, 9_000, 300))

        await on.says(sold, Outcome.REVERTED, reason="reorganised 25 blocks")
        ledger = venue.asset.ledger
        assert venue.balance(SUSPENSE)[0] == 1_000_000
        assert venue.balance(on.bob) == (0, 0)
        assert ledger.chain.missing[balance_key(on.bob, COLLATERAL)] == 5_000_000
        assert (venue.balance(SUSPENSE, yes)[0], venue.balance(on.ann, yes)[0]) == (700, 300)
        assert ledger.chain.missing[balance_key(on.ann, yes)] == 300
        bid = await venue.place(limit(on.ann, on.market, Side.BUY, 1_000, 1))
        assert bid.reject == Reject.ACCOUNT_FROZEN  # type: ignore[union-attr]
        out = await venue.refused(WithdrawOp(0, on.ann, COLLATERAL, 1, "no"))
        assert (out.reject, out.got) == (Reject.ACCOUNT_FROZEN, "reorganised 25 blocks")
        await venue.fund(CheckpointOp(0))
        assert resting.order_id not in ledger.orders

        back = ReleaseOp(0, on.ann, yes, 700, "by hand")
        first = await venue.fund(back)
        again = await venue.fund(back)
        assert (again.repeated, again.n, again.amount) == (True, first.n, 700)
        venue.clock.set(venue.clock.now_us() + 40 * DAY_US)
        await venue.fund(CheckpointOp(0))
        assert (await venue.fund(back)).repeated
        await venue.fund(FreezeOp(0, on.ann, False, "agreed"))
        await venue.placed(limit(on.ann, on.market, Side.SELL, 9_000, 1_000))
        audit(ledger)


async def test_what_a_frozen_account_offers_is_not_traded_any_more() -> None:
    """An operator freezes Ann, whose offer stands: it is cancelled before Bob's bid comes."""
    async with Venue().running() as venue:
        on = await _stage(venue)
        await venue.fund(SplitOp(0, on.ann, on.market, 1_000, ""))
        offer = await venue.placed(limit(on.ann, on.market, Side.SELL, 6_000, 1_000))
        await venue.fund(FreezeOp(0, on.ann, True, "asked by a court"))
        bid = await venue.placed(limit(on.bob, on.market, Side.BUY, 6_000, 1_000))
        assert (bid.filled, bid.status) == (0, OrderStatus.OPEN)
        assert offer.order_id not in venue.asset.ledger.orders
        assert venue.balance(on.ann, token_asset(on.market, 0)) == (1_000, 0)


async def test_the_largest_fill_under_the_highest_fee_is_in_a_checkpoint() -> None:
    """10,000,000 pairs at 0.50 and 10 %: pending or final, the whole state can be saved."""
    async with Venue().running() as venue:
        on = await _stage(venue, (1_000, 1_000, 0))
        for account in (on.ann, on.bob):
            await venue.fund(DepositOp(0, account, COLLATERAL, 10**13, f"all of {account}"))
        await venue.placed(limit(on.ann, on.market, Side.BUY, 5_000, 10**9))
        met = await venue.placed(limit(on.bob, on.market, Side.BUY, 5_000, 10**9, outcome=1))
        ledger = venue.asset.ledger
        assert unpack_checkpoint(pack_checkpoint(ledger)).ledger == ledger
        await on.says(met, Outcome.CONFIRMED)
        assert venue.balance(FEES)[0] == 10**12
        assert unpack_checkpoint(pack_checkpoint(ledger)).ledger == ledger


async def test_a_verdict_counts_once_and_cannot_be_changed() -> None:
    """The same again changes nothing and has the first answer; another one is a reject."""
    async with Venue().running() as venue:
        on = await _stage(venue)
        await venue.placed(limit(on.ann, on.market, Side.BUY, 6_000, 1_000))
        met = await venue.placed(limit(on.bob, on.market, Side.BUY, 4_000, 1_000, outcome=1))
        trade = trade_id(0, met.update_id)
        yes = ChainVerdict(trade, 0, Outcome.CONFIRMED, "0x1")
        first = await venue.fund(ChainReportOp(0, [yes], 7, 3))
        again = await venue.fund(ChainReportOp(0, [yes], 7, 3))
        assert (again.n, again.repeated) == (first.n, True)
        assert venue.asset.ledger.chain.cursor == (7, 3)
        for verdict, reject in (
            (ChainVerdict(trade, 0, Outcome.FAILED, "0x1"), Reject.KEY_REUSED),
            (ChainVerdict(trade, 0, Outcome.CONFIRMED, "0x2"), Reject.KEY_REUSED),
            (ChainVerdict(trade, 1, Outcome.CONFIRMED, "0x1"), Reject.SETTLEMENT_UNKNOWN),
            (ChainVerdict(trade, 0, 9, "0x1"), Reject.FIELD_INVALID),
            (ChainVerdict(trade, 0, Outcome.FAILED, "0x1", "", 3), Reject.FIELD_INVALID),
            (ChainVerdict(trade, 0, Outcome.CONFIRMED, "0x" * 129), Reject.FIELD_INVALID),
        ):
            assert (await venue.refused(ChainReportOp(0, [verdict], 9, 0))).reject == reject
        assert venue.asset.ledger.chain.cursor == (7, 3)


@pytest.mark.parametrize("blamed", [Blamed.MAKER, Blamed.TAKER])
async def test_whose_signature_did_not_count_meets_nobody_else(blamed: Blamed) -> None:
    """With the verdict the account is frozen and its orders are gone; the other side trades on."""
    async with Venue().running() as venue:
        on = await _stage(venue)
        made = await venue.placed(limit(on.ann, on.market, Side.BUY, 6_000, 1_000))
        met = await venue.placed(limit(on.bob, on.market, Side.BUY, 4_000, 400, outcome=1))
        rest = await venue.placed(limit(on.bob, on.market, Side.BUY, 3_000, 400, outcome=1))
        trade = trade_id(0, met.update_id)
        verdict = ChainVerdict(trade, 0, Outcome.FAILED, "0x1", "no signature", blamed)
        await venue.fund(ChainReportOp(0, [verdict]))
        ledger = venue.asset.ledger
        orders = {on.ann: made.order_id, on.bob: rest.order_id}
        bad = on.ann if blamed == Blamed.MAKER else on.bob
        assert ledger.frozen == {bad: "no signature"}
        assert (await venue.fund(ChainReportOp(0, [verdict]))).repeated
        await venue.fund(CheckpointOp(0))  # which is answered when the cancels are carried out
        assert [name for name, order in orders.items() if order in ledger.orders] == [
            account for account in orders if account != bad
        ]
        audit(ledger)


async def test_orders_wait_while_too_much_is_pending() -> None:
    """A market with as many unsettled fills as it may have is busy until the chain speaks."""
    venue = Venue()
    async with venue.running():
        on = await _stage(venue)
        await venue.placed(limit(on.ann, on.market, Side.BUY, 6_000, 1_000))
        met = await venue.placed(limit(on.bob, on.market, Side.BUY, 4_000, 1_000, outcome=1))
        rests = await venue.placed(limit(on.ann, on.market, Side.BUY, 1_000, 1))
        venue.asset._sequencer.config = venue.config._replace(pending_fills_max=1)
        more = limit(on.ann, on.market, Side.BUY, 1_000, 1)
        assert (await venue.place(more)).reject == Reject.BUSY  # type: ignore[union-attr]
        change = ReplaceRequest(on.ann, rests.order_id, "", 2_000, 1, False)
        (refused,) = await venue.asset.submit([change], wait_result=True)
        assert refused.reject == Reject.BUSY  # type: ignore[union-attr]
        await on.says(met, Outcome.CONFIRMED)
        await venue.placed(more)
        await venue.changed(change)
