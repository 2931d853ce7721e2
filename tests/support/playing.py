"""A play: an exchange in this process whose markets settle on a stage, by services that may die."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace
from tests.support.settling import Died, Fuse, Mortal
from tests.support.stage import Condition, Stage, stage
from tests.support.venue import Venue, limit

from outcry.adapters.evm.matching import LOT_UNITS
from outcry.adapters.evm.signer import Signer
from outcry.adapters.files import FileTransactions
from outcry.domain.ids import FEES, token_asset, trade_id
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.domain.market import SettlementMode
from outcry.messages.requests import SetFeesOp
from outcry.ports.chain import Chain, ChainEvent, ChainUnavailable
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.service import Onchain
from outcry_wire.records import Side


CONFIRMATIONS = 3
RESEND_BLOCKS = 4
#: Looks at the chain until everything has its verdict.
LOOKS_MAX = 200


class Sending:
    """One onchain service, which is replaced when it died."""

    def __init__(self, play: "Play", folder: Path) -> None:
        self.play = play
        self.folder = folder
        self.fuse = Fuse()
        #: The node to talk to, "": the stage's.
        self.url = ""
        self.service: Onchain | None = None
        self._chain: Chain | None = None
        self.deaths = self.waits = 0

    async def look(self, times: int = 1) -> None:
        """Look around, waiting and dying as it comes."""
        for _ in range(times):
            try:
                if self.service is None:
                    await self._begin()
                assert self.service is not None
                await self.service._take_requests()
                await self.service.step()
            except Died:
                self.deaths += 1
                await self.end()
            except ChainUnavailable:
                self.waits += 1

    async def end(self) -> None:
        """Be gone, without a word."""
        self.service = None
        if self._chain is not None:
            await self._chain.close()
            self._chain = None

    async def _begin(self) -> None:
        venue = self.play.venue
        self._chain = self.play.stage.chain(url=self.url, ceiling_wei=self.play.ceiling_wei)
        self.folder.mkdir(exist_ok=True)
        service = Onchain(
            OnchainConfig(CONFIRMATIONS, 1, RESEND_BLOCKS, 2 * RESEND_BLOCKS),
            bus=venue.bus,
            log=venue.log,
            asset=Mortal(venue.asset, self.fuse),
            chain=Mortal(self._chain, self.fuse),
            transactions=Mortal(FileTransactions(self.folder / "tx"), self.fuse),
        )
        await service.start()
        self.service = service


class Play:
    """A venue and a stage, whose people have the same on both."""

    def __init__(self, venue: Venue, made: Stage, folder: Path) -> None:
        self.venue = venue
        self.stage = made
        self.folder = folder
        self.ceiling_wei = 500 * 10**9
        self.people: dict[int, Signer] = {}
        self.markets: dict[int, Condition] = {}
        self.first = self.sending("first")

    def sending(self, name: str) -> Sending:
        """Return a service with the operator's key and a folder of its own."""
        return Sending(self, self.folder / name)

    async def person(self, name: str, money: int = 10**9) -> int:
        """Return the account of somebody with *money* here and in escrow."""
        account = await self.venue.user(name, money)
        self.people[account] = await self.stage.person(name, money)
        return account

    async def market(self, name: str = "rain", **terms: int | str) -> int:
        """List a market that settles on the chain."""
        condition = await self.stage.condition()
        token_0, token_1 = map(str, condition.tokens)
        market = await self.venue.market(
            name, settlement=SettlementMode.CHAIN, token_0=token_0, token_1=token_1, **terms
        )
        self.markets[market] = condition
        return market

    async def fees(self) -> int:
        """Make a fee schedule with rebates; return its version."""
        op = SetFeesOp(0, 1, 100, 0, 2_000)
        return (await self.venue.fund(op)).id

    async def order(
        self, account: int, market: int, side: Side, price: int, lots: int, *, outcome: int = 0,
        version: int = 2,
    ) -> int:  # fmt: skip
        """Place a signed order at its own price; returns the number of the command."""
        token = self.markets[market].tokens[outcome]
        signed = self.stage.order(self.people[account], token, side, price, lots, version=version)
        asked = limit(account, market, side, price, lots, outcome=outcome)
        accepted = await self.venue.placed(replace(asked, signed=signed))
        return trade_id(0, accepted.update_id)

    @property
    def pending(self) -> list[tuple[int, int]]:
        """The fills that wait for the chain."""
        return list(self.venue.asset.ledger.chain.pending)

    def outcomes(self) -> dict[tuple[int, int], int]:
        """Return the verdict of each fill."""
        verdicts = self.venue.asset.ledger.chain.verdicts
        return {key: verdict.outcome for key, verdict in verdicts.items()}

    async def finish(self, *others: Sending) -> None:
        """Mine and look until nothing is pending; bounded."""
        for _ in range(LOOKS_MAX):
            for one in (self.first, *others):
                await one.look()
            await self.stage.mine()
            if not self.pending:
                return
        raise AssertionError(f"still pending: {self.pending}")

    async def events(self) -> list[ChainEvent]:
        """Return every event that is on the chain."""
        chain, found = self.stage.chain(), list[ChainEvent]()
        for first in range(1, await self.stage.height() + 1, 100):
            found += await chain.events(await chain.blocks(first, first + 99))
        await chain.close()
        return found

    async def settled(self) -> list[tuple[int, int]]:
        """Return every fill that is settled on the chain, once for each time."""
        found = await self.events()
        return [(e.trade_id, fill) for e in found if e.failure is None for fill in e.fills]

    async def agree(self) -> None:
        """Nothing settled twice, nothing lost: the contract has what the ledger has, by account."""
        audit(self.venue.asset.ledger)
        settled = await self.settled()
        assert len(set(settled)) == len(settled)
        outcomes = self.outcomes()
        confirmed = [key for key, outcome in outcomes.items() if outcome == Outcome.CONFIRMED]
        assert sorted(settled) == sorted(confirmed)
        for account, one in self.people.items():
            assert self.venue.balance(account)[0] == await self.stage.escrow(one), account
            for market, condition in self.markets.items():
                for outcome, token in enumerate(condition.tokens):
                    lots, _ = self.venue.balance(account, token_asset(market, outcome))
                    assert lots * LOT_UNITS == await self.stage.escrow(one, token)
        assert self.venue.balance(FEES)[0] == await self.stage.escrow(self.stage.fees)


@asynccontextmanager
async def play(folder: Path, *, keeps: bool = False) -> AsyncIterator[Play]:
    """Give a play that has begun, without people."""
    async with stage(folder / "node", keeps=keeps) as made:
        venue = Venue()
        async with venue.running():
            on = Play(venue, made, folder)
            try:
                yield on
            finally:
                await on.first.end()
