"""The simulated chain behind the port: blocks come by themselves, or when it is told.

With a file it survives its process: what was done to it is journalled, and done again at the start.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import msgpack

from outcry.adapters.simulated_chain.blocks import Blocks, Payload, content_of, hash_of, replacing
from outcry.messages.settlements import SettlementRequest
from outcry.ports.chain import (
    FILLS_COUNT_MAX,
    FREE,
    Block,
    Chain,
    ChainEvent,
    ChainUnavailable,
    Failure,
    Prepared,
    Price,
)
from outcry.runtime.framed_file import FramedFile


#: Blocks after the last event in which a chain by itself goes on; then it sleeps.
AWAKE_BLOCKS: Final = 64
#: Blocks that are mined at once after a pause.
CATCH_UP_BLOCKS_MAX: Final = 100

_encode = msgpack.Encoder().encode
_doing = msgpack.Decoder(tuple[str, int | bytes, int, str]).decode


class Pace(NamedTuple):
    """How fast blocks come and transactions get into them."""

    #: Milliseconds between blocks; 0: only when told to mine.
    block_ms: int = 0
    #: Blocks between sending and mining.
    latency_blocks: int = 1


class SimulatedChain(Chain):
    """A chain of one process."""

    def __init__(self, path: Path | None = None, pace: Pace | None = None) -> None:
        """Keep the chain in the file at *path*, or in memory alone."""
        self._pace = pace or Pace()
        self._file = FramedFile(path) if path else None
        self._blocks = Blocks(self._pace.latency_blocks)
        self._mined_at = time.monotonic()
        self._turn = asyncio.Lock()
        for frame in self._file.read() if self._file else ():
            self._carry_out(*_doing(frame))

    # --- the port -------------------------------------------------------------------------------

    async def head(self) -> Block:
        """Return the newest block, after mining what is due."""
        await self._mine_due()
        return self._blocks.head

    async def blocks(self, first: int, last: int) -> list[Block]:
        """Return the blocks from *first* to *last*."""
        return self._blocks.blocks(first, last)

    async def events(self, blocks: Sequence[Block]) -> list[ChainEvent]:
        """Return the events of these blocks."""
        for block in blocks:
            if self._blocks.blocks(block.number, block.number) != [block]:
                raise ChainUnavailable(f"block {block.number}, {block.hash}, is gone")
        return [e for b in blocks for e in self._blocks.events(b.number, b.number)]

    async def nonce(self) -> int:
        """Return the next free nonce."""
        return self._blocks.nonce

    async def used(self, block: int) -> int:
        """Return the lowest nonce that no block up to this one has."""
        return self._blocks.used(block)

    async def settled(self, trade_id: int, fill: int, first: int) -> ChainEvent | None:
        """Return what settled a part."""
        return self._blocks.settled((trade_id, fill // FILLS_COUNT_MAX), first)

    async def price(self, before: Price | None = None) -> Price:
        """Return nothing, for a place costs nothing; or a little more than *before*."""
        return FREE if before is None else Price(replacing(before.max_fee))

    def prepare(
        self, request: SettlementRequest, fills: Sequence[int], nonce: int, price: Price = FREE
    ) -> Prepared:
        """Return the transaction that settles *fills*."""
        market_id, max_fee = request.market_id, price.max_fee
        raw = _encode(Payload(nonce, request.trade_id, market_id, tuple(fills), max_fee))
        return Prepared(hash_of(raw), raw)

    def content(self, request: SettlementRequest, fills: Sequence[int]) -> bytes:
        """Return by what a transaction that settles *fills* is known."""
        return content_of(request.trade_id, request.market_id, fills)

    async def simulate(self, transactions: Sequence[bytes]) -> list[Failure | None]:
        """Return what would become of *transactions*."""
        return self._blocks.simulate(list(transactions))

    async def send(self, *raws: bytes) -> None:
        """Take transactions."""
        for raw in raws:
            await self._do("take", raw)

    async def close(self) -> None:
        """Nothing is open."""

    # --- what the world does to it --------------------------------------------------------------

    async def mine(self, count: int = 1) -> None:
        """Add *count* blocks."""
        await self._do("mine", count)

    async def refuse(self, trade_id: int, fill: int, reason: str) -> None:
        """Let a fill fail from now on (or, with "" as the reason, settle)."""
        await self._do("refuse", trade_id, fill, reason)

    async def reorganise(self, depth: int, *, keep: bool = True) -> None:
        """Replace the last *depth* blocks; their transactions wait again, or are lost."""
        await self._do("reorganise", depth, int(keep))

    async def _do(self, what: str, one: int | bytes, two: int = 0, text: str = "") -> None:
        async with self._turn:
            await self._journalled(what, one, two, text)

    async def _journalled(self, what: str, one: int | bytes, two: int, text: str) -> None:
        if self._file:
            await asyncio.to_thread(self._file.append, [_encode((what, one, two, text))])
        self._carry_out(what, one, two, text)

    def _carry_out(self, what: str, one: int | bytes, two: int, text: str) -> None:
        if isinstance(one, bytes):
            self._blocks.take(one)
        elif what == "mine":
            for _ in range(one):
                self._blocks.mine()
        elif what == "refuse":
            self._blocks.refuse(one, two, text)
        else:
            self._blocks.reorganise(one, keep=bool(two))

    async def _mine_due(self) -> None:
        """Mine as time has passed, while something waits or happened lately."""
        if not self._pace.block_ms:
            return
        async with self._turn:
            now = time.monotonic()
            due = int((now - self._mined_at) * 1_000) // self._pace.block_ms
            if not due:
                return
            self._mined_at = now
            if self._blocks.waiting or self._blocks.quiet_for() < AWAKE_BLOCKS:
                await self._journalled("mine", min(due, CATCH_UP_BLOCKS_MAX), 0, "")
