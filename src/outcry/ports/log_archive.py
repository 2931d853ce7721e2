"""LogArchive: where the oldest entries of the ledger log go, in segments that follow each other.

Laws, for every adapter:

* `save` is whole and durable when it returns, or leaves nothing. What it is given continues what is
  there, in its numbers and in its digests: each segment holds the digest of the one before it.
* What is read is what was saved, or `CorruptError`: no entry is missing, none was altered.
* Memory is bounded by one segment.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from outcry.ports.ledger_log import Row, Segment


class LogArchive(Protocol):
    """The archive of one exchange's log."""

    def segments(self) -> list[Segment]:
        """Return what is there, oldest first. Raises `CorruptError` when one is missing."""
        ...

    def save(self, rows: Sequence[Row]) -> Segment:
        """Add *rows*, which follow the last segment (or begin with entry 1)."""
        ...

    def rows(self, after: int, upto: int) -> Iterator[list[Row]]:
        """Yield the rows with ``after < n <= upto``, those of one segment at a time."""
        ...
