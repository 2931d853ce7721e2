"""Simulated escrow: the contracts as a small machine, in memory; blocks come when it is told.

Amounts are those of the contracts: micros of collateral, millionths of a token. A block remembers
what everybody had after it, so a reorganisation is to go back to an older one.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

from msgspec import msgpack

from outcry.adapters.simulated_chain.blocks import hash_of
from outcry.adapters.simulated_chain.vault import Deed, Refused, Said, Vault
from outcry.messages.happenings import Happened, Happening
from outcry.messages.settlements import SettlementRequest
from outcry.ports.chain import FILLS_COUNT_MAX, Block, Prepared, Price
from outcry.ports.escrow import Answer, BlockGone, CarriedOut, Escrow, Job, Mined, Refusal


#: Whose escrow fees go to.
FEE_ACCOUNT: Final = "0x" + "fe" * 20


class _Mined(NamedTuple):
    block: Block
    happenings: list[Happening]
    raws: list[bytes]
    deeds: list[Deed]
    vault: Vault
    #: Whether each of the transactions succeeded.
    fates: dict[str, bool]


_Thing = TypeVar("_Thing")
_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(tuple[int, int, Job]).decode


class SimulatedEscrow(Escrow):
    """The contracts of one exchange."""

    def __init__(self) -> None:
        genesis = Block(0, hash_of(b"escrow"))
        self._chain = [_Mined(genesis, [], [], [], Vault(FEE_ACCOUNT), {})]
        self._waiting: dict[int, bytes] = {}
        self._deeds: list[Deed] = []
        self._forks = 0
        self._serial = 0

    # --- what the world does to it --------------------------------------------------------------

    def does(self, deed: Deed) -> None:
        """Let somebody do something in the next block."""
        self._serial += 1
        self._deeds.append(deed._replace(serial=self._serial))

    def mine(self, count: int = 1) -> None:
        """Add *count* blocks, the first with everything that waits."""
        for _ in range(count):
            self._mine()

    def reorganise(self, depth: int, *, keep: bool, without: int = 0) -> None:
        """Replace the last *depth* blocks by one more; what they held waits again, or is lost.

        Of what is kept each *without*-th thing is lost all the same.
        """
        self.rewind(depth, keep=keep, without=without)
        self.mine(depth + 1)

    def rewind(self, depth: int, *, keep: bool, without: int = 0, settlements: bool = True) -> None:
        """Forget the last *depth* blocks; see `reorganise`.

        Without *settlements* those never wait again: somebody else does them anew.
        """
        gone = self._chain[len(self._chain) - depth :]
        del self._chain[len(self._chain) - depth :]
        self._forks += 1
        if keep:
            done = [deed for mined in gone for deed in mined.deeds]
            deeds = _without([deed for deed in done if settlements or not deed.request], without)
            self._deeds = deeds + self._deeds
            for raw in _without([raw for mined in gone for raw in mined.raws], without):
                self._waiting.setdefault(_decode(raw)[0], raw)

    def hindrance(self, request: SettlementRequest, fills: Sequence[int]) -> Refused | None:
        """Return why the next block could not settle these *fills*, behind all that waits."""
        vault = self.vault.copy()
        for deed in self._deeds:
            with suppress(Refused):
                vault.carry_out(deed)
        try:
            vault.settle(request, fills)
        except Refused as why:
            return why
        return None

    @property
    def waiting(self) -> int:
        """How many doings of users wait for a block."""
        return len(self._deeds)

    @property
    def vault(self) -> Vault:
        """What everybody has upon the newest block."""
        return self._chain[-1].vault

    # --- the port -------------------------------------------------------------------------------

    async def head(self) -> Block:
        """Return the newest block."""
        return self._chain[-1].block

    async def blocks(self, first: int, last: int) -> list[Block]:
        """Return these blocks."""
        return [mined.block for mined in self._chain[first : last + 1]]

    async def happened(self, blocks: Sequence[Block]) -> list[Happening]:
        """Return what these blocks say."""
        return [one for block in blocks for one in self._at(block).happenings]

    async def carried_out(self, first: int, last: int) -> CarriedOut:
        """Return what was settled and done in these blocks."""
        before, after = (
            self._chain[at].vault for at in (first - 1, min(last, len(self._chain) - 1))
        )
        return CarriedOut(
            sorted(after.parts - before.parts), sorted(after.operations - before.operations)
        )

    async def nonce(self) -> int:
        """Return the next free nonce."""
        nonce = await self.used()
        while nonce in self._waiting:
            nonce += 1
        return nonce

    async def used(self) -> int:
        """Return how many transactions are in blocks."""
        return sum(len(mined.raws) for mined in self._chain)

    async def mined(self, hashes: Sequence[str]) -> list[Mined | None]:
        """Return where transactions are."""
        fates = {
            tx_hash: Mined(mined.block.number, fate)
            for mined in self._chain
            for tx_hash, fate in mined.fates.items()
        }
        return [fates.get(tx_hash) for tx_hash in hashes]

    async def refusals(self, jobs: Sequence[Job]) -> list[Refusal]:
        """Return what would become of jobs."""
        found = []
        for job in jobs:
            try:
                self.vault.copy().do(job)
            except Refused as why:
                found.append(Refusal(why.answer, str(why)))
            else:
                found.append(Refusal(Answer.WOULD))
        return found

    async def price(self, before: Price | None = None) -> Price:
        """Return something more than before."""
        return Price(before.max_fee + 1 if before else 1, 0)

    def prepare(self, job: Job, nonce: int, price: Price) -> Prepared:
        """Return the transaction."""
        raw = _encode((nonce, price.max_fee, job))
        return Prepared(hash_of(raw), raw)

    async def send(self, raws: Sequence[bytes]) -> None:
        """Take transactions; of one nonce the one that offers most."""
        used = await self.used()
        for raw in raws:
            nonce, most, _ = _decode(raw)
            waits = self._waiting.get(nonce)
            if nonce >= used and (waits is None or _decode(waits)[1] < most):
                self._waiting[nonce] = raw

    async def amounts(self, asked: Sequence[tuple[str, str]], block: Block) -> list[int]:
        """Return what is in escrow."""
        amounts = self._at(block).vault.amounts
        return [amounts[one] for one in asked]

    async def holdings(self, assets: Sequence[str], block: Block) -> list[int]:
        """Return what the contract has."""
        held: Counter[str] = Counter()
        for (_, asset), amount in self._at(block).vault.amounts.items():
            held[asset] += amount
        held["0"] += self._at(block).vault.unclaimed
        return [held[asset] for asset in assets]

    async def settled(self, parts: Sequence[tuple[int, int]], block: Block) -> list[bool]:
        """Return which parts have settled."""
        known = self._at(block).vault.parts
        return [(trade, fill // FILLS_COUNT_MAX) in known for trade, fill in parts]

    async def fee_account(self) -> str:
        """Return whose escrow fees go to."""
        return FEE_ACCOUNT

    async def close(self) -> None:
        """Nothing is open."""

    # --- blocks ---------------------------------------------------------------------------------

    def _at(self, block: Block) -> _Mined:
        if block.number >= len(self._chain) or self._chain[block.number].block != block:
            raise BlockGone(f"block {block.number} is another one")
        return self._chain[block.number]

    def _mine(self) -> None:
        head = self._chain[-1]
        used = sum(len(mined.raws) for mined in self._chain)
        raws: list[bytes] = []
        while used + len(raws) in self._waiting:
            raws.append(self._waiting.pop(used + len(raws)))
        deeds, self._deeds = self._deeds, []
        number = head.block.number + 1
        parts = [head.block.hash.encode(), str(self._forks).encode(), _encode(deeds), *raws]
        mined = _Mined(Block(number, hash_of(*parts)), [], raws, deeds, head.vault.copy(), {})
        for deed in deeds:
            self._deed(mined, hash_of(_encode(deed)), deed)
        for raw in raws:
            self._job(mined, raw)
        self._chain.append(mined)

    def _deed(self, mined: _Mined, tx_hash: str, deed: Deed) -> None:
        with suppress(Refused):
            self._say(mined, tx_hash, mined.vault.carry_out(deed))

    def _job(self, mined: _Mined, raw: bytes) -> None:
        tx_hash = hash_of(raw)
        vault = mined.vault.copy()
        try:
            said = vault.do(_decode(raw)[2])
        except Refused:
            mined.fates[tx_hash] = False
            return
        mined.fates[tx_hash] = True
        mined.vault.become(vault)
        self._say(mined, tx_hash, said)

    @staticmethod
    def _say(mined: _Mined, tx_hash: str, said: Sequence[Said]) -> None:
        for one in said:
            index = len(mined.happenings)
            mined.happenings.append(
                Happening(one.kind, mined.block.number, index, tx_hash, *one[1:])
            )


def _without(things: list[_Thing], each: int) -> list[_Thing]:
    """Return *things* without each so many-th; 0 leaves them all."""
    return [one for place, one in enumerate(things, 1) if not each or place % each]


__all__ = ["FEE_ACCOUNT", "Deed", "Happened", "SimulatedEscrow"]
