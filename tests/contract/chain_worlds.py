"""The chains that the laws of the port are tried on: simulated, in a file, and a real EVM.

The last through two nodes: as it is, and as one that knows only what all of them do.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from tests.support.faulty_node import FaultyNode
from tests.support.stage import Condition, Stage, stage

from outcry.adapters.evm.signer import Signer
from outcry.adapters.simulated_chain import Pace, SimulatedChain
from outcry.domain.signed_order import SignedOrder
from outcry.messages.settlements import SettlementFill, SettlementParty, SettlementRequest
from outcry.ports.chain import Chain
from outcry_wire.records import Side


#: What not every node knows.
RARE = ("eth_simulateV1", "eth_getBlockReceipts", "debug_traceTransaction")
TAKER = -1
PRICE, QTY = 6_000, 10


class ChainWorld(Protocol):
    """A chain, and what the world does to it."""

    chain: Chain
    #: Blocks after which what was sent is in one.
    latency: int

    def request(self, trade_id: int, fills: int = 2) -> SettlementRequest:
        """Return a trade with so many fills."""
        ...

    async def mine(self, count: int = 1) -> None:
        """Add blocks."""
        ...

    async def refuse(self, trade_id: int, fill: int) -> str:
        """Let a fill, or the `TAKER`, fail from now on; returns the reason."""
        ...

    async def allow(self, trade_id: int, fill: int) -> None:
        """Let it settle again."""
        ...

    async def reorganise(self, depth: int, *, keep: bool) -> None:
        """Replace the last blocks by one more; what they held is sent again, or is lost."""
        ...

    async def again(self) -> None:
        """The chain's process, or the connection to it, dies and comes back."""
        ...


class Simulated(ChainWorld):
    """The simulated chain, in memory or in a file."""

    latency = 2
    REASON = "allowance revoked"

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._made = self._new()
        self.chain = self._made

    def _new(self) -> SimulatedChain:
        return SimulatedChain(self._path, Pace(latency_blocks=self.latency))

    def request(self, trade_id: int, fills: int = 2) -> SettlementRequest:
        """Return a trade; see `ChainWorld`."""
        party = SettlementParty(1, 1000, 0, 0, 0)
        numbers = range(fills)
        return SettlementRequest(
            trade_id, 1, [SettlementFill(n, 1, PRICE, QTY, party, party) for n in numbers]
        )

    async def mine(self, count: int = 1) -> None:
        """Add blocks."""
        await self._made.mine(count)

    async def refuse(self, trade_id: int, fill: int) -> str:
        """Let a fill fail."""
        await self._made.refuse(trade_id, fill, self.REASON)
        return self.REASON

    async def allow(self, trade_id: int, fill: int) -> None:
        """Let it settle."""
        await self._made.refuse(trade_id, fill, "")

    async def reorganise(self, depth: int, *, keep: bool) -> None:
        """Replace blocks."""
        await self._made.reorganise(depth, keep=keep)

    async def again(self) -> None:
        """In memory nothing can die."""
        if self._path:
            self._made = self._new()
            self.chain = self._made


class Real(ChainWorld):
    """A node. A fill is refused because its maker, or the taker, has nothing in escrow."""

    latency = 1
    REASON = "the account has not enough collateral in escrow"

    def __init__(
        self, made: Stage, condition: Condition, ann: Signer, bob: Signer, url: str
    ) -> None:
        self._stage = made
        self._url = url
        self._condition = condition
        self._rich = ann, bob
        self._poor: dict[tuple[int, int], Signer] = {}
        self.chain = made.chain(url=url)
        self._orders: dict[tuple[int, int], SignedOrder] = {}

    def request(self, trade_id: int, fills: int = 2) -> SettlementRequest:
        """Return a mint of so many makers with the taker; see `ChainWorld`."""
        taker = self._party(trade_id, TAKER, 10_000 - PRICE, QTY * 100)
        return SettlementRequest(
            trade_id,
            1,
            [
                SettlementFill(n, 1, PRICE, QTY, taker, self._party(trade_id, n, PRICE, QTY))
                for n in range(fills)
            ],
        )

    def _party(self, trade_id: int, fill: int, price: int, qty: int) -> SettlementParty:
        outcome = int(fill == TAKER)
        who = self._poor.get((trade_id, fill), self._rich[outcome])
        key = trade_id, fill
        token = self._condition.tokens[outcome]
        if key not in self._orders:
            self._orders[key] = self._stage.order(who, token, Side.BUY, price, qty)
        number = trade_id * 100 + fill + 1
        return SettlementParty(number, 1000 + outcome, outcome, Side.BUY, 0, self._orders[key])

    async def mine(self, count: int = 1) -> None:
        """Add blocks."""
        await self._stage.mine(count)

    async def refuse(self, trade_id: int, fill: int) -> str:
        """Give the fill to somebody who has nothing."""
        self._poor[trade_id, fill] = await self._stage.person(f"poor {trade_id} {fill}", 0)
        return self.REASON

    async def allow(self, trade_id: int, fill: int) -> None:
        """Give them something."""
        await self._stage.give(self._poor[trade_id, fill], 10**9)

    async def reorganise(self, depth: int, *, keep: bool) -> None:
        """Replace blocks; those of this node that are gone do not come back by themselves."""
        raws = await self._stage.raws(depth) if keep else []
        await self._stage.reorganise(depth)
        if raws:
            await self.chain.send(*raws)
        await self._stage.mine()

    async def again(self) -> None:
        """Another connection."""
        await self.chain.close()
        self.chain = self._stage.chain(url=self._url)


@asynccontextmanager
async def chain_world(kind: str, folder: Path) -> AsyncIterator[ChainWorld]:
    """Give a chain of a kind."""
    if kind not in {"evm", "plain"}:
        yield Simulated(folder / "chain.journal" if kind == "file" else None)
        return
    async with stage(folder) as made:
        ann, bob = await made.person("ann"), await made.person("bob")
        condition = await made.condition()
        async with FaultyNode(made.node.url, lacks=RARE) as node:
            url = node.url if kind == "plain" else made.node.url
            world = Real(made, condition, ann, bob, url)
            yield world
            await world.chain.close()
