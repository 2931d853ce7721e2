"""What was there when the chain took something back: the one thing that the tables are asked for.

How much an account had free at that moment hangs on holds, which the auditor does not follow. What
was taken is in the journal; that it and what is missing add up is for the auditor to see.
"""

from typing import Final

from outcry.adapters.memory import MemoryTables
from outcry.domain.ledger.effects import POSTING_KINDS
from outcry.ports.rows import unpack_legs


_REVERTED: Final = POSTING_KINDS.index("reverted")


class Taken:
    """What entries took from accounts, and nobody has asked for yet."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables
        self._left: dict[tuple[int, int, int], int] = {}

    def of(self, n: int, account: int, asset: int, amount: int) -> int:
        """Return how much of *amount* entry *n* took, less what was told of it before."""
        key = (n, account, asset)
        if key not in self._left:
            row = self._tables.journal.get((account, n))
            self._left[key] = -sum(
                leg.amount
                for leg in (unpack_legs(row.legs) if row else ())
                if (leg.kind, leg.asset) == (_REVERTED, asset)
            )
        there = min(amount, self._left[key])
        self._left[key] -= there
        return there
