"""The stream of market administration: taken in once, in order, each message by natural keys.

How far it is taken in is a record of the ledger, written behind what the message did: after a crash
in between the message is taken again, and changes nothing again. What cannot be carried out is said
in the log and left behind, so that one bad message does not stop those after it.
"""

from collections.abc import Mapping
from typing import Final

import structlog

from outcry.domain.market import TRADING_STATES, MarketMove, MarketState
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import (
    Declined,
    Done,
    FundsOp,
    MarketMoveOp,
    ProposeOp,
    ResolveOp,
    TakeInputOp,
)
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.inbox import BEGINNING, READ_COUNT_MAX, Inbox, InboxUnavailable, Message, Place
from outcry.ports.projection import EventRow, MarketRow
from outcry.ports.queries import Queries
from outcry.runtime.follow import Backoff
from outcry.runtime.forms import read_body
from outcry.services.event import parse
from outcry.services.event.stream_forms import (
    COMMAND,
    EventClose,
    EventCreate,
    MarketAdd,
    MarketClose,
    MarketEnd,
)


WAIT_MS: Final = 1_000
#: How long a reader of the tables waits for what the ledger has just made.
CATCH_UP_MS: Final = 5_000
#: Not now: the same again, a little later.
_LATER: Final = (Reject.BUSY, Reject.SHUTTING_DOWN, Reject.UNAVAILABLE)

_log = structlog.get_logger("outcry.event_stream")


class EventStream:
    """Reads one stream and carries out what it says."""

    name = "event_stream"

    def __init__(self, inbox: Inbox, stream: str, asset: Asset, queries: Queries) -> None:
        """Take in *stream*, whose messages come from *inbox*."""
        self._inbox = inbox
        self._stream = stream
        self._asset = asset
        self._queries = queries
        self._place: Place = BEGINNING
        self._newest_n = 0
        self._backoff = Backoff()
        self._counts = {"ready": 0, "taken_total": 0, "refused_total": 0}

    async def start(self) -> None:
        """Ask the ledger how far the stream is taken in."""
        await self._remember(BEGINNING)
        self._counts["ready"] = 1

    async def run(self) -> None:
        """Take messages in until cancelled."""
        while True:
            try:
                messages = await self._inbox.read(self._place, READ_COUNT_MAX, WAIT_MS)
            except InboxUnavailable as error:
                _log.warning("event_stream_unavailable", reason=str(error))
                await self._backoff.pause()
                continue
            for message in messages:
                await self.take(message)

    async def stop(self) -> None:
        """Let go of the stream."""
        await self._inbox.close()

    def status(self) -> Mapping[str, int]:
        """Return readiness and counts."""
        return self._counts

    async def take(self, message: Message) -> None:
        """Carry out one message, then remember that it is taken in."""
        refused = await self._carry_out(message.body)
        self._counts["taken_total"] += 1
        if refused is not None:
            self._counts["refused_total"] += 1
            _log.warning(
                "event_message_refused",
                place=message.place,
                reject=Reject(refused.reject).name,
                got=refused.got,
                expected=refused.expected,
            )
        await self._remember(message.place)

    async def _remember(self, place: Place) -> None:
        done = await self._ask(TakeInputOp(0, self._stream, *place))
        if isinstance(done, Done):
            self._place = (done.ids[0], done.ids[1])

    async def _carry_out(self, body: bytes) -> Rejected | Declined | None:
        """Do what a message says; returns why not, if not."""
        form = read_body(COMMAND, body)
        if isinstance(form, Rejected):
            return form
        if isinstance(form, EventCreate):
            op = parse.create_event(form, 0)
            return op if isinstance(op, Rejected) else await self._do(op)
        event = await self._event(form.event_identifier)
        if event is None:
            return Rejected(Reject.EVENT_UNKNOWN, form.event_identifier)
        if isinstance(form, MarketAdd):
            return await self._add(form, event)
        ends = form.markets if isinstance(form, EventClose) else [form]
        return await self._end_markets(event, ends)

    async def _add(self, form: MarketAdd, event: EventRow) -> Rejected | Declined | None:
        op = parse.add_market_to(event.event_id, form.market, 0)
        return op if isinstance(op, Rejected) else await self._do(op)

    async def _end_markets(
        self, event: EventRow, ends: list[MarketEnd] | list[MarketClose]
    ) -> Rejected | Declined | None:
        """End every market that is named and can; returns the first reason why one could not."""
        markets = {row.identifier: row for row in await self._queries.markets([event.event_id])}
        first: Rejected | Declined | None = None
        for end in ends:
            market = markets.get(end.market_identifier)
            refused = (
                Rejected(Reject.MARKET_UNKNOWN, end.market_identifier)
                if market is None
                else await self._end(market, end)
            )
            first = first or refused
        return first

    async def _end(self, market: MarketRow, end: MarketEnd) -> Rejected | Declined | None:
        payout = parse.resolution(
            end, (market.token_0, market.token_1), (market.outcome_0, market.outcome_1)
        )
        if isinstance(payout, Rejected):
            return payout
        if MarketState(market.state) in TRADING_STATES:
            closed = await self._do(MarketMoveOp(0, market.market_id, MarketMove.CLOSE, ""))
            # It may have closed meanwhile, at its end time or by hand: what counts is the payout.
            if closed is not None and closed.reject != Reject.ILLEGAL_TRANSITION:
                return closed
        op = ProposeOp if market.dispute_window_us else ResolveOp
        return await self._do(op(0, market.market_id, *payout))

    async def _event(self, identifier: str) -> EventRow | None:
        await self._queries.wait_for(self._newest_n, CATCH_UP_MS)
        return await self._queries.event_by_identifier(identifier)

    async def _do(self, op: FundsOp) -> Declined | None:
        result = await self._ask(op)
        return result if isinstance(result, Declined) else None

    async def _ask(self, op: FundsOp) -> Done | Declined:
        """Ask the ledger until it says yes or no; every operation here may be repeated."""
        while True:
            try:
                result = await self._asset.funds(op)
            except AssetUnavailable as error:
                _log.warning("event_stream_waits_for_ledger", reason=str(error))
            else:
                if isinstance(result, Done):
                    self._newest_n = max(self._newest_n, result.n)
                if not _is_too_early(result):
                    self._backoff.reset()
                    return result
            await self._backoff.pause()


def _is_too_early(result: Done | Declined) -> bool:
    """Return whether the same request will do a little later, without anybody's doing."""
    if isinstance(result, Done):
        return False
    closing = result.got == MarketState.CLOSING.name.lower()
    return result.reject in _LATER or (result.reject == Reject.MARKET_NOT_CLOSED and closing)
