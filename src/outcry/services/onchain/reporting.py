"""Reporting: verdicts and the position they are from, as one entry of the ledger's log."""

from collections.abc import Sequence
from typing import Final

import structlog
from msgspec.structs import replace

from outcry.domain.errors import OutcryError
from outcry.domain.ledger.pending import Outcome
from outcry.domain.rejects import Reject
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.messages.requests import Declined, Done, FundsResult
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.chain import FILLS_COUNT_MAX, Block, ChainEvent
from outcry.services.onchain.believed import Report
from outcry.services.onchain.measures import Measures
from outcry.services.onchain.parts import Parts, verdicts_of
from outcry.services.onchain.strangers import OtherTrade


#: The ledger will take the same report later.
_PASSING: Final = (Reject.BUSY, Reject.SHUTTING_DOWN, Reject.UNAVAILABLE)

#: What to do about settlements that cannot be taken in.
UNKNOWN: Final = (
    "the chain settled fills that the ledger knows no more: {fills}. Ledger and escrow differ by"
    " them; decide about them, then start onchain again"
)

_log = structlog.get_logger(__name__)


class Behind(OutcryError):
    """Somebody else has reported meanwhile: what is known here is out of date."""


class Reporter:
    """Tells the ledger, and remembers here what it was told."""

    def __init__(self, asset: Asset, parts: Parts, measures: Measures) -> None:
        self._asset = asset
        self._parts = parts
        self._measures = measures

    def knows(self, parts: Parts) -> None:
        """Go by *parts* from now on."""
        self._parts = parts

    async def events(self, events: Sequence[ChainEvent], block: Block) -> None:
        """Report what is believed of one block."""
        verdicts = []
        for event in events:
            part = self._parts.open.get((event.trade_id, _part_of(event)))
            verdicts += verdicts_of(event, list(part.fills) if part else ())
            self._measures.gas(event.gas_used)
        await self.report(verdicts, block, max((event.log_index for event in events), default=0))

    async def report(
        self,
        verdicts: Sequence[ChainVerdict],
        block: Block | None = None,
        log_index: int = 0,
        *,
        rewinds: bool = False,
    ) -> None:
        """Give the ledger verdicts and the position they are from; then they are final here.

        Raises `OtherTrade` if the chain settled what the ledger does not know (any more).
        """
        number, block_hash = block or Block(0, "")
        believed = self._parts.believed
        op = ChainReportOp(
            0, list(verdicts), number, log_index, block_hash, rewinds, believed.cursor
        )
        result = await self._ask(op)
        unknown = []
        if isinstance(result, Declined):
            unknown = await self._singly(verdicts)
            result = await self._ask(replace(op, verdicts=[]))
        for verdict in verdicts:
            self._final(verdict)
        if block is not None and isinstance(result, Done):
            confirmed = {
                (verdict.trade_id, verdict.fill): verdict.tx_hash
                for verdict in verdicts
                if verdict.outcome == Outcome.CONFIRMED
            }
            if rewinds or number >= believed.cursor:
                believed.report(Report(result.n, number, block_hash), confirmed)
            else:
                believed.settled(result.n, number, confirmed)
        if unknown:  # last of all: whoever starts again after a look at it goes on from here
            raise OtherTrade(UNKNOWN.format(fills=", ".join(unknown)))

    async def _singly(self, verdicts: Sequence[ChainVerdict]) -> list[str]:
        """Somebody else gave a verdict: give the others one by one, and say which they are.

        Returns the fills that the chain has settled and the ledger knows nothing of.
        """
        unknown = []
        for verdict in verdicts:
            result = await self._ask(ChainReportOp(0, [verdict]))
            if isinstance(result, Declined):
                _log.error("verdict_declined", trade=verdict.trade_id, fill=verdict.fill,
                           reject=result.reject, got=result.got, now=result.expected)  # fmt: skip
                confirmed = verdict.outcome == Outcome.CONFIRMED
                if confirmed and result.reject == Reject.SETTLEMENT_UNKNOWN:
                    unknown.append(f"{verdict.trade_id}/{verdict.fill}")
        return unknown

    async def _ask(self, op: ChainReportOp) -> FundsResult:
        """Ask the ledger; a reject that passes by is none, but `AssetUnavailable`.

        Raises `Behind`.
        """
        result = await self._asset.funds(op)
        if isinstance(result, Declined) and result.reject == Reject.OUT_OF_SEQUENCE:
            raise Behind(f"a report {result.got}, and somebody else reported {result.expected}")
        if isinstance(result, Declined) and result.reject in _PASSING:
            raise AssetUnavailable(f"the ledger declined a report: {Reject(result.reject).name}")
        return result

    def _final(self, verdict: ChainVerdict) -> None:
        part = self._parts.final(verdict.trade_id, verdict.fill)
        self._measures.verdict(Outcome(verdict.outcome), part.opened_at if part else 0.0)


def _part_of(event: ChainEvent) -> int:
    return event.fills[0] // FILLS_COUNT_MAX
