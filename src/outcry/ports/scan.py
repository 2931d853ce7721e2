"""Scan: the tables of a projection, read whole and with bounded memory."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol


class Scan(Protocol):
    """The tables as they were at one moment, however long one looks."""

    @property
    def position(self) -> int:
        """The last entry whose rows are in them."""
        ...

    def rows(self, name: str) -> AsyncIterator[Sequence[Sequence[object]]]:
        """Yield the rows of a table, named as in `Rows`, some at a time and in any order."""
        ...
