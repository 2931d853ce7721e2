"""Transactions: what was signed, kept before it is sent.

Only comfort hangs on them: who loses them signs again with new nonces, and the chain refuses a
trade that is settled. Laws, for every adapter:

* After `save` returned, `load` gives the transactions, also after a crash of process or machine.
* `keep` forgets transactions of other trades and moves the mark; a crash before it is done leaves
  what was there.
* What is damaged, and what was saved after it, is left out.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct


class Transaction(Struct, frozen=True, array_like=True, gc=False):
    """A signed transaction and what it settles."""

    trade_id: int
    fills: tuple[int, ...]
    nonce: int
    tx_hash: str
    raw: bytes
    #: What it offers, an `outcry.ports.chain.Price`.
    max_fee: int = 0
    tip: int = 0


class Stored(NamedTuple):
    """What is kept."""

    #: Log entries up to here have nothing that is still open.
    mark: int
    transactions: list[Transaction]


class Transactions(Protocol):
    """The transactions of one sender."""

    async def load(self) -> Stored:
        """Return what is kept, in the order in which it was saved."""
        ...

    async def save(self, transactions: Sequence[Transaction]) -> None:
        """Keep further transactions."""
        ...

    async def keep(self, mark: int, trade_ids: Collection[int]) -> None:
        """Forget all but the transactions of these trades, and remember *mark*."""
        ...
