"""The onchain service: reads what is to be settled, sends it, and says what became of it.

It can be killed anywhere. What is open and what was believed is in the ledger log; a transaction is
stored before it is sent; verdict and position are one report, which the ledger takes once. A
reorganisation within the confirmations only sends transactions again. One that reaches what was
believed is reported, and then the service stands still until somebody starts it again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import structlog

from outcry.domain.ledger.pending import Outcome
from outcry.domain.rejects import Reject
from outcry.messages import streams
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.messages.entry import unpack_entry
from outcry.messages.requests import Declined, Done, FundsResult
from outcry.messages.settlements import unpack_requests
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.bus import Bus
from outcry.ports.chain import (
    BLOCKS_COUNT_MAX,
    Block,
    Chain,
    ChainEvent,
    ChainUnavailable,
)
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.transactions import Transactions
from outcry.runtime.follow import Backoff, Follower
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.headers import Headers
from outcry.services.onchain.parts import Parts, Report, verdicts_of
from outcry.services.onchain.requests import requests_after
from outcry.services.onchain.sending import Sender


#: Without news of ours the position is reported so often, in blocks.
REPORT_EVERY_BLOCKS: Final = 100
#: So many entries are not read a second time at the next start.
LONG_LOG_ENTRIES: Final = 10_000
#: Final fills between two clean-ups of the stored transactions.
TIDY_EVERY_FILLS: Final = 500
#: How often a silent stream is not believed: it is not written to while there are no requests.
LOOK_SECONDS: Final = 1.0
#: The ledger will take the same report later.
_PASSING: Final = (Reject.BUSY, Reject.SHUTTING_DOWN, Reject.UNAVAILABLE)

_log = structlog.get_logger(__name__)


class Onchain:
    """Settles trades of one exchange with one sender."""

    name = "onchain"

    def __init__(
        self,
        config: OnchainConfig,
        *,
        bus: Bus,
        log: LedgerLog,
        asset: Asset,
        chain: Chain,
        transactions: Transactions,
    ) -> None:
        self._config = config
        self._bus = bus
        self._log = log
        self._asset = asset
        self._chain = chain
        self._transactions = transactions
        self._parts = Parts()
        self._follower: Follower
        self._headers = Headers(chain)
        self._sender = Sender(chain, transactions, config.resend_blocks)
        self._head = 0
        #: Requests up to this entry are in `_parts`: the follower may have read on at a stop.
        self._taken = 0
        #: When the log was asked, because the stream was silent.
        self._looked_at = 0.0
        self._untidy = 0
        self._counts = {"confirmed": 0, "failed": 0, "reverted": 0, "reorganised": 0}
        self._ready = False
        self._halted = False

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Find out from the log what is open and what was believed, and what was signed for it."""
        stored = await self._transactions.load()
        head = await self._log.head()
        async for row in self._log.entries(stored.mark, head):
            if row.body:
                self._parts.apply(row.n, unpack_entry(row.body))
        self._taken = head
        self._parts.attach(stored.transactions)
        self._follower = Follower(
            self._bus,
            streams.SETTLEMENT_REQUESTS,
            position=head,
            refill=partial(requests_after, self._log),
        )
        known = {report.block: report.block_hash for report in self._parts.reports}
        self._headers.begin(self._parts.cursor, known)
        self._ready = True
        if head - stored.mark > LONG_LOG_ENTRIES:
            await self._tidy()
        _log.info("onchain_ready", open=len(self._parts.open), block=self._parts.cursor)

    async def run(self) -> None:
        """Settle until cancelled."""
        backoff = Backoff()
        while True:
            if self._halted:
                await asyncio.Event().wait()
            try:
                await self._take_requests()
                await self.step()
                backoff.reset()
            except (ChainUnavailable, AssetUnavailable) as reason:
                _log.warning("settlement_waits", reason=str(reason))
                await backoff.pause()

    async def stop(self) -> None:
        """Leave fewer stored transactions for the next start."""
        if self._ready:
            self._ready = False
            await self._tidy()

    def status(self) -> Mapping[str, int]:
        """Return readiness, how far the chain was read, what is open, and counters."""
        return {
            "ready": int(self._ready and not self._halted),
            "halted": int(self._halted),
            "block": self._head,
            "believed_block": self._parts.cursor,
            "open": len(self._parts.open),
            "sent_total": self._sender.sent,
            **{f"{name}_total": count for name, count in self._counts.items()},
        }

    # --- requests -------------------------------------------------------------------------------

    async def _take_requests(self) -> None:
        entries = await self._follower.read(self._config.poll_ms)
        for entry in entries:
            self._parts.request(entry.last, unpack_requests(entry.body))
            self._taken = entry.last
        now = asyncio.get_running_loop().time()
        if not entries and now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            await self._look_into_log()

    async def _look_into_log(self) -> None:
        """Take what is committed and was not on the stream: it may have been lost there."""
        try:
            async for _, n, body in requests_after(self._log, self._taken):
                self._parts.request(n, unpack_requests(body))
                self._taken = n
        except LogUnavailable as error:
            _log.warning("log_unavailable", reason=str(error))
        self._follower.seek(self._taken)

    # --- one look at the chain ------------------------------------------------------------------

    async def step(self) -> None:
        """Read what is new on the chain, report what is to be believed, send what is to be sent."""
        head = await self._chain.head()
        self._head = head.number
        common = await self._headers.common()
        if common < self._headers.scanned:
            await self._reorganised(common)
            if self._halted:
                return
        async for event in self._headers.read(head):
            self._parts.mined(event)
        self._headers.forget_old({report.block for report in self._parts.reports})
        await self._report_believed()
        verdicts = await self._sender.send_new(self._parts, self._head)
        if verdicts:
            await self._report(verdicts, None, 0)
        await self._sender.send_again(self._parts, self._head)
        if self._untidy >= TIDY_EVERY_FILLS:
            await self._tidy()

    async def _reorganised(self, common: int) -> None:
        """Blocks above *common* are others now."""
        self._counts["reorganised"] += 1
        _log.warning("chain_reorganised", read=self._headers.scanned, common=common)
        self._parts.forget_above(common)
        if common < self._parts.cursor:
            await self._take_back(common)
        self._headers.forget_above(common)

    async def _take_back(self, common: int) -> None:
        """What was believed is gone: report what is not settled elsewhere, and stand still."""
        settled = await self._settled_after(common)
        reason = f"a reorganisation after block {common} took it back"
        believed = [
            one
            for report in self._parts.reports
            if report.block > common
            for one in report.confirmed
        ]
        lost = [
            ChainVerdict(trade_id, fill, Outcome.REVERTED, tx_hash, reason)
            for trade_id, fill, tx_hash in believed
            if (trade_id, fill) not in settled
        ]
        found = await self._chain.blocks(common, common)
        await self._report(lost, found[0] if found and common else None, 0)
        if found:
            kept = tuple(one for one in believed if one[:2] in settled)
            self._parts.reported(Report(self._taken, *found[0], kept))
        self._counts["reverted"] += len(lost)
        self._halted = bool(lost)
        if lost:
            hint = "decide about the suspended value, then start onchain again"
            _log.error("settlement_halted", common=common, reverted=len(lost), hint=hint)

    async def _settled_after(self, common: int) -> set[tuple[int, int]]:
        """Return trade and fill of everything that is settled in blocks above *common*."""
        settled: set[tuple[int, int]] = set()
        for first in range(common + 1, self._head + 1, BLOCKS_COUNT_MAX):
            last = min(first + BLOCKS_COUNT_MAX - 1, self._head)
            for event in await self._chain.events(first, last):
                if event.failure is None:
                    settled.update((event.trade_id, fill) for fill in event.fills)
        return settled

    # --- verdicts -------------------------------------------------------------------------------

    async def _report_believed(self) -> None:
        """Report block by block what has its confirmations."""
        believed = self._headers.scanned - self._config.confirmations + 1
        by_block: dict[int, list[ChainEvent]] = {}
        for part in self._parts.open.values():
            event = part.mined
            if event is not None and event.block.number <= believed:
                by_block.setdefault(event.block.number, []).append(event)
        for _, events in sorted(by_block.items()):
            verdicts = [verdict for event in events for verdict in verdicts_of(event)]
            log_index = max(event.log_index for event in events)
            await self._report(verdicts, events[0].block, log_index)
        block = self._headers.block(believed)
        if block is not None and believed - self._parts.cursor >= REPORT_EVERY_BLOCKS:
            await self._report([], block, 0)

    async def _report(
        self, verdicts: Sequence[ChainVerdict], block: Block | None, log_index: int
    ) -> None:
        """Give the ledger verdicts and the position they are from; then they are final here."""
        number, block_hash = block or Block(0, "")
        op = ChainReportOp(0, list(verdicts), number, log_index, block_hash)
        result = await self._ask(op)
        if isinstance(result, Declined):
            await self._report_singly(verdicts)
            result = await self._ask(ChainReportOp(0, [], number, log_index, block_hash))
        for verdict in verdicts:
            self._settle(verdict)
        if block is not None and isinstance(result, Done):
            confirmed = tuple(
                (verdict.trade_id, verdict.fill, verdict.tx_hash)
                for verdict in verdicts
                if verdict.outcome == Outcome.CONFIRMED
            )
            self._parts.reported(Report(result.n, number, block_hash, confirmed))

    async def _report_singly(self, verdicts: Sequence[ChainVerdict]) -> None:
        """Somebody else gave a verdict: give the others one by one, and say which they are."""
        for verdict in verdicts:
            result = await self._ask(ChainReportOp(0, [verdict]))
            if isinstance(result, Declined):
                _log.error("verdict_declined", trade=verdict.trade_id, fill=verdict.fill,
                           reject=result.reject, got=result.got, now=result.expected)  # fmt: skip

    async def _ask(self, op: ChainReportOp) -> FundsResult:
        """Ask the ledger; a reject that passes by is none, but `AssetUnavailable`."""
        result = await self._asset.funds(op)
        if isinstance(result, Declined) and result.reject in _PASSING:
            raise AssetUnavailable(f"the ledger declined a report: {Reject(result.reject).name}")
        return result

    def _settle(self, verdict: ChainVerdict) -> None:
        outcome = Outcome(verdict.outcome)
        if outcome != Outcome.REVERTED:
            self._counts[outcome.name.lower()] += 1
        self._untidy += 1
        self._parts.final(verdict.trade_id, verdict.fill)

    async def _tidy(self) -> None:
        """Forget transactions of what is final."""
        self._untidy = 0
        mark = self._parts.mark(self._taken)
        await self._transactions.keep(mark, {trade for trade, _ in self._parts.open})
