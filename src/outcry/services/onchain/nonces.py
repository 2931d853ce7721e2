"""Nonces: which are in blocks, which we have given to transactions, and which are free. Pure."""

from collections.abc import Collection, Iterable

from outcry.ports.transactions import Transaction


class Nonces:
    """The nonces of one sender from the lowest that is in no block."""

    def __init__(self, patience_blocks: int) -> None:
        self._patience_blocks = patience_blocks
        #: The lowest nonce that is in no block.
        self.used = 0
        #: Block after which that was seen to grow, or nothing of ours waited.
        self._moved_at = 0
        #: Hashes of ours by nonce.
        self._own: dict[int, set[str]] = {}

    def take(self, transaction: Transaction) -> None:
        """A transaction of ours has its nonce."""
        self._own.setdefault(transaction.nonce, set()).add(transaction.tx_hash)

    def take_all(self, transactions: Iterable[Transaction]) -> None:
        """Remember what was signed in an earlier life."""
        for transaction in transactions:
            self.take(transaction)

    def is_only(self, transaction: Transaction) -> bool:
        """Whether nothing else of ours has the nonce."""
        return self._own.get(transaction.nonce, set()) <= {transaction.tx_hash}

    def used_up_to(self, used: int, head: int, *, waiting: bool) -> None:
        """Nonces below *used* are in blocks up to *head*; whether anything is in none and open."""
        if used != self.used or not waiting:
            self._moved_at = head
        self.used = used
        self._own = {nonce: hashes for nonce, hashes in self._own.items() if nonce >= used}

    def waits(self, head: int) -> int:
        """Return for how many blocks the lowest nonce of ours has waited."""
        return max(0, head - self._moved_at)

    def others_wait(self, pending: int, head: int) -> bool:
        """Whether transactions that we do not know wait below *pending*, and not for too long."""
        if all(nonce in self._own for nonce in range(self.used, pending)):
            return False
        return self.waits(head) < self._patience_blocks

    def free(self, taken: Collection[int], pending: int, head: int, count: int) -> list[int]:
        """Return the lowest nonces that are not *taken* and with which nothing waits.

        What is stuck, and settles nothing that is open, is replaced all the same.
        """
        stuck = self.waits(head) >= self._patience_blocks
        nonce = self.used if stuck else max(self.used, pending)
        found: list[int] = []
        while len(found) < count:
            if nonce not in taken:
                found.append(nonce)
            nonce += 1
        return found
