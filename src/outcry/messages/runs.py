"""Runs: the commands or the facts of one shard, read out of packed log entries in order.

A run is ``(first_seq, last_seq, body)``. Seqs of a shard are dense, so a run that does not follow
the one before means that an entry was lost or altered: `CorruptError`.
"""

from collections.abc import Iterator
from typing import Final

from outcry.domain.errors import CorruptError
from outcry.messages.entry import Commands, Facts, unpack_items
from outcry.messages.record_bodies import cut, span


#: `kind` of a run, as in a span of the ledger log.
COMMANDS: Final = "c"
FACTS: Final = "f"

Run = tuple[int, int, bytes]


class Runs:
    """Reads the runs of one shard and kind, and remembers how far it came."""

    def __init__(self, shard: int, kind: str, after: int) -> None:
        """Start after seq *after*."""
        self._shard = shard
        self._item = Commands if kind == COMMANDS else Facts
        self.position = after

    def of(self, n: int, body: bytes) -> Iterator[Run]:
        """Yield what entry *n* adds to the position; the first run is cut to begin right there."""
        for item in unpack_items(body):
            if not isinstance(item, self._item) or item.shard != self._shard:
                continue
            first, last = span(item.body)
            if last <= self.position:
                continue
            run = item.body
            if first <= self.position:
                run, first = cut(run, self.position), self.position + 1
            if first != self.position + 1:
                raise CorruptError(
                    f"entry {n} goes on with seq {first} of shard {self._shard}; "
                    f"seq {self.position + 1} is missing"
                )
            self.position = last
            yield first, last, run
