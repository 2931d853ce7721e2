"""LedgerLog: the only commit point. What it returned from is true; nothing else is.

Laws, for every adapter:

* Entries are numbered ``n`` = 1, 2, 3, … without gap, by one writer at a time.
* `open` appends a fence entry of the next epoch *before* it reads anything: a writer of an older
  epoch can never append again, and what it had in flight is either before the fence or nowhere.
* `append` is all or nothing and durable when it returns. It raises `Stale` when the epoch is not
  the newest or ``n`` is not head + 1, and `CommitUnknown` when nobody can say whether it happened:
  the caller then exits without answering and recovers by reading.
* The spans (shard, kind, last_seq) are written in the same statement as the entry they describe.
* Reading never blocks writing, and needs no `open`.
"""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol

from outcry.domain.errors import OutcryError


class Row(NamedTuple):
    """One row of the log; ``body`` is a packed `outcry.messages.entry.Entry`, b"" for a fence."""

    n: int
    epoch: int
    at_us: int
    body: bytes


class Span(NamedTuple):
    """A run of commands (``kind`` "c") or facts ("f") of a shard inside one entry."""

    shard: int
    kind: str
    first_seq: int
    last_seq: int


class Opened(NamedTuple):
    """What `open` found: the fence's own ``n`` (now the head) and the writer's epoch."""

    head: int
    epoch: int


class Segment(NamedTuple):
    """A run of entries ``first..last`` in the archive; ``sha256`` is over all that it holds."""

    first: int
    last: int
    sha256: str


class Archived(OutcryError):
    """Entries that were asked for are not in the log any more, but in the archive."""

    def __init__(self, newest: Segment) -> None:
        """Remember with which segment the archive must end, at least."""
        super().__init__(
            f"entries up to {newest.last} of the log are in the archive, and that is not at hand:"
            " put the folder `archive` of the data folder back"
        )
        self.newest = newest


class Stale(OutcryError):
    """Somebody opened the log after us, or ``n`` is not the next number. Nothing was written."""


class CommitUnknown(OutcryError):
    """The answer to an append was lost. Exit without answering anybody; recovery reads the log."""


class LogUnavailable(OutcryError):
    """The log cannot be reached for reading or opening; nothing was changed by us."""


class LedgerLog(Protocol):
    """The append-only log of one exchange."""

    async def claim(self, *, by_force: bool = False) -> bool:
        """Ask for the right to write; False while another process that lives has it.

        It goes with the process, however that ends. It only decides who tries: the fence of `open`
        decides who writes. *by_force* ends the session of a holder who has fallen silent.
        """
        ...

    async def open(self, at_us: int) -> Opened:
        """Become the writer: append the fence, then return head and epoch."""
        ...

    async def append(
        self, epoch: int, n: int, at_us: int, body: bytes, spans: Sequence[Span]
    ) -> None:
        """Append entry *n*. Raises `Stale` or `CommitUnknown`."""
        ...

    async def head(self) -> int:
        """Return the number of the newest entry, 0 when the log is empty."""
        ...

    def entries(self, after: int, upto: int | None = None) -> AsyncIterator[Row]:
        """Yield rows with ``after < n <= upto`` (default: the head as of the call) in order.

        Raises `outcry.domain.errors.CorruptError` when a row's checksum fails or a number is
        missing, `Archived` when it is one that `forget` let go of. Memory is bounded whatever the
        length.
        """
        ...

    async def wait(self, after: int, timeout_ms: int) -> int:
        """Return the head as soon as it is above *after*, or after *timeout_ms* whatever it is."""
        ...

    def commands(self, shard: int, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield ``(first_seq, last_seq, body)`` of committed commands above *after*, in order.

        Bodies are cut so that the first begins at ``after + 1``.
        """
        ...

    def facts(self, shard: int, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
        """Yield ``(first_seq, last_seq, body)`` of committed facts above *after*, likewise."""
        ...

    def spans(self, upto: int) -> AsyncIterator[tuple[int, Span]]:
        """Yield ``(n, span)`` of entries up to *upto* that are here, by n, then shard and kind.

        They are what finds commands and facts; `outcry verify` holds them against the entries.
        """
        ...

    async def timeline(self) -> int:
        """Return the id of the newest timeline; it changes only by an operator's recovery."""
        ...

    async def start_timeline(self, reason: str, at_us: int) -> int:
        """Begin a new timeline at the head, because an operator accepted a loss; returns its id."""
        ...

    async def applied(self, shard: int, at: int | None = None) -> int:
        """Return the seq up to which facts of *shard* are committed, 0 at the start.

        With *at*, as of entry *at*.
        """
        ...

    async def archived(self) -> Segment | None:
        """Return the newest segment that `forget` was told of, None before the first."""
        ...

    async def forget(self, segment: Segment, at_us: int) -> None:
        """Let go of the entries of *segment*, which the archive has: all or nothing.

        Segments follow each other and never reach the head; anything else is ValueError. Which
        entries anybody still needs to start is for the caller to know.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; the log is not used afterwards."""
        ...
