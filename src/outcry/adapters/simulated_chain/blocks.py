"""The simulated chain itself: a pure machine that is told to take, mine, refuse and reorganise.

The same doings in the same order give the same chain, hashes included, so a journal of them is all
that has to be kept.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from msgspec import Struct, msgpack

from outcry.ports.chain import FILLS_COUNT_MAX, SETTLED, Block, ChainEvent, Failure


#: Transactions in one block.
BLOCK_COUNT_MAX: Final = 100
#: As a fill: the taker, whose failure fails the whole transaction.
TAKER: Final = -1


class Payload(Struct, frozen=True, array_like=True, gc=False):
    """What a transaction of this chain says."""

    nonce: int
    trade_id: int
    market_id: int
    fills: tuple[int, ...]
    max_fee: int = 0

    @property
    def part(self) -> tuple[int, int]:
        """What settles at most once: a trade, or the part of one that fits a transaction."""
        return self.trade_id, self.fills[0] // FILLS_COUNT_MAX


class _Waiting(NamedTuple):
    raw: bytes
    #: Not mined below this block.
    due: int


class _Mined(NamedTuple):
    block: Block
    events: tuple[ChainEvent, ...]
    raws: tuple[bytes, ...]


_decode = msgpack.Decoder(Payload).decode


def hash_of(*parts: bytes) -> str:
    """Return the hash of *parts*, as chains write it."""
    return "0x" + blake2b(b"\0".join(parts), digest_size=32).hexdigest()


def content_of(trade_id: int, market_id: int, fills: Sequence[int]) -> bytes:
    """Return what transactions of one trade have in common."""
    return msgpack.encode((trade_id, market_id, tuple(fills)))


def replacing(max_fee: int) -> int:
    """Return what is to be offered in place of *max_fee*: an eighth more."""
    return max_fee + max_fee // 8 + 1


class Blocks:
    """Blocks, and what waits for one."""

    def __init__(self, latency: int) -> None:
        """Mine a transaction *latency* blocks after it was sent, at the earliest in the next."""
        self._latency = max(1, latency)
        self._blocks = [_Mined(Block(0, hash_of(b"genesis")), (), ())]
        self._waiting: dict[int, _Waiting] = {}
        #: Transactions in blocks: the nonce of the next one.
        self._mined = 0
        self._settled: set[tuple[int, int]] = set()
        self._refused: dict[tuple[int, int], str] = {}
        self._forks = 0
        #: Whether what a transaction settles is there: None, or why not. Nothing else is asked.
        self.settles: Callable[[Payload], Failure | None] = _settles

    @property
    def head(self) -> Block:
        """The newest block."""
        return self._blocks[-1].block

    @property
    def waiting(self) -> int:
        """How many transactions wait for a block."""
        return len(self._waiting)

    @property
    def nonce(self) -> int:
        """The lowest nonce that nothing in a block or waiting has."""
        nonce = self._mined
        while nonce in self._waiting:
            nonce += 1
        return nonce

    def blocks(self, first: int, last: int) -> list[Block]:
        """Return these blocks, as far as there are."""
        return [mined.block for mined in self._blocks[first : last + 1]]

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """Return the events of these blocks."""
        return [event for mined in self._blocks[first : last + 1] for event in mined.events]

    def settled(self, part: tuple[int, int], first: int) -> ChainEvent | None:
        """Return what settled this part in blocks from *first*."""
        if part not in self._settled:
            return None
        for event in self.events(first, self.head.number):
            settles = (event.trade_id, event.fills[0] // FILLS_COUNT_MAX)
            if event.failure is None and settles == part:
                return event
        return None

    def quiet_for(self) -> int:
        """Return how many blocks ago something happened."""
        for depth, mined in enumerate(reversed(self._blocks)):
            if mined.events:
                return depth
        return len(self._blocks)

    def used(self, block: int) -> int:
        """Return how many transactions there are in blocks up to this one.

        Of the newest it says what is so in the next, as a node does that is about to add it.
        """
        made = sum(len(mined.raws) for mined in self._blocks[: block + 1])
        return made if block < self.head.number else made + len(self._next())

    def take(self, raw: bytes) -> None:
        """Let a transaction wait, unless one of its nonce is in a block or offers as much."""
        payload = _decode(raw)
        waiting = self._waiting.get(payload.nonce)
        if payload.nonce < self._mined:
            return
        if waiting and payload.max_fee < replacing(_decode(waiting.raw).max_fee):
            return
        self._waiting[payload.nonce] = _Waiting(raw, self.head.number + self._latency)

    def mine(self) -> None:
        """Add a block with everything that is due, in the order of nonces and without a gap."""
        number, raws = self.head.number + 1, self._next()
        for _ in raws:
            del self._waiting[self._mined]
            self._mined += 1
        parts = (self.head.hash.encode(), str(self._forks).encode(), *raws)
        block = Block(number, hash_of(*parts))
        events = tuple(self._carry_out(block, index, raw) for index, raw in enumerate(raws))
        self._blocks.append(_Mined(block, events, tuple(raws)))

    def _next(self) -> list[bytes]:
        """Return what the next block will have."""
        raws: list[bytes] = []
        while len(raws) < BLOCK_COUNT_MAX:
            waiting = self._waiting.get(self._mined + len(raws))
            if waiting is None or waiting.due > self.head.number + 1:
                break
            raws.append(waiting.raw)
        return raws

    def refuse(self, trade_id: int, fill: int, reason: str) -> None:
        """From now on this fill (or the `TAKER`) fails for *reason*; "" lets it settle again."""
        if reason:
            self._refused[trade_id, fill] = reason
        else:
            self._refused.pop((trade_id, fill), None)

    def reorganise(self, depth: int, *, keep: bool) -> None:
        """Replace the last *depth* blocks by one more; what they held waits again, or is lost."""
        depth = min(depth, self.head.number)
        self.rewind(depth, keep=keep)
        for _ in range(depth + 1):
            self.mine()

    def rewind(self, depth: int, *, keep: bool) -> None:
        """Forget the last *depth* blocks; what they held waits again, or is lost."""
        self._forks += 1
        gone = self._blocks[len(self._blocks) - depth :]
        del self._blocks[len(self._blocks) - depth :]
        raws = [raw for mined in gone for raw in mined.raws]
        self._mined -= len(raws)
        for event in (event for mined in gone for event in mined.events):
            if event.failure is None:
                self._settled.discard((event.trade_id, event.fills[0] // FILLS_COUNT_MAX))
        if keep:
            for raw in raws:
                self.take(raw)

    def simulate(self, raws: list[bytes]) -> list[Failure | None]:
        """Return what would become of transactions upon the newest block."""
        settled = set(self._settled)
        found: list[Failure | None] = []
        for payload in map(_decode, raws):
            failure = self._failure(payload, settled)
            if failure is None:
                settled.add(payload.part)
            found.append(failure)
        return found

    def _carry_out(self, block: Block, index: int, raw: bytes) -> ChainEvent:
        payload = _decode(raw)
        failure = self._failure(payload, self._settled) or self.settles(payload)
        if failure is None:
            self._settled.add(payload.part)
        trade_id, fills = payload.trade_id, payload.fills
        content = content_of(trade_id, payload.market_id, fills)
        return ChainEvent(block, index, hash_of(raw), trade_id, fills, failure, content=content)

    def _failure(self, payload: Payload, settled: set[tuple[int, int]]) -> Failure | None:
        if payload.part in settled:
            return Failure(0, SETTLED)
        for leg, fill in enumerate((TAKER, *payload.fills)):
            reason = self._refused.get((payload.trade_id, fill))
            if reason:
                return Failure(leg, reason)
        return None


def _settles(_payload: Payload) -> Failure | None:
    """There are no contracts that could lack anything."""
    return None
