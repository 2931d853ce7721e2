"""Escrow on a real EVM: deposit, list, split, trade, withdraw, pay; proven on the contracts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.support.stage import Stage, stage
from tests.support.venue import Venue, limit

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.deployment import Deployment
from outcry.adapters.evm.escrow import EvmEscrow
from outcry.adapters.evm.matching import SETTLEMENT
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.signer import Signer
from outcry.adapters.memory import MemoryTransactions
from outcry.domain.fees import FeeKind
from outcry.domain.ids import COLLATERAL, FEES, SUSPENSE, token_asset
from outcry.domain.ledger.escrow import Stage as MarketStage
from outcry.domain.ledger.in_transit import Home
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.state import Ledger
from outcry.domain.market import MarketState, SettlementMode
from outcry.messages.requests import (
    CheckpointOp,
    MergeOp,
    OrderAccepted,
    PlaceRequest,
    ResolveOp,
    SetFeesOp,
    SplitOp,
    WithdrawOp,
)
from outcry.ports.chain import FILLS_COUNT_MAX, ChainUnavailable
from outcry.services.onchain.ahead import ahead
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.escrow import EscrowDesk
from outcry.services.onchain.proof import prove
from outcry.services.onchain.service import Onchain
from outcry_wire.records import Side


pytestmark = [needs_anvil, needs_tokens]

HUNDRED = 100_000_000
CONFIRMATIONS = 2


def home_of(found: Deployment) -> Home:
    """Return the contracts as a ledger names them."""
    return Home(found.chain_id, found.settlement, found.ctf, found.collateral, found.oracle)


class Market:
    """A venue, its contracts on a real node, and both services between them."""

    def __init__(self, venue: Venue, on: Stage) -> None:
        self.venue, self.on = venue, on
        self.escrow = EvmEscrow(Rpc(on.node.url), on.oracle, on.deployment)
        self.stored = MemoryTransactions()
        self.config = OnchainConfig(CONFIRMATIONS, resend_blocks=4)
        self.desk: EscrowDesk
        self.chain = on.chain()
        self.onchain = Onchain(
            self.config, bus=venue.bus, log=venue.log, asset=venue.asset, chain=self.chain,
            transactions=MemoryTransactions(),
        )  # fmt: skip

    async def begin(self) -> None:
        """Start both services."""
        await self.again()
        await self.onchain.start()

    async def again(self) -> None:
        """Start the desk (again)."""
        self.desk = EscrowDesk(
            self.config, log=self.venue.log, snapshots=self.venue.snapshots,
            asset=self.venue.asset, escrow=self.escrow, transactions=self.stored,
            first_block=self.on.deployment.deployed_block,
        )  # fmt: skip
        await self.desk.start()

    async def settles(self, blocks: int = 8) -> None:
        """Let blocks come until everything is done that can be; proven at each of them."""
        for _ in range(blocks):
            await self.desk.step()
            await self.onchain._take_requests()
            await self.onchain.step()
            await self.on.mine()
            await self.agrees()
        await self.desk.step()
        await self.onchain.step()
        audit(self.venue.asset.ledger)

    async def agrees(self) -> None:
        """Ledger and contracts must agree to the micro."""
        proof = await prove(self.venue.asset.ledger, self.escrow)
        assert proof.findings == []

    async def funded(self, name: str, money: int = HUNDRED) -> tuple[Signer, int]:
        """Deposit for somebody; returns the key and the account."""
        one = await self.on.person(name, money)
        await self.settles(CONFIRMATIONS)
        ledger = self.venue.asset.ledger
        user = ledger.users[ledger.addresses[f"0x{one.address.hex()}"]]
        return one, user.account

    async def order(self, one: Signer, request: PlaceRequest) -> OrderAccepted:
        """Place an order that its owner has signed."""
        market = self.venue.asset.ledger.markets[request.market_id]
        token = int(market.tokens[request.outcome])
        own = 10_000 - request.price if request.outcome else request.price
        signed = self.on.order(one, token, Side(request.side), own, request.qty)
        return await self.venue.placed(replace(request, signed=signed))

    async def by(self, one: Signer, name: str, *values: object) -> None:
        """Let somebody call the settlement contract and pay for the gas."""
        await self.on.rpc.call("anvil_setBalance", f"0x{one.address.hex()}", hex(10**20))
        await self.on._mined(one, address_of(self.on.deployment.settlement), SETTLEMENT, name,
                             *values)  # fmt: skip


@asynccontextmanager
async def market_on(folder: Path) -> AsyncIterator[Market]:
    """Run all of it."""
    async with stage(folder) as on:
        venue = Venue()
        home = home_of(on.deployment)
        venue.config = venue.config._replace(home=home, settlement=SettlementMode.CHAIN)
        async with venue.running():
            made = Market(venue, on)
            try:
                await made.begin()
                yield made
            finally:
                await made.escrow.close()
                await made.chain.close()


async def test_from_deposit_to_payout_ledger_and_contracts_agree(tmp_path: Path) -> None:
    """Two people, fees with rebates, transfer and mint, tokens and money out, a payout of 70/30."""
    async with market_on(tmp_path) as at:
        venue = at.venue
        (ann, account), (bob, other) = await at.funded("ann"), await at.funded("bob")
        version = (await venue.fund(SetFeesOp(0, FeeKind.FLAT, 100, 0, 5_000))).id
        market = await venue.market(fee_version=version)
        ledger = venue.asset.ledger
        assert ledger.markets[market].state == MarketState.DRAFT
        await at.settles()
        assert ledger.markets[market].state == MarketState.OPEN
        await venue.fund(SplitOp(0, other, market, 5_000, "pairs"))
        await at.settles()
        assert venue.balance(other, token_asset(market, 0)) == (5_000, 0)
        await at.order(ann, limit(account, market, Side.BUY, 6_000, 2_000))
        await at.order(bob, limit(other, market, Side.SELL, 6_000, 1_000))
        await at.order(bob, limit(other, market, Side.BUY, 4_000, 1_000, outcome=1))
        await at.agrees()
        await at.settles()
        assert not ledger.chain.pending
        assert venue.balance(account, token_asset(market, 0)) == (2_000, 0)
        assert venue.balance(FEES)[0] > 0
        await venue.fund(WithdrawOp(0, account, token_asset(market, 0), 300, "tokens"))
        await venue.fund(WithdrawOp(0, other, COLLATERAL, 20_000_000, "money"))
        await venue.fund(MergeOp(0, other, market, 1_000, "back"))
        await at.settles()
        assert not ledger.chain.operations
        await venue.close(market)
        await venue.fund(ResolveOp(0, market, 7_000, 3_000))
        await at.settles(16)
        assert ledger.chain.stages[market] == MarketStage.REDEEMED
        assert not ledger.chain.operations
        assert venue.balance(account, token_asset(market, 0)) == (0, 0)
        everything = venue.balance(account)[0]
        await venue.fund(WithdrawOp(0, account, COLLATERAL, everything, "all"))
        await at.settles()
        head = (await at.escrow.head()).number
        done = await at.escrow.carried_out(0, head)
        trades = {(trade, fill // FILLS_COUNT_MAX) for trade, fill in ledger.chain.verdicts}
        assert (len(done.parts), set(done.parts)) == (2, trades)
        assert done.operations == sorted(done.operations)
        assert len(done.operations) == 5
        assert await ahead(ledger, at.escrow, 0, head) == ""
        assert "carried out" in await ahead(Ledger(), at.escrow, 0, head)
        assert await at.on.escrow(ann) == 0
        await at.agrees()


async def test_an_exit_without_us_takes_orders_back(tmp_path: Path) -> None:
    """Announced on the chain, the account's orders are cancelled; after the delay it is out."""
    async with market_on(tmp_path) as at:
        ann, account = await at.funded("ann")
        market = await at.venue.market()
        await at.settles()
        bid = await at.order(ann, limit(account, market, Side.BUY, 6_000, 1_000))
        await at.by(ann, "requestExit", 0, HUNDRED)
        await at.settles(4)
        await at.venue.fund(CheckpointOp(0))
        ledger = at.venue.asset.ledger
        assert bid.order_id not in ledger.orders
        assert ledger.available(account, COLLATERAL) == 0
        await at.on.rpc.call("evm_increaseTime", at.on.deployment.exit_delay + 1)
        await at.by(ann, "exit", 0)
        await at.settles(4)
        assert at.venue.balance(account) == (0, 0)
        assert not ledger.frozen


async def test_a_deep_reorganisation_of_a_deposit_takes_it_back(tmp_path: Path) -> None:
    """A deposit that was believed is gone for good: debited, frozen, and the desk stands still."""
    async with market_on(tmp_path) as at:
        _, account = await at.funded("ann")
        await at.on.mine()
        await at.desk.step()
        await at.on.reorganise(CONFIRMATIONS + 2)
        await at.on.mine(CONFIRMATIONS + 2)
        await at.desk.step()
        assert at.desk.status()["halted"] == 1
        assert (at.venue.balance(account), at.venue.balance(SUSPENSE)[0]) == ((0, 0), 0)
        assert account in at.venue.asset.ledger.frozen


async def test_a_desk_that_dies_pays_once(tmp_path: Path) -> None:
    """Killed after every look, its stored transactions lost in between: each withdrawal once."""
    async with market_on(tmp_path) as at:
        ann, account = await at.funded("ann")
        for number in range(4):
            await at.venue.fund(WithdrawOp(0, account, COLLATERAL, 1_000_000, f"w{number}"))
            await at.again()
            await at.desk.step()
            if number % 2:
                await at.on.mine()
            if number == 2:
                at.stored = MemoryTransactions()
        await at.again()
        await at.settles(12)
        assert at.venue.balance(account) == (HUNDRED - 4_000_000, 0)
        assert await at.on.escrow(ann) == HUNDRED - 4_000_000


async def test_a_payment_in_a_block_that_is_replaced_is_made_again(tmp_path: Path) -> None:
    """Below the confirmations a block may vanish with the payment in it: it is paid once."""
    async with market_on(tmp_path) as at:
        ann, account = await at.funded("ann")
        await at.venue.fund(WithdrawOp(0, account, COLLATERAL, 40_000_000, "out"))
        await at.desk.step()
        await at.on.mine()
        assert await at.on.escrow(ann) == HUNDRED - 40_000_000
        await at.on.reorganise(1)
        assert await at.on.escrow(ann) == HUNDRED
        await at.settles(12)
        assert await at.on.escrow(ann) == HUNDRED - 40_000_000
        assert at.venue.balance(account) == (HUNDRED - 40_000_000, 0)
        assert not at.venue.asset.ledger.chain.operations


async def test_a_chain_that_is_shorter_is_waited_for(tmp_path: Path) -> None:
    """A node that is behind what was believed ends nothing: it may catch up."""
    async with market_on(tmp_path) as at:
        _, account = await at.funded("ann")
        last = at.desk.status()["believed_block"]
        snapshot = await at.on.rpc.call("evm_snapshot")
        await at.on.mine(3)
        await at.desk.step()
        await at.venue.fund(WithdrawOp(0, account, COLLATERAL, 1_000_000, "out"))
        await at.settles(6)
        assert at.desk.status()["believed_block"] > last
        await at.on.rpc.call("evm_revert", snapshot)
        with pytest.raises(ChainUnavailable):
            await at.desk.step()
        assert at.desk.status()["halted"] == 0


async def test_blocks_that_ask_more_than_the_ceiling_delay_a_payment(tmp_path: Path) -> None:
    """The node declines what is too cheap: nothing else stands still, and it is paid later."""
    async with market_on(tmp_path) as at:
        at.escrow._ceiling = 50 * 10**9
        ann, account = await at.funded("ann")
        await at.venue.fund(WithdrawOp(0, account, COLLATERAL, 40_000_000, "out"))
        for _ in range(8):
            await at.on.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**13))
            await at.on.mine()
            await at.desk.step()
        assert await at.on.escrow(ann) == HUNDRED
        await at.on.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))
        await at.on.mine()
        await at.settles(10)
        assert await at.on.escrow(ann) == HUNDRED - 40_000_000
        assert not at.venue.asset.ledger.chain.operations
