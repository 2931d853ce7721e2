"""Snapshots: states saved at a position, so that start-up need not replay everything.

Laws, for every adapter:

* `save` is whole and durable when it returns, or leaves nothing: a crash in the middle is as if it
  had not been called.
* `newest` returns the newest valid snapshot not above ``at_most`` of the given timeline and rules
  version; damaged or foreign ones are skipped and named in `skipped`.
* At least the newest `keep` snapshots are kept, and always one at or below ``floor``.
"""

from typing import NamedTuple, Protocol


#: Snapshots of one name that are kept, at least.
KEEP_COUNT = 3


class Snapshot(NamedTuple):
    """A saved state: ``position`` is the seq (kernel) or ``n`` (ledger) it includes."""

    name: str
    timeline: int
    position: int
    rules_version: int
    body: bytes
    #: Newer ones that were passed over, with the reason, for the log.
    skipped: tuple[str, ...] = ()


class Snapshots(Protocol):
    """A place for snapshots."""

    def save(
        self,
        name: str,
        timeline: int,
        position: int,
        rules_version: int,
        body: bytes,
        *,
        floor: int,
    ) -> None:
        """Save *body*; afterwards forget old ones, but none that is newest at or below *floor*."""
        ...

    def kept(self, name: str, timeline: int, rules_version: int) -> list[int]:
        """Return the positions of what is kept, newest first, without looking inside."""
        ...

    def newest(self, name: str, timeline: int, rules_version: int, at_most: int) -> Snapshot | None:
        """Return the newest valid snapshot with ``position <= at_most``, or None."""
        ...
