"""Escrow: what a contract keeps for users, read and moved; the other half of a real chain.

A *job* is one thing that the exchange has its contracts do, beside settling trades. Laws, for every
adapter:

* `happened` says what one block holds, the block named by its hash: never anything else.
* Each job happens at most once, whoever asks for it and however often; `refusal` says `DONE` of one
  that did, upon the newest block.
* `prepare` is pure, and `send` is given what is already stored; as in `outcry.ports.chain`. The
  nonces are those of a sender of its own, which settles no trades.
* `amounts` are those at the end of the named block.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from msgspec import Struct

from outcry.domain.errors import OutcryError
from outcry.messages.happenings import Happening
from outcry.ports.chain import Block, Prepared, Price


#: Blocks in one `blocks` and `happened`, jobs, hashes, amounts in one question about those.
ASKED_COUNT_MAX: Final = 100


class BlockGone(OutcryError):
    """There is no such block any more: the chain was reorganised."""


class Act(IntEnum):
    """What the contracts can be asked to do."""

    PREPARE = 0
    REGISTER = 1
    PAY_OUT = 2
    SPLIT = 3
    MERGE = 4
    REDEEM_FOR = 5
    REPORT_PAYOUTS = 6
    REDEEM = 7


class Job(Struct, frozen=True, gc=False):
    """One thing to do; which fields count depends on the act. Ids are ``0x`` and digits."""

    act: int
    #: Operation, or market of what concerns a market.
    number: int
    who: str = ""
    #: Token id in decimals, ``0`` is collateral.
    asset: str = "0"
    #: Atomic units.
    amount: int = 0
    question: str = ""
    condition: str = ""
    payouts: tuple[int, int] = (0, 0)


class Answer(IntEnum):
    """What the contract would do with a job now."""

    WOULD = 0
    #: It has happened, or needs not to.
    DONE = 1
    #: Something else has to happen before; or nobody may at present.
    LATER = 2
    #: It never will.
    NEVER = 3


class Refusal(NamedTuple):
    """The contract's word about a job, with a reason for people."""

    answer: Answer
    reason: str = ""


class Mined(NamedTuple):
    """A transaction is in a block."""

    block: int
    succeeded: bool


class CarriedOut(NamedTuple):
    """What some blocks have of trades and operations."""

    #: ``(trade_id, part)``.
    parts: list[tuple[int, int]]
    operations: list[int]


class Escrow(Protocol):
    """The contracts as one sender sees them who does not settle."""

    async def head(self) -> Block:
        """Return the newest block."""
        ...

    async def blocks(self, first: int, last: int) -> list[Block]:
        """Return the blocks *first* to *last* (at most `ASKED_COUNT_MAX`), as far as there are.

        They are of one branch, each upon the one before; `ChainUnavailable` if that was replaced
        meanwhile.
        """
        ...

    async def happened(self, blocks: Sequence[Block]) -> list[Happening]:
        """Return what these blocks say of escrow, in order. Raises `BlockGone`."""
        ...

    async def carried_out(self, first: int, last: int) -> CarriedOut:
        """Return what was settled and done in these blocks, at most `ASKED_COUNT_MAX` of them.

        They are named by their numbers, so a reorganisation may replace them meanwhile.
        """
        ...

    async def nonce(self) -> int:
        """Return the lowest nonce that no transaction in a block or waiting for one has."""
        ...

    async def used(self) -> int:
        """Return the lowest nonce that no transaction in a block has."""
        ...

    async def mined(self, hashes: Sequence[str]) -> list[Mined | None]:
        """Return where these transactions are, None for those in no block."""
        ...

    async def refusals(self, jobs: Sequence[Job]) -> list[Refusal]:
        """Return what the contracts would do with each job, upon the newest block."""
        ...

    async def price(self, before: Price | None = None) -> Price:
        """Return what to offer now; with *before*, what replaces a transaction that offers that.

        It is *before* itself where the operator's ceiling allows no more.
        """
        ...

    def prepare(self, job: Job, nonce: int, price: Price) -> Prepared:
        """Return the transaction that does *job*."""
        ...

    async def send(self, raws: Sequence[bytes]) -> None:
        """Hand transactions to the chain. Raises `ChainUnavailable`."""
        ...

    async def amounts(self, asked: Sequence[tuple[str, str]], block: Block) -> list[int]:
        """Return what each ``(address, asset)`` has in escrow, in atomic units."""
        ...

    async def holdings(self, assets: Sequence[str], block: Block) -> list[int]:
        """Return how much of each asset the contract has, whoever it belongs to."""
        ...

    async def settled(self, parts: Sequence[tuple[int, int]], block: Block) -> list[bool]:
        """Return whether the part that each ``(trade_id, fill)`` is of has settled."""
        ...

    async def fee_account(self) -> str:
        """Return whose escrow fees go to."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
