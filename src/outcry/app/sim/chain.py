"""The chain of a world: the simulated chain over a line that fails.

Which fills the chain refuses is decided by the seed and their numbers alone.
"""

from collections.abc import Collection, Sequence
from random import Random
from typing import Final

from outcry.adapters.memory import MemoryTransactions
from outcry.adapters.simulated_chain import SimulatedChain
from outcry.app.sim.lines import Line, Server, at_once
from outcry.app.sim.process import Process
from outcry.domain.ledger.pending import Outcome
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
#: Blocks after which a transaction is believed.
CONFIRMATIONS: Final = 3


def outcome_of(seed: int, trade_id: int, fill: int) -> Outcome:
    """Return what becomes of a fill in the world of *seed*."""
    drawn = Random(f"{seed}:{trade_id}:{fill}").random()  # noqa: S311 - the point is to repeat it
    return Outcome.FAILED if drawn < FAILED_SHARE else Outcome.CONFIRMED


def settled_on(chain: SimulatedChain) -> set[tuple[int, int]]:
    """Return the fills that the chain has settled."""
    blocks = at_once(chain.blocks(0, at_once(chain.head()).number))
    return {
        (event.trade_id, fill)
        for event in at_once(chain.events(blocks))
        if event.failure is None
        for fill in event.fills
    }


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

    async def events(self, blocks: Sequence[Block]) -> list[ChainEvent]:
        """Return the events of blocks."""
        return await self._line.ask(lambda: self._chain.events(blocks))

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
