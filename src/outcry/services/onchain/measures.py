"""Measures: how settling goes, as figures for operators."""

import time
from collections.abc import Callable

from outcry.domain.ledger.pending import Outcome


def nobody(_seconds: float) -> None:
    """Nobody wants to know how long settling took."""


class Measures:
    """Counters, how long settling takes, and whether the chain lives."""

    def __init__(
        self,
        stall_seconds: float,
        took: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """*took* is told the seconds from each fill's request to its verdict."""
        self._stall_seconds = stall_seconds
        self._took = took
        self.clock = clock
        self._counts = dict.fromkeys(
            ("confirmed", "failed", "reverted", "reorganised", "gas_used"), 0
        )
        self._answered_at = self._moved_at = clock()
        self._head = -1
        #: Final fills since somebody asked.
        self.untidy = 0

    def verdict(self, outcome: Outcome, opened_at: float) -> None:
        """A fill is final; it was opened here at *opened_at*, 0: in an earlier life."""
        self.untidy += 1
        self._counts[outcome.name.lower()] += 1
        if opened_at and outcome != Outcome.REVERTED:
            self._took(self.clock() - opened_at)

    def gas(self, used: int) -> None:
        """A transaction that is believed cost so much."""
        self._counts["gas_used"] += used

    def reorganised(self) -> None:
        """The chain has other blocks than those that were read."""
        self._counts["reorganised"] += 1

    def answered(self, head: int, *, waiting: bool) -> None:
        """The chain says that *head* is its newest block; whether something waits for one."""
        self._answered_at = self.clock()
        if head != self._head or not waiting:
            self._head, self._moved_at = head, self._answered_at

    @property
    def stalled_seconds(self) -> int:
        """For how long it has not answered, or made no block though something waits for one."""
        return int(self.clock() - min(self._answered_at, self._moved_at))

    @property
    def stalled(self) -> bool:
        """Whether that is longer than anybody should wait."""
        return self.stalled_seconds >= self._stall_seconds

    def status(self) -> dict[str, int]:
        """Return figures."""
        return {
            "stalled_seconds": self.stalled_seconds,
            **{f"{name}_total": count for name, count in self._counts.items()},
        }
