"""The life of markets: proposals and their window, disputes, voids, and whole events."""

from collections.abc import Iterator

import pytest
from tests.support.venue import START_US, Venue, limit

from outcry.domain.ids import FEES, token_asset
from outcry.domain.ledger import refunds
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.refunds import shares
from outcry.domain.ledger.state import Position
from outcry.domain.market import MarketMove, MarketState, SettlementMode
from outcry.domain.rejects import Reject
from outcry.messages.requests import (
    CreateEventOp,
    Declined,
    EventMoveOp,
    EventPayoutOp,
    EventVoidOp,
    FundsOp,
    MarketMoveOp,
    MarketPayout,
    MarketSpec,
    ProposeOp,
    RedeemOp,
    ReplaceRequest,
    ResolveOp,
    SetClockOp,
    SetFeesOp,
    SplitOp,
    VoidOp,
)
from outcry.services.asset.config import AssetConfig
from outcry_wire.records import Side


HUNDRED = 100_000_000
SECOND = 1_000_000
DAY = 24 * 3600 * SECOND


def state(venue: Venue, market: int) -> MarketState:
    """Return where a market is in its life."""
    return venue.asset.ledger.markets[market].state


async def reject(venue: Venue, op: FundsOp) -> Reject:
    """Return the number by which an operation is declined."""
    return Reject((await venue.refused(op)).reject)


async def test_a_proposed_payout_stands_when_its_window_ends() -> None:
    """Nothing pays before; at the end the sequencer resolves, once, and tokens are worth it."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market(dispute_window_us=DAY)
        await venue.fund(SplitOp(0, ann, market, 100, ""))
        await venue.close(market)
        assert await reject(venue, ResolveOp(0, market, 10_000, 0)) == Reject.DISPUTE_WINDOW
        await venue.fund(ProposeOp(0, market, 10_000, 0))
        assert (await venue.fund(ProposeOp(0, market, 10_000, 0))).repeated
        assert await reject(venue, ProposeOp(0, market, 0, 10_000)) == Reject.ILLEGAL_TRANSITION
        assert await reject(venue, ResolveOp(0, market, 10_000, 0)) == Reject.DISPUTE_WINDOW
        await venue.fund(SetClockOp(0, START_US + DAY - SECOND))
        assert state(venue, market) == MarketState.PROPOSED
        assert await reject(venue, RedeemOp(0, ann, market, "")) == Reject.MARKET_NOT_RESOLVED
        await venue.fund(SetClockOp(0, START_US + DAY))
        assert state(venue, market) == MarketState.RESOLVED
        assert (await venue.fund(RedeemOp(0, ann, market, ""))).amount == 1_000_000
        late = MarketMoveOp(0, market, MarketMove.DISPUTE, "late")
        assert await reject(venue, late) == Reject.ILLEGAL_TRANSITION


async def test_a_restart_does_not_forget_a_window() -> None:
    """A proposal made before a crash stands in time after it."""
    venue = Venue()
    async with venue.running():
        market = await venue.market(dispute_window_us=DAY)
        await venue.close(market)
        await venue.fund(ProposeOp(0, market, 5_000, 5_000))
    async with venue.running():
        assert state(venue, market) == MarketState.PROPOSED
        await venue.fund(SetClockOp(0, START_US + DAY))
        assert venue.asset.ledger.markets[market].payout == (5_000, 5_000)


async def test_without_a_window_a_proposal_stands_at_once() -> None:
    """The default window is 0: proposing is resolving, in one log entry."""
    async with Venue().running() as venue:
        market = await venue.market()
        await venue.close(market)
        await venue.fund(ProposeOp(0, market, 0, 10_000))
        assert state(venue, market) == MarketState.RESOLVED


async def test_a_dispute_leads_to_another_proposal_a_resolution_or_a_void() -> None:
    """Disputed markets wait for ever, until an admin decides in one of three ways."""
    async with Venue().running() as venue:
        for name, after, ends in (
            ("again", ProposeOp, MarketState.PROPOSED),
            ("decide", ResolveOp, MarketState.RESOLVED),
            ("give up", VoidOp, MarketState.VOIDED),
        ):
            market = await venue.market(name, dispute_window_us=DAY)
            await venue.close(market)
            await venue.fund(ProposeOp(0, market, 10_000, 0))
            await venue.fund(MarketMoveOp(0, market, MarketMove.DISPUTE, "wrong"))
            assert state(venue, market) == MarketState.DISPUTED
            await venue.fund(SetClockOp(0, venue.clock.now_us() + 2 * DAY))
            assert state(venue, market) == MarketState.DISPUTED
            await venue.fund(after(0, market, 0, 10_000))
            assert state(venue, market) == ends


async def test_after_a_start_only_post_only_orders_are_taken_for_a_while() -> None:
    """Makers come back first; cancels always pass, takers when the period is over."""
    async with Venue(config=AssetConfig(post_only_after_start_s=60)).running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        taking = limit(ann, market, Side.BUY, 5_000, 10)
        refused = await venue.place(taking)
        assert isinstance(refused, Declined)
        assert (refused.reject, refused.retry_after_ms) == (Reject.MODE_FORBIDS, 60_000)
        made = await venue.placed(limit(ann, market, Side.BUY, 5_000, 10, post_only=True))
        change = ReplaceRequest(ann, made.order_id, "", 4_000, 10, post_only=False)
        (answer,) = await venue.asset.submit([change], wait_result=True)
        assert isinstance(answer, Declined)
        assert answer.reject == Reject.MODE_FORBIDS
        await venue.cancel(ann, made.order_id)
        await venue.fund(SetClockOp(0, START_US + 60 * SECOND))
        await venue.placed(taking)


async def test_illegal_moves_are_declined_by_number() -> None:
    """What is not in the table of moves changes nothing."""
    async with Venue().running() as venue:
        market = await venue.market()
        for op, number in (
            (MarketMoveOp(0, market, MarketMove.RESUME, ""), Reject.ILLEGAL_TRANSITION),
            (MarketMoveOp(0, market, MarketMove.DISPUTE, ""), Reject.ILLEGAL_TRANSITION),
            (MarketMoveOp(0, market, MarketMove.DRAIN, ""), Reject.FIELD_INVALID),
            (MarketMoveOp(0, 9, MarketMove.PAUSE, ""), Reject.MARKET_UNKNOWN),
            (ProposeOp(0, market, 10_000, 0), Reject.MARKET_NOT_CLOSED),
            (VoidOp(0, market, 0, 0, refund=True), Reject.MARKET_NOT_CLOSED),
            (VoidOp(0, market, 1, 9_999, refund=True), Reject.PAYOUT_INVALID),
            (ProposeOp(0, market, 10_000, 1), Reject.PAYOUT_INVALID),
        ):
            assert await reject(venue, op) == number, op
        await venue.close(market)
        assert await reject(venue, EventMoveOp(0, 1, MarketMove.CLOSE, "")) == (
            Reject.ILLEGAL_TRANSITION
        )
        await venue.fund(ResolveOp(0, market, 0, 10_000))
        assert await reject(venue, VoidOp(0, market, 5_000, 5_000)) == Reject.ILLEGAL_TRANSITION


async def test_an_event_of_three_markets_moves_as_one() -> None:
    """Pause, resume and close those that can; pay all that are named, or none; void the rest."""
    async with Venue().running() as venue:
        specs = [MarketSpec(name, f"{name}?") for name in "abc"]
        event = await venue.fund(CreateEventOp(0, "e", "E", "", "", "", "", "", 0, 0, specs))
        a, b, c = event.ids
        await venue.fund(MarketMoveOp(0, b, MarketMove.PAUSE, ""))
        done = await venue.fund(EventMoveOp(0, event.id, MarketMove.PAUSE, "storm"))
        assert done.ids == (a, c)
        await venue.fund(EventMoveOp(0, event.id, MarketMove.RESUME, ""))
        await venue.close(a)
        won, lost = MarketPayout(a, 10_000, 0), MarketPayout(b, 0, 10_000)
        both = EventPayoutOp(0, event.id, propose=False, payouts=[won, lost])
        assert await reject(venue, both) == Reject.MARKET_NOT_CLOSED
        assert state(venue, a) == MarketState.CLOSED
        assert (await venue.fund(EventMoveOp(0, event.id, MarketMove.CLOSE, ""))).ids == (b, c)
        assert (await venue.fund(both)).ids == (a, b)
        assert (await venue.fund(both)).repeated
        strange = EventPayoutOp(0, event.id, propose=False, payouts=[won, won])
        assert await reject(venue, strange) == Reject.MARKET_UNKNOWN
        assert (await venue.fund(EventVoidOp(0, event.id, 5_000, 5_000))).ids == (c,)
        assert [state(venue, m) for m in (a, b, c)] == [
            MarketState.RESOLVED,
            MarketState.RESOLVED,
            MarketState.VOIDED,
        ]


async def test_a_refund_is_solvent_after_trading() -> None:
    """Ann took a profit and keeps it; Bob and Cleo share the collateral by what they paid in."""
    async with Venue().running() as venue:
        ann, bob, cleo = [await venue.user(name, HUNDRED) for name in ("ann", "bob", "cleo")]
        market = await venue.market()
        await venue.placed(limit(ann, market, Side.BUY, 6_000, 1_000))
        await venue.placed(limit(cleo, market, Side.BUY, 4_000, 1_000, outcome=1))
        await venue.placed(limit(ann, market, Side.SELL, 8_000, 1_000))
        await venue.placed(limit(bob, market, Side.BUY, 8_000, 1_000))
        await venue.close(market)
        await venue.fund(VoidOp(0, market, 0, 0, refund=True))
        assert (await venue.fund(VoidOp(0, market, 0, 0, refund=True))).repeated
        assert venue.balance(ann) == (HUNDRED + 2_000_000, 0)
        assert venue.balance(bob) == (HUNDRED - 8_000_000 + 6_666_667, 0)
        assert venue.balance(cleo) == (HUNDRED - 4_000_000 + 3_333_333, 0)
        assert venue.balance(bob, token_asset(market, 0)) == (0, 0)
        assert venue.balance(-market) == (0, 0)
        ledger = venue.asset.ledger
        audit(ledger)
        realised = [ledger.position(who, market).realised for who in (ann, bob, cleo)]
        assert realised == [2_000_000, -1_333_333, -666_667]
        assert await reject(venue, RedeemOp(0, bob, market, "")) == Reject.NOTHING_TO_REDEEM


async def test_a_refund_of_too_many_accounts_is_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound counts the accounts of all markets that one request would refund."""
    monkeypatch.setattr(refunds, "REFUND_ACCOUNTS_MAX", 3)
    async with Venue().running() as venue:
        specs = [MarketSpec(name, f"{name}?") for name in "ab"]
        event = await venue.fund(CreateEventOp(0, "e", "E", "", "", "", "", "", 0, 0, specs))
        for name in ("ann", "bob"):
            account = await venue.user(name, HUNDRED)
            for market in event.ids:
                await venue.fund(SplitOp(0, account, market, 10, ""))
        await venue.fund(EventMoveOp(0, event.id, MarketMove.CLOSE, ""))
        both = EventVoidOp(0, event.id, 0, 0, refund=True)
        assert await reject(venue, both) == Reject.REFUND_IMPOSSIBLE
        for market in event.ids:
            await venue.fund(VoidOp(0, market, 0, 0, refund=True))


class Unlisted(dict[int, Position]):
    """Positions that are found by their keys and never gone through."""

    def __iter__(self) -> Iterator[int]:
        """Refuse."""
        raise AssertionError("somebody goes through the positions of all markets")

    items = values = keys = __iter__  # type: ignore[assignment]


async def test_a_refund_costs_what_its_own_market_costs() -> None:
    """Whoever has positions elsewhere is not looked at, neither when it is checked nor done."""
    async with Venue().running() as venue:
        ann, market = await venue.user("ann", HUNDRED), await venue.market()
        await venue.fund(SplitOp(0, ann, market, 10, ""))
        await venue.close(market)
        ledger = venue.asset.ledger
        ledger.positions = Unlisted(ledger.positions)
        await venue.fund(VoidOp(0, market, 0, 0, refund=True))
        assert venue.balance(ann) == (HUNDRED, 0)


async def test_a_market_on_a_chain_is_not_refunded() -> None:
    """Its tokens are worth what a payout says; the chain has no other way to end them."""
    async with Venue().running() as venue:
        market = await venue.market(settlement=SettlementMode.CHAIN)
        await venue.close(market)
        refund = VoidOp(0, market, 0, 0, refund=True)
        assert await reject(venue, refund) == Reject.REFUND_IMPOSSIBLE
        await venue.fund(VoidOp(0, market, 5_000, 5_000))


async def test_a_refund_gives_fees_back_as_far_as_they_are_left() -> None:
    """The taker paid 1 %, half of it went to the maker, who keeps it: half comes back."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        version = (await venue.fund(SetFeesOp(0, 1, 100, 0, 5_000))).id
        market = await venue.market(fee_version=version)
        await venue.placed(limit(ann, market, Side.BUY, 6_000, 1_000))
        await venue.placed(limit(bob, market, Side.BUY, 4_000, 1_000, outcome=1))
        assert venue.balance(FEES) == (20_000, 0)
        await venue.close(market)
        await venue.fund(VoidOp(0, market, 0, 0, refund=True))
        assert venue.balance(FEES) == (0, 0)
        assert venue.balance(ann) == (HUNDRED + 20_000, 0)
        assert venue.balance(bob) == (HUNDRED - 20_000, 0)


def test_what_is_left_of_a_division_goes_to_the_largest_remainders() -> None:
    """A pot is divided to the last micro, equal remainders by account."""
    assert shares({7: 5, 8: -3, 9: 5}, 12) == {7: 5, 9: 5}
    assert shares({7: 1, 8: 1, 9: 1}, 2) == {7: 1, 8: 1, 9: 0}
    assert shares({7: 80, 8: 40}, 100) == {7: 67, 8: 33}
    assert shares({7: -1}, 0) == {}
