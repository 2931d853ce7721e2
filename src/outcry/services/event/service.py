"""Lifecycle: every change of an event or market goes through the sequencer like an order.

Nothing is stored here and nobody is told: tables and streams follow from the ledger log.
"""

from collections.abc import Callable

from outcry.domain.market import MarketMove
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import (
    Declined,
    Done,
    EventMoveOp,
    EventPayoutOp,
    EventVoidOp,
    FundsOp,
    MarketMoveOp,
    MarketPayout,
    ProposeOp,
    ResolveOp,
    VoidOp,
)
from outcry.ports.asset import Asset
from outcry.ports.projection import MarketRow
from outcry.ports.queries import Queries
from outcry.runtime.forms import is_id, read_body
from outcry.runtime.identity import Principal
from outcry.services.event import parse
from outcry.services.event.forms import (
    EVENT_BODY,
    EVENT_PAYOUTS_BODY,
    MARKET_BODY,
    MOVE_BODY,
    RESOLVE_BODY,
    VOID_BODY,
    EventMadeView,
    EventMovedView,
    MarketMadeView,
    MovedView,
    ResolveBody,
)


#: How long a market that was just listed is waited for.
CATCH_UP_MS = 1_000

Refusal = Rejected | Declined


class Lifecycle:
    """What an admin may do with events and markets. *who* asks is an admin."""

    def __init__(
        self, asset: Asset, queries: Queries, note: Callable[[int], None] = lambda _: None
    ) -> None:
        """Ask *asset*; outcome names come from *queries*. *note* is told of every log entry made.

        Other routes of the same door thereby know what they may have to wait for.
        """
        self._note = note
        self._asset = asset
        self._queries = queries
        self._newest_n = 0

    async def create_event(self, who: Principal, body: bytes) -> EventMadeView | Refusal:
        """Create an event with its first markets, once per identifier."""
        form = read_body(EVENT_BODY, body)
        if isinstance(form, Rejected):
            return form
        op = parse.create_event(form, who.user_id)
        if isinstance(op, Rejected):
            return op
        done = await self._ask(op, who)
        if isinstance(done, Declined):
            return done
        return EventMadeView(done.id, list(done.ids), done.n, done.repeated)

    async def add_market(self, who: Principal, body: bytes) -> MarketMadeView | Refusal:
        """Add a market to an event, once per identifier in it."""
        form = read_body(MARKET_BODY, body)
        if isinstance(form, Rejected):
            return form
        op = parse.add_market(form, who.user_id)
        if isinstance(op, Rejected):
            return op
        done = await self._ask(op, who)
        if isinstance(done, Declined):
            return done
        return MarketMadeView(done.id, form.event_id, done.n, done.repeated)

    async def move(
        self, who: Principal, market_id: int, action: MarketMove, body: bytes
    ) -> MovedView | Refusal:
        """Pause, resume, close or dispute; a close is answered when nothing of it is open."""
        if not is_id(market_id):
            return Rejected(Reject.MARKET_UNKNOWN, str(market_id))
        form = read_body(MOVE_BODY, body)
        if isinstance(form, Rejected):
            return form
        return _moved(
            await self._ask(MarketMoveOp(who.user_id, market_id, action, form.reason), who),
            market_id,
        )

    async def move_event(
        self, who: Principal, event_id: int, action: MarketMove, body: bytes
    ) -> EventMovedView | Refusal:
        """Pause, resume, close or dispute every market of an event that can."""
        if not is_id(event_id):
            return Rejected(Reject.EVENT_UNKNOWN, str(event_id))
        form = read_body(MOVE_BODY, body)
        if isinstance(form, Rejected):
            return form
        return _event_moved(
            await self._ask(EventMoveOp(who.user_id, event_id, action, form.reason), who), event_id
        )

    async def resolve(self, who: Principal, market_id: int, body: bytes) -> MovedView | Refusal:
        """Fix what a closed or disputed market pays."""
        return await self._pay(ResolveOp, who, market_id, body)

    async def propose(self, who: Principal, market_id: int, body: bytes) -> MovedView | Refusal:
        """Propose what a closed or disputed market pays."""
        return await self._pay(ProposeOp, who, market_id, body)

    async def _pay(
        self, kind: type[ResolveOp | ProposeOp], who: Principal, market_id: int, body: bytes
    ) -> MovedView | Refusal:
        form = read_body(RESOLVE_BODY, body)
        if isinstance(form, Rejected):
            return form
        payout = await self._payout(market_id, form)
        if isinstance(payout, Rejected):
            return payout
        return _moved(await self._ask(kind(who.user_id, market_id, *payout), who), market_id)

    async def pay_event(
        self, who: Principal, event_id: int, body: bytes, *, propose: bool
    ) -> EventMovedView | Refusal:
        """Propose or fix what markets of an event pay, all or none."""
        if not is_id(event_id):
            return Rejected(Reject.EVENT_UNKNOWN, str(event_id))
        form = read_body(EVENT_PAYOUTS_BODY, body)
        if isinstance(form, Rejected):
            return form
        payouts = []
        for wanted in form.payouts:
            payout = await self._payout(wanted.market_id, wanted)
            if isinstance(payout, Rejected):
                return payout
            payouts.append(MarketPayout(wanted.market_id, *payout))
        return _event_moved(
            await self._ask(EventPayoutOp(who.user_id, event_id, propose, payouts), who), event_id
        )

    async def void(self, who: Principal, market_id: int, body: bytes) -> MovedView | Refusal:
        """End a closed or disputed market without an outcome."""
        if not is_id(market_id):
            return Rejected(Reject.MARKET_UNKNOWN, str(market_id))
        terms = _void_terms(body)
        if isinstance(terms, Rejected):
            return terms
        return _moved(await self._ask(VoidOp(who.user_id, market_id, *terms), who), market_id)

    async def void_event(
        self, who: Principal, event_id: int, body: bytes
    ) -> EventMovedView | Refusal:
        """Void every market of an event that has no payout yet."""
        if not is_id(event_id):
            return Rejected(Reject.EVENT_UNKNOWN, str(event_id))
        terms = _void_terms(body)
        if isinstance(terms, Rejected):
            return terms
        return _event_moved(
            await self._ask(EventVoidOp(who.user_id, event_id, *terms), who), event_id
        )

    async def _payout(self, market_id: int, form: ResolveBody) -> tuple[int, int] | Rejected:
        market = await self._market(market_id) if is_id(market_id) else None
        if market is None:
            return Rejected(Reject.MARKET_UNKNOWN, str(market_id))
        return parse.resolution(
            form, (market.token_0, market.token_1), (market.outcome_0, market.outcome_1)
        )

    async def _market(self, market_id: int) -> MarketRow | None:
        row = await self._queries.market(market_id)
        if row is None and await self._queries.position() < self._newest_n:
            await self._queries.wait_for(self._newest_n, CATCH_UP_MS)
            row = await self._queries.market(market_id)
        return row

    async def _ask(self, op: FundsOp, who: Principal) -> Done | Declined:
        result = await self._asset.funds(op, key_id=who.key_id)
        if isinstance(result, Done):
            self._newest_n = max(self._newest_n, result.n)
            self._note(result.n)
        return result


def _moved(result: Done | Declined, market_id: int) -> MovedView | Declined:
    if isinstance(result, Declined):
        return result
    return MovedView(market_id, result.n, result.repeated)


def _event_moved(result: Done | Declined, event_id: int) -> EventMovedView | Declined:
    if isinstance(result, Declined):
        return result
    return EventMovedView(event_id, list(result.ids), result.n, result.repeated)


def _void_terms(body: bytes) -> tuple[int, int, bool] | Rejected:
    """Return payout and whether to refund instead."""
    form = read_body(VOID_BODY, body)
    if isinstance(form, Rejected):
        return form
    payout = parse.void_payout(form)
    return payout if isinstance(payout, Rejected) else (*payout, form.refund)
