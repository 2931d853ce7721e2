"""News: where settlements are, told on a stream of its own as far as that can be reached.

Told in batches, at the end of each look at the chain. Whoever reads it may miss some of it.
"""

from typing import Final

import structlog

from outcry.messages import streams
from outcry.messages.settlement_status import (
    SettlementStage,
    SettlementStatus,
    StagedFill,
    pack_statuses,
)
from outcry.ports.bus import Bus, BusUnavailable, Gap
from outcry.services.onchain.parts import Part


#: Entries that the stream keeps, about; each is one look at the chain.
KEPT_COUNT: Final = 4_096
#: Statuses in one entry.
STATUSES_COUNT_MAX: Final = 500

_log = structlog.get_logger(__name__)


class News:
    """What has not been told yet, and where the stream stands."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._tail: int | None = None
        self._untold: list[SettlementStatus] = []

    def note(self, part: Part, stage: SettlementStage) -> None:
        """A part's transaction has come to *stage*."""
        request, event = part.request, part.mined
        if event is not None:
            tx_hash, told = event.tx_hash, event.fills
        elif part.transaction is not None:
            tx_hash, told = part.transaction.tx_hash, part.transaction.fills
        else:
            tx_hash, told = "", tuple(part.fills)
        fills = [
            StagedFill(fill.fill, fill.taker.account, fill.maker.account)
            for fill in request.fills
            if fill.fill in told
        ]
        block = event.block.number if event is not None else 0
        self._untold.append(
            SettlementStatus(request.trade_id, request.market_id, stage, tx_hash, block, fills)
        )

    async def tell(self) -> None:
        """Publish what was noted; without a bus it is left out."""
        untold, self._untold = self._untold, []
        for first in range(0, len(untold), STATUSES_COUNT_MAX):
            body = pack_statuses(untold[first : first + STATUSES_COUNT_MAX])
            try:
                await self._append(body)
            except BusUnavailable as error:
                self._tail = None
                _log.warning("statuses_untold", count=len(untold) - first, reason=str(error))
                return

    async def _append(self, body: bytes) -> None:
        """Append *body* behind whatever is there."""
        if self._tail is None:
            self._tail = await self._bus.tail(streams.SETTLEMENT_STATUS) or 0
        number = self._tail + 1
        try:
            await self._bus.append(streams.SETTLEMENT_STATUS, number, number, body)
        except Gap as gap:
            number = gap.tail + 1
            await self._bus.append(streams.SETTLEMENT_STATUS, number, number, body)
        self._tail = number
        if number % (KEPT_COUNT // 8) == 0:
            await self._bus.trim(streams.SETTLEMENT_STATUS, number - KEPT_COUNT)
