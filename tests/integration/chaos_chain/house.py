"""A house: a ledger that lives on contracts of a real node, and its services, which may die.

Two of each have the same keys, as if two operators ran them: two settle, two move escrow.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from msgspec.structs import replace
from tests.support.faulty_node import FaultyNode
from tests.support.settling import Died, Fuse, Mortal
from tests.support.stage import Stage, stage
from tests.support.venue import Venue

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.escrow import EvmEscrow
from outcry.adapters.evm.matching import SETTLEMENT
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.signer import Signer
from outcry.adapters.files import FileTransactions
from outcry.domain.ids import SUSPENSE
from outcry.domain.ledger.in_transit import Home
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.domain.ledger.state import Ledger
from outcry.domain.market import MarketState, SettlementMode
from outcry.messages.chain_requests import FreezeOp
from outcry.messages.requests import OrderAccepted, PlaceRequest
from outcry.ports.chain import ChainUnavailable
from outcry.ports.escrow import BlockGone
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.escrow import EscrowDesk
from outcry.services.onchain.proof import prove
from outcry.services.onchain.service import Onchain
from outcry_wire.records import Side


CONFIRMATIONS: Final = 3
RESEND_BLOCKS: Final = 4
#: Looks until everything has come to rest.
LOOKS_MAX: Final = 300
#: Blocks that are added when nothing is left to do, so that what was thrown out could come back.
AFTER_BLOCKS: Final = 12
MONEY: Final = 10**9
CONFIG: Final = OnchainConfig(CONFIRMATIONS, 1, RESEND_BLOCKS, 2 * RESEND_BLOCKS)


class Closing(Protocol):
    """What speaks to a node."""

    async def close(self) -> None:
        """Let go of it."""
        ...


class Worker:
    """One service, which is replaced when it died, or stands still and people have looked."""

    def __init__(self, house: "House", name: str) -> None:
        self.house, self.name = house, name
        self.fuse = Fuse()
        self.service: Onchain | EscrowDesk | None = None
        self._node: Closing | None = None
        self.deaths = 0

    async def look(self, times: int = 1) -> None:
        """Look around, waiting and dying as it comes."""
        for _ in range(times):
            try:
                if self.service is None:
                    await self._begin()
                if not self.halted:
                    await self._step()
            except Died:
                self.deaths += 1
                await self.end()
            except (ChainUnavailable, BlockGone):
                pass

    @property
    def halted(self) -> bool:
        """Whether it stands still until people have looked."""
        return self.service is not None and bool(self.service.status()["halted"])

    async def end(self) -> None:
        """Be gone, without a word."""
        self.service = None
        if self._node is not None:
            await self._node.close()
            self._node = None

    def _stored(self) -> FileTransactions:
        folder = self.house.folder / self.name
        folder.mkdir(exist_ok=True)
        return Mortal(FileTransactions(folder / "tx"), self.fuse)  # type: ignore[return-value]

    async def _begin(self) -> None:
        raise NotImplementedError

    async def _step(self) -> None:
        raise NotImplementedError


class Settler(Worker):
    """Settles trades with the operator's key."""

    async def _begin(self) -> None:
        venue = self.house.venue
        self._node = chain = self.house.stage.chain(url=self.house.node.url)
        service = Onchain(
            CONFIG, bus=venue.bus, log=venue.log, asset=Mortal(venue.asset, self.fuse),
            chain=Mortal(chain, self.fuse), transactions=self._stored(),
        )  # fmt: skip
        await service.start()
        self.service = service

    async def _step(self) -> None:
        assert isinstance(self.service, Onchain)
        await self.service._take_requests()
        await self.service.step()


class Clerk(Worker):
    """Moves escrow with the oracle's key."""

    async def _begin(self) -> None:
        venue, on = self.house.venue, self.house.stage
        self._node = escrow = EvmEscrow(Rpc(self.house.node.url), on.oracle, on.deployment)
        service = EscrowDesk(
            CONFIG, log=venue.log, snapshots=venue.snapshots, asset=Mortal(venue.asset, self.fuse),
            escrow=Mortal(escrow, self.fuse), transactions=self._stored(),
            first_block=on.deployment.deployed_block,
        )  # fmt: skip
        await service.start()
        self.service = service

    async def _step(self) -> None:
        assert isinstance(self.service, EscrowDesk)
        await self.service.step()


class House:
    """The venue, the node and everybody between them."""

    def __init__(self, venue: Venue, made: Stage, node: FaultyNode, folder: Path) -> None:
        self.venue, self.stage, self.node, self.folder = venue, made, node, folder
        self.settler, self.second = Settler(self, "settler"), Settler(self, "second settler")
        self.clerk, self.rival = Clerk(self, "clerk"), Clerk(self, "second clerk")
        self.people: dict[int, Signer] = {}

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Everybody, those who go on alone in the end first."""
        return self.settler, self.clerk, self.second, self.rival

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.venue.asset.ledger

    async def person(self, name: str, money: int = MONEY) -> int:
        """Return the account of somebody who has *money* in escrow."""
        one = await self.stage.person(name, money)
        await self.stage.rpc.call("anvil_setBalance", f"0x{one.address.hex()}", hex(10**20))
        address = f"0x{one.address.hex()}"
        for _ in range(2 * CONFIRMATIONS):
            await self.clerk.look()
            await self.stage.mine()
        account = self.ledger.users[self.ledger.addresses[address]].account
        self.people[account] = one
        return account

    async def open(self, market: int) -> None:
        """Let blocks come until the contracts know a market."""
        for _ in range(LOOKS_MAX):
            if self.ledger.markets[market].state == MarketState.OPEN:
                return
            await self.clerk.look()
            await self.stage.mine()
        raise AssertionError(f"market {market} does not open")

    async def order(self, request: PlaceRequest) -> bool:
        """Place an order as its owner signs it; returns whether it was taken."""
        token = int(self.ledger.markets[request.market_id].tokens[request.outcome])
        own = 10_000 - request.price if request.outcome else request.price
        one = self.people[request.account]
        signed = self.stage.order(one, token, Side(request.side), own, request.qty)
        return isinstance(await self.venue.place(replace(request, signed=signed)), OrderAccepted)

    async def by(self, account: int, name: str, *values: object) -> None:
        """Let somebody call the settlement contract; raises `NotSettled`."""
        where = address_of(self.stage.deployment.settlement)
        await self.stage._mined(self.people[account], where, SETTLEMENT, name, *values)

    async def people_look(self) -> None:
        """Whoever stands still is started again, and nobody is frozen."""
        if any(one.halted for one in self.workers):
            for account in list(self.ledger.frozen):
                await self.venue.fund(FreezeOp(0, account, False, "looked"))
        for one in self.workers:
            if one.halted:
                await one.end()

    async def comes_to_rest(self) -> None:
        """One of each brings everything to its end; bounded."""
        for one in (self.second, self.rival):
            await one.end()
        quiet = 0
        for _ in range(LOOKS_MAX):
            for one in (self.settler, self.clerk):
                one.fuse.length = -1
                await one.look()
            await self.people_look()
            await self.stage.mine()
            quiet = quiet + 1 if self._idle else 0
            if quiet > AFTER_BLOCKS:
                return
        raise AssertionError(f"still open: {self.ledger.chain.pending}, {self._todo}")

    @property
    def _idle(self) -> bool:
        chain = self.ledger.chain
        return not (chain.pending or chain.operations or self._todo)

    @property
    def _todo(self) -> list[str]:
        desk = self.clerk.service
        if not isinstance(desk, EscrowDesk):
            return ["the clerk is away"]
        # What is registered and not paid has nothing left to do.
        jobs = [repr(job) for job in desk._todo.jobs()]
        return jobs + ["halted"] * any(one.halted for one in (self.settler, self.clerk))

    # --- the end --------------------------------------------------------------------------------

    async def agrees(self) -> None:
        """Nothing settled twice, nothing lost: ledger and contracts are one, to the atom."""
        audit(self.ledger)
        chain = self.stage.chain()
        escrow = EvmEscrow(Rpc(self.stage.node.url), self.stage.oracle, self.stage.deployment)
        try:
            proof = await prove(self.ledger, escrow)
            assert proof.findings == []
            head = await self.stage.height()
            settled, operations = list[tuple[int, int]](), list[int]()
            for first in range(1, head + 1, 100):
                for event in await chain.events(await chain.blocks(first, first + 99)):
                    if event.failure is None:
                        settled += [(event.trade_id, fill) for fill in event.fills]
                done = await escrow.carried_out(first, min(first + 99, head))
                operations += done.operations
        finally:
            await chain.close()
            await escrow.close()
        verdicts = self.ledger.chain.verdicts.items()
        confirmed = [key for key, one in verdicts if one.outcome == Outcome.CONFIRMED]
        assert sorted(settled) == sorted(confirmed)
        assert len(set(operations)) == len(operations)
        assert self.venue.balance(SUSPENSE) == (0, 0)


@asynccontextmanager
async def house(folder: Path, seed: int = 0) -> AsyncIterator[House]:
    """Give a house that has begun, without people."""
    async with stage(folder / "node", keeps=True) as made, FaultyNode(made.node.url, seed) as node:
        venue, found = Venue(), made.deployment
        home = Home(found.chain_id, found.settlement, found.ctf, found.collateral, found.oracle)
        venue.config = venue.config._replace(home=home, settlement=SettlementMode.CHAIN)
        async with venue.running():
            at = House(venue, made, node, folder)
            try:
                yield at
            finally:
                for one in at.workers:
                    await one.end()
