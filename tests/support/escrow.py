"""A venue whose ledger lives on contracts that a test plays itself."""

from dataclasses import dataclass, field

from tests.support.signing import as_signed
from tests.support.venue import Venue

from outcry.domain.ledger.in_transit import Home
from outcry.domain.ledger.invariants import audit
from outcry.domain.market import SettlementMode
from outcry.messages.escrow_requests import EscrowReportOp, GivenUp
from outcry.messages.happenings import Happened, Happening
from outcry.messages.requests import Declined, Done, FundsResult, PlaceRequest
from outcry.runtime import ctf


HOME = Home(31_337, "0x" + "11" * 20, "0x" + "22" * 20, "0x" + "33" * 20, "0x" + "44" * 20)


def address(number: int) -> str:
    """Return an address of its own for *number*."""
    return f"0x{number:040x}"


def on_chain() -> Venue:
    """Return a venue that is not running yet and has a home."""
    venue = Venue()
    venue.config = venue.config._replace(home=HOME, settlement=SettlementMode.CHAIN)
    return venue


@dataclass
class Contract:
    """Says what happened in escrow, a block at a time."""

    venue: Venue
    block: int = 0
    salt: int = 0
    happened: list[Happening] = field(default_factory=list)

    async def says(
        self, kind: Happened, who: str = "", asset: str = "0", amount: int = 0, number: int = 0
    ) -> Done:
        """Report a block with one event; every law must hold after it."""
        result = await self.tells(kind, who, asset, amount, number)
        assert isinstance(result, Done), result
        audit(self.venue.asset.ledger)
        return result

    async def tells(
        self, kind: Happened, who: str = "", asset: str = "0", amount: int = 0, number: int = 0
    ) -> FundsResult:
        """Report a block with one event and return what the ledger says."""
        self.block += 1
        one = Happening(kind, self.block, 0, f"0x{self.block:x}", who, asset, amount, number)
        self.happened.append(one)
        report = EscrowReportOp(0, [one], [], self.block, f"0xb{self.block:x}")
        result = await self.venue.asset.funds(report)
        if isinstance(result, Declined):
            self.block -= 1
        return result

    async def gives_up(self, operation_id: int, reason: str) -> None:
        """Report that an operation is refused for good."""
        given_up = [GivenUp(operation_id, reason)]
        await self.venue.fund(EscrowReportOp(0, [], given_up, self.block, ""))
        audit(self.venue.asset.ledger)

    async def funded(self, number: int, micros: int) -> int:
        """Deposit for an address; returns its account."""
        await self.says(Happened.DEPOSITED, address(number), amount=micros)
        ledger = self.venue.asset.ledger
        return ledger.users[ledger.addresses[address(number)]].account

    async def registered(self, name: str = "rain", **terms: int | str) -> int:
        """List a market and let the contract know it."""
        market = await self.venue.market(name, **terms)
        await self.says(Happened.REGISTERED, asset=self.condition(market))
        return market

    def condition(self, market_id: int) -> str:
        """Return the id of a market's condition."""
        market = self.venue.asset.ledger.markets[market_id]
        event = self.venue.asset.ledger.events[market.event_id]
        question = ctf.question_id(event.identifier, market.identifier)
        return "0x" + ctf.condition_id(HOME.oracle, question).hex()

    def token(self, market_id: int, outcome: int) -> str:
        """Return a token id of a market."""
        return self.venue.asset.ledger.markets[market_id].tokens[outcome]

    def signed(self, request: PlaceRequest, number: int) -> PlaceRequest:
        """Return an order as the address of *number* signs it."""
        self.salt += 1
        token = self.token(request.market_id, request.outcome)
        return as_signed(request, token, self.salt, maker=number.to_bytes(20))
