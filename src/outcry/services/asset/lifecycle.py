"""The life of markets, one by one and by event: checked as a whole, then recorded.

A request about an event is carried out for all of its markets that it concerns, or for none.
"""

from outcry.domain.ledger import refunds
from outcry.domain.ledger.state import Event, Ledger, Market
from outcry.domain.market import (
    MOVES,
    PAID_STATES,
    TRADING_STATES,
    MarketMove,
    MarketState,
    move,
)
from outcry.domain.rejects import Reject
from outcry.domain.units import TICKS_PER_UNIT, format_price, format_time
from outcry.messages import ledger_records as rec
from outcry.messages.requests import (
    Declined,
    Done,
    EventMoveOp,
    EventPayoutOp,
    EventVoidOp,
    MarketMoveOp,
    MarketPayout,
    ProposeOp,
    ResolveOp,
    VoidOp,
)
from outcry.services.asset.sequencer import Sequencer
from outcry.services.asset.tickets import Ticket


#: Moves that an admin makes without saying what the market pays.
PLAIN_MOVES = (MarketMove.PAUSE, MarketMove.RESUME, MarketMove.CLOSE, MarketMove.DISPUTE)

Payout = tuple[int, int]


def move_market(sequencer: Sequencer, op: MarketMoveOp) -> Ticket:
    """Pause, resume, close or dispute; a close is answered when the book has begun to.

    A market with few orders is drained then; of many it cancels some at a time (`closing`).
    """
    market = sequencer.ledger.markets.get(op.market_id)
    if market is None:
        return Ticket(Declined(Reject.MARKET_UNKNOWN, str(op.market_id)))
    refused = _check_plain(op.move) or _illegal(market, MarketMove(op.move))
    if refused:
        return Ticket(refused)
    return Ticket(Done(sequencer.batch.n, op.market_id), _make(sequencer, op, market))


def move_event(sequencer: Sequencer, op: EventMoveOp) -> Ticket:
    """Move every market of the event that can; answered like the move of one."""
    markets = _markets(sequencer.ledger, op.event_id)
    refused = _check_plain(op.move)
    if isinstance(markets, Declined) or refused:
        return Ticket(refused or Declined(Reject.EVENT_UNKNOWN, str(op.event_id)))
    ready = [market for market in markets if _illegal(market, MarketMove(op.move)) is None]
    if not ready:
        states = sorted({market.state.name.lower() for market in markets})
        got, wanted = ", ".join(states) or "no market", _origins(MarketMove(op.move))
        return Ticket(Declined(Reject.ILLEGAL_TRANSITION, got, wanted))
    seqs = [seq for market in ready for seq in _make(sequencer, op, market)]
    ids = tuple(market.market_id for market in ready)
    return Ticket(Done(sequencer.batch.n, op.event_id, ids), tuple(seqs))


def propose(sequencer: Sequencer, op: ProposeOp) -> Ticket:
    """Propose a payout; without a dispute window it stands at once."""
    return _pay_one(sequencer, op.actor, op, MarketMove.PROPOSE)


def resolve(sequencer: Sequencer, op: ResolveOp) -> Ticket:
    """Fix the payout of a disputed market, or of a closed one without a dispute window."""
    return _pay_one(sequencer, op.actor, op, MarketMove.RESOLVE)


def pay_event(sequencer: Sequencer, op: EventPayoutOp) -> Ticket:
    """Propose or resolve several markets of an event."""
    event = sequencer.ledger.events.get(op.event_id)
    if event is None:
        return Ticket(Declined(Reject.EVENT_UNKNOWN, str(op.event_id)))
    refused = _check_named(event, op.payouts)
    if refused:
        return Ticket(refused)
    action = MarketMove.PROPOSE if op.propose else MarketMove.RESOLVE
    return _pay(sequencer, op.actor, op.event_id, op.payouts, action)


def void(sequencer: Sequencer, op: VoidOp) -> Ticket:
    """End a market without an outcome."""
    market = sequencer.ledger.markets.get(op.market_id)
    if market is None:
        return Ticket(Declined(Reject.MARKET_UNKNOWN, str(op.market_id)))
    return _void(sequencer, op, op.market_id, [market])


def void_event(sequencer: Sequencer, op: EventVoidOp) -> Ticket:
    """Void every market of the event that has no payout yet."""
    markets = _markets(sequencer.ledger, op.event_id)
    if isinstance(markets, Declined):
        return Ticket(markets)
    unpaid = [market for market in markets if market.state not in PAID_STATES]
    if not unpaid:
        return Ticket(Declined(Reject.ILLEGAL_TRANSITION, "every market has its payout"))
    return _void(sequencer, op, op.event_id, unpaid)


def _markets(ledger: Ledger, event_id: int) -> list[Market] | Declined:
    event = ledger.events.get(event_id)
    if event is None:
        return Declined(Reject.EVENT_UNKNOWN, str(event_id))
    return [ledger.markets[market_id] for market_id in event.markets.values()]


def _check_plain(action: int) -> Declined | None:
    if action in PLAIN_MOVES:
        return None
    names = ", ".join(allowed.name.lower() for allowed in PLAIN_MOVES)
    return Declined(Reject.FIELD_INVALID, str(action), names)


def _illegal(market: Market, action: MarketMove) -> Declined | None:
    if move(market.state, action) is not None:
        return None
    return Declined(Reject.ILLEGAL_TRANSITION, market.state.name.lower(), _origins(action))


def _origins(action: MarketMove) -> str:
    """Return the states in which a market can make this move."""
    return " or ".join(state.name.lower() for state, made in MOVES if made == action)


def _make(
    sequencer: Sequencer, op: MarketMoveOp | EventMoveOp, market: Market
) -> tuple[tuple[int, int], ...]:
    """Make a legal plain move; returns the command to wait for, if the book has to know."""
    action = MarketMove(op.move)
    if action != MarketMove.DISPUTE:
        return (sequencer.move_market(market.market_id, action, actor=op.actor, reason=op.reason),)
    sequencer.record(
        rec.MarketStateSet(sequencer.time_us, op.actor, market.market_id, action, op.reason)
    )
    return ()


def _pay_one(
    sequencer: Sequencer, actor: int, op: ProposeOp | ResolveOp, action: MarketMove
) -> Ticket:
    payout = MarketPayout(op.market_id, op.payout_0, op.payout_1)
    return _pay(sequencer, actor, op.market_id, [payout], action)


def _pay(
    sequencer: Sequencer, actor: int, answer_id: int, payouts: list[MarketPayout],
    action: MarketMove,
) -> Ticket:  # fmt: skip
    """Propose or resolve *payouts*, all or none; what stands already is left alone."""
    ledger = sequencer.ledger
    ready = []
    for wanted in payouts:
        market = ledger.markets.get(wanted.market_id)
        if market is None:
            return Ticket(Declined(Reject.MARKET_UNKNOWN, str(wanted.market_id)))
        payout = (wanted.payout_0, wanted.payout_1)
        refused = _check_sum(payout)
        if refused:
            return Ticket(refused)
        if _stands(market, payout, action):
            continue
        refused = _check_payable(market, action)
        if refused:
            return Ticket(refused)
        ready.append((market, payout))
    if not ready:
        return Ticket(Done(ledger.n, answer_id, repeated=True))
    for market, payout in ready:
        _record_payout(sequencer, actor, market, payout, action)
    ids = tuple(market.market_id for market, _ in ready)
    return Ticket(Done(sequencer.batch.n, answer_id, ids))


def _record_payout(
    sequencer: Sequencer, actor: int, market: Market, payout: Payout, action: MarketMove
) -> None:
    now_us, market_id = sequencer.time_us, market.market_id
    if action == MarketMove.PROPOSE:
        final_at_us = now_us + market.dispute_window_us
        sequencer.record(rec.ResolutionProposed(now_us, actor, market_id, *payout, final_at_us))
        if market.dispute_window_us:
            sequencer.due.watch_market(market)
            return
    sequencer.record(rec.Resolved(now_us, actor, market_id, *payout))


def _void(
    sequencer: Sequencer, op: VoidOp | EventVoidOp, answer_id: int, markets: list[Market]
) -> Ticket:
    """Void *markets*, all or none."""
    payout = (op.payout_0, op.payout_1)
    refused = None if op.refund and payout == (0, 0) else _check_sum(payout)
    if refused or (op.refund and any(payout)):
        return Ticket(refused or Declined(Reject.PAYOUT_INVALID, "a refund with a payout"))
    ready = [market for market in markets if not _stands(market, payout, MarketMove.VOID)]
    for market in ready:
        refused = _check_payable(market, MarketMove.VOID)
        if refused:
            return Ticket(refused)
    if not ready:
        return Ticket(Done(sequencer.ledger.n, answer_id, repeated=True))
    ids = tuple(market.market_id for market in ready)
    why_not = refunds.problem(sequencer.ledger, ids) if op.refund else ""
    if why_not:
        return Ticket(Declined(Reject.REFUND_IMPOSSIBLE, why_not))
    for market in ready:
        sequencer.record(
            rec.Voided(sequencer.time_us, op.actor, market.market_id, *payout, op.refund)
        )
    return Ticket(Done(sequencer.batch.n, answer_id, ids))


def _check_named(event: Event, payouts: list[MarketPayout]) -> Declined | None:
    """Decline unless every market that is named belongs to the event, and is named once."""
    known = set(event.markets.values())
    for wanted in payouts:
        if wanted.market_id not in known:
            return Declined(
                Reject.MARKET_UNKNOWN, str(wanted.market_id), f"one of event {event.event_id}, once"
            )
        known.remove(wanted.market_id)
    return None if payouts else Declined(Reject.FIELD_MISSING, expected="payouts")


def _check_sum(payout: Payout) -> Declined | None:
    if min(payout) >= 0 and sum(payout) == TICKS_PER_UNIT:
        return None
    return Declined(Reject.PAYOUT_INVALID, " + ".join(map(format_price, payout)), "1 in sum")


def _stands(market: Market, payout: Payout, action: MarketMove) -> bool:
    """Whether exactly this was done before: a repeat changes nothing."""
    if action == MarketMove.VOID:
        return market.state == MarketState.VOIDED and market.payout == payout
    if action == MarketMove.PROPOSE and market.state == MarketState.PROPOSED:
        return market.proposed == payout
    return market.state == MarketState.RESOLVED and market.payout == payout


def _check_payable(market: Market, action: MarketMove) -> Declined | None:
    """Decline what is not this market's next step; see the table of moves."""
    state = market.state
    if state in TRADING_STATES or state == MarketState.CLOSING:
        return Declined(Reject.MARKET_NOT_CLOSED, state.name.lower(), "closed")
    if action == MarketMove.RESOLVE and state == MarketState.PROPOSED:
        final = f"nothing: it stands at {format_time(market.final_at_us)} unless disputed"
        return Declined(Reject.DISPUTE_WINDOW, "proposed", final)
    if action == MarketMove.RESOLVE and state == MarketState.CLOSED and market.dispute_window_us:
        return Declined(Reject.DISPUTE_WINDOW, "closed", "a proposed payout")
    return _illegal(market, action)
