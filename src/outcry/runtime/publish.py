"""Publish: append to a numbered stream what can be produced again, and never lose track of where.

The stream's own tail is the publisher's position. It is read again after every failure, so that a
bus that was wiped or thrown back gets again what it lost: ``again(tail)`` yields everything that
belongs on the stream above *tail*, the newest included; for an empty stream ``again(None)`` yields
from the number on which a reader can no longer find elsewhere. Only entries that continue the tail
are appended, cut at the tail where they overlap it.

A publisher never invents order or content: whoever appended first won, and at the start the newest
entry is compared with what we would have written.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final, NamedTuple

import structlog

from outcry.domain.errors import InvariantError, OutcryError
from outcry.ports.bus import Bus, BusUnavailable, Gap, StreamEntry
from outcry.runtime.closing import closing
from outcry.runtime.follow import Backoff, Recut


#: Everything above a tail that belongs on the stream, in order and without a hole.
Again = Callable[[int | None], AsyncIterator[tuple[int, int, bytes]]]

#: One `append_many`, softly in bytes: the entry that reaches it still belongs.
APPEND_COUNT_MAX: Final = 256
APPEND_BYTES_MAX: Final = 4 * 1024 * 1024
#: Gaps in a row before `publish` gives up: another writer makes one now and then, not so many.
GAPS_MAX: Final = 50

_log = structlog.get_logger("outcry.publish")


class Ahead(OutcryError):
    """The stream goes beyond what the ledger log numbered: it belongs to a lost timeline."""

    def __init__(self, stream: str, tail: int, numbered: int) -> None:
        """Remember both ends."""
        super().__init__(
            f"{stream} reaches {tail}, the ledger log only {numbered}: committed entries are lost."
            " Nothing is served until `outcry recover --accept-loss` starts a new timeline"
        )
        self.stream = stream
        self.tail = tail
        self.numbered = numbered


class Unreachable(OutcryError):
    """The tail lies below everything that can still be produced: start again further back."""

    def __init__(self, stream: str, tail: int, first: int) -> None:
        """Remember the hole."""
        super().__init__(f"{stream} stands at {tail}; we can publish again only from {first}")
        self.stream = stream
        self.tail = tail
        self.first = first


class Retention(NamedTuple):
    """What stays on the stream: about *bytes_max*, and always everything above `floor()`."""

    bytes_max: int = 64 * 1024 * 1024
    floor: Callable[[], int] | None = None


class Publisher:
    """The writer of one stream."""

    def __init__(
        self,
        bus: Bus,
        stream: str,
        *,
        again: Again,
        recut: Recut | None = None,
        retention: Retention | None = None,
    ) -> None:
        self._bus = bus
        self._stream = stream
        self._again = again
        self._recut = recut
        self._retention = retention or Retention()
        self._tail: int | None = None
        self._certain = False
        self._backoff = Backoff()
        self._kept: deque[tuple[int, int]] = deque()
        self._kept_bytes = 0
        self._unavailable = 0
        self._counts = {"published": 0, "catch_ups": 0, "gaps": 0, "failures": 0}

    @property
    def tail(self) -> int | None:
        """The stream's last number as last seen; None when it was empty or never looked at."""
        return self._tail

    def doubt(self) -> None:
        """Read the tail again before the next append: the bus may have lost something."""
        self._certain = False

    def status(self) -> Mapping[str, int]:
        """Return the tail (0: empty) and counters; ``unavailable`` is 1 while the bus is away."""
        return {"tail": self._tail or 0, "unavailable": self._unavailable, **self._counts}

    async def publish(self, entries: Sequence[StreamEntry] = ()) -> None:
        """Append *entries* and whatever the stream lost; returns when it has all of them.

        Waits for a bus that is away as long as it is away, in pauses of at most a second. Raises
        `Unreachable` when `again` no longer reaches back to the tail, `Gap` when what it yields
        does not follow the tail.
        """
        gaps = 0
        while True:
            try:
                if not self._certain or not self._continues(entries):
                    await self._catch_up()
                await self._append([entry for entry in entries if self._is_new(entry)])
                await self._trim()
            except Gap as gap:
                gaps += 1
                self._counts["gaps"] += 1
                self._certain = False
                if gaps > GAPS_MAX:
                    raise
                _log.warning("gap", stream=self._stream, tail=gap.tail, first=gap.first)
                await self._backoff.pause()
            except BusUnavailable as error:
                await self._wait_for_bus(error)
            else:
                self._settle()
                return

    async def newest(self) -> StreamEntry | None:
        """Return the stream's newest entry, waiting for the bus; read the log after it."""
        while True:
            try:
                newest = await self._bus.newest(self._stream)
            except BusUnavailable as error:
                await self._wait_for_bus(error)
            else:
                self._settle()
                self.doubt()
                return newest

    async def check(self, newest: StreamEntry) -> None:
        """Compare the entry that `newest` found with what we would have written.

        Bodies are records, compared where `again` still has them. Raises `InvariantError` when
        they differ and `Ahead` when the entry goes beyond everything that `again` yields.
        """
        assert self._recut is not None, "only bodies of records can be compared"
        covered = newest.first - 1
        async with closing(self._again(covered)) as entries:
            async for first, last, body in entries:
                after = max(covered, first - 1)
                upto = min(last, newest.last)
                if self._recut(body, after, upto) != self._recut(newest.body, after, upto):
                    raise InvariantError(
                        f"{self._stream} holds other records in {after + 1}..{upto} than ours"
                    )
                covered = upto
                if covered == newest.last:
                    return
        raise Ahead(self._stream, newest.last, covered)

    def _is_new(self, entry: StreamEntry) -> bool:
        return self._tail is None or entry.last > self._tail

    def _continues(self, entries: Sequence[StreamEntry]) -> bool:
        """Return whether the first entry that is new begins right after the tail."""
        first = next((entry.first for entry in entries if self._is_new(entry)), None)
        return first is None or (self._tail is not None and first == self._tail + 1)

    async def _catch_up(self) -> None:
        """Read the tail and append all that `again` has above it."""
        self._tail = await self._bus.tail(self._stream)
        self._certain = True
        self._counts["catch_ups"] += 1
        while self._kept and (self._tail is None or self._kept[-1][0] > self._tail):
            self._kept_bytes -= self._kept.pop()[1]
        batch: list[StreamEntry] = []
        size = 0
        position = self._tail
        async with closing(self._again(self._tail)) as entries:
            async for first, last, body in entries:
                entry = self._cut(StreamEntry(first, last, body), position)
                if entry is None:
                    continue
                position = entry.last
                batch.append(entry)
                size += len(entry.body)
                if len(batch) >= APPEND_COUNT_MAX or size >= APPEND_BYTES_MAX:
                    await self._append(batch)
                    batch, size = [], 0
        await self._append(batch)

    def _cut(self, entry: StreamEntry, after: int | None) -> StreamEntry | None:
        """Return the part of *entry* above *after*, None when there is none."""
        if after is None or entry.first > after:
            return entry
        if entry.last <= after:
            return None
        if self._recut is None:
            raise Unreachable(self._stream, after, entry.last + 1)
        return StreamEntry(after + 1, entry.last, self._recut(entry.body, after, None))

    async def _append(self, entries: Sequence[StreamEntry]) -> None:
        for start in range(0, len(entries), APPEND_COUNT_MAX):
            batch = entries[start : start + APPEND_COUNT_MAX]
            if self._tail is not None and batch[0].first > self._tail + 1:
                raise Unreachable(self._stream, self._tail, batch[0].first)
            await self._bus.append_many(self._stream, batch, begin=self._tail is None)
            self._tail = batch[-1].last
            self._counts["published"] += len(batch)
            for entry in batch:
                self._kept.append((entry.last, len(entry.body)))
                self._kept_bytes += len(entry.body)

    async def _trim(self) -> None:
        """Forget the oldest entries, an eighth of the allowance at a time."""
        allowed = self._retention.bytes_max
        if self._kept_bytes <= allowed + allowed // 8:
            return
        floor = self._retention.floor() if self._retention.floor else self._kept[-1][0]
        below = 0
        while self._kept_bytes > allowed and len(self._kept) > 1 and self._kept[0][0] <= floor:
            last, size = self._kept.popleft()
            self._kept_bytes -= size
            below = last + 1
        if below:
            await self._bus.trim(self._stream, below)

    async def _wait_for_bus(self, error: BusUnavailable) -> None:
        self._certain = False
        self._counts["failures"] += 1
        if not self._unavailable:
            _log.warning("bus_unavailable", stream=self._stream, reason=str(error))
        self._unavailable = 1
        await self._backoff.pause()

    def _settle(self) -> None:
        if self._unavailable:
            _log.info("bus_available", stream=self._stream, tail=self._tail)
        self._unavailable = 0
        self._backoff.reset()
