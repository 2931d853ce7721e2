"""Follow: read a numbered stream without a gap, whatever happens to the bus.

`Follower.read` returns entries that continue exactly where the last ones ended. What was already
taken is dropped; a hole, a trimmed or wiped stream and an unreachable bus lead to one thing only,
resynchronisation: entries are read from ``refill`` (the ledger log) until the stream continues.
Without a refill, or when it cannot close the hole, `Resync` tells the caller to find a new place.

The position lives in the follower and moves when entries are returned; readers keep it with their
effect and start from there. Nothing is acknowledged and nothing is ever skipped.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final, NamedTuple

import structlog

from outcry.domain.errors import CorruptError, OutcryError
from outcry.ports.bus import READ_COUNT_MAX, Bus, BusUnavailable, Reset, StreamEntry, Trimmed
from outcry.ports.ledger_log import LogUnavailable
from outcry.runtime.closing import closing


#: What refills: numbers after a position, each item ``(first, last, body)``, e.g. from the log.
Refill = Callable[[int], AsyncIterator[tuple[int, int, bytes]]]
#: Keeps the part of a body above ``after`` (and not above ``upto``): `record_bodies.cut`.
Recut = Callable[[bytes, int, int | None], bytes]

PAUSE_MIN_S: Final = 0.01
PAUSE_MAX_S: Final = 1.0
#: Bytes that one `read` takes from the refill, softly: the entry that reaches it still counts.
REFILL_BYTES_MAX: Final = 4 * 1024 * 1024
#: Refills in a row that bring nothing while the stream shows a hole, before `Resync`.
HOLE_ATTEMPTS_MAX: Final = 60

_log = structlog.get_logger("outcry.follow")


class Resync(OutcryError):
    """The stream does not continue at the reader's position and nothing fills the hole."""

    def __init__(self, stream: str, position: int, reason: str) -> None:
        """Remember where the reader stands."""
        super().__init__(f"{stream} does not continue after {position}: {reason}")
        self.stream = stream
        self.position = position
        self.reason = reason


class Backoff:
    """Pauses that double from `PAUSE_MIN_S` to `PAUSE_MAX_S`."""

    def __init__(self) -> None:
        self._pause_s = PAUSE_MIN_S

    async def pause(self) -> None:
        """Wait; the next pause is twice as long."""
        await asyncio.sleep(self._pause_s)
        self._pause_s = min(self._pause_s * 2, PAUSE_MAX_S)

    def reset(self) -> None:
        """Begin with the shortest pause again."""
        self._pause_s = PAUSE_MIN_S


class FollowLimits(NamedTuple):
    """How much one `read` waits for and takes at most."""

    wait_ms: int = 1_000
    count_max: int = 64


class Follower:
    """One reader of one stream, standing at `position`: that number and all below are taken.

    With *recut* an entry that begins at or below the position is cut, so that the first number
    returned is always ``position + 1``; without it the reader skips what it has itself. With
    *refill* the follower reads that to its end before it turns to the stream.
    """

    def __init__(
        self,
        bus: Bus,
        stream: str,
        *,
        position: int,
        refill: Refill | None = None,
        recut: Recut | None = None,
        generation: str | None = None,
        limits: FollowLimits | None = None,
    ) -> None:
        self._bus = bus
        self._stream = stream
        self._position = position
        self._refill = refill
        self._recut = recut
        self._generation = generation
        self._limits = limits or FollowLimits()
        assert 0 < self._limits.count_max <= READ_COUNT_MAX
        self._backoff = Backoff()
        #: The refill may have more than was taken from it.
        self._filling = refill is not None
        #: Why the stream is not trusted at present; "" when it is.
        self._doubt = ""
        self._fruitless = 0
        self._counts = {"resyncs": 0, "resets": 0, "holes": 0, "unavailable": 0, "refilled": 0}

    @property
    def position(self) -> int:
        """The last number returned, or that `seek` set."""
        return self._position

    @property
    def synced(self) -> bool:
        """Whether the stream itself continued at the last `read`."""
        return not self._doubt

    @property
    def disturbances(self) -> int:
        """How often a read did not simply continue the stream; only ever grows."""
        return self._counts["resets"] + self._counts["holes"] + self._counts["unavailable"]

    def seek(self, position: int) -> None:
        """Continue after *position*: the caller found out where it stands."""
        self._position = position
        self._fruitless = 0
        self._filling = self._refill is not None

    def status(self) -> Mapping[str, int]:
        """Return position and counters; ``synced`` is 0 while resynchronising."""
        return {"position": self._position, "synced": int(self.synced), **self._counts}

    async def read(self, wait_ms: int | None = None) -> list[StreamEntry]:
        """Return the next entries, waiting once and boundedly; an empty list means nothing yet.

        Raises `Resync` when only the caller can find a new position (then `seek`, and read on).
        """
        if self._filling:
            taken = await self._fill()
            if taken:
                return taken
        try:
            if self._generation is None:
                self._generation = await self._bus.generation()
            found = await self._bus.read(
                self._stream,
                self._position,
                count_max=self._limits.count_max,
                wait_ms=self._limits.wait_ms if wait_ms is None else wait_ms,
                generation=self._generation,
            )
        except BusUnavailable:
            self._note("unavailable", "the bus is unreachable")
            await self._backoff.pause()
            return await self._fill()
        except Reset as reset:
            self._generation = reset.generation
            return await self._resync("resets", str(reset))
        except Trimmed as trimmed:
            return await self._resync("holes", str(trimmed))
        taken = self._take(found)
        if found and not taken and found[-1].last > self._position:
            return await self._resync("holes", f"the next entry begins at {found[0].first}")
        if taken or not found:
            self._settle()
        return taken

    def _take(self, found: list[StreamEntry]) -> list[StreamEntry]:
        """Return what continues the position, up to the first hole, and move the position."""
        taken = []
        for first, last, body in found:
            if last <= self._position:
                continue
            if first > self._position + 1:
                break
            if first <= self._position and self._recut is not None:
                taken.append(
                    StreamEntry(self._position + 1, last, self._recut(body, self._position, None))
                )
            else:
                taken.append(StreamEntry(first, last, body))
            self._position = last
        return taken

    def _note(self, count: str, reason: str) -> None:
        self._counts[count] += 1
        if not self._doubt:
            self._counts["resyncs"] += 1
            _log.warning("resync", stream=self._stream, position=self._position, reason=reason)
        self._doubt = reason

    def _settle(self) -> None:
        """The stream continues: trust it again."""
        if self._doubt:
            _log.info("resynced", stream=self._stream, position=self._position)
        self._doubt = ""
        self._fruitless = 0
        self._backoff.reset()

    async def _resync(self, count: str, reason: str) -> list[StreamEntry]:
        self._note(count, reason)
        if self._refill is None:
            self._fruitless += 1
            if self._fruitless > 1:
                await self._backoff.pause()
            raise Resync(self._stream, self._position, reason)
        taken = await self._fill()
        if taken:
            self._fruitless = 0
        elif count == "holes":
            self._fruitless += 1
            if self._fruitless >= HOLE_ATTEMPTS_MAX:
                raise Resync(self._stream, self._position, reason)
            await self._backoff.pause()
        return taken

    async def _fill(self) -> list[StreamEntry]:
        """Return a bounded run of entries from the refill; an empty list when it has no more."""
        if self._refill is None:
            return []
        taken: list[StreamEntry] = []
        try:
            await self._read_refill(self._refill, taken)
        except LogUnavailable as error:
            self._note("unavailable", str(error))
            self._filling = True
            if not taken:  # what came before it broke counts: the position is behind it
                await self._backoff.pause()
        self._counts["refilled"] += len(taken)
        return taken

    async def _read_refill(self, refill: Refill, taken: list[StreamEntry]) -> None:
        """Add a bounded run of entries to *taken*."""
        size = 0
        async with closing(refill(self._position)) as entries:
            async for first, last, body in entries:
                if first > self._position + 1:
                    raise CorruptError(
                        f"the refill of {self._stream} has {first} after {self._position}"
                    )
                taken += self._take([StreamEntry(first, last, body)])
                size += len(body)
                if size >= REFILL_BYTES_MAX:
                    break
        self._filling = size >= REFILL_BYTES_MAX
