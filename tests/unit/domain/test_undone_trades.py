"""Fills that a chain undid, or did after all, where the chain keeps the funds."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec
import pytest
from tests.support.escrow import Contract, address, on_chain
from tests.support.venue import Venue, limit

from outcry.domain.fees import FeeKind
from outcry.domain.ids import COLLATERAL, FEES, SUSPENSE, token_asset, trade_id
from outcry.domain.ledger.in_transit import Leg, Verdict
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import VERDICT_RETENTION_US, Outcome
from outcry.domain.ledger.state import balance_key
from outcry.domain.market import SettlementMode
from outcry.domain.rejects import Reject
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict, FreezeOp
from outcry.messages.escrow_requests import EscrowReportOp
from outcry.messages.happenings import Happened, Happening
from outcry.messages.requests import PlaceRequest, ResolveOp, SetFeesOp, SplitOp, WithdrawOp
from outcry_wire.records import Side


HUNDRED = 100_000_000
QTY = 1_000
#: Who pays what for 1,000 lots at 60.
PAID = 6_000 * QTY


class Stage(NamedTuple):
    """Ann and Bob with money in escrow, and a market with fees."""

    venue: Venue
    contract: Contract
    ann: int
    bob: int
    market: int

    def has(self) -> list[int]:
        """Return every total that a trade changes."""
        places = [(account, 0) for account in (self.ann, self.bob, FEES)]
        places += [
            (account, token_asset(self.market, outcome))
            for account in (self.ann, self.bob)
            for outcome in (0, 1)
        ]
        return [self.venue.balance(*place)[0] for place in places]

    async def order(self, account: int, side: Side, price: int, outcome: int = 0) -> int:
        """Place a signed order of 1,000 lots; returns its trade."""
        request: PlaceRequest = limit(account, self.market, side, price, QTY, outcome=outcome)
        number = 7 if account == self.ann else 8
        accepted = await self.venue.placed(self.contract.signed(request, number))
        return trade_id(0, accepted.update_id)

    async def says(self, trade: int, outcome: Outcome, tx_hash: str = "0x1") -> None:
        """Give a verdict; every law must hold after it."""
        await self.venue.fund(ChainReportOp(0, [ChainVerdict(trade, 0, outcome, tx_hash, "deep")]))
        audit(self.venue.asset.ledger)


@pytest.fixture
async def on() -> AsyncIterator[Stage]:
    """Give a stage."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann, bob = await contract.funded(7, HUNDRED), await contract.funded(8, HUNDRED)
        version = (await venue.fund(SetFeesOp(0, FeeKind.FLAT, 333, 70, 9_000))).id
        market = await contract.registered(fee_version=version)
        for account, number in ((ann, 7), (bob, 8)):
            operation = (await venue.fund(SplitOp(0, account, market, 2 * QTY, ""))).id
            condition, amount = contract.condition(market), 2 * QTY * 10_000
            await contract.says(Happened.SPLIT, address(number), condition, amount, operation)
        yield Stage(venue, contract, ann, bob, market)


#: Side and outcome of who rests, and of who takes.
KINDS = {
    "transfer": ((Side.BUY, 0), (Side.SELL, 0)),
    "mint": ((Side.BUY, 0), (Side.BUY, 1)),
    "merge": ((Side.SELL, 0), (Side.SELL, 1)),
}


async def meet(on: Stage, kind: str) -> int:
    """Let the two trade."""
    (side, outcome), (other_side, other) = KINDS[kind]
    await on.order(on.ann, side, 6_000, outcome)
    return await on.order(on.bob, other_side, 4_000 if other else 6_000, other)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_a_chain_undoes_and_does_again_is_as_before_each_time(
    on: Stage, kind: str
) -> None:
    """Money, tokens and fees of both sides come back to the micro, and go again; none suspended."""
    before = on.has()
    trade = await meet(on, kind)
    await on.says(trade, Outcome.CONFIRMED)
    after, volume = on.has(), on.venue.asset.ledger.markets[on.market].volume
    assert before != after
    await on.says(trade, Outcome.REVERTED)
    ledger = on.venue.asset.ledger
    assert on.has() == before
    assert set(ledger.frozen) == {on.ann, on.bob}
    assert on.venue.balance(SUSPENSE) == (0, 0)
    await on.says(trade, Outcome.CONFIRMED, "0x2")
    assert on.has() == after
    assert not ledger.chain.missing
    assert ledger.chain.verdicts[trade, 0].tx_hash == "0x2"
    assert ledger.markets[on.market].volume == volume


async def test_a_fill_that_failed_and_settled_after_all_is_exchanged_and_counts(on: Stage) -> None:
    """On another branch the transaction that had failed succeeds: the ledger has it too."""
    before = on.has()
    trade = await meet(on, "transfer")
    await on.says(trade, Outcome.FAILED)
    assert on.has() == before
    await on.says(trade, Outcome.CONFIRMED, "0x2")
    assert (on.has()[0], on.venue.balance(on.ann, token_asset(on.market, 0))[0]) == (
        before[0] - PAID - on.venue.asset.ledger.position(on.ann, on.market).fees,
        3 * QTY,
    )
    assert on.venue.asset.ledger.markets[on.market].volume > 0


async def test_what_was_used_meanwhile_is_missing_until_it_comes(on: Stage) -> None:
    """Bob's proceeds wait for a payment: they are missing, and a deposit makes up for them."""
    trade = await meet(on, "transfer")
    await on.says(trade, Outcome.CONFIRMED)
    everything = on.venue.balance(on.bob)[0]
    await on.venue.fund(WithdrawOp(0, on.bob, COLLATERAL, everything, "all"))
    await on.says(trade, Outcome.REVERTED)
    ledger, key = on.venue.asset.ledger, balance_key(on.bob, COLLATERAL)
    missing = ledger.chain.missing[key]
    assert (on.venue.balance(on.bob)[0], missing > 5_000_000) == (0, True)
    await on.contract.says(Happened.DEPOSITED, address(8), amount=1_000)
    assert (on.venue.balance(on.bob)[0], ledger.chain.missing[key]) == (0, missing - 1_000)
    await on.contract.says(Happened.DEPOSITED, address(8), amount=missing)
    assert on.venue.balance(on.bob)[0] == 1_000
    assert key not in ledger.chain.missing


@pytest.mark.parametrize("kind", KINDS)
async def test_a_trade_of_a_paid_market_is_undone_too(on: Stage, kind: str) -> None:
    """What backs the tokens stays what they pay, whatever the payout."""
    trade = await meet(on, kind)
    await on.says(trade, Outcome.CONFIRMED)
    await on.venue.close(on.market)
    await on.venue.fund(ResolveOp(0, on.market, 7_000, 3_000))
    await on.says(trade, Outcome.REVERTED)
    await on.says(trade, Outcome.CONFIRMED)


async def test_where_the_operator_keeps_the_funds_nothing_is_done_after_all() -> None:
    """What is in suspense there is given out by people: a second verdict is declined."""
    async with Venue().running() as venue:
        ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
        market = await venue.market(settlement=SettlementMode.CHAIN)
        await venue.placed(limit(ann, market, Side.BUY, 6_000, QTY))
        accepted = await venue.placed(limit(bob, market, Side.BUY, 4_000, QTY, outcome=1))
        trade = trade_id(0, accepted.update_id)
        for outcome in (Outcome.CONFIRMED, Outcome.REVERTED):
            await venue.fund(ChainReportOp(0, [ChainVerdict(trade, 0, outcome, "0x1", "deep")]))
        await venue.refused(ChainReportOp(0, [ChainVerdict(trade, 0, Outcome.CONFIRMED, "0x1")]))


async def test_a_trade_that_comes_again_days_later_is_exchanged(on: Stage) -> None:
    """Verdicts are forgotten after a day, but not what was undone; one done again has a new day."""
    day_us = VERDICT_RETENTION_US

    async def later(time_us: int) -> None:
        on.venue.clock.set(on.venue.clock.now_us() + time_us)
        await on.says(await meet(on, "mint"), Outcome.CONFIRMED)

    before = on.has()
    trade = await meet(on, "transfer")
    await on.says(trade, Outcome.CONFIRMED)
    confirmed = on.has()
    await on.says(trade, Outcome.REVERTED)
    for account in (on.ann, on.bob):
        await on.venue.fund(FreezeOp(0, account, False, "looked"))
    for _ in range(2):
        await later(day_us + 1)
    assert len(on.venue.asset.ledger.chain.verdicts) == 2
    others = on.has()
    await on.says(trade, Outcome.CONFIRMED, "0x2")
    changed = [now - then for now, then in zip(on.has(), others, strict=True)]
    assert changed == [now - then for now, then in zip(confirmed, before, strict=True)]
    await later(day_us - 1)
    await on.says(trade, Outcome.REVERTED)


async def test_an_order_that_failed_and_settled_after_all_has_its_fee_again(on: Stage) -> None:
    """What is left of it still rests: its fees and lots are as if it had never failed."""
    maker = limit(on.ann, on.market, Side.BUY, 6_000, 2 * QTY)
    resting = await on.venue.placed(on.contract.signed(maker, 7))
    trade = await on.order(on.bob, Side.SELL, 6_000)
    order = on.venue.asset.ledger.orders[resting.order_id]
    fee = order.fee
    await on.says(trade, Outcome.FAILED)
    assert (order.failed, order.fee) == (QTY, 0)
    await on.says(trade, Outcome.CONFIRMED, "0x2")
    assert (order.failed, order.fee) == (0, fee)


async def test_what_an_older_log_suspended_is_not_exchanged_a_second_time(on: Stage) -> None:
    """It was not undone, so the buyer has paid already: people decide."""
    trade = await meet(on, "transfer")
    await on.says(trade, Outcome.CONFIRMED)
    chain = on.venue.asset.ledger.chain
    home, chain.home = chain.home, None  # as when it was taken back without regard to contracts
    await on.says(trade, Outcome.REVERTED)
    chain.home = home
    before = on.has()
    again = ChainReportOp(0, [ChainVerdict(trade, 0, Outcome.CONFIRMED, "0x2")])
    assert (await on.venue.refused(again)).reject == Reject.KEY_REUSED
    assert on.has() == before


def test_a_verdict_of_an_older_checkpoint_was_not_undone() -> None:
    """It has a field less."""
    old = [[0] * len(Leg.__struct_fields__), 1, "0x1", 5, 6]
    assert msgspec.convert(old, Verdict).undone is False


@pytest.mark.parametrize("first", ["trade", "redemption"])
async def test_what_is_redeemed_with_a_trade_that_comes_again_is_gone_once(
    on: Stage, first: str
) -> None:
    """The contract redeemed its tokens too, whichever of both the ledger hears of first."""
    trade = await meet(on, "mint")
    await on.says(trade, Outcome.CONFIRMED)
    await on.says(trade, Outcome.REVERTED)
    await on.venue.close(on.market)
    await on.venue.fund(ResolveOp(0, on.market, 10_000, 0))
    await on.contract.says(Happened.REDEEMED, asset=on.contract.condition(on.market))
    if first == "trade":
        await on.says(trade, Outcome.CONFIRMED, "0x2")
    money = on.venue.balance(on.ann)[0]
    lots, condition = 3 * QTY, on.contract.condition(on.market)
    on.contract.block += 1
    one = Happening(
        Happened.REDEEMED_FOR, on.contract.block, 0, "0x9", address(7), condition, lots * 10_000,
        yes=lots * 10_000, no=2 * QTY * 10_000,
    )  # fmt: skip
    await on.venue.fund(EscrowReportOp(0, [one], [], on.contract.block, "0xb9"))
    if first == "redemption":
        await on.says(trade, Outcome.CONFIRMED, "0x2")
        money -= PAID + on.venue.asset.ledger.position(on.ann, on.market).fees
    audit(on.venue.asset.ledger)
    assert on.has()[3:5] == [0, 0]
    assert on.venue.balance(on.ann)[0] == money + lots * 10_000
    assert not on.venue.asset.ledger.chain.missing
