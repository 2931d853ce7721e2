"""A venue, a simulated chain, and an onchain service between them that may die at any call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.venue import Venue, limit

from outcry.adapters.memory import MemoryTransactions
from outcry.adapters.simulated_chain import SimulatedChain
from outcry.domain.ids import trade_id
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.domain.market import SettlementMode
from outcry.ports.chain import ChainEvent
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.service import Onchain
from outcry_wire.records import Side


HUNDRED = 100_000_000
CONFIRMATIONS = 3
TAKER = -1


class Died(Exception):
    """The process of the service was killed here."""


class Mortal:
    """Stands before a port and kills whoever uses it, before or after the n-th call."""

    def __init__(self, port: object, fuse: "Fuse") -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)
        if name in {"prepare", "content"}:
            return call

        async def guarded(*args: Any, **terms: Any) -> Any:
            self._fuse.burn()
            result = await call(*args, **terms)
            self._fuse.burn()
            return result

        return guarded


class Fuse:
    """Counts down the moments until death; a negative length never ends."""

    def __init__(self, length: int = -1) -> None:
        self.length = length

    def burn(self) -> None:
        """One moment passes."""
        self.length -= 1
        if self.length == 0:
            raise Died


class Scene:
    """An exchange, a chain, and a service between them that may be replaced at any time."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.chain = SimulatedChain()
        self.kept = MemoryTransactions()
        self.fuse = Fuse()
        self.onchain: Onchain | None = None
        self.market = 0
        self.ann = self.bob = 0

    async def begin(self) -> None:
        """Two traders with money, a market that settles on the chain, no service yet."""
        self.ann = await self.venue.user("ann", HUNDRED)
        self.bob = await self.venue.user("bob", HUNDRED)
        self.market = await self.venue.market(settlement=SettlementMode.CHAIN)

    async def trade(self, *lots: int) -> int:
        """Let one order of Bob's take these orders of Ann's; returns the trade."""
        for one in lots:
            await self.venue.placed(limit(self.ann, self.market, Side.BUY, 6_000, one))
        order = limit(self.bob, self.market, Side.BUY, 4_000, sum(lots), outcome=1)
        return trade_id(0, (await self.venue.placed(order)).update_id)

    async def step(self, times: int = 1) -> None:
        """Let the service look around; who died is replaced."""
        for _ in range(times):
            try:
                if self.onchain is None:
                    await self._replace()
                assert self.onchain is not None
                await self.onchain._take_requests()
                await self.onchain.step()
            except Died:
                self.onchain = None

    async def restart(self) -> None:
        """Let the service die and another one look around."""
        self.onchain = None
        await self.step()

    async def finish(self) -> None:
        """Mine and look until nothing is pending; bounded."""
        for _ in range(60):
            await self.step()
            await self.chain.mine()
            if not self.pending:
                return
        raise AssertionError(f"still pending: {self.pending}")

    @property
    def pending(self) -> list[tuple[int, int]]:
        """The fills that wait for the chain."""
        return list(self.venue.asset.ledger.chain.pending)

    def outcomes(self) -> dict[tuple[int, int], int]:
        """Return the verdict of each fill."""
        verdicts = self.venue.asset.ledger.chain.verdicts
        return {key: verdict.outcome for key, verdict in verdicts.items()}

    async def settled(self) -> list[tuple[int, int]]:
        """Return every fill that is settled on the chain, once for each time."""
        blocks = await self.chain.blocks(0, (await self.chain.head()).number)
        events: list[ChainEvent] = await self.chain.events(blocks)
        return [(e.trade_id, fill) for e in events if e.failure is None for fill in e.fills]

    async def agree(self) -> None:
        """The ledger confirmed exactly what the chain settled, each once, and its laws hold."""
        audit(self.venue.asset.ledger)
        settled = await self.settled()
        assert len(set(settled)) == len(settled)
        outcomes = self.outcomes()
        confirmed = [key for key, outcome in outcomes.items() if outcome == Outcome.CONFIRMED]
        assert sorted(settled) == sorted(confirmed)

    async def _replace(self) -> None:
        self.onchain = await self.another(self.kept)

    async def another(
        self, kept: MemoryTransactions, config: OnchainConfig | None = None
    ) -> Onchain:
        """Return a service with the same key that has started, and what it keeps."""
        onchain = Onchain(
            config or OnchainConfig(CONFIRMATIONS, poll_ms=1, resend_blocks=2, standby_blocks=4),
            bus=self.venue.bus,
            log=self.venue.log,
            asset=Mortal(self.venue.asset, self.fuse),
            chain=Mortal(self.chain, self.fuse),
            transactions=Mortal(kept, self.fuse),
        )
        await onchain.start()
        return onchain


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """Give a scene that has begun."""
    venue = Venue()
    async with venue.running():
        on = Scene(venue)
        await on.begin()
        yield on
