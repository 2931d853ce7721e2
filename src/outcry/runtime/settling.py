"""Settling: where trades are between their match and the word of a chain, as its sender tells it.

Comfort beside the tables: what is missing here has not been told, and what the log says of a fill
counts more. One per process; nothing waits for it.
"""

from collections.abc import Callable, Mapping
from typing import Final

import structlog

from outcry.messages import streams
from outcry.messages.settlement_status import SettlementStatus, unpack_statuses
from outcry.ports.bus import Bus, BusUnavailable, Reset, Trimmed
from outcry.ports.chain import FILLS_COUNT_MAX
from outcry.runtime.follow import Backoff


#: Transactions that are remembered; the oldest is forgotten first.
KEPT_COUNT: Final = 50_000
#: Entries of the stream that a start reads again, at most.
READ_BACK_COUNT: Final = 4_096
WAIT_MS: Final = 1_000
_READ_COUNT: Final = 256

_log = structlog.get_logger("outcry.settling")


class Settling:
    """The service ``settling``: follows the stream of statuses."""

    name = "settling"

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._after = 0
        self._generation: str | None = None
        self._known: dict[tuple[int, int], SettlementStatus] = {}
        self._watching: list[Callable[[SettlementStatus], None]] = []
        self._ready = False

    async def start(self) -> None:
        """Begin with what the stream still has."""
        self._ready = True

    async def run(self) -> None:
        """Take statuses until cancelled."""
        backoff = Backoff()
        while True:
            try:
                await self._read()
                backoff.reset()
            except BusUnavailable as error:
                _log.warning("settling_waits", reason=str(error))
                await backoff.pause()

    async def stop(self) -> None:
        """Nothing was begun."""
        self._ready = False

    def status(self) -> Mapping[str, int]:
        """Return readiness, how many transactions are known, and the position."""
        return {"ready": int(self._ready), "known": len(self._known), "position": self._after}

    def watch(self, told: Callable[[SettlementStatus], None]) -> None:
        """Tell every further status to *told*, which must not wait."""
        self._watching.append(told)

    def of(self, trade_id: int, fill: int) -> SettlementStatus | None:
        """Return where the transaction of a fill is, None if nothing was told of it."""
        known = self._known.get((trade_id, fill // FILLS_COUNT_MAX))
        if known is None or all(one.fill != fill for one in known.fills):
            return None
        return known

    async def _read(self) -> None:
        stream = streams.SETTLEMENT_STATUS
        if self._generation is None:
            self._generation = await self._bus.generation()
            self._after = max(0, (await self._bus.tail(stream) or 0) - READ_BACK_COUNT)
        try:
            found = await self._bus.read(
                stream, self._after, count_max=_READ_COUNT, wait_ms=WAIT_MS,
                generation=self._generation,
            )  # fmt: skip
        except Trimmed as trimmed:
            self._after = trimmed.first - 1
            return
        except Reset:
            self._generation = None
            return
        for entry in found:
            self._after = entry.last
            for status in unpack_statuses(entry.body):
                self._take(status)

    def _take(self, status: SettlementStatus) -> None:
        if not status.fills:
            return
        key = status.trade_id, status.fills[0].fill // FILLS_COUNT_MAX
        self._known.pop(key, None)
        self._known[key] = status
        if len(self._known) > KEPT_COUNT:
            del self._known[next(iter(self._known))]
        for told in self._watching:
            told(status)
