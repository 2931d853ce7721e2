"""Bus: numbered streams that carry, and may forget, what the ledger log remembers.

Laws, for every adapter:

* A stream is a sequence of entries ``(first, last, body)``; each begins one above the last of the
  one before. Only an empty stream takes any ``first``.
* `append` with ``last`` not above the tail changes nothing and is no error: publishing again is
  safe. A ``first`` that is neither ``tail + 1`` nor the start of an empty stream raises `Gap`.
* Whoever appended first wins: two writers cannot interleave, the second sees `Gap` or a no-op.
* A reader gets the entries whose ``last`` is above its position, in order, unaltered.
* Everything may be lost at any time (wiped, or thrown back to an earlier tail), never reordered.
  A wipe changes the generation; a reader that passes the generation it knows gets `Reset`.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from outcry.domain.errors import OutcryError


#: Entries that one `read` returns at most.
READ_COUNT_MAX = 1_000


class StreamEntry(NamedTuple):
    """One entry of a stream, covering the numbers ``first..last``."""

    first: int
    last: int
    body: bytes


class Gap(OutcryError):
    """The entry does not follow the stream's tail; `tail` says where the stream stands."""

    def __init__(self, stream: str, tail: int, first: int) -> None:
        """Remember where the stream stands."""
        super().__init__(f"{stream} stands at {tail}; an entry from {first} does not follow")
        self.stream = stream
        self.tail = tail
        self.first = first


class Trimmed(OutcryError):
    """The reader's next entry is gone; the stream now begins at `first`."""

    def __init__(self, stream: str, first: int) -> None:
        """Remember where the stream begins."""
        super().__init__(f"{stream} begins at {first}; what came before is trimmed")
        self.stream = stream
        self.first = first


class Reset(OutcryError):
    """The bus is of another generation than the reader knows: it was wiped. Resynchronise."""

    def __init__(self, generation: str) -> None:
        """Remember the generation found ("" when there is none yet)."""
        super().__init__(f"the bus is of generation {generation or '(none)'}")
        self.generation = generation


class BusUnavailable(OutcryError):
    """The bus cannot be reached; try again after a pause. Nothing is known to have happened."""


class Bus(Protocol):
    """Streams of one exchange."""

    async def append(self, stream: str, first: int, last: int, body: bytes) -> None:
        """Append one entry, or do nothing when ``last`` is not above the tail. Raises `Gap`."""
        ...

    async def append_many(
        self, stream: str, entries: Sequence[StreamEntry], *, begin: bool = True
    ) -> None:
        """Append *entries* in order, in one round trip, each by the law of `append`.

        An entry that is wholly at or below the tail is skipped; `Gap` at the first that does not
        follow leaves those before it appended. Without *begin* an empty stream raises `Gap` with
        tail 0 as well: a publisher that knows the stream was not empty learns that it was wiped,
        instead of beginning it too late for a reader that has nowhere else to look.
        """
        ...

    async def read(
        self, stream: str, after: int, *, count_max: int, wait_ms: int, generation: str
    ) -> list[StreamEntry]:
        """Return up to *count_max* entries with ``last > after``, waiting up to *wait_ms* for one.

        The first of them may begin at or below *after* (the reader skips what it has). Raises
        `Trimmed` when the entry that would hold ``after + 1`` is gone, `Reset` when *generation*
        is not the bus's. An empty list means: nothing yet.
        """
        ...

    async def tail(self, stream: str) -> int | None:
        """Return the last number of the stream, None when it is empty."""
        ...

    async def newest(self, stream: str) -> StreamEntry | None:
        """Return the newest entry, so that a publisher can compare content before it trusts it."""
        ...

    async def trim(self, stream: str, below: int) -> None:
        """Forget entries whose ``last`` is below *below*; keeps at least the newest entry."""
        ...

    async def generation(self) -> str:
        """Return the generation key, "" when the bus has none (it is new or was wiped)."""
        ...

    async def set_generation(self, generation: str) -> None:
        """Write the generation key. Only the asset service does."""
        ...

    async def wipe(self) -> None:
        """Forget every stream and the generation: an operator begins a new timeline."""
        ...

    async def close(self) -> None:
        """Let go of connections; the bus is not used afterwards."""
        ...
