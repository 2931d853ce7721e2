"""What the chain's side says of settlements under way, for as long as it can be heard.

The stream may lose entries: what became of a trade is in the log, and counts more. What is
remembered here is comfort: a trade that nothing was heard of waits.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from structlog import get_logger

from outcry.messages.settlement_status import SettlementStatus, unpack_statuses
from outcry.messages.streams import SETTLEMENT_STATUS
from outcry.ports.bus import Bus, BusUnavailable, Reset, Trimmed
from outcry.runtime.clob.names import TradePart, part_of
from outcry.runtime.follow import Backoff


#: Parts of trades whose last stage is remembered; the oldest news goes first.
KEPT_COUNT_MAX: Final = 50_000
#: Entries of the stream that a start reads again, at most.
READ_BACK_COUNT: Final = 4_096
#: Requests that wait for the first news of a trade; any more are answered without.
WAITING_COUNT_MAX: Final = 10_000
_READ_COUNT: Final = 256
_WAIT_MS: Final = 1_000

_log: Final = get_logger("outcry.settlement_stages")


class SettlementStages:
    """The service that hears of settlements, remembers the last news, and passes it on."""

    name = "settlement_stages"

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._watchers: list[Callable[[Iterable[SettlementStatus]], None]] = []
        self._known: dict[TradePart, SettlementStatus] = {}
        self._awaited: dict[TradePart, asyncio.Event] = {}
        self._generation: str | None = None
        #: Entries up to here were read; those up to `_old` are no news.
        self._after = self._old = 0
        self._ready = False
        self._counts = {"heard_total": 0, "restarts_total": 0}

    def watch(self, told: Callable[[Iterable[SettlementStatus]], None]) -> None:
        """Have *told* called with everything that is heard from now on."""
        self._watchers.append(told)

    def of(self, part: TradePart) -> SettlementStatus | None:
        """Return the last that was heard of a part of a trade."""
        return self._known.get(part)

    def of_fill(self, trade_id: int, fill: int) -> SettlementStatus | None:
        """Return the last that was heard of a fill, None if its transaction has not got it."""
        known = self._known.get(part_of(trade_id, fill))
        if known is None or all(one.fill != fill for one in known.fills):
            return None
        return known

    def announced(self, trade_id: int, fill: int) -> bool:
        """Whether a fill passed its pre-flight, in a transaction that is stored.

        Before that it may still turn out that it cannot settle, so nobody is told that it will.
        """
        return self.of_fill(trade_id, fill) is not None

    async def heard(self, part: TradePart, timeout_ms: int) -> SettlementStatus | None:
        """Return what is known of a part, waiting for the first news of it, but boundedly."""
        if part not in self._known and len(self._awaited) < WAITING_COUNT_MAX:
            event = self._awaited.setdefault(part, asyncio.Event())
            try:
                async with asyncio.timeout(timeout_ms / 1_000):
                    await event.wait()
            except TimeoutError:
                self._awaited.pop(part, None)
        return self._known.get(part)

    async def start(self) -> None:
        """Be ready; the end of the stream is looked for by `run`."""
        self._ready = True

    async def run(self) -> None:
        """Listen until cancelled, beginning with what the stream still has."""
        backoff = Backoff()
        while True:
            try:
                await self._listen()
                backoff.reset()
            except BusUnavailable as error:
                self._counts["restarts_total"] += 1
                _log.warning("settlement_stages_missed", reason=str(error))
                await backoff.pause()

    async def stop(self) -> None:
        """Nothing is under way."""
        self._ready = False

    def status(self) -> Mapping[str, int]:
        """Return readiness, how much is remembered, and counters."""
        return {"ready": int(self._ready), "known": len(self._known), **self._counts}

    async def _listen(self) -> None:
        if self._generation is None:
            self._generation = await self._bus.generation()
            self._old = await self._bus.tail(SETTLEMENT_STATUS) or 0
            self._after = max(0, self._old - READ_BACK_COUNT)
        try:
            found = await self._bus.read(
                SETTLEMENT_STATUS, self._after, count_max=_READ_COUNT, wait_ms=_WAIT_MS,
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
            self._take(unpack_statuses(entry.body), is_news=entry.last > self._old)

    def _take(self, statuses: list[SettlementStatus], *, is_news: bool) -> None:
        self._counts["heard_total"] += len(statuses)
        for status in statuses:
            if status.fills:
                self._remember(part_of(status.trade_id, status.fills[0].fill), status)
        for told in self._watchers if is_news else ():
            told(statuses)

    def _remember(self, part: TradePart, status: SettlementStatus) -> None:
        self._known.pop(part, None)
        self._known[part] = status
        if len(self._known) > KEPT_COUNT_MAX:
            del self._known[next(iter(self._known))]
        awaited = self._awaited.pop(part, None)
        if awaited is not None:
            awaited.set()
