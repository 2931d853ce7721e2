"""The chain of a world: the simulated chain over a line that fails, and what the world does to it.

Blocks come all the time, some of them are replaced, fewer than are waited for; which fills the
chain refuses is decided by the seed and their numbers alone.
"""

import asyncio
from collections.abc import Collection, Sequence
from random import Random
from typing import Final

from outcry.adapters.memory import MemoryLedgerLog, MemoryTransactions
from outcry.adapters.simulated_chain import SimulatedChain
from outcry.app.sim.lines import Line, Server, at_once
from outcry.app.sim.process import Process
from outcry.app.sim.trace import Trace
from outcry.domain.ledger.pending import Outcome
from outcry.messages.entry import unpack_entry
from outcry.messages.settlements import SettlementRequest
from outcry.ports.chain import (
    FREE,
    Block,
    Chain,
    ChainEvent,
    ChainUnavailable,
    Failure,
    Prepared,
    Price,
)
from outcry.ports.transactions import Stored, Transaction, Transactions


FAILED_SHARE: Final = 0.25
#: Blocks after which a transaction is believed; a reorganisation never goes as deep.
CONFIRMATIONS: Final = 3
BLOCK_SECONDS: Final = 0.08
REORGANISED_SHARE: Final = 0.05


def outcome_of(seed: int, trade_id: int, fill: int) -> Outcome:
    """Return what becomes of a fill in the world of *seed*."""
    drawn = Random(f"{seed}:{trade_id}:{fill}").random()  # noqa: S311 - the point is to repeat it
    return Outcome.FAILED if drawn < FAILED_SHARE else Outcome.CONFIRMED


class Nature:
    """What happens to the chain by itself."""

    def __init__(
        self, seed: int, chain: SimulatedChain, log: MemoryLedgerLog, chance: Random, trace: Trace
    ) -> None:
        self._seed = seed
        self._chain = chain
        self._log = log
        self._chance = chance
        self._trace = trace
        self._n = 0

    async def run(self) -> None:
        """Add a block now and then, and replace some, until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(0, 2 * BLOCK_SECONDS))
            self._refuse()
            if self._chance.random() < REORGANISED_SHARE:
                depth = self._chance.randrange(1, CONFIRMATIONS)
                keep = self._chance.random() < 1 / 2
                self._trace.note("chain", f"reorganised {depth} deep, transactions kept: {keep}")
                at_once(self._chain.reorganise(depth, keep=keep))
            at_once(self._chain.mine())

    def _refuse(self) -> None:
        """Let fail what shall, before anybody can have settled it."""
        for row in self._log.rows[self._n :]:
            for request in unpack_entry(row.body).settlements if row.body else ():
                for fill in request.fills:
                    if outcome_of(self._seed, request.trade_id, fill.fill) == Outcome.FAILED:
                        at_once(self._chain.refuse(request.trade_id, fill.fill, "refused"))
        self._n = len(self._log.rows)


class SimChain(Chain):
    """The chain over a line."""

    def __init__(self, chain: SimulatedChain, server: Server, process: Process) -> None:
        self._chain = chain
        self._line = Line(process, server, unavailable=ChainUnavailable, unknown=ChainUnavailable)

    async def head(self) -> Block:
        """Return the newest block."""
        return await self._line.ask(self._chain.head)

    async def blocks(self, first: int, last: int) -> list[Block]:
        """Return blocks."""
        return await self._line.ask(lambda: self._chain.blocks(first, last))

    async def events(self, first: int, last: int) -> list[ChainEvent]:
        """Return the events of blocks."""
        return await self._line.ask(lambda: self._chain.events(first, last))

    async def nonce(self) -> int:
        """Return the next free nonce."""
        return await self._line.ask(self._chain.nonce)

    async def used(self, block: int) -> int:
        """Return the lowest nonce that no block up to this one has."""
        return await self._line.ask(lambda: self._chain.used(block))

    async def settled(self, trade_id: int, fill: int, first: int) -> ChainEvent | None:
        """Return what settled a part."""
        return await self._line.ask(lambda: self._chain.settled(trade_id, fill, first))

    async def price(self, before: Price | None = None) -> Price:
        """Return what to offer."""
        return await self._line.ask(lambda: self._chain.price(before))

    def prepare(
        self, request: SettlementRequest, fills: Sequence[int], nonce: int, price: Price = FREE
    ) -> Prepared:
        """Return the transaction that settles *fills*."""
        return self._chain.prepare(request, fills, nonce, price)

    def content(self, request: SettlementRequest, fills: Sequence[int]) -> bytes:
        """Return by what a transaction that settles *fills* is known."""
        return self._chain.content(request, fills)

    async def simulate(self, transactions: Sequence[bytes]) -> list[Failure | None]:
        """Return what would become of *transactions*."""
        return await self._line.ask(lambda: self._chain.simulate(transactions))

    async def send(self, *raws: bytes) -> None:
        """Hand over transactions."""
        size = sum(map(len, raws))
        await self._line.tell(f"send {size} bytes", lambda: self._chain.send(*raws))

    async def close(self) -> None:
        """Do nothing: the chain outlives its users."""


class SimTransactions(Transactions):
    """Stored transactions, of which a dead process stores none."""

    def __init__(self, transactions: MemoryTransactions, process: Process) -> None:
        self._transactions = transactions
        self._process = process

    async def load(self) -> Stored:
        """Return what is kept."""
        self._process.check()
        return await self._transactions.load()

    async def save(self, transactions: Sequence[Transaction]) -> None:
        """Keep further transactions."""
        self._process.check()
        await self._transactions.save(transactions)

    async def keep(self, mark: int, trade_ids: Collection[int]) -> None:
        """Forget others."""
        self._process.check()
        await self._transactions.keep(mark, trade_ids)
