"""Chain: settlement on an EVM chain, or on one that is simulated.

A *transaction* settles fills of one trade, all or none; *leg* 0 of it is the taker, leg k its k-th
fill. Laws, for every adapter:

* `prepare` is pure: the same trade, fills and nonce give the same bytes and the same hash.
* `send` is given transactions that are already stored. Sending one again changes nothing, whether
  it waits, is in a block, or was replaced.
* Nonces are dense: of all transactions with one nonce at most one is ever in a block. One that
  waits is replaced by one of the same nonce that offers what `price` said would replace it; what
  offers less changes nothing.
* A part of a trade (its fills 0 to 19, 20 to 39, …) settles at most once, whoever sends it: a
  further transaction for it is in a block as one that failed, for the reason `SETTLED`. No
  transaction has fills of two.
* A block holds its events in the order of their `log_index`, and is named by its hash. What
  `blocks` and `events` say is of the chain as it is now; blocks may disappear (a reorganisation),
  and with them what was in them. Then the hash at a number is another one, or there is none.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from outcry.domain.errors import OutcryError
from outcry.messages.settlements import SettlementRequest


#: Fills in one transaction: a trade with more needs several.
FILLS_COUNT_MAX: Final = 20
#: Transactions in one `simulate`, blocks in one `events`.
SIMULATE_COUNT_MAX: Final = 100
BLOCKS_COUNT_MAX: Final = 100
#: Leg of a failure that no leg is to blame for: the same may be sent again.
NOBODY: Final = -1
#: Reason of a failure that is none: another transaction has settled this part.
SETTLED: Final = "settled already"
#: Reason of a failure for which the account of its leg is to blame.
SIGNATURE: Final = "the signature is not the account's"


class ChainUnavailable(OutcryError):
    """The chain cannot be asked at present. A transaction may or may not have been taken."""


class Unsettleable(OutcryError):
    """No transaction can settle a leg: what it would have to say is not there."""

    def __init__(self, leg: int, reason: str) -> None:
        super().__init__(f"leg {leg}: {reason}")
        self.failure = Failure(leg, reason)


class Block(NamedTuple):
    """A block of the chain as it is now."""

    number: int
    hash: str


class Prepared(NamedTuple):
    """A signed transaction."""

    tx_hash: str
    raw: bytes


class Price(NamedTuple):
    """What a transaction offers for a place in a block, in wei per unit of gas."""

    #: The most that is paid, whatever the block asks.
    max_fee: int = 0
    #: What of it goes to whoever makes the block.
    tip: int = 0


#: Nothing is offered: for chains that ask nothing.
FREE: Final = Price()


class Failure(NamedTuple):
    """Why a transaction does not settle: which leg, and a reason for people."""

    leg: int
    reason: str


class ChainEvent(NamedTuple):
    """One of our transactions is in a block."""

    block: Block
    log_index: int
    tx_hash: str
    trade_id: int
    fills: tuple[int, ...]
    #: None: it settled.
    failure: Failure | None
    #: What it cost, in units of gas.
    gas_used: int = 0
    #: What the transaction says of its trade: see `Chain.content`.
    content: bytes = b""


class Chain(Protocol):
    """A chain on which one sender settles trades."""

    async def head(self) -> Block:
        """Return the newest block; number 0 is the first."""
        ...

    async def blocks(self, first: int, last: int) -> list[Block]:
        """Return the blocks *first* to *last* (at most `BLOCKS_COUNT_MAX`), as far as there are.

        They are of one branch, each upon the one before; `ChainUnavailable` if that was replaced
        meanwhile.
        """
        ...

    async def events(self, blocks: Sequence[Block]) -> list[ChainEvent]:
        """Return the events of these blocks (at most `BLOCKS_COUNT_MAX`), in order.

        Of these and no others: raises `ChainUnavailable` where one of them is gone.
        """
        ...

    async def nonce(self) -> int:
        """Return the lowest nonce that no transaction in a block or waiting for one has."""
        ...

    async def used(self, block: int) -> int:
        """Return the lowest nonce that no transaction in blocks up to *block* has.

        Of its newest block a node may say what is so in the one that it is making.
        """
        ...

    async def settled(self, trade_id: int, fill: int, first: int) -> ChainEvent | None:
        """Return the event from block *first* on that settled the part *fill* is of, if any did."""
        ...

    async def price(self, before: Price | None = None) -> Price:
        """Return what to offer now; with *before*, what replaces a transaction that offers that.

        It is *before* itself where the operator's ceiling allows no more.
        """
        ...

    def prepare(
        self, request: SettlementRequest, fills: Sequence[int], nonce: int, price: Price = FREE
    ) -> Prepared:
        """Return the transaction that settles these *fills* of *request* and offers *price*.

        Raises `Unsettleable`.
        """
        ...

    def content(self, request: SettlementRequest, fills: Sequence[int]) -> bytes:
        """Return by what every transaction that settles these *fills* of *request* is known.

        Whoever signs it, with whatever nonce and price; one of another market, or on a real chain
        of other orders or amounts, has another content. Raises `Unsettleable`.
        """
        ...

    async def simulate(self, transactions: Sequence[bytes]) -> list[Failure | None]:
        """Return what would become of *transactions* in this order, upon the newest block.

        Of the first ones alone, and of one at least, where all are more than is simulated at once.
        """
        ...

    async def send(self, *raws: bytes) -> None:
        """Hand transactions to the chain, in this order. Raises `ChainUnavailable`."""
        ...

    async def close(self) -> None:
        """Let go of connections; the chain is not asked afterwards."""
        ...
