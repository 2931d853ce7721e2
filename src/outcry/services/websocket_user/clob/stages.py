"""What the chain's side says of settlements under way, for as long as it can be heard.

The stream may lose entries: what became of a trade is in the log. So whoever falls behind goes on
at its end.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from structlog import get_logger

from outcry.messages.settlement_status import SettlementStatus, unpack_statuses
from outcry.messages.streams import SETTLEMENT_STATUS
from outcry.ports.bus import Bus, BusUnavailable
from outcry.runtime.follow import Backoff, Follower, Resync


_log: Final = get_logger("outcry.websocket_user")


class Stages:
    """The service that hears of settlements and passes on what it hears."""

    name = "websocket_clob_stages"

    def __init__(self, bus: Bus, told: Callable[[Iterable[SettlementStatus]], None]) -> None:
        self._bus = bus
        self._told = told
        self._ready = False
        self._counts = {"heard_total": 0, "restarts_total": 0}

    async def start(self) -> None:
        """Be ready; the end of the stream is looked for by `run`."""
        self._ready = True

    async def run(self) -> None:
        """Listen until cancelled."""
        backoff = Backoff()
        while True:
            try:
                await self._listen()
            except (Resync, BusUnavailable) as error:
                self._counts["restarts_total"] += 1
                _log.warning("settlement_stages_missed", reason=str(error))
                await backoff.pause()

    async def stop(self) -> None:
        """Nothing is under way."""
        self._ready = False

    def status(self) -> Mapping[str, int]:
        """Return readiness and counters."""
        return {"ready": int(self._ready), **self._counts}

    async def _listen(self) -> None:
        tail = await self._bus.tail(SETTLEMENT_STATUS) or 0
        follower = Follower(self._bus, SETTLEMENT_STATUS, position=tail)
        while True:
            for entry in await follower.read():
                statuses = unpack_statuses(entry.body)
                self._counts["heard_total"] += len(statuses)
                self._told(statuses)
