"""Transactions in memory: what a crash of their service leaves."""

from collections.abc import Collection, Sequence

from outcry.ports.transactions import Stored, Transaction, Transactions


class MemoryTransactions(Transactions):
    """The transactions of one sender."""

    def __init__(self) -> None:
        self._mark = 0
        self._kept: list[Transaction] = []

    async def load(self) -> Stored:
        """Return what is kept; see `Transactions`."""
        return Stored(self._mark, list(self._kept))

    async def save(self, transactions: Sequence[Transaction]) -> None:
        """Keep further transactions."""
        self._kept += transactions

    async def keep(self, mark: int, trade_ids: Collection[int]) -> None:
        """Forget all others; see `Transactions`."""
        self._mark = mark
        self._kept = [one for one in self._kept if one.trade_id in trade_ids]
