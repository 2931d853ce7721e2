"""Lifecycle: every change of an event or market goes through the sequencer like an order.

Nothing is stored here and nobody is told: tables and streams follow from the ledger log.
"""

from collections.abc import Callable

from outcry.domain.market import MarketMove
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import (
    Declined,
    Done,
    FundsOp,
    MarketMoveOp,
    ResolveOp,
    VoidOp,
)
from outcry.ports.asset import Asset
from outcry.ports.projection import MarketRow
from outcry.ports.queries import Queries
from outcry.runtime.forms import is_id, read_body
from outcry.services.event import parse
from outcry.services.event.forms import (
    EVENT_BODY,
    MARKET_BODY,
    MOVE_BODY,
    RESOLVE_BODY,
    VOID_BODY,
    EventMadeView,
    MarketMadeView,
    MovedView,
)


#: How long a market that was just listed is waited for.
CATCH_UP_MS = 1_000

Refusal = Rejected | Declined


class Lifecycle:
    """What an admin may do with events and markets. *actor* is the admin's user id."""

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

    async def create_event(self, actor: int, body: bytes) -> EventMadeView | Refusal:
        """Create an event with its first markets, once per identifier."""
        form = read_body(EVENT_BODY, body)
        if isinstance(form, Rejected):
            return form
        op = parse.create_event(form, actor)
        if isinstance(op, Rejected):
            return op
        done = await self._ask(op)
        if isinstance(done, Declined):
            return done
        return EventMadeView(done.id, list(done.ids), done.n, done.repeated)

    async def add_market(self, actor: int, body: bytes) -> MarketMadeView | Refusal:
        """Add a market to an event, once per identifier in it."""
        form = read_body(MARKET_BODY, body)
        if isinstance(form, Rejected):
            return form
        op = parse.add_market(form, actor)
        if isinstance(op, Rejected):
            return op
        done = await self._ask(op)
        if isinstance(done, Declined):
            return done
        return MarketMadeView(done.id, form.event_id, done.n, done.repeated)

    async def move(
        self, actor: int, market_id: int, action: MarketMove, body: bytes
    ) -> MovedView | Refusal:
        """Pause, resume or close a market; a close is answered when nothing of it is open."""
        if not is_id(market_id):
            return Rejected(Reject.MARKET_UNKNOWN, str(market_id))
        form = read_body(MOVE_BODY, body)
        if isinstance(form, Rejected):
            return form
        return _moved(
            await self._ask(MarketMoveOp(actor, market_id, action, form.reason)), market_id
        )

    async def resolve(self, actor: int, market_id: int, body: bytes) -> MovedView | Refusal:
        """Fix what a closed market pays."""
        form = read_body(RESOLVE_BODY, body)
        if isinstance(form, Rejected):
            return form
        market = await self._market(market_id) if is_id(market_id) else None
        if market is None:
            return Rejected(Reject.MARKET_UNKNOWN, str(market_id))
        payout = parse.resolution(
            form, (market.token_0, market.token_1), (market.outcome_0, market.outcome_1)
        )
        if isinstance(payout, Rejected):
            return payout
        return _moved(await self._ask(ResolveOp(actor, market_id, *payout)), market_id)

    async def void(self, actor: int, market_id: int, body: bytes) -> MovedView | Refusal:
        """End a closed market without an outcome."""
        if not is_id(market_id):
            return Rejected(Reject.MARKET_UNKNOWN, str(market_id))
        form = read_body(VOID_BODY, body)
        if isinstance(form, Rejected):
            return form
        payout = parse.void_payout(form)
        if isinstance(payout, Rejected):
            return payout
        return _moved(await self._ask(VoidOp(actor, market_id, *payout)), market_id)

    async def _market(self, market_id: int) -> MarketRow | None:
        row = await self._queries.market(market_id)
        if row is None and await self._queries.position() < self._newest_n:
            await self._queries.wait_for(self._newest_n, CATCH_UP_MS)
            row = await self._queries.market(market_id)
        return row

    async def _ask(self, op: FundsOp) -> Done | Declined:
        result = await self._asset.funds(op)
        if isinstance(result, Done):
            self._newest_n = max(self._newest_n, result.n)
            self._note(result.n)
        return result


def _moved(result: Done | Declined, market_id: int) -> MovedView | Declined:
    if isinstance(result, Declined):
        return result
    return MovedView(market_id, result.n, result.repeated)
