"""LogArchive in memory: whole segments, each with a digest over what it holds and those before."""

import hashlib
from collections.abc import Iterator, Sequence

from outcry.ports.ledger_log import Row, Segment
from outcry.ports.log_archive import LogArchive


class MemoryArchive(LogArchive):
    """The archive of one exchange, shared by all services of one event loop."""

    def __init__(self) -> None:
        self._segments: list[tuple[Segment, list[Row]]] = []

    def segments(self) -> list[Segment]:
        """Return what is there; see `LogArchive`."""
        return [segment for segment, _ in self._segments]

    def save(self, rows: Sequence[Row]) -> Segment:
        """Add *rows*; see `LogArchive`."""
        before = self._segments[-1][0] if self._segments else Segment(0, 0, "")
        first, last = rows[0].n, rows[-1].n
        if [row.n for row in rows] != list(range(before.last + 1, last + 1)):
            known = f"entry {before.last} of the archive"
            raise ValueError(f"entries {first}..{last} do not follow {known}")
        digest = hashlib.sha256(before.sha256.encode() + repr(rows).encode())
        self._segments.append((Segment(first, last, digest.hexdigest()), list(rows)))
        return self._segments[-1][0]

    def rows(self, after: int, upto: int) -> Iterator[list[Row]]:
        """Yield rows segment by segment; see `LogArchive`."""
        for segment, rows in self._segments:
            if segment.last > after and segment.first <= upto:
                yield [row for row in rows if after < row.n <= upto]
