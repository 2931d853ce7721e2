"""Escrow as one process reaches it: over a line that fails."""

from collections.abc import Sequence

from outcry.adapters.simulated_chain.escrow import SimulatedEscrow
from outcry.app.sim.lines import Line, Server
from outcry.app.sim.process import Process
from outcry.messages.happenings import Happening
from outcry.ports.chain import Block, ChainUnavailable, Prepared, Price
from outcry.ports.escrow import CarriedOut, Escrow, Job, Mined, Refusal


class SimEscrow(Escrow):
    """The contracts over a line."""

    def __init__(self, escrow: SimulatedEscrow, server: Server, process: Process) -> None:
        self._escrow = escrow
        self._line = Line(process, server, unavailable=ChainUnavailable, unknown=ChainUnavailable)

    async def head(self) -> Block:
        """Return the newest block."""
        return await self._line.ask(self._escrow.head)

    async def blocks(self, first: int, last: int) -> list[Block]:
        """Return blocks."""
        return await self._line.ask(lambda: self._escrow.blocks(first, last))

    async def happened(self, blocks: Sequence[Block]) -> list[Happening]:
        """Return what blocks say."""
        return await self._line.ask(lambda: self._escrow.happened(blocks))

    async def carried_out(self, first: int, last: int) -> CarriedOut:
        """Return what was settled and done in blocks."""
        return await self._line.ask(lambda: self._escrow.carried_out(first, last))

    async def nonce(self) -> int:
        """Return the next free nonce."""
        return await self._line.ask(self._escrow.nonce)

    async def used(self) -> int:
        """Return how many transactions are in blocks."""
        return await self._line.ask(self._escrow.used)

    async def mined(self, hashes: Sequence[str]) -> list[Mined | None]:
        """Return where transactions are."""
        return await self._line.ask(lambda: self._escrow.mined(hashes))

    async def refusals(self, jobs: Sequence[Job]) -> list[Refusal]:
        """Return what would become of jobs."""
        return await self._line.ask(lambda: self._escrow.refusals(jobs))

    async def price(self, before: Price | None = None) -> Price:
        """Return what to offer."""
        return await self._line.ask(lambda: self._escrow.price(before))

    def prepare(self, job: Job, nonce: int, price: Price) -> Prepared:
        """Return the transaction that does *job*."""
        return self._escrow.prepare(job, nonce, price)

    async def send(self, raws: Sequence[bytes]) -> None:
        """Hand over transactions."""
        await self._line.tell(f"send {len(raws)} jobs", lambda: self._escrow.send(raws))

    async def amounts(self, asked: Sequence[tuple[str, str]], block: Block) -> list[int]:
        """Return what is in escrow."""
        return await self._line.ask(lambda: self._escrow.amounts(asked, block))

    async def holdings(self, assets: Sequence[str], block: Block) -> list[int]:
        """Return what the contract has."""
        return await self._line.ask(lambda: self._escrow.holdings(assets, block))

    async def settled(self, parts: Sequence[tuple[int, int]], block: Block) -> list[bool]:
        """Return which parts have settled."""
        return await self._line.ask(lambda: self._escrow.settled(parts, block))

    async def fee_account(self) -> str:
        """Return whose escrow fees go to."""
        return await self._line.ask(self._escrow.fee_account)

    async def close(self) -> None:
        """Do nothing: the chain outlives its users."""
