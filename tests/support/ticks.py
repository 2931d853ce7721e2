"""The smallest bodies there are: one record per seq, so that a test can count."""

from outcry.messages.record_bodies import iter_records
from outcry.ports.bus import StreamEntry
from outcry_wire.records import LAST_OF_SEQ, TICK, TICKED, RecordType


def ticks(first: int, last: int) -> bytes:
    """Return the tick commands *first* to *last*."""
    return b"".join(
        TICK.pack(RecordType.TICK, 0, TICK.size, 0, seq, seq, 0) for seq in range(first, last + 1)
    )


def ticked(first: int, last: int, *, at_us: int = 0) -> bytes:
    """Return the facts of the tick commands *first* to *last*; *at_us* is added to their times."""
    return b"".join(
        TICKED.pack(RecordType.TICKED, LAST_OF_SEQ, TICKED.size, 0, seq, seq + at_us, 0)
        for seq in range(first, last + 1)
    )


def entry(first: int, last: int) -> StreamEntry:
    """Return a stream entry of tick commands."""
    return StreamEntry(first, last, ticks(first, last))


def seqs(entries: list[StreamEntry]) -> list[int]:
    """Return the seq of each record in *entries*."""
    return [fields[4] for one in entries for fields in iter_records(one.body)]
