"""What a deep reorganisation takes from escrow: the ledger has what the contracts have, frozen."""

from collections.abc import AsyncIterator
from typing import cast

import pytest
from tests.support.desk import CONFIRMATIONS, DeskScene, desk_scene
from tests.support.escrow import address
from tests.support.venue import limit

from outcry.adapters.simulated_chain.escrow import Deed
from outcry.domain.ids import COLLATERAL, SUSPENSE, token_asset
from outcry.domain.ledger.escrow import Stage
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.state import balance_key
from outcry.domain.rejects import Reject
from outcry.domain.units import TICKS_PER_UNIT
from outcry.messages.chain_requests import FreezeOp, ReleaseOp
from outcry.messages.escrow_requests import HAPPENINGS_COUNT_MAX
from outcry.messages.happenings import Happened
from outcry.messages.requests import (
    CheckpointOp,
    Declined,
    FundsOp,
    FundsResult,
    MergeOp,
    ResolveOp,
    SplitOp,
    WithdrawOp,
)
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.services.onchain.escrow import EscrowDesk
from outcry_wire.records import Side


HUNDRED = 100_000_000
QTY = 1_000
VALUE = QTY * TICKS_PER_UNIT


class Unheard:
    """A ledger whose answers get lost on the way."""

    def __init__(self, asset: Asset) -> None:
        self._asset = asset

    async def funds(self, op: FundsOp) -> FundsResult:
        """Have it done, and never hear of it."""
        await self._asset.funds(op)
        raise AssetUnavailable("the line broke")


class Scene:
    """Ann with money on the chain, a market, and a desk that may stand still."""

    def __init__(self, on: DeskScene) -> None:
        self.on = on
        self.desk: EscrowDesk
        self.ann = self.market = 0

    async def begin(self) -> None:
        """Ann has 100.00, and the contracts know the market."""
        await self.funded()
        self.market = await self.on.listed(self.desk)

    async def funded(self) -> None:
        """Ann has 100.00."""
        self.desk = await self.on.desk()
        self.ann = await self.on.funded(self.desk, 7, HUNDRED)

    async def height(self) -> int:
        """Return the number of the newest block."""
        return (await self.on.escrow.head()).number

    async def loses(self, since: int) -> None:
        """Replace every block above *since*, all in them lost; the desk takes that in and stops."""
        self.on.escrow.reorganise(await self.height() - since, keep=False)
        await self.desk.step()
        assert self.desk.status()["halted"] == 1
        audit(self.on.venue.asset.ledger)
        await self.on.agrees()

    async def goes_on(self) -> None:
        """People have looked: nobody is frozen, and the desk starts again."""
        ledger = self.on.venue.asset.ledger
        for account in list(ledger.frozen):
            await self.on.venue.fund(FreezeOp(0, account, False, "looked"))
        self.desk = await self.on.desk()
        await self.on.settles(self.desk, 24)
        await self.on.agrees()

    def has(self, outcome: int) -> int:
        """Return Ann's lots of an outcome."""
        return self.on.venue.balance(self.ann, token_asset(self.market, outcome))[0]


@pytest.fixture
async def at() -> AsyncIterator[Scene]:
    """Give a scene that has begun."""
    async with desk_scene() as on:
        scene = Scene(on)
        await scene.begin()
        yield scene


@pytest.fixture
async def bare() -> AsyncIterator[Scene]:
    """Give a scene without a market."""
    async with desk_scene() as on:
        scene = Scene(on)
        await scene.funded()
        yield scene


async def test_a_split_that_is_gone_is_money_again(at: Scene) -> None:
    """Its tokens were not touched: nothing is missing, and the account is frozen."""
    since, venue = await at.height(), at.on.venue
    await venue.fund(SplitOp(0, at.ann, at.market, QTY, "s"))
    await at.on.settles(at.desk)
    assert (at.has(0), at.has(1)) == (QTY, QTY)
    await at.loses(since)
    ledger = venue.asset.ledger
    assert (venue.balance(at.ann), at.has(0), at.has(1)) == ((HUNDRED, 0), 0, 0)
    assert at.ann in ledger.frozen
    assert not ledger.chain.missing
    await at.goes_on()
    assert venue.balance(at.ann) == (HUNDRED, 0)


async def test_tokens_of_a_split_that_is_gone_and_that_are_on_their_way_out_are_missing(
    at: Scene,
) -> None:
    """300 of 1,000 YES wait for a withdrawal: as many pairs cannot be undone whole."""
    since, venue = await at.height(), at.on.venue
    await venue.fund(SplitOp(0, at.ann, at.market, QTY, "s"))
    await at.on.settles(at.desk)
    yes, no = (token_asset(at.market, outcome) for outcome in (0, 1))
    await venue.fund(WithdrawOp(0, at.ann, yes, 300, "out"))
    await at.loses(since)
    ledger = venue.asset.ledger
    assert venue.balance(at.ann) == (HUNDRED, 0)
    assert ledger.chain.missing == {balance_key(at.ann, yes): 300}
    assert (venue.balance(at.ann, no)[0], venue.balance(SUSPENSE, no)[0]) == (0, 0)
    await at.goes_on()


async def test_a_deposit_that_is_gone_and_mined_again_is_there_once(bare: Scene) -> None:
    """Nothing of it is left to be given out meanwhile: the contract has nothing of it."""
    at, escrow, venue = bare, bare.on.escrow, bare.on.venue
    (deposit,) = [deed for mined in escrow._chain for deed in mined.deeds]
    await at.loses(0)
    gift = ReleaseOp(0, at.ann, COLLATERAL, HUNDRED, "gift")
    declined = await venue.asset.funds(gift)
    assert isinstance(declined, Declined)
    assert declined.reject == Reject.AMOUNT_INVALID
    escrow._deeds.append(deposit)
    await at.goes_on()
    assert venue.balance(at.ann) == (HUNDRED, 0)


async def test_a_merge_that_is_gone_is_tokens_again(at: Scene) -> None:
    """One micro of its money waits for a payment: that is missing, the rest is taken back."""
    venue = at.on.venue
    await venue.fund(SplitOp(0, at.ann, at.market, QTY, "s"))
    await at.on.settles(at.desk)
    since = await at.height()
    await venue.fund(MergeOp(0, at.ann, at.market, QTY, "m"))
    await at.on.settles(at.desk)
    assert (venue.balance(at.ann), at.has(0)) == ((HUNDRED, 0), 0)
    await venue.fund(WithdrawOp(0, at.ann, COLLATERAL, HUNDRED - VALUE + 1, "out"))
    await at.loses(since)
    ledger = venue.asset.ledger
    assert (at.has(0), at.has(1)) == (QTY, QTY)
    assert ledger.chain.missing == {balance_key(at.ann, COLLATERAL): 1}
    await at.goes_on()


async def test_orders_of_who_lost_a_split_are_cancelled(at: Scene) -> None:
    """Nobody trades what the contracts do not have: 400 YES are not for sale any more."""
    since, venue = await at.height(), at.on.venue
    await venue.fund(SplitOp(0, at.ann, at.market, QTY, "s"))
    await at.on.settles(at.desk)
    sale = await at.on.order(limit(at.ann, at.market, Side.SELL, 6_000, 400), 7)
    await at.loses(since)
    await venue.fund(CheckpointOp(0))
    assert sale.order_id not in venue.asset.ledger.orders


async def test_a_split_that_is_mined_again_is_taken_in_again(at: Scene) -> None:
    """Somebody sent the old transaction to the other branch: its account has pairs once more."""
    since, venue = await at.height(), at.on.venue
    await venue.fund(SplitOp(0, at.ann, at.market, QTY, "s"))
    await at.desk.step()
    (raw,) = at.on.escrow._waiting.values()
    await at.on.settles(at.desk)
    await at.loses(since)
    await at.on.escrow.send([raw])
    await at.goes_on()
    assert (at.has(0), at.has(1)) == (QTY, QTY)
    assert venue.balance(at.ann) == (HUNDRED - VALUE, 0)
    assert not at.desk.status()["halted"]


async def test_a_redemption_that_is_gone_is_made_again(at: Scene) -> None:
    """Tokens are back and the money is not; when people let it go on, it is paid once."""
    venue = at.on.venue
    await venue.fund(SplitOp(0, at.ann, at.market, QTY, "s"))
    await at.on.settles(at.desk)
    await venue.close(at.market)
    await venue.fund(ResolveOp(0, at.market, 7_000, 3_000))
    since = await at.height()
    await at.on.settles(at.desk, 30)
    ledger = venue.asset.ledger
    assert ledger.chain.stages[at.market] == Stage.REDEEMED
    assert venue.balance(at.ann) == (HUNDRED, 0)
    await at.loses(since)
    assert ledger.chain.stages[at.market] == Stage.REGISTERED
    assert (venue.balance(at.ann), at.has(0), at.has(1)) == ((HUNDRED - VALUE, 0), QTY, QTY)
    await at.goes_on()
    assert ledger.chain.stages[at.market] == Stage.REDEEMED
    assert (venue.balance(at.ann), at.has(0)) == ((HUNDRED, 0), 0)


async def test_an_exit_that_is_gone_is_announced_again(bare: Scene) -> None:
    """Its money is there again, and its owner may take it out at any time: nobody trades it."""
    at, escrow = bare, bare.on.escrow
    escrow.does(Deed(Happened.EXIT_REQUESTED, address(7), "0", HUNDRED - 5))
    await at.on.settles(at.desk)
    since = await at.height()
    escrow.does(Deed(Happened.EXITED, address(7)))
    await at.on.settles(at.desk)
    ledger, key = at.on.venue.asset.ledger, balance_key(at.ann, COLLATERAL)
    assert (at.on.venue.balance(at.ann)[0], ledger.chain.exits) == (5, {})
    await at.loses(since)
    assert ledger.chain.exits == {key: HUNDRED - 5}
    assert ledger.free(at.ann, COLLATERAL) == HUNDRED
    await at.goes_on()
    short = await at.on.venue.asset.funds(WithdrawOp(0, at.ann, COLLATERAL, 6, "w"))
    assert isinstance(short, Declined)


async def test_an_announcement_that_is_gone_leaves_the_one_before(bare: Scene) -> None:
    """A second one and its calling off are gone: the first stands, and then nothing does."""
    at, escrow = bare, bare.on.escrow
    ledger, key = at.on.venue.asset.ledger, balance_key(at.ann, COLLATERAL)
    nothing = await at.height()
    escrow.does(Deed(Happened.EXIT_REQUESTED, address(7), "0", 70))
    await at.on.settles(at.desk)
    since = await at.height()
    for micros in (90, 0):
        escrow.does(Deed(Happened.EXIT_REQUESTED, address(7), "0", micros))
        await at.on.settles(at.desk)
    assert ledger.chain.exits == {}
    await at.loses(since)
    assert ledger.chain.exits == {key: 70}
    await at.goes_on()
    await at.loses(nothing)
    assert ledger.chain.exits == {}


async def test_a_market_that_the_contracts_forgot_is_told_them_again(at: Scene) -> None:
    """Everything from the listing on is gone: registered again, and redeemed in the end."""
    venue, ledger = at.on.venue, at.on.venue.asset.ledger
    await venue.fund(SplitOp(0, at.ann, at.market, QTY, "s"))
    await at.on.settles(at.desk)
    await venue.close(at.market)
    await venue.fund(ResolveOp(0, at.market, 10_000, 0))
    await at.on.settles(at.desk, 30)
    await at.loses(4)
    assert ledger.chain.stages[at.market] == Stage.LISTED
    await at.goes_on()
    assert ledger.chain.stages[at.market] == Stage.REDEEMED
    assert not ledger.chain.operations
    assert venue.balance(at.ann) == (HUNDRED, 0)


async def test_the_answer_to_a_report_of_what_is_lost_may_be_lost(bare: Scene) -> None:
    """The ledger took it in: the desk stands still when it reads so, and has sent nothing."""
    at = bare
    at.desk._asset = cast("Asset", Unheard(at.on.venue.asset))
    at.on.escrow.reorganise(await at.height(), keep=False)
    with pytest.raises(AssetUnavailable):
        await at.desk.step()
    assert at.ann in at.on.venue.asset.ledger.frozen
    await at.desk.step()
    assert (at.desk.status()["halted"], at.desk.status()["lost_total"]) == (1, 1)


async def test_blocks_of_a_shorter_branch_are_read_though_an_answer_was_lost(bare: Scene) -> None:
    """All that was believed is kept, below where the desk had read to: the next deposit counts."""
    at, escrow = bare, bare.on.escrow
    escrow.mine(20)
    await at.on.settles(at.desk, 1)
    (deposit,) = [deed for mined in escrow._chain for deed in mined.deeds]
    asset = at.desk._asset
    at.desk._asset = cast("Asset", Unheard(asset))
    del escrow._chain[1:]
    escrow._forks += 1
    escrow._deeds.append(deposit)
    escrow.mine(CONFIRMATIONS + 3)
    with pytest.raises(AssetUnavailable):
        await at.desk.step()
    at.desk._asset = asset
    escrow.does(Deed(Happened.DEPOSITED, address(7), "0", 5))
    await at.on.settles(at.desk)
    assert at.on.venue.balance(at.ann) == (HUNDRED + 5, 0)
    await at.on.agrees()


async def test_more_than_a_report_holds_happens_on_the_other_branch(bare: Scene) -> None:
    """7,500 announcements, then the same deposit in a later block: paged, and credited once."""
    at, escrow, venue = bare, bare.on.escrow, bare.on.venue
    (deposit,) = [deed for mined in escrow._chain for deed in mined.deeds]
    escrow.reorganise(await at.height(), keep=False)
    for _ in range(3):
        for _ in range(HAPPENINGS_COUNT_MAX // 2):
            escrow.does(Deed(Happened.EXIT_REQUESTED, address(8), "0", 0))
        escrow.mine()
    escrow._deeds.append(deposit)
    escrow.mine(CONFIRMATIONS)
    await at.desk.step()
    assert venue.balance(at.ann) == (HUNDRED, 0)
    assert at.desk.status()["believed_block"] < await at.height() - CONFIRMATIONS
    for account in list(venue.asset.ledger.frozen):
        await venue.fund(FreezeOp(0, account, False, "looked"))
    at.desk = await at.on.desk()
    await at.on.settles(at.desk)
    assert venue.balance(at.ann) == (HUNDRED, 0)
    assert at.desk.status()["halted"] == 0
    await at.on.agrees()


async def test_a_reorganisation_between_the_pages_counts_nothing_twice(bare: Scene) -> None:
    """What was kept above the first page goes with the next branch, and is known there too."""
    at, escrow, venue = bare, bare.on.escrow, bare.on.venue
    (deposit,) = [deed for mined in escrow._chain for deed in mined.deeds]
    for _ in range(2):
        escrow.reorganise(await at.height(), keep=False)
        for _ in range(3):
            for _ in range(HAPPENINGS_COUNT_MAX // 2):
                escrow.does(Deed(Happened.EXIT_REQUESTED, address(8), "0", 0))
            escrow.mine()
        escrow._deeds.append(deposit)
        escrow.mine(CONFIRMATIONS)
        at.desk = await at.on.desk()
        await at.desk.step()
    assert venue.balance(at.ann) == (HUNDRED, 0)
    at.desk = await at.on.desk()
    await at.on.settles(at.desk)
    assert venue.balance(at.ann) == (HUNDRED, 0)
    await at.on.agrees()


async def test_a_payment_that_is_mined_again_ends_no_exit(bare: Scene) -> None:
    """It was lost and comes back; what its owner announced meanwhile is still reserved."""
    at, escrow, venue = bare, bare.on.escrow, bare.on.venue
    since = await at.height()
    await venue.fund(WithdrawOp(0, at.ann, COLLATERAL, 1_000, "out"))
    await at.desk.step()
    (raw,) = escrow._waiting.values()
    await at.on.settles(at.desk)
    await at.loses(since)
    escrow.does(Deed(Happened.EXIT_REQUESTED, address(7), "0", 70))
    escrow.mine()
    await escrow.send([raw])
    await at.goes_on()
    assert venue.balance(at.ann) == (HUNDRED - 1_000, 0)
    assert venue.asset.ledger.chain.exits == {balance_key(at.ann, COLLATERAL): 70}
