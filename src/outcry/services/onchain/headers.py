"""The blocks that were read of late, by their hashes: whether they are still there."""

from collections.abc import AsyncIterator, Collection

from outcry.ports.chain import BLOCKS_COUNT_MAX, Block, Chain, ChainEvent, ChainUnavailable


#: Hashes that are kept beside those of reports.
HEADERS_COUNT_MAX = 256


class Headers:
    """Where a reader of the chain stands."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._seen: dict[int, str] = {}
        #: Every block up to here was read.
        self.scanned = 0

    def begin(self, scanned: int, known: dict[int, str]) -> None:
        """Stand at *scanned*, with the hashes that are known from before."""
        self.scanned, self._seen = scanned, dict(known)

    def block(self, number: int) -> Block | None:
        """Return the block at *number* as it was read."""
        return Block(number, self._seen[number]) if number in self._seen else None

    async def common(self) -> int:
        """Return the newest block that was read and is still there, 0 when none is."""
        for number in sorted(self._seen, reverse=True):
            found = await self._chain.blocks(number, number)
            if found and found[0].hash == self._seen[number]:
                return number
        return 0 if self._seen else self.scanned

    def forget_above(self, common: int) -> None:
        """Blocks above *common* are to be read again."""
        self._seen = {number: text for number, text in self._seen.items() if number <= common}
        self.scanned = common

    async def read(self, head: Block) -> AsyncIterator[ChainEvent]:
        """Yield the events of the blocks above those that were read, which they must follow.

        Raises `ChainUnavailable` when a block was replaced meanwhile.
        """
        while self.scanned < head.number:
            before = self.block(self.scanned)
            first = self.scanned + (before is None)
            last = min(first + BLOCKS_COUNT_MAX - 1, head.number)
            blocks = await self._chain.blocks(first, last)
            if before is not None and blocks[:1] != [before]:
                raise ChainUnavailable(f"block {before.number} was replaced while it was read")
            blocks = blocks[before is not None :]
            if not blocks:
                return
            for event in await self._chain.events(blocks):
                yield event
            self._seen.update((block.number, block.hash) for block in blocks)
            self.scanned = blocks[-1].number

    def forget_old(self, kept: Collection[int]) -> None:
        """Forget hashes of long ago, but not those in *kept*."""
        oldest = self.scanned - HEADERS_COUNT_MAX
        for number in [number for number in self._seen if number < oldest]:
            if number not in kept:
                del self._seen[number]
