"""Chain: settlement on an EVM chain, or on one that a test controls.

Laws, for every adapter:

* `send` is given a transaction that is already stored; sending it again changes nothing.
* A trade id settles at most once, whoever sends it.
* `events` yields everything after a position ``(block, log_index)`` in that order; the position
  is kept in the ledger log, not here.
* A block that was seen may disappear (a reorganisation): `Reorganised` names the last common one.
"""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from outcry.domain.errors import OutcryError


class ChainPosition(NamedTuple):
    """A place on the chain: everything up to and including it was taken."""

    block: int
    log_index: int


class ChainEvent(NamedTuple):
    """Something the chain says happened; ``name`` is the contract event's, ``body`` its fields."""

    position: ChainPosition
    tx_hash: str
    name: str
    body: bytes


class Reorganised(OutcryError):
    """Blocks after `common_block` are no longer on the chain."""

    def __init__(self, common_block: int) -> None:
        """Remember the last block that both histories share."""
        super().__init__(f"the chain reorganised after block {common_block}")
        self.common_block = common_block


class Chain(Protocol):
    """A chain that settles trades."""

    async def simulate(self, transaction: bytes) -> str:
        """Return "" when the transaction would succeed now, else why it would not."""
        ...

    async def send(self, transaction: bytes) -> str:
        """Send a signed transaction; returns its hash."""
        ...

    def events(self, after: ChainPosition) -> AsyncIterator[ChainEvent]:
        """Yield confirmed events after a position, in order. Raises `Reorganised`."""
        ...
