"""The escrow desk on simulated contracts: whatever happens there, ledger and contracts agree."""

from contextlib import suppress
from typing import cast

import pytest
from tests.support.desk import CONFIRMATIONS, DeskScene, desk_scene
from tests.support.escrow import address
from tests.support.venue import limit

from outcry.adapters.simulated_chain.escrow import Deed
from outcry.domain.fees import FeeKind
from outcry.domain.ids import COLLATERAL, SUSPENSE, token_asset
from outcry.domain.ledger.escrow import Stage
from outcry.domain.market import MarketState
from outcry.domain.units import BALANCE_LIMIT
from outcry.messages.happenings import Happened
from outcry.messages.requests import (
    CheckpointOp,
    FundsOp,
    FundsResult,
    MergeOp,
    ResolveOp,
    SetFeesOp,
    SplitOp,
    WithdrawOp,
)
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.chain import Block
from outcry.ports.escrow import BlockGone, Escrow
from outcry_wire.records import Side


HUNDRED = 100_000_000


async def test_a_deposit_is_believed_at_its_confirmations() -> None:
    """Mined in block 1, credited when block 3 is there, and proven at every block between."""
    async with desk_scene() as on:
        desk = await on.desk()
        on.escrow.does(Deed(Happened.DEPOSITED, address(7), "0", HUNDRED))
        for _ in range(CONFIRMATIONS):
            assert not on.venue.asset.ledger.addresses
            on.escrow.mine()
            await on.agrees()
            await desk.step()
        assert set(on.venue.asset.ledger.addresses) == {address(7)}
        await on.agrees()
        assert desk.status()["believed_block"] == 1


async def test_a_market_lives_on_the_contracts_from_listing_to_redemption() -> None:
    """Prepared, split, traded with fees, withdrawn, paid and redeemed: proven at every block."""
    async with desk_scene() as on:
        desk = await on.desk()
        venue = on.venue
        ann, bob = await on.funded(desk, 7, HUNDRED), await on.funded(desk, 8, HUNDRED)
        version = (await venue.fund(SetFeesOp(0, FeeKind.FLAT, 100, 0, 5_000))).id
        market = await on.listed(desk, fee_version=version)
        assert venue.asset.ledger.markets[market].state == MarketState.OPEN
        await venue.fund(SplitOp(0, bob, market, 5_000, "pairs"))
        await on.agrees()
        await on.settles(desk)
        await on.agrees()
        await on.order(limit(ann, market, Side.BUY, 6_000, 1_000), 7)
        await on.order(limit(bob, market, Side.SELL, 6_000, 1_000), 8)
        await on.agrees()
        (request,) = await on.requests()
        await on.settle(request, tell=False)
        await on.agrees()
        await on.settle(request)
        await on.agrees()
        await venue.fund(WithdrawOp(0, ann, token_asset(market, 0), 300, "tokens"))
        await venue.fund(WithdrawOp(0, bob, COLLATERAL, 20_000_000, "money"))
        await venue.fund(MergeOp(0, bob, market, 1_000, "back"))
        for _ in range(8):
            await desk.step()
            on.escrow.mine()
            await on.agrees()
        await on.settles(desk)
        assert not venue.asset.ledger.chain.operations
        assert venue.balance(ann, token_asset(market, 0)) == (700, 0)
        await venue.close(market)
        await venue.fund(ResolveOp(0, market, 7_000, 3_000))
        for _ in range(30):
            await desk.step()
            on.escrow.mine()
            await on.agrees()
        ledger = venue.asset.ledger
        assert ledger.chain.stages[market] == Stage.REDEEMED
        assert not ledger.chain.operations
        assert venue.balance(ann, token_asset(market, 0)) == (0, 0)
        assert venue.balance(ann)[0] == HUNDRED - 6_000_000 + 20_000 + 700 * 7_000
        await on.agrees()


async def test_the_proof_names_a_difference_to_the_micro() -> None:
    """A micro more in escrow than the ledger knows is found, with its address."""
    async with desk_scene() as on:
        desk = await on.desk()
        await on.funded(desk, 7, HUNDRED)
        on.escrow.vault.amounts[address(7), "0"] += 1
        await desk.prove()
        assert desk.status()["differences"] == 1
        proof = await on.proof()
        assert proof.differences_count == 1
        assert "(+1)" in proof.findings[0]
        assert address(7) in proof.findings[0]


async def test_what_the_contract_refuses_for_good_is_given_up() -> None:
    """An exit was faster than a withdrawal: that is given up before it is sent, once."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann = await on.funded(desk, 7, HUNDRED)
        on.escrow.does(Deed(Happened.EXIT_REQUESTED, address(7), "0", HUNDRED))
        on.escrow.does(Deed(Happened.EXITED, address(7)))
        on.escrow.mine()
        await on.venue.fund(WithdrawOp(0, ann, COLLATERAL, 40_000_000, "late"))
        await on.settles(desk)
        ledger = on.venue.asset.ledger
        assert not ledger.chain.operations
        assert (on.venue.balance(ann), ledger.frozen) == ((0, 0), {})
        await on.agrees()


async def test_an_exit_takes_orders_back_and_leaves_no_difference() -> None:
    """Announced, its orders are cancelled; done, it is out of ledger and escrow."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann = await on.funded(desk, 7, HUNDRED)
        market = await on.listed(desk)
        bid = await on.order(limit(ann, market, Side.BUY, 6_000, 1_000), 7)
        on.escrow.does(Deed(Happened.EXIT_REQUESTED, address(7), "0", HUNDRED))
        await on.settles(desk)
        await on.venue.fund(CheckpointOp(0))
        assert bid.order_id not in on.venue.asset.ledger.orders
        on.escrow.does(Deed(Happened.EXITED, address(7)))
        await on.settles(desk)
        assert on.venue.balance(ann) == (0, 0)
        await on.agrees()


@pytest.mark.parametrize("keep", [True, False])
async def test_a_shallow_reorganisation_changes_nothing_that_was_believed(keep: bool) -> None:
    """Below the confirmations: a withdrawal is sent again where it was dropped, and paid once."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann = await on.funded(desk, 7, HUNDRED)
        await on.venue.fund(WithdrawOp(0, ann, COLLATERAL, 40_000_000, "out"))
        await desk.step()
        on.escrow.mine()
        on.escrow.reorganise(1, keep=keep)
        await on.settles(desk, 20)
        assert on.venue.balance(ann) == (60_000_000, 0)
        assert on.escrow.vault.amounts[address(7), "0"] == 60_000_000
        await on.agrees()


async def test_a_deep_reorganisation_that_keeps_everything_goes_on() -> None:
    """The same deposit in another block is not credited twice."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann = await on.funded(desk, 7, HUNDRED)
        on.escrow.mine(2)
        await on.settles(desk, 1)
        on.escrow.reorganise(7, keep=True)
        await on.settles(desk, 6)
        assert desk.status()["halted"] == 0
        assert (on.venue.balance(ann), on.venue.balance(SUSPENSE)[0]) == ((HUNDRED, 0), 0)
        await on.agrees()
        await on.funded(desk, 7, 1)
        assert on.venue.balance(ann) == (HUNDRED + 1, 0)
        await on.agrees()


async def test_a_deep_reorganisation_takes_a_deposit_back_and_the_desk_stands_still() -> None:
    """What was believed and is gone is nobody's here; frozen, and nothing is sent any more."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann = await on.funded(desk, 7, HUNDRED)
        on.escrow.reorganise(len(await on.escrow.blocks(0, 99)) - 1, keep=False)
        await desk.step()
        assert desk.status()["halted"] == 1
        assert (on.venue.balance(ann), on.venue.balance(SUSPENSE)[0]) == ((0, 0), 0)
        assert ann in on.venue.asset.ledger.frozen
        again = await on.desk()
        await on.settles(again, 2)
        assert on.venue.balance(SUSPENSE)[0] == 0


class Unreached:
    """A ledger that nobody reaches."""

    async def funds(self, _op: FundsOp) -> FundsResult:
        """Do nothing."""
        raise AssetUnavailable("nobody listens")


async def test_what_the_ledger_did_not_hear_is_told_again() -> None:
    """A deposit whose report never arrived is credited later, and so is the next."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann = await on.funded(desk, 7, HUNDRED)
        asset = desk._asset
        desk._asset = cast("Asset", Unreached())
        on.escrow.does(Deed(Happened.DEPOSITED, address(7), "0", HUNDRED))
        on.escrow.mine(CONFIRMATIONS)
        with pytest.raises(AssetUnavailable):
            await desk.step()
        desk._asset = asset
        on.escrow.does(Deed(Happened.DEPOSITED, address(7), "0", 5))
        await on.settles(desk)
        assert on.venue.balance(ann) == (2 * HUNDRED + 5, 0)
        await on.agrees()


async def test_a_desk_that_starts_again_does_nothing_twice() -> None:
    """Killed between any two steps, with and without its stored transactions: paid once."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann = await on.funded(desk, 7, HUNDRED)
        for number in range(6):
            await on.venue.fund(WithdrawOp(0, ann, COLLATERAL, 1_000_000, f"w{number}"))
            desk = await on.desk()
            await desk.step()
            if number % 2:
                on.escrow.mine()
            if number == 3:
                on.transactions.__init__()  # type: ignore[misc]
        await on.settles(await on.desk(), 20)
        assert on.venue.balance(ann) == (94_000_000, 0)
        assert on.escrow.vault.amounts[address(7), "0"] == 94_000_000
        await on.agrees()


async def test_a_deposit_beyond_what_the_ledger_counts_stops_nobody() -> None:
    """10^18 micros are credited to nobody and told; others go on, and its owner takes it out."""
    async with desk_scene() as on:
        desk = await on.desk()
        on.escrow.does(Deed(Happened.DEPOSITED, address(7), "0", BALANCE_LIMIT))
        bob = await on.funded(desk, 8, HUNDRED)
        ledger = on.venue.asset.ledger
        ann = ledger.users[ledger.addresses[address(7)]].account
        assert (on.venue.balance(ann), on.venue.balance(bob)) == ((0, 0), (HUNDRED, 0))
        status = desk.status()
        assert (status["halted"], status["uncredited_total"]) == (0, 1)
        assert await on.funded(desk, 7, BALANCE_LIMIT - HUNDRED - 1) == ann
        assert on.venue.balance(ann) == (BALANCE_LIMIT - HUNDRED - 1, 0)
        await on.agrees()
        on.escrow.does(Deed(Happened.EXIT_REQUESTED, address(7), "0", BALANCE_LIMIT))
        await on.settles(desk)
        on.escrow.does(Deed(Happened.EXITED, address(7)))
        await on.settles(desk)
        assert not ledger.chain.uncredited
        assert on.venue.balance(ann) == (BALANCE_LIMIT - HUNDRED - 1, 0)
        await on.agrees()


async def test_what_was_not_credited_may_be_gone_again() -> None:
    """A deep reorganisation takes a deposit that nobody was credited with: nothing is missing."""
    async with desk_scene() as on:
        desk = await on.desk()
        on.escrow.does(Deed(Happened.DEPOSITED, address(7), "0", BALANCE_LIMIT))
        await on.settles(desk)
        on.escrow.reorganise((await on.escrow.head()).number, keep=False)
        await desk.step()
        chain = on.venue.asset.ledger.chain
        assert (chain.uncredited, chain.missing) == ({}, {})
        await on.agrees()


async def test_blocks_that_had_nothing_are_read_again_when_they_are_others() -> None:
    """Nothing was reported of them, so no mark stands there: a deposit of the new ones counts."""
    async with desk_scene() as on:
        desk = await on.desk()
        account = await on.funded(desk, 7, HUNDRED)
        on.escrow.mine(12)
        await desk.step()
        on.escrow.reorganise(CONFIRMATIONS + 6, keep=False)
        del on.escrow._chain[-8:]
        on.escrow.does(Deed(Happened.DEPOSITED, address(7), "0", 5))
        on.escrow.mine(12)
        await on.settles(desk, 3)
        assert on.venue.balance(account) == (HUNDRED + 5, 0)
        await on.agrees()


class Turning:
    """Contracts whose chain is replaced between two questions about blocks."""

    def __init__(self, on: DeskScene, at: int) -> None:
        self._on, self._at, self.asked = on, at, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._on.escrow, name)

    async def blocks(self, first: int, last: int) -> list[Block]:
        """Return blocks; before the *at*-th time all above the first hundred become others."""
        self.asked += 1
        if self.asked == self._at:
            escrow = self._on.escrow
            del escrow._chain[50:]
            escrow._forks += 1
            escrow.does(Deed(Happened.DEPOSITED, address(7), "0", 5))
            escrow.mine(200)
        return await self._on.escrow.blocks(first, last)


@pytest.mark.parametrize("at", [2, 3, 4])
async def test_a_reorganisation_between_two_pages_of_one_reading_loses_nothing(at: int) -> None:
    """What the pages before it said is of no chain any more: they are read again."""
    async with desk_scene() as on:
        desk = await on.desk()
        account = await on.funded(desk, 7, HUNDRED)
        on.escrow.mine(210)
        desk._escrow = cast("Escrow", Turning(on, at))
        for _ in range(4):
            with suppress(BlockGone):
                await desk.step()
        await on.settles(desk, 4)
        assert on.venue.balance(account) == (HUNDRED + 5, 0)
        assert not desk.status()["halted"]
        await on.agrees()
