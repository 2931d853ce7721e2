"""Sums: what a table holds, as a few thousand numbers, whatever its size.

A row counts by its digest, in the bucket that the digest names; a bucket is the sum of its rows.
Two tables that hold the same rows, in any order, have the same sums; where a sum differs, only the
rows of that bucket have to be looked at one by one.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final

from msgspec import msgpack

from outcry.adapters.postgres.tables import storable


BUCKETS_COUNT: Final = 4_096
_DIGEST_BYTES: Final = 16

_encode: Final = msgpack.Encoder().encode

Row = Sequence[object]


class Sums:
    """The sums of some tables, by name."""

    def __init__(self, names: Iterable[str]) -> None:
        self.counts = dict.fromkeys(names, 0)
        #: Of each table, the sum of the digests in each bucket.
        self.sums = {name: [0] * BUCKETS_COUNT for name in self.counts}

    def add(self, name: str, row: Row) -> None:
        """Count *row* of table *name*."""
        number = digest(row)
        self.sums[name][number % BUCKETS_COUNT] += number
        self.counts[name] += 1

    def differing(self, other: "Sums") -> dict[str, frozenset[int]]:
        """Return, of each table that differs, the buckets that do."""
        found = {}
        for name, sums in self.sums.items():
            theirs = other.sums[name]
            buckets = frozenset(i for i in range(BUCKETS_COUNT) if sums[i] != theirs[i])
            if buckets:
                found[name] = buckets
        return found


def digest(row: Row) -> int:
    """Return a number for *row*, the same in whatever form the row came."""
    return int.from_bytes(blake2b(_encode(list(_plain(row))), digest_size=_DIGEST_BYTES).digest())


def _plain(row: Row) -> Iterator[object]:
    for value in row:
        if isinstance(value, str):
            yield storable(value)
        elif isinstance(value, int):
            yield int(value)
        else:
            yield value
