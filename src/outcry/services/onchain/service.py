"""The onchain service: reads what is to be settled, sends it, and says what became of it.

It can be killed anywhere. What is open and what was believed is in the ledger log; a transaction is
stored before it is sent; verdict and position are one report, which the ledger takes once. A
reorganisation within the confirmations only sends transactions again. One that reaches what was
believed is reported, and then the service stands still until somebody starts it again.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import structlog

from outcry.domain.ledger.pending import Outcome
from outcry.messages import streams
from outcry.messages.chain_requests import ChainVerdict
from outcry.messages.entry import unpack_entry
from outcry.messages.settlement_status import SettlementStage
from outcry.messages.settlements import unpack_requests
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.bus import Bus
from outcry.ports.chain import Block, Chain, ChainEvent, ChainUnavailable
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.transactions import Transactions
from outcry.runtime.follow import Backoff, Follower
from outcry.services.onchain.ahead import Gate, may_begin
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.displaced import TAKEN_BACK, find_displaced
from outcry.services.onchain.headers import Headers
from outcry.services.onchain.late import Late
from outcry.services.onchain.measures import Measures, nobody
from outcry.services.onchain.news import News
from outcry.services.onchain.parts import Parts
from outcry.services.onchain.reporting import Behind, Reporter
from outcry.services.onchain.requests import requests_after
from outcry.services.onchain.sending import Sender
from outcry.services.onchain.strangers import OtherTrade, require_same


#: Without news of ours the position is reported so often, in blocks.
REPORT_EVERY_BLOCKS: Final = 100
#: So many entries are not read a second time at the next start.
LONG_LOG_ENTRIES: Final = 10_000
#: Final fills between two clean-ups of the stored transactions.
TIDY_EVERY_FILLS: Final = 500
#: How often a silent stream is not believed: it is not written to while there are no requests.
LOOK_SECONDS: Final = 1.0

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
        took: Callable[[float], None] = nobody,
        gate: Gate | None = None,
    ) -> None:
        """Go through *gate* before anything is read or sent.

        *took* is told how many seconds each fill took from its request to its verdict.
        """
        self._config = config
        self._bus = bus
        self._log = log
        self._chain = chain
        self._transactions = transactions
        self._gate = gate
        self._parts = Parts()
        self._measures = Measures(config.stall_seconds, took)
        self._news = News(bus)
        self._reporter = Reporter(asset, self._parts, self._measures)
        self._follower: Follower
        self._headers = Headers(chain)
        self._late = Late(log, chain, self._parts)
        self._sender = Sender(chain, transactions, self._news, config)
        self._head = 0
        #: Requests up to this entry are in `_parts`: the follower may have read on at a stop.
        self._taken = 0
        #: When the log was asked, because the stream was silent.
        self._looked_at = 0.0
        self._ready = self._halted = False
        self._behind = Backoff()

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Find out from the log what is open and what was believed, and what was signed for it.

        What was known before stays until all is read: a mark made of half of it would lose fills.
        """
        stored = await self._transactions.load()
        head = await self._log.head()
        parts = Parts()
        async for row in self._log.entries(stored.mark, head):
            if row.body:
                parts.apply(row.n, unpack_entry(row.body))
        parts.attach(stored.transactions)
        self._parts = parts
        self._reporter.knows(parts)
        self._late = Late(self._log, self._chain, parts)
        self._taken = head
        self._sender.nonces.take_all(stored.transactions)
        self._follower = Follower(
            self._bus,
            streams.SETTLEMENT_REQUESTS,
            position=head,
            refill=partial(requests_after, self._log),
        )
        believed = self._parts.believed
        known = {report.block: report.block_hash for report in believed.reports}
        self._headers.begin(believed.cursor, known)
        for part in self._parts.open.values():
            if part.hashes:
                # What was never signed has not passed its pre-flight: nothing is said of it.
                stage = SettlementStage.SENT if part.waits else SettlementStage.RETRYING
                self._news.note(part, stage)
        self._ready = True
        if head - stored.mark > LONG_LOG_ENTRIES:
            await self._tidy()
        _log.info("onchain_ready", open=len(self._parts.open), block=believed.cursor)

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
            except (ChainUnavailable, AssetUnavailable, LogUnavailable) as reason:
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
            "ready": int(self._ready and not self._halted and not self._measures.stalled),
            "halted": int(self._halted),
            "block": self._head,
            "believed_block": self._parts.believed.cursor,
            "open": len(self._parts.open),
            **self._sender.status(self._head),
            **self._measures.status(),
        }

    # --- requests -------------------------------------------------------------------------------

    async def _take_requests(self) -> None:
        # Who did not get to send everything does not wait for more.
        entries = await self._follower.read(0 if self._sender.behind else self._config.poll_ms)
        for entry in entries:
            self._parts.request(entry.last, unpack_requests(entry.body), time.monotonic())
            self._taken = entry.last
        now = asyncio.get_running_loop().time()
        if not entries and now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            await self._look_into_log()

    async def _look_into_log(self) -> None:
        """Take what is committed and was not on the stream: it may have been lost there."""
        try:
            async for _, n, body in requests_after(self._log, self._taken):
                self._parts.request(n, unpack_requests(body), time.monotonic())
                self._taken = n
        except LogUnavailable as error:
            _log.warning("log_unavailable", reason=str(error))
        self._follower.seek(self._taken)

    # --- one look at the chain ------------------------------------------------------------------

    async def step(self) -> None:
        """Read what is new on the chain, report what is to be believed, send what is to be sent."""
        if not await may_begin(self._gate, "settlement_halted"):
            self._halted = True
            return
        try:
            await self._step()
        except Behind as reason:
            _log.warning("settlement_begins_again", reason=str(reason))
            await self.start()
            await self._behind.pause()
        except OtherTrade as error:
            self._halted = True
            _log.error("settlement_halted", hint=str(error))
        else:
            self._behind.reset()
        finally:
            await self._news.tell()

    async def _step(self) -> None:
        head = await self._chain.head()
        self._head = head.number
        self._measures.answered(head.number, waiting=bool(self._parts.open))
        common = await self._headers.common()
        if common < self._headers.scanned:
            await self._reorganised(common)
        if self._parts.believed.displaced():
            await self._take_back(self._headers.scanned)
        if self._halted:
            return
        async for event in self._headers.read(head):
            self._mined(event)
        self._headers.forget_old({report.block for report in self._parts.believed.reports})
        await self._report_believed()
        await self._sender.look(self._parts, self._headers.scanned)
        verdicts = await self._sender.send_new(self._parts, self._head)
        if verdicts:
            await self._reporter.report(verdicts)
        await self._sender.send_again(self._parts, self._head)
        if self._measures.untidy >= TIDY_EVERY_FILLS:
            await self._tidy()

    def _mined(self, event: ChainEvent) -> None:
        part = self._parts.of(event)
        if part is not None:
            require_same(self._chain, part, event)
        part = self._parts.mined(event)
        if part is None:
            self._late.note(event)
            return
        if event.tx_hash not in part.hashes:
            self._sender.another(self._head, event.tx_hash)
        self._news.note(part, SettlementStage.MINED)

    async def _reorganised(self, common: int) -> None:
        """Blocks above *common* are others now."""
        self._measures.reorganised()
        _log.warning("chain_reorganised", read=self._headers.scanned, common=common)
        for part in self._parts.forget_above(common):
            self._news.note(part, SettlementStage.RETRYING)
        self._late.forget_above(common)
        believed = self._parts.believed
        believed.displace_above(common)
        if common < believed.cursor:
            await self._take_back(common)
        self._headers.forget_above(common)

    async def _take_back(self, common: int) -> None:
        """What was believed is gone: report what is not settled elsewhere, and stand still."""
        lost = await find_displaced(self._chain, self._log, self._parts.believed)
        reason = f"a reorganisation after block {common} took it back"
        verdicts = [
            ChainVerdict(trade_id, fill, Outcome.REVERTED, place.tx_hash, reason)
            for (trade_id, fill), place in lost
        ]
        found = await self._chain.blocks(common, common) if common else []
        await self._reporter.report(verdicts, found[0] if found else None, rewinds=True)
        for key, _ in lost:
            self._parts.believed.found(key, None)
        if lost:
            self._halted = True
            _log.error("settlement_halted", common=common, reverted=len(lost), hint=TAKEN_BACK)

    async def _report_believed(self) -> None:
        """Report block by block what has its confirmations."""
        believed = self._headers.scanned - self._config.confirmations + 1
        by_block: dict[Block, list[ChainEvent]] = {}
        for part in self._parts.open.values():
            event = part.mined
            if event is None or event.block.number > believed:
                continue
            if part.try_again():
                _log.error("settlement_tried_again", trade=event.trade_id, reason=event.failure)
            else:
                by_block.setdefault(event.block, []).append(event)
        for event in await self._late.due(believed):
            by_block.setdefault(event.block, []).append(event)
        for block, events in sorted(by_block.items()):
            await self._reporter.events(events, block)
        last = self._headers.block(believed)
        if last is not None and believed - self._parts.believed.cursor >= REPORT_EVERY_BLOCKS:
            await self._reporter.report([], last)

    async def _tidy(self) -> None:
        """Forget transactions of what is final."""
        self._measures.untidy = 0
        mark = self._parts.mark(self._taken)
        await self._transactions.keep(mark, {trade for trade, _ in self._parts.open})
