"""A venue, simulated contracts, and the desk between them; settlement is played by the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.escrow import HOME, address, on_chain
from tests.support.signing import as_signed
from tests.support.venue import Venue

from outcry.adapters.memory import MemoryTransactions
from outcry.adapters.simulated_chain.escrow import Deed, SimulatedEscrow
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.messages.entry import unpack_entry
from outcry.messages.happenings import Happened
from outcry.messages.requests import OrderAccepted, PlaceRequest
from outcry.messages.settlements import SettlementRequest
from outcry.runtime import ctf
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.escrow import EscrowDesk
from outcry.services.onchain.proof import Proof, prove


CONFIRMATIONS = 3


@dataclass
class DeskScene:
    """What a test of escrow needs."""

    venue: Venue
    escrow: SimulatedEscrow = field(default_factory=SimulatedEscrow)
    transactions: MemoryTransactions = field(default_factory=MemoryTransactions)
    salt: int = 0

    async def desk(self) -> EscrowDesk:
        """Return a desk that has just started."""
        config = OnchainConfig(CONFIRMATIONS, resend_blocks=4)
        desk = EscrowDesk(
            config, log=self.venue.log, snapshots=self.venue.snapshots, asset=self.venue.asset,
            escrow=self.escrow, transactions=self.transactions,
        )  # fmt: skip
        await desk.start()
        return desk

    async def settles(self, desk: EscrowDesk, blocks: int = 12) -> None:
        """Let blocks come until everything is done that can be."""
        for _ in range(blocks):
            await desk.step()
            self.escrow.mine()
        await desk.step()
        audit(self.venue.asset.ledger)

    async def funded(self, desk: EscrowDesk, number: int, micros: int) -> int:
        """Deposit and wait until it is believed; returns the account."""
        self.escrow.does(Deed(Happened.DEPOSITED, address(number), "0", micros))
        await self.settles(desk, CONFIRMATIONS + 1)
        ledger = self.venue.asset.ledger
        account = ledger.users[ledger.addresses[address(number)]].account
        self.escrow.vault.addresses[account] = address(number)
        return account

    async def listed(self, desk: EscrowDesk, name: str = "rain", **terms: int | str) -> int:
        """List a market and wait until it is open."""
        market = await self.venue.market(name, **terms)
        condition = self.condition(market)
        tokens = self.venue.asset.ledger.markets[market].tokens
        self.escrow.vault.tokens |= {condition: tokens, str(market): tokens}
        await self.settles(desk)
        return market

    def condition(self, market_id: int) -> str:
        """Return the id of a market's condition."""
        market = self.venue.asset.ledger.markets[market_id]
        event = self.venue.asset.ledger.events[market.event_id]
        question = ctf.question_id(event.identifier, market.identifier)
        return "0x" + ctf.condition_id(HOME.oracle, question).hex()

    async def order(self, request: PlaceRequest, number: int) -> OrderAccepted:
        """Place an order as the address of *number* signs it."""
        return await self.venue.placed(self.signed(request, number))

    def signed(self, request: PlaceRequest, number: int) -> PlaceRequest:
        """Return an order as the address of *number* signs it."""
        self.salt += 1
        token = self.venue.asset.ledger.markets[request.market_id].tokens[request.outcome]
        return as_signed(request, token, self.salt, maker=number.to_bytes(20))

    async def requests(self) -> list[SettlementRequest]:
        """Return what the log asks to settle."""
        return [
            request
            async for row in self.venue.log.entries(0)
            for request in (unpack_entry(row.body).settlements if row.body else ())
        ]

    async def settle(self, request: SettlementRequest, *, tell: bool = True) -> None:
        """Settle a trade in the next block and, unless told otherwise, tell the ledger."""
        fills = tuple(fill.fill for fill in request.fills)
        self.escrow.does(Deed(-1, request=request, fills=fills))
        self.escrow.mine()
        if tell:
            verdicts = [
                ChainVerdict(request.trade_id, fill, Outcome.CONFIRMED, "0x1") for fill in fills
            ]
            await self.venue.fund(ChainReportOp(0, verdicts))

    async def proof(self) -> Proof:
        """Compare ledger and contracts."""
        return await prove(self.venue.asset.ledger, self.escrow)

    async def agrees(self) -> None:
        """Ledger and contracts must agree."""
        assert (await self.proof()).findings == []


@asynccontextmanager
async def desk_scene() -> AsyncIterator[DeskScene]:
    """Run a venue whose ledger lives on simulated contracts."""
    async with on_chain().running() as venue:
        yield DeskScene(venue)
